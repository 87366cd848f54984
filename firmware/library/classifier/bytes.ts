// The bytes that an option `model` of the library's classes names: a partition, or memory in flash.
import openPartition from "edge-ssm/partition";
import { MAGIC as SLOT_MAGIC } from "../../../src/store/slot";

/** @throws Error when there is no such partition; TypeError for what is no model */
export function bytesOf(model: unknown): Uint8Array {
	if (typeof model === "string") {
		const { buffer, blockSize } = openPartition(model);
		// "edge-ssm flash" writes slots: a sector before the blob
		const isSlot = new DataView(buffer).getUint32(0, true) === SLOT_MAGIC;
		return new Uint8Array(buffer, isSlot ? blockSize : 0);
	}
	if (model instanceof Uint8Array) return model;
	if (typeof model === "object" && model !== null) return new Uint8Array(model as ArrayBuffer);
	throw new TypeError("model required");
}

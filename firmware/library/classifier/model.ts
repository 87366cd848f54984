// What the library's classes make of their option `model`: a partition by its name, or bytes in flash.
import Kernel from "edge-ssm/kernel";
import openPartition from "edge-ssm/partition";
import { openModel } from "../../../src/classifier/model";
import type { ModelStreamOptions } from "../../../src/classifier/model-stream";
import { MAGIC as SLOT_MAGIC } from "../../../src/store/slot";

export type LibraryOptions<O> = Omit<O, "model" | "kernel"> & {
	/** The label of a partition; or bytes in flash, such as `new Resource("gesture.essm")`: they are read in place. */
	model: string | ArrayBufferLike | Uint8Array;
};

function bytesOf(model: unknown): Uint8Array {
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

/** The options with the model opened and the kernel. @throws Error with one sentence when there is no model that can run */
export function withModel<O extends { model: unknown }>(
	options: O,
): Omit<O, "model"> & Pick<ModelStreamOptions, "model" | "kernel"> {
	return { ...options, model: openModel(bytesOf(options?.model)), kernel: Kernel };
}

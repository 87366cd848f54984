// What INFO tells of the running model.
import type { Model } from "../../src/classifier/model";
import type { ModelSummary } from "../../src/link/server";
import type { StoredModel } from "../../src/store/store";

/** @param arenaBytes as the kernel counts them */
export function summaryOf(stored: StoredModel, model: Model, arenaBytes: number): ModelSummary {
	return {
		slot: stored.slot,
		sequence: stored.sequence,
		length: stored.length,
		crc: stored.crc,
		identity: stored.identity,
		channels: model.channels,
		outputs: model.outputs,
		heads: model.container.H,
		blocks: model.container.blocks.length,
		steps: model.steps,
		arenaBytes,
	};
}

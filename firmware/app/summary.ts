// What the link tells of the running model.
import type { Model } from "../../src/classifier/model";
import type { StreamEvent } from "../../src/classifier/open-stream";
import { AlarmFlag, NO_LABEL, OutputKind } from "../../src/link/commands";
import type { ModelSummary, OutputMeaning } from "../../src/link/server";
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

/** First bytes of the model's identity. */
export function nameOf(summary: ModelSummary | undefined): string {
	const identity = summary?.identity.subarray(0, 4) ?? new Uint8Array(0);
	const digits = Array.from(identity, (byte) => byte.toString(16).padStart(2, "0"));
	return digits.length === 0 ? "none" : `essm-${digits.join("")}`;
}

export function meaningOf({ detector, scaling }: Model): OutputMeaning {
	const kind = detector ? OutputKind.ALARM : scaling ? OutputKind.VALUES : OutputKind.LABEL;
	const { threshold = 0, release = 0 } = detector ?? {};
	return { kind, threshold, release, scaling: scaling ?? [] };
}

/** A result's index in the link's event: a number, or flags. */
export function resultIndex(index: StreamEvent["index"]): number {
	if (typeof index === "number") return index;
	if (index === "values") return NO_LABEL;
	return NO_LABEL + (index.on ? AlarmFlag.ON : 0) + (index.changed ? AlarmFlag.CHANGED : 0);
}

// Pruning: the modes of a head that its output needs least are removed, and the output is fitted to the rest. A mode costs
// flash and RAM, and every head has the same number of modes.

import { type Dataset, select } from "../datasets/dataset";
import { calibrationRows } from "../datasets/split";
import { type FloatModel, floatMixerKind, parameterCount, stateCount } from "../float/model";
import { UserError } from "../terminal/errors";
import { mixerQuantizer } from "./block";
import { calibrate, DRIVEN, type Ranges } from "./calibrate";

export interface Pruned {
	model: FloatModel;
	/** (L, H) cost of pruning: fraction of a head's output power lost over the calibration, 0 to 1. */
	lost: Float64Array[];
}

/**
 * `model` with `keep` modes per head.
 * @param ranges of a calibration of this model, with the sequences of z that it kept
 * @throws UserError when the model has fewer modes, or a mixer whose modes cannot be removed
 */
export function pruneModes(model: FloatModel, ranges: Ranges, keep: number): Pruned {
	const { H } = model;
	const prunable = model.blocks.map(({ mixer }, l) => {
		const { modes } = floatMixerKind(mixer);
		const { prune } = mixerQuantizer(mixer);
		if (!modes || !prune)
			throw new UserError(
				`The mixer of layer ${l}, ${mixer.kind}, has no modes to prune; train without keepModes.`,
			);
		return { mixer, modes: modes.count(mixer), prune };
	});
	const before = Math.min(...prunable.map(({ modes }) => modes));
	if (keep > before)
		throw new UserError(
			`The model has ${before} modes per head; ${keep} cannot be kept. Choose ${before} or fewer.`,
		);
	const pruned = prunable.map(({ mixer, prune }, l) => prune(mixer, H, ranges.layers[l]!.drive ?? [], keep));
	// Savings are counted relative to the network before its first pruning.
	const metadata = keep < before ? { pruned_from: String(before), ...model.metadata } : model.metadata;
	const blocks = model.blocks.map((block, l) => ({ ...block, mixer: pruned[l]!.mixer }));
	return { model: { ...model, blocks, metadata }, lost: pruned.map(({ lost }) => lost) };
}

/** Parameters and state values of `model` before its first pruning. */
export function beforePruning(model: FloatModel): { parameters: number; stateValues: number } {
	const before = Number(model.metadata.pruned_from) || 0;
	let parameters = parameterCount(model);
	let stateValues = stateCount(model);
	for (const { mixer } of model.blocks) {
		const { modes } = floatMixerKind(mixer);
		if (!modes) continue;
		const left = model.H * Math.max(0, before - modes.count(mixer));
		parameters += modes.parameters * left;
		stateValues += modes.stateValues * left;
	}
	return { parameters, stateValues };
}

/** `model` with `keep` modes per head, chosen on training sequences of `data`. @throws UserError as above */
export function pruneOn(model: FloatModel, data: Dataset, keep: number): FloatModel {
	const rows = select(data, calibrationRows(data, Math.min(DRIVEN, data.count)));
	return pruneModes(model, calibrate(model, rows, { method: "minmax" }), keep).model;
}

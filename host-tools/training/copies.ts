// Changed copies of training sequences judge integers where nothing is held out: by how closely they follow the float network on what
// neither of them has seen. Labels alone would not tell, since both get nearly all training sequences right.

import { type Dataset, select } from "../datasets/dataset";
import { calibrationRows } from "../datasets/split";
import { taskOf } from "../task/fit";
import { augment } from "./augment";
import type { Setup } from "./setup";
import { vectorEngine } from "./vector-engine";

const COUNT = 512;
/** Strengths of the changes: gains and offsets, and tempo; rotation is that of training. */
const CHANGED = { jitter: 0.1, warp: 0.2 };
/** Training draws its changes for epochs from 1. */
const DRAW = 0;

export interface Copies {
	data: Dataset;
	/** Outputs of the float network for each copy. */
	answers: ArrayLike<number>[];
}

/** undefined: something is held out, or there is no float network to follow. */
export function makeCopies({
	options,
	settings,
	train,
	validation,
	teacher,
	like,
}: Setup): Copies | undefined {
	const { from } = options;
	if (validation || !from || settings.keepModes !== undefined || !taskOf(train).distances) return undefined;
	const rows = select(train, calibrationRows(train, COUNT));
	const changes = { ...CHANGED, rotation: settings.rotation };
	const data = train.tokens === undefined ? augment(rows, changes, like.inputStd, settings.seed, DRAW) : rows;
	return { data, answers: vectorEngine(settings.threads).observe(teacher?.model ?? from, data).outputs };
}

/** Of each copy, how far these outputs (count, outputs) are from the float network's answer and from what is right. */
export function distances({ data, answers }: Copies, outputs: Float32Array): Float64Array {
	return taskOf(data).distances!(data.targets, answers, outputs);
}

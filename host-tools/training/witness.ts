// Judges integers where nothing is held out: by how closely they follow the float network on changed copies of training sequences,
// which neither of them has seen. Labels would not tell, since both get nearly all training sequences right.

import type { Classes } from "../datasets/classes";
import { type Dataset, select } from "../datasets/dataset";
import { calibrationRows } from "../datasets/split";
import { argmax } from "../task/classify";
import { taskOf } from "../task/fit";
import { augment } from "./augment";
import type { Setup } from "./setup";
import { vectorEngine } from "./vector-engine";

const COPIES = 512;
/** Strengths of the changes: gains and offsets, and tempo; rotation is that of training. */
const CHANGED = { jitter: 0.1, warp: 0.2 };
/** Training draws its changes for epochs from 1. */
const DRAW = 0;

export interface Witness {
	data: Dataset;
	/** Logits of the float network for each copy. */
	answers: ArrayLike<number>[];
}

/** undefined: something is held out, or there is no float network to follow. */
export function callWitness({
	options,
	settings,
	train,
	validation,
	teacher,
	like,
}: Setup): Witness | undefined {
	const { from } = options;
	if (validation || !from || settings.keepModes !== undefined || !taskOf(train).counts) return undefined;
	const rows = select(train, calibrationRows(train, COPIES));
	const changes = { ...CHANGED, rotation: settings.rotation };
	const data = train.tokens === undefined ? augment(rows, changes, like.inputStd, settings.seed, DRAW) : rows;
	return { data, answers: vectorEngine(settings.threads).observe(teacher?.model ?? from, data).outputs };
}

function softmax(logits: ArrayLike<number>): number[] {
	const most = Array.from(logits).reduce((a, b) => Math.max(a, b));
	const powers = Array.from(logits, (logit) => Math.exp(logit - most));
	const sum = powers.reduce((a, b) => a + b);
	return powers.map((power) => power / sum);
}

/**
 * Of each copy: the probability that moves from the float network's answer to other classes, and one more where the answer is
 * wrong. Both are bounded, so that a few confident answers do not decide.
 * @param outputs (count, classes) logits
 */
export function distances({ data, answers }: Witness, outputs: Float32Array): Float64Array {
	const { of } = data.targets as Classes;
	return Float64Array.from(answers, (wanted, i) => {
		const logits = outputs.subarray(i * wanted.length, (i + 1) * wanted.length);
		const found = softmax(logits);
		const moved = softmax(wanted).reduce((sum, p, k) => sum + Math.abs(p - found[k]!) / 2, 0);
		return moved + (argmax(logits) === of[i] ? 0 : 1);
	});
}

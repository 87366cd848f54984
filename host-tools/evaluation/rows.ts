// Some rows of a data set on their way to a runner, and the classes that come back.
import { argmax } from "../checkpoints/evaluate-float";
import type { Dataset } from "../datasets/dataset";
import type { Runner } from "./runner";

/** Rows as they are sent to a thread: `values` (rows, width), each row padded; `lengths` valid steps of each. */
export interface Rows {
	values: Float32Array;
	lengths: Uint32Array;
	width: number;
	channels: number;
}

/** Rows from..to of a data set, copied so that they can be handed over. */
export function takeRows(dataset: Dataset, from: number, to: number): Rows {
	const width = dataset.T * dataset.channels;
	return {
		values: dataset.values.slice(from * width, to * width),
		lengths: dataset.lengths.slice(from, to),
		width,
		channels: dataset.channels,
	};
}

/** The class of each row: the greatest logit, the first of equals. */
export function predictRows(runner: Runner, { values, lengths, width, channels }: Rows): Uint16Array {
	return Uint16Array.from(lengths, (steps, i) =>
		argmax(runner(values.subarray(i * width, i * width + steps * channels), steps)),
	);
}

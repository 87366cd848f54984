// Some rows of a data set on their way to a runner, and the outputs that come back.
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

/** The outputs of each row, (rows, outputs), or (rows, T, outputs) where the head has them at every step. */
export function outputsOfRows(runner: Runner, { values, lengths, width, channels }: Rows): Float64Array {
	const outputs = runner.width(width / channels);
	const all = new Float64Array(lengths.length * outputs);
	lengths.forEach((steps, i) => {
		all.set(runner.run(values.subarray(i * width, i * width + steps * channels), steps), i * outputs);
	});
	return all;
}

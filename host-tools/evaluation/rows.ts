// Rows of a data set sent to a runner, and the outputs returned.
import type { Dataset } from "../datasets/dataset";
import type { Runner } from "./runner";

/** Rows as sent to a thread: `values` (rows, width), each row padded; `lengths` valid steps of each. */
export interface Rows {
	values: Float32Array;
	lengths: Uint32Array;
	width: number;
	channels: number;
}

/** Rows from..to of a data set, copied for transfer. */
export function takeRows(dataset: Dataset, from: number, to: number): Rows {
	const width = dataset.T * dataset.channels;
	return {
		values: dataset.values.slice(from * width, to * width),
		lengths: dataset.lengths.slice(from, to),
		width,
		channels: dataset.channels,
	};
}

/** The outputs of each row, (rows, outputs), or (rows, T, outputs) for heads with outputs at every step. */
export function outputsOfRows(runner: Runner, { values, lengths, width, channels }: Rows): Float64Array {
	const outputs = runner.width(width / channels);
	const all = new Float64Array(lengths.length * outputs);
	lengths.forEach((steps, i) => {
		all.set(runner.run(values.subarray(i * width, i * width + steps * channels), steps), i * outputs);
	});
	return all;
}

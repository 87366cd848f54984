// Some rows of a data set on their way to a runner, and the logits that come back.
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

/** The outputs of each row, (rows, outputs). */
export function outputsOfRows(runner: Runner, { values, lengths, width, channels }: Rows): Float64Array {
	const rows = Array.from(lengths, (steps, i) =>
		Float64Array.from(runner(values.subarray(i * width, i * width + steps * channels), steps)),
	);
	const outputs = rows[0]?.length ?? 0;
	const all = new Float64Array(rows.length * outputs);
	rows.forEach((row, i) => {
		all.set(row, i * outputs);
	});
	return all;
}

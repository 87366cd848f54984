// What a data set is to every host tool: labelled sequences of physical values in memory, one split at a time. Where they
// come from (idx, meta.json, CSV, the built-in generator) is the business of the other files of this folder.

/** One split of a data set. Rows shorter than T are padded at the end; padding must never be read past `lengths`. */
export interface Dataset {
	/** Name for messages, such as "mnist". */
	name: string;
	split: string;
	/** Class names; a label is an index into them. */
	classes: string[];
	/** Input channels of a step. */
	channels: number;
	/** Steps of the longest row. */
	T: number;
	count: number;
	/** (count, T, channels) row-major, in the units of the source; finite. */
	values: Float32Array;
	/** (count) class indices. */
	labels: Uint8Array;
	/** (count) valid steps of each row, 1 to T. */
	lengths: Uint32Array;
	/** Samples a second, when the source says so. */
	rate?: number;
	/** Names of channels, with units, when the source says so. */
	channelNames?: string[];
	/** When these are not all rows of the split: how many it has, and the seed of those drawn from them, by class. */
	drawn?: Drawn;
}

export interface Drawn {
	from: number;
	seed: number;
}

/** Valid values of row `i`, (lengths[i], channels), as a view. */
export function sequence(dataset: Dataset, i: number): Float32Array {
	const start = i * dataset.T * dataset.channels;
	return dataset.values.subarray(start, start + dataset.lengths[i]! * dataset.channels);
}

/** The same split with only the rows in `rows`, copied, in that order. */
export function select(dataset: Dataset, rows: ArrayLike<number>): Dataset {
	const { T, channels } = dataset;
	const width = T * channels;
	const values = new Float32Array(rows.length * width);
	const labels = new Uint8Array(rows.length);
	const lengths = new Uint32Array(rows.length);
	for (let i = 0; i < rows.length; i++) {
		const row = rows[i]!;
		values.set(dataset.values.subarray(row * width, (row + 1) * width), i * width);
		labels[i] = dataset.labels[row]!;
		lengths[i] = dataset.lengths[row]!;
	}
	return { ...dataset, count: rows.length, values, labels, lengths };
}

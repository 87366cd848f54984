// What a data set is to every host tool: sequences of physical values with targets in memory, one split at a time. Where they
// come from (idx, meta.json, CSV, the built-in generator) is the business of the other files of this folder.

import { type Targets, targetKind } from "./targets";

/** One split of a data set. Rows shorter than T are padded at the end; padding must never be read past `lengths`. */
export interface Dataset {
	/** Name for messages, such as "mnist". */
	name: string;
	split: string;
	/** Input channels per step. */
	channels: number;
	/** Steps of the longest row. */
	T: number;
	count: number;
	/** (count, T, channels) row-major, in the units of the source; finite. */
	values: Float32Array;
	/** When values are tokens, 0 up to one less than this, and measure nothing; one channel then. */
	tokens?: number;
	/** The targets of the rows. */
	targets: Targets;
	/** (count) valid steps of each row, 1 to T. */
	lengths: Uint32Array;
	/** What rows have in common that others do not, such as the person or the recording: never divided between training and testing. */
	groups?: Groups;
	/** Sampling rate in Hz, if the source states it. */
	rate?: number;
	/** Names of channels, with units, if the source states them. */
	channelNames?: string[];
	/** When these are not all rows of the split: how many it has, and the seed of those drawn from them, in proportion. */
	drawn?: Drawn;
}

export interface Groups {
	names: string[];
	/** (rows) index into `names`. */
	of: Uint32Array;
}

export interface Drawn {
	from: number;
	seed: number;
}

/** Names and units of the channels as a blob has them: "acceleration x (m/s2)" has a unit. */
export function channelsOf({ channelNames = [] }: Dataset): { name: string; unit: string }[] {
	return channelNames.map((text) => {
		const [, name = text, unit = ""] = /^(.*\S)\s*[([]([^()[\]]*)[)\]]$/.exec(text) ?? [];
		return { name, unit };
	});
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
	const lengths = new Uint32Array(rows.length);
	for (let i = 0; i < rows.length; i++) {
		const row = rows[i]!;
		values.set(dataset.values.subarray(row * width, (row + 1) * width), i * width);
		lengths[i] = dataset.lengths[row]!;
	}
	const targets = targetKind(dataset.targets).select(dataset.targets, rows);
	const { groups } = dataset;
	const kept = groups && { ...groups, of: Uint32Array.from(rows, (row) => groups.of[row]!) };
	return { ...dataset, count: rows.length, values, targets, lengths, ...(kept && { groups: kept }) };
}

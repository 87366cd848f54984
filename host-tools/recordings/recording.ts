// A recording: samples of some channels, step by step, with times and labels where the file has them. Files may be larger than
// memory: steps come in blocks.

export interface Channel {
	/** Empty when the file has none. */
	name: string;
	unit: string;
}

/** Consecutive steps of a recording. */
export interface Block {
	count: number;
	/** (count, channels), finite. */
	values: Float64Array;
	/** (count, targets), finite, if the file has such columns. */
	targets?: Float64Array;
	/** (count) seconds, increasing, if the file has times. */
	times?: Float64Array;
	/** (count) texts per step, if the file has such columns. */
	labels?: string[];
	groups?: string[];
	sequences?: string[];
	/** Location of a step, for messages. */
	where: (step: number) => string;
}

export interface Recording {
	path: string;
	channels: Channel[];
	/** Values to predict at every step, if the file has such columns. */
	targets?: Channel[];
	/** Samples per second, if the file states them or its times imply them. */
	rate?: number;
	/** Label of the entire file, if it states one. */
	label?: string;
	/** Assumptions made in reading it, one sentence each. */
	assumed: string[];
	/** May be called again to start over. @throws UserError naming file and line */
	blocks(): Generator<Block>;
}

/** What the user states about files that do not state it themselves. */
export interface ReadOptions {
	/** Columns by name: of times, labels, groups (such as the person), and those to ignore. */
	time?: string | undefined;
	label?: string | undefined;
	group?: string | undefined;
	ignore?: string[] | undefined;
	/** Samples per second; times are then ignored. */
	hz?: number | undefined;
	/** For channels without a unit. */
	units?: string[] | undefined;
}

/** A kind of file. */
export interface Format {
	/** Extensions in lower case. */
	readonly extensions: readonly string[];
	/** @throws UserError when it cannot be read as this format */
	open(path: string, options: ReadOptions): Recording;
}

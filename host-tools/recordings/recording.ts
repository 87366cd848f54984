// What a recording is: samples of some channels one step after another, with times and labels where the file has them. Files may be
// longer than memory: steps come in blocks.

export interface Channel {
	/** Empty when the file names none. */
	name: string;
	unit: string;
}

/** Consecutive steps of a recording. */
export interface Block {
	count: number;
	/** (count, channels), finite. */
	values: Float64Array;
	/** (count) seconds, increasing, if the file has times. */
	times?: Float64Array;
	/** (count) texts of each step, if the file has such columns. */
	labels?: string[];
	groups?: string[];
	sequences?: string[];
	/** Where a step is, for messages. */
	where: (step: number) => string;
}

export interface Recording {
	path: string;
	channels: Channel[];
	/** Samples a second, if the file states them or its times tell them. */
	rate?: number;
	/** Label of the file as a whole, if it states one. */
	label?: string;
	/** What was assumed in reading it, one sentence each. */
	assumed: string[];
	/** May be called again, and begins anew then. @throws UserError naming file and line */
	blocks(): Generator<Block>;
}

/** What people state about their files where these do not do so themselves. */
export interface ReadOptions {
	/** Columns by name: of times, labels, groups (such as the person), and those that are nothing of these and no channel. */
	time?: string | undefined;
	label?: string | undefined;
	group?: string | undefined;
	ignore?: string[] | undefined;
	/** Samples a second; times are then ignored. */
	hz?: number | undefined;
	/** Of channels without a unit. */
	units?: string[] | undefined;
}

/** A kind of file. */
export interface Format {
	/** Extensions in lower case. */
	readonly extensions: readonly string[];
	/** @throws UserError when it cannot be read as such */
	open(path: string, options: ReadOptions): Recording;
}

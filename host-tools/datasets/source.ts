// Shared by all readers of data sets: bounded file reading, and the final check of every data set. Files are untrusted: nothing
// is allocated before a limit is checked.
import { existsSync, readFileSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import { type Targets, targetKind } from "./targets";

/** Maximum number of values (steps times channels times rows) of one split: one GiB of float32. */
export const MAX_VALUES = 2 ** 28;
export const MAX_STEPS = 2 ** 20;
export const MAX_CHANNELS = 256;
/** Maximum bytes of any file, before and after unpacking. */
export const MAX_BYTES = 2 ** 30;

export interface OpenOptions {
	/** Maximum number of rows, all strata in proportion. */
	limit?: number | undefined;
	/** Sampling rate in Hz, for sources that state none. */
	rate?: number | undefined;
	/** Kind of the labels, for sources with labels; undefined: the first kind of target-kinds.ts. */
	targets?: Targets["kind"] | undefined;
	/** Sequences without labels are accepted, as forecasts need none; targets of steps are not read. */
	unlabelled?: boolean | undefined;
	/** Seed of the rows drawn by `limit`; 1 when absent. */
	seed?: number | undefined;
}

/** The bytes of `path`, unpacked when its name ends in .gz; a UserError when it is absent, damaged or unpacks to over `limit` bytes. */
export function readBounded(path: string, limit = MAX_BYTES): Buffer {
	if (!existsSync(path))
		throw new UserError(`The file ${path} is missing; see docs/DATASETS.md for the files of a data set.`);
	const { size } = statSync(path);
	if (size > MAX_BYTES)
		throw new UserError(`The file ${path} has ${size} bytes; at most ${MAX_BYTES} are supported.`);
	const bytes = readFileSync(path);
	if (!path.endsWith(".gz")) {
		if (size > limit)
			throw new UserError(`The file ${path} has ${size} bytes but at most ${limit} are expected.`);
		return bytes;
	}
	try {
		return gunzipSync(bytes, { maxOutputLength: limit });
	} catch (error) {
		const tooLong = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
		throw new UserError(
			tooLong
				? `The file ${path} unpacks to more than the ${limit} bytes expected.`
				: `The file ${path} is not a complete gzip file; copy it again.`,
		);
	}
}

/** Refuses sizes that are out of bounds, before memory is taken for them. */
export function checkSize(name: string, count: number, T: number, channels: number): void {
	if (count < 1) throw new UserError(`The data set ${name} has no sequences in this split.`);
	if (channels < 1 || channels > MAX_CHANNELS)
		throw new UserError(`The data set ${name} has ${channels} channels; 1 to ${MAX_CHANNELS} are supported.`);
	if (T < 1 || T > MAX_STEPS)
		throw new UserError(`The data set ${name} has sequences of ${T} steps; 1 to ${MAX_STEPS} are supported.`);
	if (count * T * channels > MAX_VALUES)
		throw new UserError(
			`The data set ${name} has ${count} sequences of ${T} steps and ${channels} channels; that is more than ` +
				`the ${MAX_VALUES} values that fit: shorten or split it.`,
		);
}

/** Refuses a value that is not a token. */
function checkToken(where: string, step: number, value: number, tokens: number): void {
	if (!Number.isInteger(value) || value < 0 || value >= tokens)
		throw new UserError(
			`${where} holds ${value} at step ${step}, which is beyond the vocabulary: tokens are 0 to ${tokens - 1}.`,
		);
}

/** The same data set, after checking all targets, that lengths are 1 to T, and that valid values are finite, or tokens. */
export function checkDataset(dataset: Dataset): Dataset {
	const { name, split, channels, T, count, values, targets, lengths, tokens } = dataset;
	checkSize(name, count, T, channels);
	if (tokens !== undefined && channels !== 1)
		throw new UserError(`The data set ${name} holds tokens in ${channels} channels; only one is supported.`);
	for (let i = 0; i < count; i++) {
		const where = `Sequence ${i} of ${name} (${split})`;
		targetKind(targets).check(targets, i, where);
		if (lengths[i]! < 1 || lengths[i]! > T)
			throw new UserError(`${where} has a length of ${lengths[i]} steps; 1 to ${T} are allowed.`);
		const start = i * T * channels;
		const valid = lengths[i]! * channels;
		for (let k = 0; k < valid; k++) {
			const value = values[start + k]!;
			if (tokens !== undefined) checkToken(where, k, value, tokens);
			if (!Number.isFinite(value))
				throw new UserError(
					`${where} holds ${value} at step ${Math.floor(k / channels)}, channel ${k % channels}; only finite numbers are supported.`,
				);
		}
	}
	return dataset;
}

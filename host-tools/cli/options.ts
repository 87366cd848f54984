// Options shared by several commands, and checks of their texts. A refused text ends the command before any work is done.
import { InvalidArgumentError, Option } from "commander";

/** A whole number within bounds. */
export function whole(low: number, high = Number.MAX_SAFE_INTEGER): (text: string) => number {
	return (text) => {
		const n = Number(text);
		if (/^\d+$/.test(text) && n >= low && n <= high) return n;
		throw new InvalidArgumentError(
			high === Number.MAX_SAFE_INTEGER
				? `Expected a whole number from ${low}.`
				: `Expected a whole number from ${low} to ${high}.`,
		);
	};
}

/** A model version, as a blob's header has it. */
export const modelVersion = whole(0, 2 ** 32 - 1);

/** A number above `low`, at most `high`. */
export function above(low: number, high: number): (text: string) => number {
	return (text) => {
		const n = Number(text);
		if (text.trim() !== "" && n > low && n <= high) return n;
		throw new InvalidArgumentError(`Expected a number above ${low}, at most ${high}.`);
	};
}

/** Parses byte counts: 3276, 3.2K. */
export function bytes(text: string): number {
	const match = /^(\d+(?:\.\d+)?)\s*(k(?:i?b)?)?$/i.exec(text.trim());
	const n = match ? Math.floor(Number(match[1]) * (match[2] ? 1024 : 1)) : 0;
	if (n < 1) throw new InvalidArgumentError("Expected a number of bytes, such as 3276 or 3.2K (of 1,024).");
	return n;
}

/** Texts separated by commas. */
export function list(text: string): string[] {
	return text.split(",").map((item) => item.trim());
}

export const jsonOption = () =>
	new Option("--json", "print one JSON object on one line on stdout, and nothing else there");

export const splitOption = () =>
	new Option("--split <name>", "split of the data set").choices(["train", "test"]).default("test");

export const limitOption = () =>
	new Option("--limit <n>", "only n sequences, in the proportion of labels").argParser(whole(1));

export const hzOption = () =>
	new Option("--hz <rate>", "samples per second of --data, if not stated there, as in CSV").argParser(
		above(0, 1_000_000),
	);

/** Selects different sequences for --limit; default: the same ones every time. */
export const limitSeedOption = () =>
	new Option("--seed <n>", "seed of the sequences drawn by --limit (default: 1)").argParser(
		whole(0, 0xffffffff),
	);

export const DATA_HELP = 'folder, CSV file or "motion", which is built in (docs/DATASETS.md)';

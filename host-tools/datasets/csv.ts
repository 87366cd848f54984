// Reads sequences from CSV: a folder for each class with a file for each sequence, or one table with a label column
// (docs/DATASETS.md). A strict reader of numbers, not of every CSV there is: commas, one step per line, no commas in quotes.
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import { assemble, checkRows, looksLikeNumber, type Row, sortNames, toNumber } from "./rows";
import { type OpenOptions, readBounded } from "./source";
import { drawRows, stratifiedOrder } from "./split";

/** Fraction of the rows that becomes "test" when the source has no split. */
const TEST_FRACTION = 0.2;
/** Seed of that split: the same rows every time, so that no training row is ever tested on. */
const TEST_SEED = 1;
const MAX_FILE = 2 ** 28;

/** Lines of a file as fields, with their line numbers; blank lines are skipped. */
function* lines(path: string): Generator<[fields: string[], number: number]> {
	const text = readBounded(path, MAX_FILE)
		.toString("utf8")
		.replace(/^\uFEFF/, "");
	let number = 0;
	for (let start = 0; start < text.length; ) {
		const found = text.indexOf("\n", start);
		const end = found < 0 ? text.length : found;
		const line = text.slice(start, end).trim();
		start = end + 1;
		number++;
		if (line) yield [line.split(",").map((field) => field.trim().replace(/^"(.*)"$/, "$1")), number];
	}
}

/** Appends the numbers of one line to `values`. */
function pushNumbers(fields: string[], first: number, where: string, step: number, values: number[]): void {
	for (let i = first; i < fields.length; i++) values.push(toNumber(fields[i]!, where, step, i - first));
}

/** One file that is one sequence: one line per step, one column per channel, a header if the first line is not all numbers. */
function readSequenceFile(path: string, label: string): Row {
	const values: number[] = [];
	let channelNames: string[] | undefined;
	let channels = 0;
	let step = 0;
	for (const [fields, line] of lines(path)) {
		if (!channels) {
			channels = fields.length;
			if (fields.some((field) => !looksLikeNumber(field))) {
				channelNames = fields;
				continue;
			}
		}
		if (fields.length !== channels)
			throw new UserError(
				`Line ${line} of ${path} has ${fields.length} columns where the first line has ${channels}.`,
			);
		pushNumbers(fields, 0, path, step++, values);
	}
	if (!step) throw new UserError(`The file ${path} holds no step; a sequence needs at least one line.`);
	return { label, where: path, channels, values, channelNames };
}

/** One table: columns sequence, label, then the channels; the lines of a sequence are contiguous. */
function readTable(path: string): Row[] {
	const rows: Row[] = [];
	const seen = new Set<string>();
	let header: string[] | undefined;
	let current: Row | undefined;
	let id: string | undefined;
	let step = 0;
	for (const [fields, line] of lines(path)) {
		if (!header) {
			if (
				fields[0]?.toLowerCase() !== "sequence" ||
				fields[1]?.toLowerCase() !== "label" ||
				fields.length < 3
			)
				throw new UserError(
					`The first line of ${path} must name the columns "sequence,label," and then at least one channel.`,
				);
			header = fields;
			continue;
		}
		if (fields.length !== header.length)
			throw new UserError(
				`Line ${line} of ${path} has ${fields.length} columns where the header has ${header.length}.`,
			);
		const [sequence, label] = fields as [string, string];
		if (!current || sequence !== id) {
			if (seen.has(sequence))
				throw new UserError(
					`Line ${line} of ${path} goes back to the sequence "${sequence}"; keep the lines of a sequence together.`,
				);
			if (!label) throw new UserError(`Line ${line} of ${path} has no label.`);
			seen.add(sequence);
			id = sequence;
			step = 0;
			current = {
				label,
				where: `Sequence "${sequence}" of ${path}`,
				channels: header.length - 2,
				values: [],
				channelNames: header.slice(2),
			};
			rows.push(current);
		}
		if (label !== current.label)
			throw new UserError(
				`Line ${line} of ${path} labels the sequence "${sequence}" "${label}", but it began as "${current.label}".`,
			);
		pushNumbers(fields, 2, current.where, step++, current.values);
	}
	return rows;
}

function folders(path: string): string[] {
	return sortNames(readdirSync(path).filter((name) => statSync(join(path, name)).isDirectory()));
}

function csvFiles(path: string): string[] {
	return sortNames(readdirSync(path).filter((name) => extname(name).toLowerCase() === ".csv"));
}

/** One folder per class. */
function readClassFolders(path: string): Row[] {
	return folders(path).flatMap((label) =>
		csvFiles(join(path, label)).map((file) => readSequenceFile(join(path, label, file), label)),
	);
}

/** The rows of both splits of a source that has them, or undefined when it has none. */
function readGivenSplits(source: string): { train: Row[]; test: Row[] } | undefined {
	const [train, test] = [join(source, "train"), join(source, "test")];
	const table = (path: string) => (existsSync(path) ? readTable(path) : []);
	const tree = (path: string) => (existsSync(path) ? readClassFolders(path) : []);
	if (existsSync(`${train}.csv`) || existsSync(`${test}.csv`))
		return { train: table(`${train}.csv`), test: table(`${test}.csv`) };
	if (existsSync(train) || existsSync(test)) return { train: tree(train), test: tree(test) };
	return undefined;
}

/**
 * One split of CSV data. Without a split of their own the rows are divided, the same way each time: stratified by class, a
 * fifth is "test". Classes are the labels of all rows in order of their names (of their value when all are whole numbers).
 */
export function readCsv(source: string, split: "train" | "test", options: OpenOptions = {}): Dataset {
	const name = basename(resolve(source), ".csv");
	const isFile = statSync(source).isFile();
	const given = isFile ? undefined : readGivenSplits(source);
	const rows = given
		? [...given.train, ...given.test]
		: isFile
			? readTable(source)
			: readClassFolders(source);
	checkRows(name, rows);
	const labels = sortNames(new Set(rows.map((row) => row.label)));
	const labelsOf = (some: Row[]) => some.map((row) => labels.indexOf(row.label));
	let chosen = given?.[split];
	if (!chosen) {
		const test = new Set(
			stratifiedOrder(labelsOf(rows), TEST_SEED).slice(0, Math.round(rows.length * TEST_FRACTION)),
		);
		chosen = rows.filter((_, i) => test.has(i) === (split === "test"));
	}
	const { rows: drawnRows, drawn } = drawRows(labelsOf(chosen), options);
	const dataset = assemble(
		name,
		split,
		labels,
		Array.from(drawnRows, (i) => chosen[i]!),
	);
	return { ...dataset, ...(drawn && { drawn }) };
}

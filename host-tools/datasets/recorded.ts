// Sequences from files of samples (host-tools/recordings): a folder per label with a file per sequence, one table with the
// columns sequence and label, or Edge Impulse's export (docs/DATASETS.md).
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { isRecording, openRecording } from "../recordings/open";
import type { Block, Recording } from "../recordings/recording";
import { GAP } from "../recordings/times";
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import { assemble, checkRows, nameOf, type Row, sortNames } from "./sequences";
import { MAX_VALUES, type OpenOptions } from "./source";
import { drawRows, stratifiedOrder, wholeGroups } from "./split";

/** Fraction of the rows that becomes "test" when the source has no split. */
const TEST_FRACTION = 0.2;
/** Seed of that split: the same rows every time, so that training rows are never tested on. */
const TEST_SEED = 1;
/** Folders of splits, under these names or those of Edge Impulse. */
const SPLITS = [
	{ train: "train", test: "test" },
	{ train: "training", test: "testing" },
];

/** Whether targets of steps are what is to be learned, and whether sequences need a label. */
const ofSteps = ({ targets }: { targets?: unknown }, { targets: kind, unlabelled }: OpenOptions) =>
	targets !== undefined && (kind ?? "values") === "values" && !unlabelled;
const needsLabel = (recording: Recording, options: OpenOptions) =>
	!options.unlabelled && !ofSteps(recording, options);

/** Properties that all rows of a recording share; targets are the row's own. */
function commonOf({ channels, rate, targets }: Recording) {
	return {
		channels: channels.length,
		channelNames: channels.some(({ name }) => name) ? channels.map(nameOf) : undefined,
		rate,
		targets: targets && { of: [], named: targets },
	};
}

/** Appends the rest of a block, from one step to another, to a row. @throws UserError at a gap */
function append(row: Row, block: Block, from: number, to: number, before: number): number {
	const { values, targets, times, where } = block;
	for (let step = from; times && step < to; step++) {
		if (times[step]! - before > GAP / row.rate!)
			throw new UserError(
				`${where(step)}: ${(times[step]! - before).toPrecision(3)} s are missing before it; cut the recording at its gaps with "edge-ssm window".`,
			);
		before = times[step]!;
	}
	if (row.values.length + (to - from) * row.channels > MAX_VALUES)
		throw new UserError(`${row.where} is too long for one sequence; cut it with "edge-ssm window".`);
	for (let i = from * row.channels; i < to * row.channels; i++) row.values.push(values[i]!);
	const width = row.targets?.named.length ?? 0;
	for (let i = from * width; i < to * width; i++) row.targets!.of.push(targets![i]!);
	return before;
}

/** A file with one sequence. */
function readSequence(path: string, given: string | undefined, options: OpenOptions): Row {
	const recording = openRecording(path, { hz: options.rate });
	const label = given ?? recording.label;
	if (label === undefined && needsLabel(recording, options))
		throw new UserError(
			options.targets === "values"
				? `${path} has neither a label nor targets: put it into a folder with the name of its label, or name a column "target NAME (unit)".`
				: `${path} has no label: put it into a folder with the name of its label.`,
		);
	const row: Row = { label, where: path, values: [], ...commonOf(recording) };
	let before = Number.NaN;
	let stated: string | undefined;
	for (const block of recording.blocks()) {
		const { labels, groups, where } = block;
		stated ??= labels?.[0];
		const other = ofSteps(recording, options) ? -1 : (labels?.findIndex((text) => text !== stated) ?? -1);
		if (other >= 0)
			throw new UserError(
				`${where(other)} has the label "${labels![other]}" where the lines before have "${stated}"; cut recordings with several labels with "edge-ssm window".`,
			);
		row.group ??= groups?.[0];
		before = append(row, block, 0, block.count, before);
	}
	return row;
}

/** One table: the lines of a sequence are contiguous and have the same label. */
function readTable(path: string, options: OpenOptions): Row[] {
	const recording = openRecording(path, { hz: options.rate });
	const rows: Row[] = [];
	const seen = new Set<string>();
	let id: string | undefined;
	let before = Number.NaN;
	for (const block of recording.blocks()) {
		const { count, labels, groups, sequences, where } = block;
		const labelled = labels !== undefined || !needsLabel(recording, options);
		if (!labelled || !sequences)
			throw new UserError(
				`The first line of ${path} must name the columns "sequence"${labelled ? "" : ' and "label"'} and at least one channel; cut a long recording into sequences with "edge-ssm window".`,
			);
		for (let step = 0; step < count; step++) {
			const sequence = sequences[step]!;
			if (sequence !== id) {
				if (seen.has(sequence))
					throw new UserError(
						`${where(step)} goes back to the sequence "${sequence}"; keep the lines of a sequence together.`,
					);
				if (needsLabel(recording, options) && !labels![step])
					throw new UserError(`${where(step)} has no label.`);
				seen.add(sequence);
				id = sequence;
				before = Number.NaN;
				rows.push({
					label: labels?.[step] || undefined,
					where: `Sequence "${sequence}" of ${path}`,
					values: [],
					group: groups?.[step],
					...commonOf(recording),
				});
			}
			const row = rows.at(-1)!;
			if (!ofSteps(recording, options) && labels && labels[step] !== (row.label ?? ""))
				throw new UserError(
					`${where(step)} labels the sequence "${sequence}" "${labels[step]}", but it began as "${row.label ?? ""}".`,
				);
			before = append(row, block, step, step + 1, before);
		}
	}
	return rows;
}

function folders(path: string): string[] {
	return sortNames(
		readdirSync(path).filter((name) => !name.startsWith(".") && statSync(join(path, name)).isDirectory()),
	);
}

function files(path: string): string[] {
	return sortNames(
		readdirSync(path).filter((name) => isRecording(name) && statSync(join(path, name)).isFile()),
	);
}

/** A folder per label; files next to them state their own label. */
function readTree(path: string, options: OpenOptions): Row[] {
	return [
		...files(path).map((file) => readSequence(join(path, file), undefined, options)),
		...folders(path).flatMap((label) =>
			files(join(path, label)).map((file) => readSequence(join(path, label, file), label, options)),
		),
	];
}

const splitNames = (source: string) =>
	SPLITS.find((pair) => Object.values(pair).some((name) => existsSync(join(source, name))));

/** Folders next to those of labels that hold no recording: labels without a clip. */
export function emptyLabels(source: string): string[] {
	if (!statSync(source, { throwIfNoEntry: false })?.isDirectory()) return [];
	const names = splitNames(source);
	const roots = names ? Object.values(names).map((name) => join(source, name)) : [source];
	const all = roots
		.filter((root) => existsSync(root))
		.flatMap((root) => folders(root).map((label) => join(root, label)));
	const empty = all.filter((folder) => !files(folder).length);
	return empty.length < all.length ? empty : [];
}

/** The rows of both splits of a source that has them, or undefined when it has none. */
function readGivenSplits(source: string, options: OpenOptions): { train: Row[]; test: Row[] } | undefined {
	const read = (path: string, reader: (path: string, options: OpenOptions) => Row[]) =>
		existsSync(path) ? reader(path, options) : [];
	const tables = readdirSync(source).filter((name) => isRecording(name));
	const table = (split: string) => tables.find((name) => basename(name, extname(name)) === split);
	const [train, test] = [table("train"), table("test")];
	if (train ?? test)
		return {
			train: train ? readTable(join(source, train), options) : [],
			test: test ? readTable(join(source, test), options) : [],
		};
	const names = splitNames(source);
	return (
		names && {
			train: read(join(source, names.train), readTree),
			test: read(join(source, names.test), readTree),
		}
	);
}

/** Without any labels all sequences have the same, the name of the data set. @throws UserError when only some have one */
function nameUnlabelled(name: string, rows: Row[]): void {
	const bare = rows.filter(({ label }) => label === undefined);
	if (bare.length && bare.length < rows.length)
		throw new UserError(`${bare[0]!.where} has no label, but other sequences of ${name} have one.`);
	for (const row of bare) row.label = name;
}

/**
 * One split of recorded sequences. Without predefined splits the rows are divided, the same way each time: stratified by label,
 * a fifth is "test", entire groups where a column names them. Labels are those of all rows ordered by name (by value when all
 * are whole numbers).
 */
export function readRecorded(source: string, split: "train" | "test", options: OpenOptions = {}): Dataset {
	const isFile = statSync(source).isFile();
	const name = isFile ? basename(source, extname(source)) : basename(resolve(source));
	const given = isFile ? undefined : readGivenSplits(source, options);
	const rows = given
		? [...given.train, ...given.test]
		: isFile
			? readTable(source, options)
			: readTree(source, options);
	checkRows(name, rows);
	const steps = ofSteps({ targets: rows[0]!.targets?.named }, options);
	if (!steps) nameUnlabelled(name, rows);
	const labels = sortNames(new Set(rows.map(({ label }) => label ?? name)));
	const strataOf = (some: Row[]) => some.map(({ label }) => labels.indexOf(label ?? name));
	let chosen = given?.[split];
	if (!chosen) {
		const ids = rows.map(({ group }) => group);
		const groupNames = [...new Set(ids)];
		const test = ids.every((id) => id !== undefined)
			? wholeGroups(
					strataOf(rows),
					ids.map((id) => groupNames.indexOf(id)),
					TEST_FRACTION,
					TEST_SEED,
				)
			: new Set(stratifiedOrder(strataOf(rows), TEST_SEED).slice(0, Math.round(rows.length * TEST_FRACTION)));
		chosen = rows.filter((_, i) => test.has(i) === (split === "test"));
	}
	const { rows: drawnRows, drawn } = drawRows(strataOf(chosen), options);
	const dataset = assemble(
		name,
		split,
		labels,
		Array.from(drawnRows, (i) => chosen[i]!),
		steps ? "steps" : options.targets,
	);
	return { ...dataset, ...(drawn && { drawn }) };
}

// Sequences as text formats give them, one by one, and how they become a data set: named labels, padding, checks.
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import { checkDataset, checkSize } from "./source";
import { labelledTargets } from "./targets";

/** One sequence. */
export interface Row {
	label: string;
	/** Where it stands, for messages. */
	where: string;
	channels: number;
	/** (steps, channels) */
	values: number[];
	channelNames?: string[] | undefined;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;

/** Whether a field is meant as a number, finite or not. */
export function looksLikeNumber(field: string): boolean {
	return NUMBER.test(field) || NOT_FINITE.test(field);
}

/** The finite float32 that a field is; the rest says where it stands. */
export function toNumber(field: string, where: string, step: number, channel: number): number {
	const value = NUMBER.test(field) ? Math.fround(Number(field)) : Number.NaN;
	if (Number.isFinite(value)) return value;
	const what = looksLikeNumber(field) ? "is not a finite float32" : "is not a number";
	throw new UserError(`${where}: "${field.slice(0, 40)}" at step ${step}, channel ${channel} ${what}.`);
}

/** Order by code units, or by value when all names are whole numbers; the same on every machine. */
export function sortNames(names: Iterable<string>): string[] {
	const all = [...names];
	return all.every((name) => /^\d{1,9}$/.test(name))
		? all.sort((a, b) => Number(a) - Number(b))
		: all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Refuses rows that do not fit together, naming the first that differs from the one before all. */
export function checkRows(name: string, rows: Row[]): void {
	const first = rows[0];
	if (!first)
		throw new UserError(
			`The data set ${name} has no sequences; docs/DATASETS.md shows the layouts of CSV that are read.`,
		);
	for (const row of rows) {
		if (row.channels !== first.channels)
			throw new UserError(
				`${row.where} has ${row.channels} channels where ${first.where} has ${first.channels}.`,
			);
		if (row.channelNames && first.channelNames && row.channelNames.join() !== first.channelNames.join())
			throw new UserError(
				`${row.where} has the columns ${row.channelNames.join(", ")} where ${first.where} has ${first.channelNames.join(", ")}.`,
			);
	}
}

/** Puts rows into one padded array; `labels` are all that there are, in their order. */
export function assemble(name: string, split: string, labels: string[], rows: Row[]): Dataset {
	const channels = rows[0]?.channels ?? 1;
	const T = rows.reduce((longest, row) => Math.max(longest, row.values.length / channels), 1);
	checkSize(name, rows.length, T, channels);
	const index = new Map(labels.map((label, i) => [label, i]));
	const targets = labelledTargets(
		name,
		labels,
		Uint32Array.from(rows, ({ label }) => index.get(label)!),
	);
	const values = new Float32Array(rows.length * T * channels);
	const lengths = new Uint32Array(rows.length);
	rows.forEach((row, i) => {
		values.set(row.values, i * T * channels);
		lengths[i] = row.values.length / channels;
	});
	const channelNames = rows[0]?.channelNames;
	return checkDataset({
		name,
		split,
		channels,
		T,
		count: rows.length,
		values,
		targets,
		lengths,
		...(channelNames ? { channelNames } : {}),
	});
}

// Sequences from text formats, one at a time, and their assembly into a data set: named labels, padding, checks.

import type { Channel } from "../recordings/recording";
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import { checkDataset, checkSize, MAX_VALUES } from "./source";
import { labelledTargets, type Targets } from "./targets";
import { MAX_VALUES_OF_ROW, type Values } from "./values";

/** One sequence. */
export interface Row {
	/** Absent: none stated. */
	label?: string | undefined;
	/** Source location, for messages. */
	where: string;
	channels: number;
	/** (steps, channels) */
	values: number[];
	channelNames?: string[] | undefined;
	/** Values to predict at every step, (steps, targets), and their names. */
	targets?: { of: number[]; named: readonly Channel[] } | undefined;
	/** Samples per second, and the group shared with other rows, where stated. */
	rate?: number | undefined;
	group?: string | undefined;
}

/** Order by code units, or by value when all names are whole numbers; the same on every machine. */
export function sortNames(names: Iterable<string>): string[] {
	const all = [...names];
	return all.every((name) => /^\d{1,9}$/.test(name))
		? all.sort((a, b) => Number(a) - Number(b))
		: all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Rates that differ by less are equal: clocks differ. */
const SAME_RATE = 0.01;

export const nameOf = ({ name, unit }: Channel) => (unit ? `${name} (${unit})` : name);
const namesOf = (row: Row) => row.targets?.named.map(nameOf).join(", ") ?? "none";

/** Refuses inconsistent rows, naming the first that differs from the first row. */
export function checkRows(name: string, rows: Row[]): void {
	const first = rows[0];
	if (!first)
		throw new UserError(
			`The data set ${name} has no sequences; docs/DATASETS.md shows the supported CSV layouts.`,
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
		if (namesOf(row) !== namesOf(first))
			throw new UserError(
				`${row.where} has the targets ${namesOf(row)} where ${first.where} has ${namesOf(first)}.`,
			);
		if (row.rate && first.rate && Math.abs(row.rate / first.rate - 1) > SAME_RATE)
			throw new UserError(
				`${row.where} has ${row.rate} samples per second where ${first.where} has ${first.rate}; bring them to one rate with "edge-ssm window --rate".`,
			);
	}
}

/** Targets of every step, each row padded to `T` steps. @throws UserError when they are too many */
function steppedTargets(name: string, rows: readonly Row[], T: number, lengths: Uint32Array): Values {
	const { named } = rows[0]!.targets!;
	const width = T * named.length;
	if (named.length > MAX_VALUES_OF_ROW || rows.length * width > MAX_VALUES)
		throw new UserError(
			`The data set ${name} has ${rows.length} sequences of ${T} steps with ${named.length} targets each; at most ${MAX_VALUES_OF_ROW} targets and ${MAX_VALUES} numbers are supported.`,
		);
	const of = new Float32Array(rows.length * width);
	rows.forEach(({ targets }, i) => {
		of.set(targets!.of, i * width);
	});
	return {
		kind: "values",
		names: named.map((target) => target.name),
		units: named.map(({ unit }) => unit),
		steps: { T, lengths },
		of,
	};
}

/**
 * Packs rows into one padded array; `labels` are all labels in order.
 * @param kind of the labels; "steps": targets are those of steps
 */
export function assemble(
	name: string,
	split: string,
	labels: string[],
	rows: Row[],
	kind?: Targets["kind"] | "steps",
): Dataset {
	const channels = rows[0]?.channels ?? 1;
	const T = rows.reduce((longest, row) => Math.max(longest, row.values.length / channels), 1);
	checkSize(name, rows.length, T, channels);
	const index = new Map(labels.map((label, i) => [label, i]));
	const values = new Float32Array(rows.length * T * channels);
	const lengths = new Uint32Array(rows.length);
	rows.forEach((row, i) => {
		values.set(row.values, i * T * channels);
		lengths[i] = row.values.length / channels;
	});
	const targets =
		kind === "steps"
			? steppedTargets(name, rows, T, lengths)
			: labelledTargets(
					name,
					labels,
					Uint32Array.from(rows, ({ label }) => index.get(label!)!),
					kind,
				);
	const { channelNames, rate } = rows[0] ?? {};
	const names = [...new Set(rows.flatMap(({ group }) => (group === undefined ? [] : [group])))];
	const numbers = new Map(names.map((group, i) => [group, i]));
	const grouped = rows.length > 0 && rows.every(({ group }) => group !== undefined);
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
		...(rate === undefined ? {} : { rate }),
		...(grouped && { groups: { names, of: Uint32Array.from(rows, ({ group }) => numbers.get(group!)!) } }),
	});
}

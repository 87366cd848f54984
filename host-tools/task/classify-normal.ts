// Labelled data with one normal class: forecasts learn that class and are meant to fail on the others.
import { type Classes, classCounts } from "../datasets/classes";
import { type Dataset, select } from "../datasets/dataset";
import { UserError } from "../terminal/errors";
import { printable } from "../terminal/printable";

/** Rows of labelled data by whether they are normal. */
export interface Normality {
	/** The normal label. */
	normal: string;
	/** (rows) */
	isNormal: boolean[];
	/** Names of all labels. */
	labels: string[];
}

/**
 * Which rows are normal by their labels; undefined: the data have no labels, or only one.
 * @param asked the normal label; default: the most frequent @throws UserError when there is no such label
 */
export function normality({ name, targets }: Dataset, asked?: string): Normality | undefined {
	if (targets.kind !== "classes") return undefined;
	const { names, of } = targets as Classes;
	const counts = classCounts(targets);
	const found = asked === undefined ? counts.indexOf(Math.max(...counts)) : names.indexOf(asked);
	if (found < 0)
		throw new UserError(
			`The data set ${name} has no label ${printable(asked!)}; its labels are ${names.map(printable).join(", ")}.`,
		);
	if (asked === undefined && counts.filter((n) => n > 0).length < 2) return undefined;
	return { normal: names[found]!, isNormal: Array.from(of, (label) => label === found), labels: names };
}

/** The normal label of a detector, from its blob's notes. */
export function normalOf(notes: string): string | undefined {
	try {
		const { normal } = JSON.parse(notes) as { normal?: unknown };
		return typeof normal === "string" ? normal : undefined;
	} catch {
		return undefined;
	}
}

/** The normal rows. @throws UserError when there are none */
export function normalRows(dataset: Dataset, found: Normality | undefined): Dataset {
	if (!found) return dataset;
	const rows = found.isNormal.flatMap((is, row) => (is ? [row] : []));
	if (rows.length === 0)
		throw new UserError(
			`The data set ${dataset.name} (${dataset.split}) has no sequence labelled ${found.normal}.`,
		);
	return select(dataset, rows);
}

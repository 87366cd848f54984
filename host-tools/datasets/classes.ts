// Targets that are classes: each sequence belongs to one of some named classes.
import { UserError } from "../terminal/errors";
import type { TargetKind } from "./target-kind";

export const MAX_CLASSES = 256;

export interface Classes {
	kind: "classes";
	names: string[];
	/** (rows) class of each row, an index into `names`. */
	of: Uint8Array;
}

/**
 * Targets of rows by class index; `checkDataset` checks that each index is valid.
 * @param dataset its name, for messages
 */
export function classTargets(dataset: string, names: readonly string[], of: Uint8Array): Classes {
	if (names.length < 1 || names.length > MAX_CLASSES)
		throw new UserError(
			`The data set ${dataset} has ${names.length} classes; 1 to ${MAX_CLASSES} are supported.`,
		);
	return { kind: "classes", names: [...names], of };
}

/** Rows of each class. */
export function classCounts({ names, of }: Classes): number[] {
	const counts = new Array<number>(names.length).fill(0);
	for (const label of of) counts[label]!++;
	return counts;
}

export const classes: TargetKind<Classes> = {
	labelled: (dataset, names, of) => classTargets(dataset, names, Uint8Array.from(of)),
	select: (targets, rows) => ({ ...targets, of: Uint8Array.from(rows, (row) => targets.of[row]!) }),
	strata: ({ of }) => of,
	bytes: ({ of }) => of,
	check({ names, of }, row, where) {
		if (of[row]! >= names.length)
			throw new UserError(
				`${where} has the label ${of[row]}, but there are only ${names.length} classes (0 to ${names.length - 1}).`,
			);
	},
};

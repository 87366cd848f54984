// Targets that are values: of each sequence, or of each of its steps, some numbers with names and units.
import { UserError } from "../terminal/errors";
import type { TargetKind } from "./target-kind";

export const MAX_VALUES_OF_ROW = 1024;

/** Numbers to tell, whatever they are. */
export interface ValueTargets {
	names: string[];
	/** "": none stated. */
	units: string[];
	/** Of steps: (rows) how many each has, and the most of them; null: of whole sequences. */
	steps: { lengths: Uint32Array; T: number } | null;
	/** (rows, names), or (rows, T, names) padded with zeros; float32 */
	of: Float32Array;
}

export interface Values extends ValueTargets {
	kind: "values";
}

/** Numbers in `of` for each row. */
export const valuesWidth = ({ names, steps }: ValueTargets): number => names.length * (steps?.T ?? 1);

/** Valid numbers of a row. */
export function valuesOfRow(targets: ValueTargets, row: number): Float32Array {
	const { names, steps, of } = targets;
	const start = row * valuesWidth(targets);
	return of.subarray(start, start + names.length * (steps ? steps.lengths[row]! : 1));
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** What all targets of numbers have in common. */
export function valueKind<T extends ValueTargets>(): Omit<TargetKind<T>, "labelled"> {
	return {
		select(targets, rows) {
			const width = valuesWidth(targets);
			const of = new Float32Array(rows.length * width);
			for (let i = 0; i < rows.length; i++)
				of.set(targets.of.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width);
			const { steps } = targets;
			const lengths = steps && Uint32Array.from(rows, (row) => steps.lengths[row]!);
			return { ...targets, of, steps: steps && { T: steps.T, lengths: lengths! } };
		},
		strata: ({ of, steps, names }) => new Uint8Array(of.length / (names.length * (steps?.T ?? 1))),
		bytes: ({ of }) => new Uint8Array(of.buffer, of.byteOffset, of.byteLength),
		check(targets, row, where) {
			const { names } = targets;
			const bad = valuesOfRow(targets, row).findIndex((value) => !Number.isFinite(value));
			if (bad < 0) return;
			const at = targets.steps ? ` at step ${Math.floor(bad / names.length)}` : "";
			throw new UserError(
				`${where} is to give ${valuesOfRow(targets, row)[bad]} for ${names[bad % names.length]}${at}; only finite numbers can be told.`,
			);
		},
	};
}

export const values: TargetKind<Values> = {
	...valueKind<Values>(),
	labelled(dataset, names, of) {
		const numbers = names.map((name) => {
			const number = NUMBER.test(name) ? Math.fround(Number(name)) : Number.NaN;
			if (Number.isFinite(number)) return number;
			throw new UserError(
				`The data set ${dataset} has the label "${name.slice(0, 40)}", which is not a finite number; values to tell must be (or train --task classify).`,
			);
		});
		const targets = Float32Array.from(of, (index) => numbers[index]!);
		return { kind: "values", names: ["value"], units: [""], steps: null, of: targets };
	},
};

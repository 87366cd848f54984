// Targets that are values: numbers with names and units, per sequence or per step.
import { UserError } from "../terminal/errors";
import type { TargetKind } from "./target-kind";

export const MAX_VALUES_OF_ROW = 1024;

/** Numeric targets. */
export interface ValueTargets {
	names: string[];
	/** "": none stated. */
	units: string[];
	/** Per step: (rows) number of steps of each row, and the maximum; null: per sequence. */
	steps: { lengths: Uint32Array; T: number } | null;
	/** (rows, names), or (rows, T, names) padded with zeros; float32 */
	of: Float32Array;
}

export interface Values extends ValueTargets {
	kind: "values";
}

/** Numbers per row in `of`. */
export const valuesWidth = ({ names, steps }: ValueTargets): number => names.length * (steps?.T ?? 1);

/** Valid numbers of a row. */
export function valuesOfRow(targets: ValueTargets, row: number): Float32Array {
	const { names, steps, of } = targets;
	const start = row * valuesWidth(targets);
	return of.subarray(start, start + names.length * (steps ? steps.lengths[row]! : 1));
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Shared by all numeric targets. */
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
				`${where} has the target ${valuesOfRow(targets, row)[bad]} for ${names[bad % names.length]}${at}; only finite numbers are supported.`,
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
				`The data set ${dataset} has the label "${name.slice(0, 40)}", which is not a finite number; regression needs numbers (or train --task classify).`,
			);
		});
		const targets = Float32Array.from(of, (index) => numbers[index]!);
		return { kind: "values", names: ["value"], units: [""], steps: null, of: targets };
	},
};

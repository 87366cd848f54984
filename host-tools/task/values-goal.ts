// The head of a network for values.
import { type ValueTargets, valuesOfRow } from "../datasets/values";
import type { Goal } from "./task";

export interface ValuesGoal extends Goal {
	units: string[];
	/** Mean and standard deviation of each target, which normalize values in training. */
	scale: Float64Array;
	offset: Float64Array;
	moment: "end" | "step";
	/** Outputs are the channels this many steps later; 0: other targets. */
	ahead: number;
}

/** Mean and standard deviation of each target over all rows and steps. */
export function statistics(targets: ValueTargets, rows: number): { mean: Float64Array; std: Float64Array } {
	const K = targets.names.length;
	const [mean, std] = [new Float64Array(K), new Float64Array(K)];
	let count = 0;
	for (let row = 0; row < rows; row++) count += valuesOfRow(targets, row).length / K;
	const each = (visit: (k: number, value: number) => void) => {
		for (let row = 0; row < rows; row++)
			valuesOfRow(targets, row).forEach((value, i) => {
				visit(i % K, value);
			});
	};
	each((k, value) => {
		mean[k]! += value / count;
	});
	each((k, value) => {
		std[k]! += (value - mean[k]!) ** 2 / count;
	});
	return { mean, std: std.map(Math.sqrt) };
}

/** @param ahead as in the goal */
export function goalOf(targets: ValueTargets, rows: number, ahead: number): ValuesGoal {
	const { mean, std } = statistics(targets, rows);
	return {
		head: "values",
		labels: targets.names,
		perStep: targets.steps !== null,
		units: targets.units,
		scale: std.map((s) => s || 1),
		offset: mean,
		moment: targets.steps ? "step" : "end",
		ahead,
	};
}

// Regression: targets are numbers, which the outputs approximate.
import { type Values, type ValueTargets, valuesOfRow, valuesWidth } from "../datasets/values";
import { UserError } from "../terminal/errors";
import { grouped, heading, signed, table } from "../terminal/output";
import { printable } from "../terminal/printable";
import { Errors, type RegressMetrics, type ValueMetrics } from "./regress-metrics";
import { CHANGES, type FittedHead, type Judged, type LossChoice, type Task } from "./task";
import { goalOf, statistics } from "./values-goal";

export const rowsOf = (targets: ValueTargets) => targets.of.length / valuesWidth(targets);
export const figure = (value: number | null) => (value === null ? "constant" : value.toPrecision(3));

/** (value - offset) / scale, as training fits the head. */
export function fitted(targets: ValueTargets, { scale, offset }: FittedHead): Float32Array {
	const K = targets.names.length;
	return targets.of.map((value, i) => (value - offset![i % K]!) / scale![i % K]!);
}

/** Loss of one output as the native trainer defines it (kinds/loss_values.h). @param zero what is 0 in these units */
function lossOf(output: number, target: number, zero: number, { smape, huber }: LossChoice): number {
	const error = Math.abs(output - target);
	if (smape) {
		const size = (Math.abs(target - zero) + Math.abs(output - zero)) / 2;
		return size > 0 ? error / size : 0;
	}
	return huber > 0 && error > huber ? huber * (2 * error - huber) : error ** 2;
}

function metricsTable({ targets }: RegressMetrics, labels: readonly string[]): string {
	const row = (name: string, { nrmse, r2, mse, mae, smape }: ValueMetrics) => [
		...[name, figure(nrmse), figure(r2), figure(mse), figure(mae), `${smape.toFixed(2)} %`],
	];
	return table([["", "NRMSE", "R2", "MSE", "MAE", "sMAPE"], ...targets.map((of, k) => row(labels[k]!, of))]);
}

/** @throws UserError when no target varies, so that errors cannot be related to anything */
function judged({ count, mean: { nrmse, smape, mse } }: RegressMetrics): Judged {
	if (nrmse === null)
		throw new UserError(
			`All targets of these ${count} sequences are constant, so that there is no NRMSE to compare by; take more sequences.`,
		);
	return { count, right: 0, values: { nrmse, smape, mse } };
}

/** Shared by all tasks with numeric targets. */
export const valuesTask: Omit<Task<ValueTargets, RegressMetrics>, "targets" | "goal" | "changes"> = {
	heads: ["values"],
	counts: false,
	quality: {
		name: "NRMSE",
		of: ({ values }) => 100 * values!.nrmse,
		higher: false,
		figures({ values }, float) {
			const shown = (key: "nrmse" | "smape" | "mse") => {
				const [value, before] = [values![key], float?.values?.[key]];
				return `${value.toPrecision(4)}${before ? ` (${signed(100 * (value / before - 1))} %)` : ""}`;
			};
			return { NRMSE: shown("nrmse"), "sMAPE %": shown("smape"), MSE: shown("mse") };
		},
	},
	does: (outputs) => `predicts ${outputs} values`,
	wants: (outputs) => `${outputs} target values`,
	checkFit(dataset, { names }, outputs) {
		if (names.length !== outputs)
			throw new UserError(
				`The data set ${dataset} has ${names.length} target values, but the network outputs ${outputs}.`,
			);
	},

	score(targets, outputs) {
		const errors = new Errors(outputs);
		let rows = 0;
		return {
			add(row, values) {
				errors.add(valuesOfRow(targets, row), values);
				rows++;
				return false;
			},
			metrics: () => errors.metrics(rows),
		};
	},
	// Power is relative to each output's mean over all of the float network's.
	compare(targets, float, given) {
		const count = rowsOf(targets);
		const width = float.length / count;
		const K = targets.names.length;
		const [sum, square, n] = [new Float64Array(K), new Float64Array(K), new Float64Array(K)];
		let difference = 0;
		const differences = new Float64Array(K);
		for (let row = 0; row < count; row++) {
			const { length } = valuesOfRow(targets, row);
			for (let i = 0; i < length; i++) {
				const [k, a, b] = [i % K, float[row * width + i]!, given[row * width + i]!];
				sum[k]! += a;
				square[k]! += a ** 2;
				n[k]!++;
				differences[k]! += (a - b) ** 2;
			}
		}
		for (let k = 0; k < K; k++) {
			const power = square[k]! / n[k]! - (sum[k]! / n[k]!) ** 2;
			difference += power > 0 ? differences[k]! / n[k]! / power / K : 0;
		}
		const errors = new Errors(K);
		for (let row = 0; row < count; row++)
			errors.add(valuesOfRow(targets, row), given.subarray(row * width, (row + 1) * width));
		return { ...judged(errors.metrics(count)), kl: 0, noise: difference };
	},
	judged,
	isRight: () => false,
	resultText: (labels, targets, row, { outputs }) =>
		labels
			.map((label, k) => {
				const wanted = valuesOfRow(targets, row).at(k - labels.length)!;
				return `${printable(label)} ${outputs[k]?.toPrecision(5)} (is ${wanted.toPrecision(5)})`;
			})
			.join(", "),
	headline: ({ mean }, what) =>
		`NRMSE ${heading(figure(mean.nrmse))}, R2 ${figure(mean.r2)}, MSE ${figure(mean.mse)} on ${what}`,
	table: (metrics, labels) =>
		[heading(`${grouped(metrics.values)} values of each`), metricsTable(metrics, labels)].join("\n"),

	describe: ({ names, steps }) => ({ values: names, of: steps ? "steps" : "rows" }),
	unlearnable(dataset, targets) {
		const { std, mean } = statistics(targets, rowsOf(targets));
		const constant = std.findIndex((s, k) => !(s > 1e-6 * Math.abs(mean[k]!)));
		return constant < 0
			? undefined
			: `All training targets ${targets.names[constant]} of ${dataset} are ${mean[constant]!.toPrecision(4)}; there is nothing to learn. Leave that target out.`;
	},
	// Of sMAPE: what is 0, in the unit that training fits.
	weights(_, { names }, { classWeights, smape }, { scale, offset }) {
		if (classWeights !== "none") throw new UserError("--class-weights needs labels; leave it out.");
		return smape ? Float64Array.from(names, (_, k) => -offset![k]! / scale![k]!) : null;
	},
	// Predicting the mean gives 1.
	lossLimit: () => 1000,
	losses(targets, outputs, head, choice) {
		const width = valuesWidth(targets);
		const wanted = fitted(targets, head);
		const K = targets.names.length;
		const zeros = targets.names.map((_, k) => -head.offset![k]! / head.scale![k]!);
		return Float64Array.from({ length: rowsOf(targets) }, (_, row) => {
			const { length } = valuesOfRow(targets, row);
			let sum = 0;
			for (let i = 0; i < length; i++)
				sum += lossOf(outputs[row * width + i]!, wanted[row * width + i]!, zeros[i % K]!, choice);
			return sum / length;
		});
	},
	native: fitted,
	nativeWidth: valuesWidth,
};

export const regress: Task<Values, RegressMetrics> = {
	...valuesTask,
	targets: "values",
	goal: (targets) => goalOf(targets, rowsOf(targets), 0),
	changes: ({ steps }) => (steps ? ["jitter", "rotation"] : CHANGES),
};

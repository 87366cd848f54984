// Classification: targets are classes, outputs are logits, the largest one is the result.
import type { Classes } from "../datasets/classes";
import { classCounts } from "../datasets/classes";
import { UserError } from "../terminal/errors";
import { grouped, heading, percent, signed, table } from "../terminal/output";
import { printable } from "../terminal/printable";
import { type ClassifyMetrics, measure } from "./classify-metrics";
import { CHANGES, type Judged, type Task } from "./task";

/** The index of the maximum; the first on ties. */
export function argmax(values: ArrayLike<number>): number {
	let best = 0;
	for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
	return best;
}

/** Natural logarithms of the softmax. */
function logSoftmax(logits: Float64Array): Float64Array {
	const most = logits.reduce((a, b) => Math.max(a, b));
	let sum = 0;
	for (const logit of logits) sum += Math.exp(logit - most);
	return Float64Array.from(logits, (logit) => logit - most - Math.log(sum));
}

const accuracy = ({ right, count }: Judged) => (100 * right) / count;

export const classify: Task<Classes, ClassifyMetrics> = {
	targets: "classes",
	heads: ["classes"],
	counts: true,
	quality: {
		name: "accuracy",
		of: accuracy,
		higher: true,
		figures: (judged, float) => ({
			"accuracy %": `${accuracy(judged).toFixed(2)}${float ? ` (${signed(accuracy(judged) - accuracy(float))})` : ""}`,
		}),
	},
	goal: ({ names }) => ({ head: "classes", labels: names, perStep: false }),
	changes: () => CHANGES,
	does: (outputs) => `distinguishes ${outputs} classes`,
	wants: (outputs) => `${outputs} classes`,
	checkFit(dataset, { names }, outputs) {
		if (names.length > outputs)
			throw new UserError(
				`The data set ${dataset} has ${names.length} classes, but the network distinguishes only ${outputs}.`,
			);
	},

	score({ of }, outputs) {
		const predictions: number[] = [];
		return {
			add(row, logits) {
				predictions[row] = argmax(logits);
				return predictions[row] === of[row];
			},
			metrics: () => measure(of, predictions, outputs),
		};
	},
	// Both parts are bounded, so that a few confident answers do not decide.
	distances({ of }, answers, outputs) {
		return Float64Array.from(answers, (wanted, i) => {
			const logits = Float64Array.from(outputs.subarray(i * wanted.length, (i + 1) * wanted.length));
			const [p, q] = [logSoftmax(Float64Array.from(wanted)), logSoftmax(logits)];
			const moved = p.reduce((sum, log, k) => sum + Math.abs(Math.exp(log) - Math.exp(q[k]!)) / 2, 0);
			return moved + (argmax(logits) === of[i] ? 0 : 1);
		});
	},
	// Power excludes the mean over outputs, which does not affect results.
	compare({ of }, float, given) {
		const count = of.length;
		const outputs = float.length / count;
		let right = 0;
		let kl = 0;
		let difference = 0;
		let power = 0;
		for (let i = 0; i < count; i++) {
			const a = float.subarray(i * outputs, (i + 1) * outputs);
			const b = given.subarray(i * outputs, (i + 1) * outputs);
			if (argmax(b) === of[i]) right++;
			const p = logSoftmax(a);
			const q = logSoftmax(b);
			const meanA = a.reduce((s, v) => s + v, 0) / outputs;
			const meanB = b.reduce((s, v) => s + v, 0) / outputs;
			for (let k = 0; k < outputs; k++) {
				kl += (Math.exp(p[k]!) * (p[k]! - q[k]!)) / count;
				power += (a[k]! - meanA) ** 2;
				difference += (a[k]! - meanA - b[k]! + meanB) ** 2;
			}
		}
		return { count, right, kl, noise: power > 0 ? difference / power : 0 };
	},
	judged: ({ count, right }) => ({ count, right }),
	isRight: ({ of }, row, { index }) => of[row] === index,
	resultText(labels, { of }, row, { index }) {
		const right = of[row]!;
		return `${printable(labels[index]!)}${index === right ? "" : ` (is ${printable(labels[right]!)})`}`;
	},
	headline: ({ accuracy, right, balancedAccuracy, macroF1 }, what) =>
		`${heading(percent(accuracy))} of ${what} are right: ${grouped(right)}; balanced accuracy ${percent(balancedAccuracy)}, mean F1 ${percent(macroF1)}`,
	table: ({ recall, precision, f1, confusion }, labels) =>
		[
			heading("recall, precision, F1, and confusion matrix (rows: true class, columns: predicted)"),
			table([
				["", "recall", "precision", "F1", ...labels.map((_, k) => String(k))],
				...labels.map((label, k) => [
					label === String(k) ? label : `${k} ${label}`,
					recall[k] === null ? "none there" : percent(recall[k]!),
					...[precision, f1].map((of) => (of[k] === null ? "" : percent(of[k]!))),
					...confusion[k]!.map((n) => (n === 0 ? "." : grouped(n))),
				]),
			]),
		].join("\n"),

	describe: ({ names }) => ({ classes: names.length }),
	unlearnable: (dataset, { of }) =>
		new Set(of).size < 2
			? `All training sequences of ${dataset} belong to one class; there is nothing to learn. Provide data of two or more classes.`
			: undefined,
	/** "balanced" gives every class that occurs the same total weight, with mean 1 over sequences. */
	weights(dataset, targets, { classWeights: choice, smape }) {
		if (smape) throw new UserError("--smape is a loss of values; leave it out for labels.");
		const { names, of } = targets;
		if (typeof choice !== "string") {
			if (choice.length !== names.length)
				throw new UserError(
					`There are ${choice.length} class weights for the ${names.length} classes of ${dataset}.`,
				);
			return Float64Array.from(choice);
		}
		const weights = new Float64Array(names.length).fill(1);
		if (choice === "none") return weights;
		const counts = classCounts(targets);
		const present = counts.filter((n) => n > 0).length;
		return weights.map((_, c) => (counts[c] ? of.length / (present * counts[c]!) : 1));
	},
	// Guessing gives ln(classes); at ten times that, training has failed.
	lossLimit: ({ names }) => 10 * Math.log(names.length) + 20,
	losses({ names, of }, logits) {
		const K = names.length;
		return Float64Array.from(of, (label, i) => {
			const row = logits.subarray(i * K, (i + 1) * K);
			const greatest = row.reduce((a, b) => Math.max(a, b));
			return greatest + Math.log(row.reduce((sum, v) => sum + Math.exp(v - greatest), 0)) - row[label]!;
		});
	},
	native: ({ of }) => of,
	nativeWidth: () => 1,
};

// A search's choice in words: what decided, where the bits went and where they were taken.
import { precisionOf } from "./components";
import type { Shape } from "./cost";
import { lossOf } from "./places";
import type { Candidate, Limits } from "./search";
import type { Sensitivity } from "./sensitivity";

const percent = (part: number) => `${(100 * part).toPrecision(2)} %`;
const points = (n: number) => (n === 1 ? "1 point" : `${n.toFixed(2)} points`);
const bits = (n: number | string) => `${n} ${Number(n) === 1 ? "bit" : "bits"}`;

/** Widths of one key in every layer as text, such as "8, 8 and 16 bits". */
function listed(values: readonly (string | number)[]): string {
	if (values.every((value) => value === values[0])) return `${values[0]} in every layer`;
	return values.map((value, l) => `${value} in layer ${l}`).join(", ");
}

/** Sentences. @param against what losses were counted from, if not the checkpoint @param loss points lost on validation */
export function explain(
	shape: Shape,
	against: string | undefined,
	limits: Limits,
	chosen: Candidate,
	loss: number,
	sensitivity: Sensitivity,
): string[] {
	const { highest, readings } = sensitivity;
	const precision = precisionOf(shape.L, chosen.bits);
	const rule =
		limits.flash === undefined
			? `the smallest blob found that loses at most ${points(limits.maxLoss ?? 0.5)}`
			: `the most accurate choice found in at most ${limits.flash} bytes of flash`;
	const arena = limits.ram === undefined ? "" : `, with an arena of at most ${limits.ram} bytes`;
	const sentences = [
		`This is ${rule}${arena}: a blob of ${chosen.blobBytes} bytes, an arena of ${chosen.cost.arena} bytes, about ${chosen.cost.instructions} instructions a step.`,
		`It loses ${points(loss)} against ${against === undefined ? "float32" : `${against} in float32`} on ${chosen.validated!.count} validation sequences${chosen.trained ? `, after ${chosen.trained} epochs of training for these widths` : ", without training"}.`,
	];

	// Where one step down costs most and least: of all components whose width changes bytes.
	const alone = readings
		.filter(
			({ layer, component }) => layer !== null && /^(A phase|x dithered|C|value|gate|B)$/.test(component),
		)
		.map((reading) => ({ ...reading, loss: lossOf(reading.measurement, highest) }));
	const worstOf = (component: string, width: string) =>
		alone.filter((r) => r.component === component && r.width === width).sort((a, b) => b.loss - a.loss)[0];
	const worst = alone.filter((r) => Number.isFinite(r.loss)).sort((a, b) => b.loss - a.loss)[0];
	if (worst)
		sentences.push(
			`Most sensitive is ${worst.component} of layer ${worst.layer}: ${bits(worst.width)} there alone are noise of ${percent(worst.loss)} of the logits' power.`,
		);
	const state = worstOf("x dithered", "8");
	sentences.push(
		`The state takes ${listed(precision.layers.map(({ x, rounding }) => `${bits(x)} ${rounding === "dithered" ? "dithered" : "to nearest"}`))}; its width costs no flash, only arena${
			state
				? `, and 8 bits dithered are noise of at most ${percent(state.loss)} in one layer (layer ${state.layer})`
				: ""
		}.`,
		`Abar has ${listed(precision.layers.map(({ A }) => (A.format === "polar" ? `${bits(A.radiusBits)} of radius and ${A.phaseBits} of phase` : `${bits(A.bits)} a coordinate`)))}; the phase is what accuracy hangs on, a radius step of its head's range does with few bits.`,
		`C has ${listed(precision.layers.map(({ C }) => bits(C)))}; value rows ${listed(precision.layers.map(({ value }) => bits(value)))}; gates ${listed(precision.layers.map(({ gate }) => bits(gate)))}; B ${listed(precision.layers.map(({ B }) => bits(B)))}; D ${listed(precision.layers.map(({ D }) => bits(D)))}; the encoder ${bits(precision.encoder)}, the decoder ${precision.decoder}.`,
		"The SSM's input u, the activations g and the residual stream keep their highest precision: fewer bits there would save nothing.",
	);
	if (chosen.predicted !== undefined && chosen.screened)
		sentences.push(
			`The readings of single components added up to noise of ${percent(chosen.predicted)} of the logits' power; measured together it is ${percent(lossOf(chosen.screened, highest))}.`,
		);
	return sentences;
}

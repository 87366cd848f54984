// The literature's studies on this checkpoint: what was quantized there beside what the integers give here, without training.
// Their figures are Zhao et al., "Quantizing Small-Scale State-Space Models for Edge AI" (arXiv 2506.12480), sequential
// MNIST, S4D-16h; other networks and other data give other figures, and only ours are measured.
import type { Ranges } from "../quantization/calibrate";
import type { Measurement } from "./cache";
import { precisionOf } from "./components";
import { instructionsOf, parameterBytes, type Shape } from "./cost";
import { type Bench, rangesFor } from "./measure";
import { inTurn } from "./sensitivity";

export const STUDIES = [
	"after training, one component at a time (their figure, 16 heads)",
	"state x at 8 bits, by what has a scale of its own (theirs: Abar, B, C, D and x at 8 bits)",
	"heterogeneous, weights 4 and activations 6 bits (their Table III, 16 heads)",
	"forms of Abar (theirs: an independent replication, 4 layers, B C D at 4 bits)",
] as const;

interface Recipe {
	study: (typeof STUDIES)[number];
	name: string;
	width: string;
	/** Accuracy in % there; null: not published. */
	literature: number | null;
	/** Text of --bits here. */
	bits: string;
	/** One scale of the state for all modes of a head, or of a layer, instead of a mode's own. */
	oneScale?: "head" | "layer";
}

export interface StudyRow extends Recipe {
	measurement: Measurement | null;
	/** Bytes of encoder, layers and decoder, and instructions a step. */
	parameters: number;
	instructions: number;
}

const byComponent = (
	name: string,
	theirs: Partial<Record<number, number>>,
	bits: (width: number) => string,
): Recipe[] =>
	Object.entries(theirs)
		.map(([width, literature]) => ({
			study: STUDIES[0],
			name,
			width,
			literature: literature ?? null,
			bits: bits(Number(width)),
		}))
		.reverse();

const one = (
	study: Recipe["study"],
	name: string,
	width: string,
	literature: number | null,
	bits: string,
) => ({
	study,
	name,
	width,
	literature,
	bits,
});

/** Widths that the arithmetic has; theirs at others (C at 16, Abar at 4 and 2) have no counterpart. */
const RECIPES: Recipe[] = [
	...byComponent("Abar, Cartesian", { 16: 97.1, 8: 72.3, 6: 9.2 }, (w) => `A=${w}`),
	...byComponent("B", { 8: 97.1, 4: 96.8 }, (w) => `B=${w}`),
	...byComponent("C", { 8: 97.1, 6: 97.0, 4: 96.7, 2: 68.8 }, (w) => `C=${w}`),
	...byComponent("D", { 8: 97.1, 6: 97.1, 4: 97.1, 2: 96.0 }, (w) => `D=${w}`),
	...byComponent(
		"x, to nearest (theirs: static, a head)",
		{ 16: 97.1, 8: 44.0, 6: 11.8, 4: 10.3 },
		(w) => `x=${w}n`,
	),
	...byComponent(
		"x, dithered (theirs: dynamic scale)",
		{ 16: 97.1, 8: 88.6, 6: 17.6, 4: 11.1 },
		(w) => `x=${w}d`,
	),
	...byComponent("other activations (u, g)", { 8: 97.0, 6: 96.2, 4: 70.0 }, (w) => `act=${w}`),
	...(
		[
			["one scale a layer", "layer", 18.2],
			["one scale a head", "head", 72.1],
			["one scale a mode", undefined, null],
		] as const
	).flatMap(([name, oneScale, theirs]) => [
		{ ...one(STUDIES[1], `${name}, to nearest`, "8", theirs, "x=8n"), ...(oneScale && { oneScale }) },
		{ ...one(STUDIES[1], `${name}, dithered`, "8", null, "x=8d"), ...(oneScale && { oneScale }) },
	]),
	one(STUDIES[2], "no training; Abar 8, x 8 to nearest", "W4A6", 29.4, "W=4,B=4,C=4,D=4,act=6,A=8,x=8n"),
	one(STUDIES[2], "no training; Abar 4+8, x 8 dithered", "W4A6", null, "W=4,B=4,C=4,D=4,act=6,A=4+8,x=8d"),
	one(STUDIES[2], "theirs trained: W8 A8 all", "W8A8", 92.6, "W=8,B=8,C=8,D=8,act=8,A=8,x=8d"),
	one(STUDIES[2], "theirs trained: Abar 16, x 16", "W4A6", 96.6, "W=4,B=4,C=4,D=4,act=6,A=16,x=16n"),
	one(
		STUDIES[2],
		"theirs trained: Abar 8, x 8; ours 4+12, dithered",
		"W4A6",
		88.4,
		"W=4,B=4,C=4,D=4,act=6,A=4+12,x=8d",
	),
	one(
		STUDIES[2],
		"theirs trained: Abar 6, x 6; ours 4+8, dithered",
		"W4A6",
		57.0,
		"W=4,B=4,C=4,D=4,act=6,A=4+8,x=6d",
	),
	...(
		[
			[8, 97.0],
			[6, 63.3],
		] as const
	).map(([w, theirs]) => one(STUDIES[3], "Cartesian", String(w), theirs, `A=${w},B=4,C=4,D=4`)),
	one(STUDIES[3], "log-polar", "4+4", 98.3, "A=4+4,B=4,C=4,D=4"),
	one(STUDIES[3], "log-polar", "2+8", 98.3, "A=2+8,B=4,C=4,D=4"),
	one(STUDIES[3], "log-polar", "1+7", 97.3, "A=1+7,B=4,C=4,D=4"),
	one(STUDIES[3], "log-polar", "4+12", null, "A=4+12,B=4,C=4,D=4"),
];

/** Ranges in which all modes of a head or of a layer have the greatest range of them, and so one scale. */
function commonScale(ranges: Ranges, { N }: Shape, oneScale: "head" | "layer"): Ranges {
	return {
		...ranges,
		layers: ranges.layers.map((layer) => ({
			...layer,
			state: layer.state.map((_, i) => {
				const h = Math.floor(i / N);
				return Math.max(...(oneScale === "layer" ? layer.state : layer.state.subarray(h * N, (h + 1) * N)));
			}),
		})),
	};
}

/** Takes all rows. @param onProgress called with the part that is done, 0 to 1 */
export async function study(
	bench: Bench,
	shape: Shape,
	onProgress?: (done: number) => void,
): Promise<StudyRow[]> {
	const total = RECIPES.length * bench.count;
	let done = 0;
	return inTurn(RECIPES, async (recipe) => {
		const onRows = (count: number) => onProgress?.((done += count) / total);
		const precision = precisionOf(shape.L, recipe.bits);
		const ranges = recipe.oneScale && commonScale(rangesFor(bench.ranges, precision), shape, recipe.oneScale);
		const measurement = (await bench.measure(precision, onRows, ranges)) ?? null;
		return {
			...recipe,
			measurement,
			parameters: parameterBytes(shape, precision),
			instructions: instructionsOf(shape, precision),
		};
	});
}

// Published studies of S4D: Zhao et al., "Quantizing Small-Scale State-Space Models for Edge AI" (arXiv 2506.12480),
// sequential MNIST, S4D of 16 or 64 heads.
import type { LayerRanges } from "../../quantization/calibrate";
import type { A_FORMS } from "../../training/native";
import type { PublishedRow } from "./kind";

/** How A is trained. */
type AbarForm = (typeof A_FORMS)[number];

const STUDIES = [
	"one component at a time, after training (their figure, 16 heads)",
	"state x at 8 bits, by granularity of its scale (theirs: Abar, B, C, D and x at 8 bits)",
	"heterogeneous, weights 4 and activations 6 bits (their Table III)",
	"forms in which Abar is trained, weights 4, activations 6, x 8 bits (theirs: 64 heads)",
	"forms of Abar's codes (theirs: an independent replication, 4 layers, B C D at 4 bits)",
] as const;

/** A figure of packing without training, and one of training. */
const packed = (untrained: number | null) => ({ untrained, trained: null });
const afterTraining = (trained: number | null) => ({ untrained: null, trained });

/** Widths of their figure. */
const WIDTHS = [16, 8, 6, 4, 2];

function byComponent(
	name: string,
	theirs: number[],
	ours: number[],
	bits: (width: number) => string,
): PublishedRow[] {
	return WIDTHS.map((width, i) => ({
		study: STUDIES[0],
		name,
		width: String(width),
		literature: packed(theirs[i]!),
		bits: ours.includes(width) ? bits(width) : null,
	}));
}

/** Ranges in which all modes of a head or of a layer share the largest range, hence one scale. */
function commonScale(oneScale: "head" | "layer"): NonNullable<PublishedRow["ranges"]> {
	return (layer: LayerRanges, H: number): LayerRanges => {
		const N = layer.state.length / H;
		const state = layer.state.map((_, i) => {
			const h = Math.floor(i / N);
			return Math.max(...(oneScale === "layer" ? layer.state : layer.state.subarray(h * N, (h + 1) * N)));
		});
		return { ...layer, state };
	};
}

const SCALES: [name: string, oneScale: "head" | "layer" | undefined, theirs: number | null][] = [
	["one scale per layer", "layer", 18.2],
	["one scale per head", "head", 72.1],
	["one scale per mode", undefined, null],
];

const W4A6 = "W=4,B=4,C=4,D=4,act=6";
const BCD4 = "B=4,C=4,D=4";

/** What a row of their Table III has without training and with. */
type Figures = readonly [untrained: number | null, trained: number];

/** Rows of their Table III: their accuracy at 16 and 64 heads. */
const TABLE_3: [name: string, width: string, h16: Figures, h64: Figures, bits: string][] = [
	[
		...(["Abar 8, x 8 dithered", "W8A8", [null, 92.6], [null, 97.7]] as const),
		"W=8,B=8,C=8,D=8,act=8,A=8,x=8d",
	],
	["Abar 16, x 16", "W4A6", [null, 96.6], [null, 98.6], `${W4A6},A=16,x=16n`],
	["Abar 8, x 8 to nearest", "W4A6", [29.4, 88.4], [39.5, 96.0], `${W4A6},A=8,x=8n`],
	["Abar 8, x 8 dithered", "W4A6", [null, 88.4], [null, 96.0], `${W4A6},A=8,x=8d`],
	["Abar log-polar 4+8, x 8 dithered", "W4A6", [null, 88.4], [null, 96.0], `${W4A6},A=4+8,x=8d`],
	["Abar 6, x 6 dithered", "W4A6", [null, 57.0], [null, 84.2], `${W4A6},A=6,x=6d`],
	["Abar log-polar 2+6, x 6 dithered", "W4A6", [null, 57.0], [null, 84.2], `${W4A6},A=2+6,x=6d`],
];

const FORMS: [abar: AbarForm, A: string, theirs: number | null][] = [
	...(["discrete", "continuous", "frozen"] as const).flatMap(
		(abar, i): [AbarForm, string, number | null][] => [
			[abar, "16", null],
			[abar, "12", null],
			[abar, "8", [93.4, 94.0, 96.0][i]!],
			[abar, "6", [63.0, 66.0, 90.7][i]!],
		],
	),
	["polar", "4+8", null],
	["polar", "2+6", null],
];

const CODES: [name: string, A: string, theirs: number | null][] = [
	["Cartesian", "16", null],
	["Cartesian", "12", null],
	["Cartesian", "10", null],
	["Cartesian", "8", 97.0],
	["Cartesian", "7", 94.8],
	["Cartesian", "6", 63.3],
	["log-polar", "4+12", null],
	["log-polar", "4+4", 98.3],
	["log-polar", "2+8", 98.3],
	["log-polar", "1+7", 97.3],
];

/** @param H heads, by which the figures of their Table III are chosen: 64, else those of 16 */
export function s4dStudy(H: number): PublishedRow[] {
	return [
		...byComponent("Abar, Cartesian", [97.1, 72.3, 9.2, 10.3, 9.7], [16, 8, 6], (w) => `A=${w}`),
		...byComponent("B", [97.1, 97.1, 97.1, 96.8, 85.9], [8, 4], (w) => `B=${w}`),
		...byComponent("C", [97.1, 97.1, 97.0, 96.7, 68.8], [8, 6, 4, 2], (w) => `C=${w}`),
		...byComponent("D", [97.1, 97.1, 97.1, 97.1, 96.0], [8, 6, 4, 2], (w) => `D=${w}`),
		...byComponent(
			"x, to nearest (theirs: static, per head)",
			[97.1, 44.0, 11.8, 10.3, 11.9],
			[16, 8, 6, 4],
			(w) => `x=${w}n`,
		),
		...byComponent(
			"x, dithered (theirs: dynamic scale)",
			[97.1, 88.6, 17.6, 11.1, 10.1],
			[16, 8, 6, 4],
			(w) => `x=${w}d`,
		),
		...byComponent("other activations (u, g)", [96.9, 97.0, 96.2, 70.0, 16.8], [8, 6, 4], (w) => `act=${w}`),
		...SCALES.flatMap(([name, oneScale, theirs]) =>
			(
				[
					["to nearest", "x=8n", theirs],
					["dithered", "x=8d", null],
				] as const
			).map(
				([rounding, bits, literature]): PublishedRow => ({
					study: STUDIES[1],
					name: `${name}, ${rounding}`,
					width: "8",
					literature: packed(literature),
					bits,
					...(oneScale && { ranges: commonScale(oneScale) }),
				}),
			),
		),
		...TABLE_3.map(([name, width, h16, h64, bits]): PublishedRow => {
			const [untrained, trained] = H === 64 ? h64 : h16;
			return {
				...{ study: STUDIES[2], name, width, bits },
				literature: { untrained, trained },
				training: { abar: "continuous" },
			};
		}),
		...FORMS.map(
			([abar, A, literature]): PublishedRow => ({
				study: STUDIES[3],
				name: `trained: ${abar}`,
				width: A,
				literature: afterTraining(literature),
				bits: `${W4A6},A=${A},x=8d`,
				training: { abar },
			}),
		),
		...CODES.map(
			([name, A, literature]): PublishedRow => ({
				study: STUDIES[4],
				name,
				width: A,
				literature: packed(literature),
				bits: `A=${A},${BCD4}`,
			}),
		),
	];
}

// The published study of S5: Abreu et al., "Q-S5: Towards Quantized State Space Models" (arXiv 2406.09477), sequential MNIST, 4
// layers, H 96, P 128, about 139,000 parameters. Bits are those of a real number, of which a mode of Abar has two in any coding:
// "A 8" is at most 16 bits per mode, "A 4" at most 8. Activations and x have 8 bits throughout, the residual stream 16.
import type { PublishedRow } from "./kind";

const STUDIES = [
	"Q-S5's table (theirs: float 99.54, trained 99.48)",
	"A in the bits of its rows, by coding",
] as const;

/** Rows of their table: bits outside and inside the SSM, their accuracy without and with training. */
const TABLE: [name: string, width: string, untrained: number | null, trained: number | null, bits: string][] =
	[
		["everything 8", "W8A8", 96.27, 99.54, "W=8,A=4+12,x=8d,B=8,C=8,D=8"],
		["SSM 8", "W4A8", 95.99, 99.63, "W=4,A=4+12,x=8d,B=8,C=8,D=8"],
		["only A 8", "W4A8", 37.98, 99.26, "W=4,A=4+12,x=8d,B=4,C=4,D=4"],
		["all, A 4", "W4A8", 9.74, 12.7, "W=4,A=2+6,x=8d,B=4,C=4,D=4"],
		["SSM 8", "W2A8", 61.94, 99.56, "W=2,A=4+12,x=8d,B=8,C=8,D=8"],
		["only A 8", "W2A8", 11.35, 80.8, "W=2,A=4+12,x=8d,B=2,C=2,D=2"],
		["all, A 4", "W2A8", null, null, "W=2,A=2+6,x=8d,B=2,C=2,D=2"],
	];

const CODINGS: [name: string, width: string, A: string][] = [
	["A 8: Cartesian", "W8A8", "8"],
	["A 8: radius + phase", "W8A8", "4+12"],
	["A 4: radius + phase", "W8A8", "2+6"],
	["A 4: radius + phase", "W8A8", "1+7"],
	["A 4: radius + phase", "W8A8", "3+5"],
];

export function s5Study(): PublishedRow[] {
	return [
		...TABLE.map(
			([name, width, untrained, trained, bits]): PublishedRow => ({
				...{ study: STUDIES[0], name, width, bits },
				literature: { untrained, trained },
				training: {},
			}),
		),
		...CODINGS.map(
			([name, width, A]): PublishedRow => ({
				...{ study: STUDIES[1], name: `${name} ${A}`, width },
				literature: { untrained: null, trained: null },
				bits: `W=8,A=${A},x=8d,B=8,C=8,D=8`,
			}),
		),
	];
}

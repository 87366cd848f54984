// Abreu et al., "Q-S5: Towards Quantized State Space Models" (arXiv 2406.09477), dynamical systems: at each of 512 steps a network
// tells the value 512 steps later (`train --task forecast --ahead 512`). Forecasts one step ahead have the same rows.
import type { NamedStudy } from "./study";

const ROWS: [name: string, width: string, bits: string][] = [
	["x 16", "W8A8", ""],
	["everything 8", "W8A8", "W=8,A=4+12,x=8d,B=8,C=8,D=8"],
	["6, B 8", "W6A6", "W=6,A=4+8,x=6d,B=8,C=6,D=6,act=6"],
	["SSM 8", "W4A8", "W=4,A=4+12,x=8d,B=8,C=8,D=8"],
	["only A 8", "W4A8", "W=4,A=4+12,x=8d,B=4,C=4,D=4"],
	["x 16, SSM 4", "W4A8", "W=4,A=4+12,B=4,C=4,D=4"],
];

export const dynamics: NamedStudy = {
	counts: false,
	only: true,
	about: "dynamical systems by bits, for forecasts (theirs are 512 steps ahead)",
	rows(data, ahead) {
		const study = `${data}, ${ahead ? `${ahead} steps ahead` : "values"}, by bits (theirs: about equal to float at 8)`;
		return ROWS.map(([name, width, bits]) => ({
			...{ study, name, width, bits },
			literature: { untrained: null, trained: null },
			training: {},
		}));
	},
};

import type { LogarithmicPoles } from "../../../src/network/logarithmic";
import type { LogarithmicPrecision } from "../../quantization/widths/logarithmic";
import type { Component, PolesSearch } from "./kind";
import { bitsText } from "./widths";

/** Combined radius and phase bits; a row of Abar takes their sum. */
const RADIUS_BITS = [1, 2, 3, 4, 6];
const PHASE_BITS = [4, 5, 6, 7, 8, 10, 12];

/** The radius with a phase of 12 bits, the phase with a radius of 4. */
const components = (key: string): Component[] => [
	{
		name: `${key} radius`,
		widths: RADIUS_BITS.map((bits) => ({ name: String(bits), bits: `${key}=${bits}+12` })),
	},
	{
		name: `${key} phase`,
		widths: PHASE_BITS.map((bits) => ({ name: String(bits), bits: `${key}=4+${bits}` })),
		telling: true,
	},
];

export const logarithmic: PolesSearch<LogarithmicPoles, LogarithmicPrecision> = {
	components,
	searched: components,
	choices: (key) =>
		RADIUS_BITS.flatMap((radius) =>
			PHASE_BITS.map((phase) => ({
				bits: `${key}=${radius}+${phase}`,
				// Radius and phase losses add; that of 4+12 is in both.
				loss: (of) => of(`${key}=${radius}+12`) + of(`${key}=4+${phase}`) - of(`${key}=4+12`),
			})),
		),
	work: (add, _, modes) => add("polar A", modes),
	words: ({ radiusBits, phaseBits }) => `${bitsText(radiusBits)} of radius and ${phaseBits} of phase`,
};

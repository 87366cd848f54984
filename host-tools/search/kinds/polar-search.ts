// Readings and choices of poles coded as a radius and a phase.
import type { Poles } from "../../../src/network/poles-union";
import type { Component, PolesSearch } from "./kind";
import { bitsText } from "./widths";

/** @param name of its coefficient @param radiusBits @param phaseBits combined; a row of Abar takes their sum */
export function polarSearch<P extends Poles, Precision extends { radiusBits: number; phaseBits: number }>(
	name: string,
	radiusBits: readonly number[],
	phaseBits: readonly number[],
): PolesSearch<P, Precision> {
	/** The radius with a phase of 12 bits, the phase with a radius of 4. */
	const components = (key: string): Component[] => [
		{
			name: `${key} radius`,
			widths: radiusBits.map((bits) => ({ name: String(bits), bits: `${key}=${bits}+12` })),
		},
		{
			name: `${key} phase`,
			widths: phaseBits.map((bits) => ({ name: String(bits), bits: `${key}=4+${bits}` })),
			telling: true,
		},
	];
	return {
		components,
		searched: components,
		choices: (key) =>
			radiusBits.flatMap((radius) =>
				phaseBits.map((phase) => ({
					bits: `${key}=${radius}+${phase}`,
					// Radius and phase losses add; that of 4+12 is in both.
					loss: (of) => of(`${key}=${radius}+12`) + of(`${key}=4+${phase}`) - of(`${key}=4+12`),
				})),
			),
		work: (add, _, modes) => add(name, modes),
		words: ({ radiusBits, phaseBits }) => `${bitsText(radiusBits)} of radius and ${phaseBits} of phase`,
	};
}

// Low-bit poles whose phases do not follow a series, as in S5: radius and phase on logarithmic scales with an offset and a step
// per layer. A mode of negative phase is stored as its conjugate, with its B and C conjugated: a real input gives the same real
// output.
import { polarToCartesian } from "../arithmetic/polar";
import type { PolesKind } from "./kind";
import { integer, size, within } from "./proof";

export interface LogarithmicPoles {
	kind: "logarithmic";
	radiusBits: number; // 1 to 8
	phaseBits: number; // 1 to 12
	radiusOffset: number; // 0 to 255
	radiusStep: number; // 0 to 255
	phaseOffset: number; // 0 to 65535
	phaseStep: number; // 0 to 65535
	radius: Uint8Array; // (rows, columns)
	phase: Uint16Array; // (rows, columns)
}

/** Half a turn as a position on the scale of `logarithmicPhase`. */
export const HALF_TURN = 15 << 11;

/**
 * The phase at a position on the logarithmic scale, in 2^-16 turn: a position is the bits of a float, an exponent above an
 * 11-bit mantissa, so that an octave is 2,048 positions and equal steps are approximately equal ratios.
 * @param place 0 to HALF_TURN @returns 1 to 32768
 */
export function logarithmicPhase(place: number): number {
	return ((2048 + (place & 2047)) << (place >> 11)) >> 11;
}

export const logarithmic: PolesKind<LogarithmicPoles> = {
	id: 3,
	arithmetic: 3,
	layout: {
		name: "logarithmic",
		about: "Abar as a radius and a phase on logarithmic scales",
		sizes: ["rows", "columns"],
		fields: [
			{ path: "radiusBits", type: "u8", allowed: { low: 1, high: 8 }, about: "bits of the radius" },
			{ path: "phaseBits", type: "u8", allowed: { low: 1, high: 12 }, about: "bits of the phase" },
			{ path: "radiusOffset", type: "u8", about: "offset of the radius" },
			{ path: "radiusStep", type: "u8", about: "step of the radius" },
			{ path: "phaseOffset", type: "u16", about: "offset of the phase" },
			{ path: "phaseStep", type: "u16", about: "step of the phase" },
		],
		parts: [
			{
				path: "radius",
				rows: "rows",
				columns: "columns",
				bits: "radiusBits",
				signed: false,
				array: "u8",
				holds: "A",
				about: "radius codes",
			},
			{
				path: "phase",
				rows: "rows",
				columns: "columns",
				bits: "phaseBits",
				signed: false,
				array: "u16",
				holds: "A",
				about: "phase codes",
			},
		],
	},
	prove(where, poles, rows, columns) {
		integer(`${where} radius bits`, poles.radiusBits, 1, 8);
		integer(`${where} phase bits`, poles.phaseBits, 1, 12);
		integer(`${where} radius offset`, poles.radiusOffset, 0, 255);
		integer(`${where} radius step`, poles.radiusStep, 0, 255);
		integer(`${where} phase offset`, poles.phaseOffset, 0, 65535); // 65535 * 2^12 fits int32
		integer(`${where} phase step`, poles.phaseStep, 0, 65535);
		size(`${where} radius`, poles.radius, rows * columns);
		size(`${where} phase`, poles.phase, rows * columns);
		within(`${where} radius`, poles.radius, 0, 2 ** poles.radiusBits - 1);
		within(`${where} phase`, poles.phase, 0, 2 ** poles.phaseBits - 1);
	},
	expand(poles, row, n, columns, out, at) {
		const i = row * columns + n;
		const radius = Math.min(255, poles.radiusOffset + poles.radius[i]! * poles.radiusStep);
		const place = Math.min(HALF_TURN, poles.phaseOffset + poles.phase[i]! * poles.phaseStep);
		polarToCartesian(radius, logarithmicPhase(place), out, at);
	},
	modeBits: ({ radiusBits, phaseBits }) => radiusBits + phaseBits,
	inPlace: () => false,
};

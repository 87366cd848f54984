// Poles of S4D in few bits: a radius on a logarithmic scale, exp(-2^(1 - i / 16)) with i = radiusOffset[row] + code radiusStep,
// and a phase counted from the mode's place in a harmonic series, (n + code / 2^phaseShift) phaseBase[row].
import { clamp, roundShift } from "../arithmetic/arithmetic";
import { polarToCartesian } from "../arithmetic/polar";
import type { PolesKind } from "./kind";
import { codes, INT32_MAX, integer, refuse, shifted, size, within } from "./proof";

export interface HarmonicPoles {
	kind: "harmonic";
	radiusBits: number; // 1 to 8
	phaseBits: number; // 2 to 12, with the radius 16 at most
	radiusStep: number; // 0 to 255
	phaseShift: number; // 0 to 10
	radius: Uint8Array; // (rows, columns)
	phase: Int16Array; // (rows, columns), two's complement
	radiusOffset: Uint8Array; // (rows), a multiple of 4, at most 252
	phaseBase: Uint16Array; // (rows), code of `phaseBaseValue`, 10 bits
}

/** The phase of a row's first harmonic, in 2^-16 turn: a float of 6 mantissa bits (low) and 4 exponent bits. */
export function phaseBaseValue(code: number): number {
	const exponent = code >> 6;
	return exponent ? (64 + (code & 63)) << (exponent - 1) : code;
}

export const harmonic: PolesKind<HarmonicPoles> = {
	id: 2,
	arithmetic: 2,
	layout: {
		name: "harmonic",
		about: "Abar as a radius on a logarithmic scale and a phase relative to a harmonic series",
		sizes: ["rows", "columns"],
		fields: [
			{ path: "radiusBits", type: "u8", allowed: { low: 1, high: 8 }, about: "bits of the radius" },
			{
				path: "phaseBits",
				type: "u8",
				allowed: { low: 2, high: 12 },
				about: "bits of the phase; at most 16 with the radius",
			},
			{ path: "radiusStep", type: "u8", about: "step of the radius" },
			{ path: "phaseShift", type: "u8", allowed: { low: 0, high: 10 }, about: "shift of the phase" },
		],
		rule: (object) => {
			const { radiusBits, phaseBits } = object as HarmonicPoles;
			return radiusBits + phaseBits > 16 ? "a mode of A has more than 16 bits" : undefined;
		},
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
				signed: true,
				array: "i16",
				holds: "A",
				about: "phase codes",
			},
			{
				path: "radiusOffset",
				rows: 1,
				columns: "rows",
				bits: 6,
				signed: false,
				array: "u8",
				shift: "2",
				about: "radius offsets, in units of 4",
			},
			{
				path: "phaseBase",
				rows: 1,
				columns: "rows",
				bits: 10,
				signed: false,
				array: "u16",
				about: "phase bases",
			},
		],
	},
	prove(where, poles, rows, columns) {
		integer(`${where} radius bits`, poles.radiusBits, 1, 8);
		integer(`${where} phase bits`, poles.phaseBits, 2, 12);
		integer(`${where} bits of a mode`, poles.radiusBits + poles.phaseBits, 3, 16);
		integer(`${where} radius step`, poles.radiusStep, 0, 255);
		integer(`${where} phase shift`, poles.phaseShift, 0, 10);
		size(`${where} radius`, poles.radius, rows * columns);
		size(`${where} phase`, poles.phase, rows * columns);
		within(`${where} radius`, poles.radius, 0, 2 ** poles.radiusBits - 1);
		codes(`${where} phase`, poles.phase, poles.phaseBits);
		size(`${where} radius offset`, poles.radiusOffset, rows);
		size(`${where} phase base`, poles.phaseBase, rows);
		shifted(`${where} radius offset`, poles.radiusOffset, 7, 2);
		within(`${where} phase base`, poles.phaseBase, 0, 1023);
		const place = columns * 2 ** poles.phaseShift + 2 ** (poles.phaseBits - 1);
		for (let h = 0; h < rows; h++)
			if (place * phaseBaseValue(poles.phaseBase[h]!) + 512 > INT32_MAX)
				refuse(`${where} phase`, `head ${h} can reach beyond int32`);
	},
	expand(poles, row, n, columns, out, at) {
		const i = row * columns + n;
		const radius = Math.min(255, poles.radiusOffset[row]! + poles.radius[i]! * poles.radiusStep);
		const place = (n << poles.phaseShift) + poles.phase[i]!;
		const angle = roundShift(Math.imul(place, phaseBaseValue(poles.phaseBase[row]!)), poles.phaseShift);
		polarToCartesian(radius, clamp(angle, 0, 32768), out, at);
	},
	modeBits: ({ radiusBits, phaseBits }) => radiusBits + phaseBits,
	inPlace: () => false,
};

// The half-gated linear units of S5: residual += value sigma(gate(g)), where the value has no weights: it is g or y, scaled by
// a 16-bit scale per head to keep its precision.
import { GATE_FIELDS, GATE_MAP, GATE_PARTS, type Gate, proveGate, VALUE_SHIFT } from "./gate";
import type { Kind } from "./kind";
import type { Field, Part } from "./layout";
import { linearRule, pairBytes } from "./linear";
import { integer, size, within } from "./proof";

export interface HalfGlu extends Gate {
	valueShift: number; // 0 to 8
	scale: Uint16Array; // (H), floats of 16 bits: of the value, out: 2^valueShift units of the residual
}

/** Scales of a channel mixer's input without weights. */
export const DIRECT_SCALES: Part = Object.freeze({
	path: "scale",
	rows: 1,
	columns: "heads",
	bits: 16,
	signed: false,
	array: "u16",
	about: "scales of the value",
});

/** For a value that is g: added to its codes. */
export const VALUE_ZERO: Field = Object.freeze({
	path: "zero",
	type: "i8",
	about: "added to a code of g to make it a value",
});

export function proveScales(where: string, scale: Uint16Array, H: number): void {
	size(`${where} scale`, scale, H);
	within(`${where} scale`, scale, 0, 65535);
}

/** @param last the header's last byte */
export function halfGlu<T extends HalfGlu>(id: number, name: string, about: string, last: Field): Kind<T> {
	return {
		id,
		arithmetic: 3,
		layout: {
			name,
			about,
			sizes: ["heads"],
			fields: [...GATE_MAP, VALUE_SHIFT, ...GATE_FIELDS, last],
			rule: linearRule("gate"),
			parts: [DIRECT_SCALES, ...GATE_PARTS],
		},
		prove(where, channel, { H, gMax }) {
			integer(`${where} value shift`, channel.valueShift, 0, 8);
			proveScales(where, channel.scale, H);
			proveGate(where, channel, H, gMax);
		},
		macs: (_, H) => H * H,
		/** Two rows at a time. */
		scratchBytes: ({ gate }) => pairBytes(gate).scratch,
		keptBytes: ({ gate }, H) => Math.ceil(H / 2) * pairBytes(gate).kept,
	};
}

// The half-gated linear units of S5: what a block adds to the residual stream [A57].
import { clamp, roundShift } from "../arithmetic/arithmetic";
import { phi } from "../arithmetic/phi";
import { PHI } from "../arithmetic/tables";
import type { HalfGlu } from "../network/half-glu";
import { linearRow } from "./linear";

/** @param value of a head, before saturation */
export function halfGlu(
	{ valueShift, gate, gateFraction, gateTable }: HalfGlu,
	g: Int16Array,
	add: Int32Array,
	value: (h: number) => number,
): void {
	for (let h = 0; h < g.length; h++) {
		const v = clamp(value(h), -32767, 32767);
		const b = clamp(linearRow(gate, h, g), -32767, 32767);
		add[h] = roundShift(Math.imul(v, phi(PHI[gateTable], b, gateFraction)), 15 - valueShift);
	}
}

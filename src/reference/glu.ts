// The gated linear unit: what a block adds to the residual stream [A30].
import { clamp, roundShift } from "../arithmetic/arithmetic";
import { phi } from "../arithmetic/phi";
import { PHI } from "../arithmetic/tables";
import type { Glu } from "../network/glu";
import { linearRow } from "./linear";

export function glu(
	{ value, valueShift, gate, gateFraction, gateTable }: Glu,
	g: Int16Array,
	add: Int32Array,
): void {
	for (let h = 0; h < g.length; h++) {
		const v = clamp(linearRow(value, h, g), -32767, 32767);
		const b = clamp(linearRow(gate, h, g), -32767, 32767);
		add[h] = roundShift(Math.imul(v, phi(PHI[gateTable], b, gateFraction)), 15 - valueShift);
	}
}

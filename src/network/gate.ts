// A gate: a linear map of H x H over g whose rows, passed through a table, are factors of 0 to 1.
import type { Field } from "./layout";
import { type Linear, linearFields, linearParts, proveLinear } from "./linear";
import { integer, named } from "./proof";

export interface Gate {
	gate: Linear; // H x H, out: gateFraction fractional bits
	gateFraction: number; // 3 to 12
	gateTable: GateTable;
}

/** `hard_sigmoid`: clip(x / 6 + 1/2, 0, 1), as torch.nn.Hardsigmoid and jax.nn.hard_sigmoid define it. */
export const GATE_TABLES = Object.freeze(["sigmoid", "hard_sigmoid"] as const);
export type GateTable = (typeof GATE_TABLES)[number];

export const GATE_MAP: readonly Field[] = Object.freeze(linearFields("gate", "gate"));

export const GATE_FIELDS: readonly Field[] = Object.freeze([
	{ path: "gateFraction", type: "u8", allowed: { low: 3, high: 12 }, about: "fractional bits of the gate" },
	{ path: "gateTable", type: "u8", allowed: { names: GATE_TABLES }, about: "gate function" },
] as const);

export const GATE_PARTS = Object.freeze(linearParts("gate", "gate", "heads", "heads"));

export const VALUE_SHIFT: Field = Object.freeze({
	path: "valueShift",
	type: "u8",
	allowed: { low: 0, high: 8 },
	about: "a value is 2^this units of the residual",
});

export function proveGate(
	where: string,
	{ gate, gateFraction, gateTable }: Gate,
	H: number,
	gMax: number,
): void {
	integer(`${where} gate fraction`, gateFraction, 3, 12);
	named(`${where} gate table`, gateTable, GATE_TABLES);
	proveLinear(`${where} gate`, gate, H, H, gMax);
}

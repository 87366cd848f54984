// The integers of half GLUs; half_glu_read of native/kinds/half_glu_quantized.c.
import { PHI } from "../../../src/arithmetic/tables";
import { GATE_TABLES } from "../../../src/network/glu";
import type { HalfGlu } from "../../../src/network/half-glu";
import type { Block } from "../../../src/network/network";
import type { FloatHalfGlu } from "../../float/half-glu";
import { scaleValue } from "../../quantization/scale";
import type { Operation, Sink } from "./operation";

export function halfGlu<K extends "half_glu1" | "half_glu2">(kind: K): Operation<FloatHalfGlu<K>> {
	return {
		spec: ({ gateTable }) => ({ kind, option: GATE_TABLES.indexOf(gateTable) }),
		kept: () => 0,
	};
}

/** @param value its zero, and the real size of one of its codes */
export function putHalfGlu(
	sink: Sink,
	{ valueShift, scale, gate, gateFraction, gateTable }: HalfGlu,
	{ yFraction, activation }: Block,
	value: { zero: number; unit: number },
): void {
	sink.integers(PHI[gateTable]);
	sink.integer(valueShift);
	sink.integer(gate.preshift);
	sink.integer(gateFraction);
	sink.integer(value.zero);
	sink.real(value.unit);
	// Real size of a code of g.
	sink.real(2 ** -yFraction / scaleValue(activation.scale));
	sink.real(activation.zero);
	sink.integers(scale);
	sink.integers(gate.weights);
	sink.integers(gate.scale);
	sink.integers(gate.bias);
}

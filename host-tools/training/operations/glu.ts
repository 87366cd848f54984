// GLU; native/kinds/glu.c.
import { PHI } from "../../../src/arithmetic/tables";

import { GATE_TABLES, type Glu } from "../../../src/network/glu";

import type { FloatGlu } from "../../float/glu";
import { scaleValue } from "../../quantization/scale";
import type { Operation, PutStage } from "./operation";

export const glu: Operation<FloatGlu> = {
	spec: ({ gateTable }) => ({ kind: "glu", option: GATE_TABLES.indexOf(gateTable) }),
	kept: () => 0,
};

export const putGlu: PutStage<Glu> = (sink, channel, { yFraction, activation }) => {
	const { value, valueShift, gate, gateFraction, gateTable } = channel;
	sink.integers(PHI[gateTable]);
	sink.integer(value.preshift);
	sink.integer(valueShift);
	sink.integer(gate.preshift);
	sink.integer(gateFraction);
	// Real size of a code of its input.
	sink.real(2 ** -yFraction / scaleValue(activation.scale));
	sink.real(activation.zero);
	for (const { weights, scale, bias } of [value, gate]) {
		sink.integers(weights);
		sink.integers(scale);
		sink.integers(bias);
	}
};

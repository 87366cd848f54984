// GLU; native/kinds/glu.c.
import { PHI } from "../../../src/fixed-point/tables";
import type { S4dLayer } from "../../../src/model/network";
import type { FloatLayer } from "../../checkpoints/model";
import { scaleValue } from "../../quantization/scale";
import type { Operation, Sink } from "./operation";

export const glu: Operation<FloatLayer> = {
	spec: () => ({ kind: "glu" }),
	change: ({ outputWeight, outputBias }, trained) => ({
		outputWeight: trained(outputWeight),
		outputBias: trained(outputBias),
	}),
	kept: () => 0,
};

export function putGlu(sink: Sink, layer: S4dLayer): void {
	const { value, gate, g } = layer;
	sink.integers(PHI.sigmoid);
	sink.integer(value.preshift);
	sink.integer(layer.valueShift);
	sink.integer(gate.preshift);
	sink.integer(layer.gateFraction);
	// What a code of its input is.
	sink.real(2 ** -layer.yFraction / scaleValue(g.scale));
	sink.real(g.zero);
	for (const { weights, scale, bias } of [value, gate]) {
		sink.integers(weights);
		sink.integers(scale);
		sink.integers(bias);
	}
}

// The integers of a head's linear map; native/kinds/readout_quantized.c, head_values_step.c.
import type { Linear } from "../../../src/network/linear";
import type { OutputUnits } from "../../quantization/kind";
import type { Sink } from "./operation";

export function putReadout(sink: Sink, map: Linear, { unit, zero }: OutputUnits): void {
	sink.integer(map.preshift);
	sink.integers(map.weights);
	sink.integers(map.scale);
	sink.integers(map.bias);
	sink.reals(unit);
	sink.reals(zero);
}

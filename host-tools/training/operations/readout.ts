// The integers of a head that is a linear map; native/kinds/readout_quantized.c, head_values_step.c.
import type { Linear } from "../../../src/network/linear";
import type { PutEnd } from "./operation";

/** Without units, outputs are the integers themselves. */
export const putReadout: PutEnd<{ map: Linear }> = (sink, { map }, _, units) => {
	sink.integer(map.preshift);
	sink.integers(map.weights);
	sink.integers(map.scale);
	sink.integers(map.bias);
	sink.reals(units?.outputs.unit ?? new Float64Array(map.rows).fill(1));
	sink.reals(units?.outputs.zero ?? new Float64Array(map.rows));
};

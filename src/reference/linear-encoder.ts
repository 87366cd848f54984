// The linear encoder: a sample to the residual stream, before saturation [A19].
import type { LinearEncoder } from "../network/linear-encoder";
import { linearRow } from "./linear";

export function linear({ map }: LinearEncoder, sample: Int16Array, out: Int32Array): void {
	for (let h = 0; h < out.length; h++) out[h] = linearRow(map, h, sample);
}

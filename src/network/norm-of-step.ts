// A norm over the heads of a step before the mixer: u = (scale(normalized residual) + zero) / 256, rounded and saturated.
import type { Kind } from "./kind";
import { RESERVED } from "./layout";
import { EPSILON, type Normalization, normalizationParts, proveNormalization } from "./normalization";
import { integer } from "./proof";

export interface NormOfStep extends Normalization {
	bits: number; // of u, 4 to 8; scale and zero give 256ths of its unit
}

export function normOfStep<T extends NormOfStep>(id: number, name: string, about: string): Kind<T> {
	return {
		id,
		arithmetic: 3,
		layout: {
			name,
			about,
			sizes: ["heads"],
			fields: [
				{ path: "bits", type: "u8", allowed: { low: 4, high: 8 }, about: "bits of u" },
				RESERVED,
				RESERVED,
				RESERVED,
				EPSILON,
			],
			parts: normalizationParts,
		},
		prove(where, norm, { H }) {
			integer(`${where} bits`, norm.bits, 4, 8);
			proveNormalization(where, norm, H);
		},
		macs: (_, H) => H,
		scratchBytes: () => 0,
	};
}

// A norm over the heads of a step after the channel mixer: residual = scale(normalized residual) + zero, saturated.
import type { Kind } from "./kind";
import { EPSILON, type Normalization, normalizationParts, proveNormalization } from "./normalization";

export function postOfStep<T extends Normalization>(id: number, name: string, about: string): Kind<T> {
	return {
		id,
		arithmetic: 3,
		layout: { name, about, sizes: ["heads"], fields: [EPSILON], parts: normalizationParts },
		prove: (where, post, { H }) => proveNormalization(where, post, H),
		macs: (_, H) => H,
		scratchBytes: () => 0,
	};
}

// What a search needs from norms over the heads of a step: their cost; none of their bytes can be saved.
import type { AffinePrecision } from "../../quantization/widths/affine";
import { affine } from "./affine";
import type { SearchKind } from "./kind";
import { NOTHING } from "./nothing";

/** @param name of its coefficients */
export function searchOfStep(name: string) {
	// Before a mixer it takes the place of a folded norm, after a channel mixer it comes on top.
	const work =
		(where: string): SearchKind<object, object>["work"] =>
		(add, _, H) => {
			add(`${name} ${where}`, 1);
			add(`head of ${name} ${where}`, H);
		};
	const norm: SearchKind<object, AffinePrecision> = { ...affine, work: work("before") };
	const post: SearchKind<object, object> = { ...NOTHING, work: work("after") };
	return { norm, post };
}

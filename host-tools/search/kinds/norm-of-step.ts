// What a search needs from norms over the heads of a step: their cost; none of their bytes can be saved.
import type { AffinePrecision } from "../../quantization/widths/affine";
import { affine } from "./affine";
import type { SearchKind } from "./kind";
import { NOTHING } from "./nothing";

/** @param name of its coefficients */
export function searchOfStep(name: string) {
	const work: SearchKind<object, object>["work"] = (add, _, H) => {
		add(name, 1);
		add(`head of ${name}`, H);
	};
	const norm: SearchKind<object, AffinePrecision> = { ...affine, work };
	const post: SearchKind<object, object> = { ...NOTHING, work };
	return { norm, post };
}

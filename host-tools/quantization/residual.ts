// The residual stream in integers: one scale and offset per head for the whole network.
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import { type FloatModel, floatNormKind } from "../float/model";
import type { Ranges } from "./calibrate";
import { HEADROOM } from "./formats";

/** The residual stream in integers: real value of head h = scale[h] * integer + offset[h]. */
export interface ResidualScale {
	scale: Float64Array;
	offset: Float64Array;
}

/**
 * The residual's scale in front of every layer and after the last. A norm after the layer rescales the stream; the integers
 * keep their scale and the real meaning of a unit moves instead, so that such a norm costs nothing on the device. Each head's
 * integers are centred on the range seen.
 */
export function residualScales(model: FloatModel, ranges: Ranges, bits: number): ResidualScale[] {
	const { H, blocks } = model;
	const unit: ResidualScale[] = [{ scale: new Float64Array(H).fill(1), offset: new Float64Array(H) }];
	for (const { placement, norm: after } of blocks) {
		const last = unit[unit.length - 1]!;
		const norm = placement === "after" ? floatNormKind(after).fold(after, H) : undefined;
		if (placement === "after" && !norm)
			throw new RangeError(
				`norm of layer ${unit.length - 1}: a norm of kind ${after.kind} after the layer has no integers yet`,
			);
		unit.push({
			scale: last.scale.map((s, h) => s * (norm?.scale[h] ?? 1)),
			offset: last.offset.map((o, h) => (norm ? norm.scale[h]! * o + norm.offset[h]! : o)),
		});
	}
	const step = new Float64Array(H);
	const middle = new Float64Array(H);
	for (let h = 0; h < H; h++) {
		let [low, high] = [Infinity, -Infinity];
		for (let l = 0; l <= blocks.length; l++) {
			const { scale, offset } = unit[l]!;
			const seen = l < blocks.length ? ranges.layers[l]! : ranges;
			if (scale[h] === 0)
				throw new RangeError(
					`norm of layer ${l - 1}: the weight of head ${h} is 0, which a norm after the layer cannot have`,
				);
			for (const v of [seen.residualMin[h]!, seen.residualMax[h]!]) {
				low = Math.min(low, (v - offset[h]!) / scale[h]!);
				high = Math.max(high, (v - offset[h]!) / scale[h]!);
			}
		}
		middle[h] = (low + high) / 2;
		step[h] = ((HEADROOM * (high - low)) / 2 || 1) / symmetricMax(bits);
	}
	return unit.map(({ scale, offset }) => ({
		scale: scale.map((s, h) => s * step[h]!),
		offset: offset.map((o, h) => o + scale[h]! * middle[h]!),
	}));
}

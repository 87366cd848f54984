// The norm of a block to integers: BatchNorm, or none, and the quantization of u in one multiplication per head.
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import type { AffineNorm } from "../../src/network/affine";
import { COARSE_MAX, INT16_MAX } from "./formats";
import type { BlockContext } from "./kind";
import { coarseBelow, coarseScaleValue, encodeCoarseScale } from "./scale";
import type { AffinePrecision } from "./widths/affine";

/**
 * u = norm(residual). A negative slope flips the sign of u; the mixer flips it back.
 * @param norm slope and offset per head of the real norm
 * @returns also the real size of a unit of u (H), negative where its sign is flipped
 */
export function quantizeAffine(
	norm: { scale: Float64Array; offset: Float64Array },
	{ where, before, ranges, precision, held }: BlockContext<AffinePrecision>,
): { norm: AffineNorm; uStep: Float64Array } {
	const bits = precision.u;
	const H = norm.scale.length;
	const uMax = symmetricMax(bits);
	const uStep = new Float64Array(H);
	const scale = new Uint8Array(H);
	const zero = new Int32Array(H);
	const zeroShift = new Uint8Array(H);
	for (let h = 0; h < H; h++) {
		const slope = norm.scale[h]! * before.scale[h]!;
		const wanted = (ranges.z[h]! || 1) / uMax;
		// u of the whole range fits; of one that is nothing beside the residual's steps, u cannot show more.
		const value = held
			? coarseScaleValue(held.u[h]!)
			: Math.min(COARSE_MAX, coarseBelow(Math.abs(slope) / wanted));
		uStep[h] = slope / value;
		// The residual for which z is 0.
		const real = -(norm.scale[h]! * before.offset[h]! + norm.offset[h]!) / slope;
		let shift = 0;
		while (Math.round(Math.abs(real) / 2 ** shift) > INT16_MAX) shift++;
		// Slope too flat to represent: a steeper one would make u follow the residual where z does not.
		if (!(shift <= 6))
			throw new RangeError(
				`${where} norm: the weight of head ${h} is nearly 0 against its bias, which u cannot represent; train on with more weight decay on the bias, or without the norm`,
			);
		scale[h] = encodeCoarseScale(`${where} u scale of head ${h}`, value);
		zero[h] = Math.round(real / 2 ** shift) * 2 ** shift;
		zeroShift[h] = shift;
	}
	return { norm: { kind: "affine", bits, scale, zero, zeroShift }, uStep };
}

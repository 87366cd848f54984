// A norm that is one multiplication and addition per head, BatchNorm or none, to integers: before a mixer it is folded with the
// quantization of u, after a channel mixer it changes the residual's scales (residual.ts).
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import type { AffineNorm } from "../../src/network/affine";
import { type FloatNorm, floatNormKind } from "../float/model";
import { COARSE_MAX, INT16_MAX } from "./formats";
import type { BlockContext, NormQuantizer } from "./kind";
import { refuseZeros } from "./norm-of-step";
import { Bytes } from "./saved";
import { coarseBelow, coarseScaleValue, encodeCoarseScale } from "./scale";
import type { AffinePrecision } from "./widths/affine";

/** The least scale there is: a residual of 16 bits becomes 0. */
const LEAST = 31 << 3;

const MAX_ZERO_SHIFT = 6;
const FARTHEST_ZERO = INT16_MAX * 2 ** MAX_ZERO_SHIFT;
/** So many steps are constant over all residuals of 16 bits: they add or take at most a quarter of a step. */
const FLAT_U = 16;

/** The grid of u. */
export interface AffineGrid {
	u: Uint8Array; // (H) its scales
}

/** u = norm(residual). A negative slope flips the sign of u; the mixer flips it back. */
function quantize(
	float: FloatNorm,
	{ where, H, before, ranges, precision, held: grids }: BlockContext<AffinePrecision>,
): { norm: AffineNorm; uStep: Float64Array; grid: AffineGrid } {
	const held = grids as AffineGrid | undefined;
	const norm = floatNormKind(float).fold(float, H)!;
	refuseZeros(`${where} norm`, norm.scale);
	const bits = precision.u;
	const uMax = symmetricMax(bits);
	const uStep = new Float64Array(H);
	const scale = new Uint8Array(H);
	const zero = new Int32Array(H);
	const zeroShift = new Uint8Array(H);
	for (let h = 0; h < H; h++) {
		const slope = norm.scale[h]! * before.scale[h]!;
		const wanted = (ranges.z[h]! || 1) / uMax;
		if (slope === 0 && norm.offset[h] === 0) {
			uStep[h] = wanted;
			scale[h] = LEAST;
			continue;
		}
		// u of the whole range fits; of one that is nothing beside the residual's steps, u cannot show more.
		const value = held
			? coarseScaleValue(held.u[h]!)
			: Math.min(COARSE_MAX, coarseBelow(Math.abs(slope) / wanted));
		uStep[h] = slope / value;
		// The residual for which z is 0.
		const real = -(norm.scale[h]! * before.offset[h]! + norm.offset[h]!) / slope;
		let shift = 0;
		while (Math.round(Math.abs(real) / 2 ** shift) > INT16_MAX) shift++;
		// Flatter than u can show: z is then its value where the residual's integer is 0, and u is a constant. A steeper
		// slope would make u follow the residual where z does not.
		if (!(shift <= MAX_ZERO_SHIFT)) {
			const constant = coarseBelow(Math.min(FLAT_U, uMax) / FARTHEST_ZERO);
			uStep[h] = (norm.scale[h]! * before.offset[h]! + norm.offset[h]!) / (constant * FARTHEST_ZERO);
			scale[h] = encodeCoarseScale(`${where} u scale of head ${h}`, constant);
			zero[h] = -FARTHEST_ZERO;
			zeroShift[h] = MAX_ZERO_SHIFT;
			continue;
		}
		scale[h] = encodeCoarseScale(`${where} u scale of head ${h}`, value);
		zero[h] = Math.round(real / 2 ** shift) * 2 ** shift;
		zeroShift[h] = shift;
	}
	return { norm: { kind: "affine", bits, scale, zero, zeroShift }, uStep, grid: { u: scale } };
}

export const affine: NormQuantizer<FloatNorm, AffineNorm, AffineGrid, AffinePrecision> = {
	norm: "affine",
	post: "none",
	quantize,
	quantizePost: () => ({ kind: "none" }),
	saved: { fields: { u: Bytes }, fits: ({ u }, _, H) => u.length === H },
};

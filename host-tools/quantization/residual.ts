// The residual stream in integers: a scale and an offset per head, or one scale for all heads where a norm over the heads of a step
// reads the stream.
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import { type FloatModel, type FloatNorm, floatNormKind, normsOf } from "../float/model";
import type { Ranges } from "./calibrate";
import { HEADROOM } from "./formats";

/** The residual stream in integers: real value of head h = scale[h] * integer + offset[h]. */
export interface ResidualScale {
	scale: Float64Array;
	offset: Float64Array;
}

/**
 * Half the range of a head is at least this fraction of its maximum: otherwise the range of a constant head would be its
 * rounding errors.
 */
const LEAST_SWING = 2 ** -12;

const isOfStep = (norm: FloatNorm, H: number) => floatNormKind(norm).fold(norm, H) === undefined;

/**
 * Layers first to end - 1, over which the stream keeps one integer scale: only the last may be followed by a norm over the
 * heads of a step.
 */
interface Stretch {
	first: number;
	/** The layer after it; positions before layers first to end belong to it. */
	end: number;
	/**
	 * (H) output of the preceding norm over the heads of a step for zeros, its bias, which the integers must reach; else NaN.
	 */
	rest: Float64Array;
	/** Of its last layer: maximum input of a norm over the heads of a step; 0 without one. */
	sum: number;
	/** Whether a norm over the heads of a step reads it. */
	even: boolean;
}

function stretchesOf({ H, blocks }: FloatModel, ranges: Ranges): Stretch[] {
	const stretches: Stretch[] = [];
	const begin = (first: number, rest: Float64Array) =>
		stretches.push({ first, end: first, rest, sum: 0, even: false });
	begin(0, new Float64Array(H).fill(NaN));
	for (const [l, block] of blocks.entries()) {
		const stretch = stretches.at(-1)!;
		const { before, after } = normsOf(block);
		stretch.even ||= isOfStep(before, H) || isOfStep(after, H);
		if (isOfStep(after, H)) {
			stretch.sum = ranges.layers[l]!.sum;
			const rest = new Float64Array(H);
			floatNormKind(after).apply(after, H)(rest, rest);
			begin(l + 1, rest);
		} else stretch.end = l + 1;
	}
	return stretches;
}

/** Range of head h in real values before layer l. */
function reached({ first, rest }: Stretch, ranges: Ranges, l: number, h: number): number[] {
	const { residualMin, residualMax } = ranges.layers[l] ?? ranges;
	const seen = [residualMin[h]!, residualMax[h]!];
	return l === first && !Number.isNaN(rest[h]) ? [...seen, rest[h]!] : seen;
}

/** One scale for all heads, and 0 is 0. */
function evenScale(stretch: Stretch, ranges: Ranges, bits: number, H: number): ResidualScale {
	let most = stretch.sum;
	for (let l = stretch.first; l <= stretch.end; l++)
		for (let h = 0; h < H; h++)
			for (const v of reached(stretch, ranges, l, h)) most = Math.max(most, Math.abs(v));
	const step = (HEADROOM * most || 1) / symmetricMax(bits);
	return { scale: new Float64Array(H).fill(step), offset: new Float64Array(H) };
}

/**
 * Scales before each layer of a stretch, starting from 1, 0. A folded norm after a layer rescales the stream: the integers keep
 * their scale and their unit changes instead, so that such a norm costs nothing on the device.
 */
function meanings({ first, end, even }: Stretch, { H, blocks }: FloatModel): ResidualScale[] {
	const units: ResidualScale[] = [{ scale: new Float64Array(H).fill(1), offset: new Float64Array(H) }];
	for (let l = first; l < end; l++) {
		const { after } = normsOf(blocks[l]!);
		const norm = floatNormKind(after).fold(after, H)!;
		const last = units.at(-1)!;
		const zero = norm.scale.indexOf(0);
		if (zero >= 0)
			throw new RangeError(
				`norm of layer ${l}: the weight of head ${zero} is 0, which a norm after the layer does not allow`,
			);
		if (even && after.kind !== "none")
			throw new RangeError(
				`norm of layer ${l}: ${after.kind} after the layer gives the heads different scales, which a norm over the heads of a step in a later layer cannot read; train with norms of one kind`,
			);
		units.push({
			scale: last.scale.map((s, h) => s * norm.scale[h]!),
			offset: last.offset.map((o, h) => norm.scale[h]! * o + norm.offset[h]!),
		});
	}
	return units;
}

/** One scale per head, centred on the range seen. */
function scalePerHead(
	stretch: Stretch,
	unit: readonly ResidualScale[],
	ranges: Ranges,
	bits: number,
): ResidualScale[] {
	const H = unit[0]!.scale.length;
	const step = new Float64Array(H);
	const middle = new Float64Array(H);
	for (let h = 0; h < H; h++) {
		let [low, high] = [Infinity, -Infinity];
		for (const [i, { scale, offset }] of unit.entries()) {
			for (const v of reached(stretch, ranges, stretch.first + i, h)) {
				low = Math.min(low, (v - offset[h]!) / scale[h]!);
				high = Math.max(high, (v - offset[h]!) / scale[h]!);
			}
		}
		middle[h] = (low + high) / 2;
		const half = Math.max((high - low) / 2, LEAST_SWING * Math.max(-low, high));
		step[h] = (HEADROOM * half || 1) / symmetricMax(bits);
	}
	return unit.map(({ scale, offset }) => ({
		scale: scale.map((s, h) => s * step[h]!),
		offset: offset.map((o, h) => o + scale[h]! * middle[h]!),
	}));
}

/** Scales of the residual before every layer and after the last. @throws RangeError naming a norm that cannot be represented */
export function residualScales(model: FloatModel, ranges: Ranges, bits: number): ResidualScale[] {
	return stretchesOf(model, ranges).flatMap((stretch) => {
		const unit = meanings(stretch, model);
		if (!stretch.even) return scalePerHead(stretch, unit, ranges, bits);
		const even = evenScale(stretch, ranges, bits, model.H);
		return unit.map(() => even);
	});
}

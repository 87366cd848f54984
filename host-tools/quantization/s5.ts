// The S5 mixer to integers: Abar, B whose scale per mode chooses the unit of the state, C fitted to both, D.
import { z } from "zod";
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import { rotatedBound } from "../../src/network/diagonal";
import type { Poles } from "../../src/network/poles-union";
import { INT32_MAX } from "../../src/network/proof";
import type { S5Mixer } from "../../src/network/s5";
import { type DiscreteS5, discretizeS5, type FloatS5, holdOf } from "../float/s5";
import { conjugates, type OutputGrid, quantizeOutput, roundingVariance } from "./diagonal";
import type { MixerQuantizer } from "./kind";
import { type LogarithmicGrid, logarithmicGrid, logarithmicPoles } from "./logarithmic-poles";
import { cartesianPoles } from "./poles";
import { fitC, rowMoments } from "./s5-fit";
import { Bytes, Numbers } from "./saved";
import { coarseScaleValue } from "./scale";
import { carriedCodes, inverseCholesky, nearestCodes } from "./weight-rows";
import type { S5Precision } from "./widths/s5";

/** The grids of an S5 mixer's codes; steps are real sizes of a code. */
export interface S5Grid extends OutputGrid {
	/** Only of logarithmic poles. */
	A: LogarithmicGrid | null;
	/** (P) steps of the drive per unit of u, with scales and lift, which set the unit of x. */
	B: { step: Float64Array; scale: Uint8Array; lift: number };
}

/** Real sizes of a unit of the integers. */
export interface S5Units {
	/** (P) of x; the imaginary part is negated where the mode was replaced by its conjugate. */
	stateRe: Float64Array;
	stateIm: Float64Array;
	/** (P) of a code of B: state per unit of u. */
	B: Float64Array;
}

type S5Quantizer = MixerQuantizer<FloatS5, S5Mixer, S5Units, S5Grid, S5Precision>;

/** The factor of a mode's drive, (8 + f) 2^(lift - s). */
const factorOf = (scale: number, lift: number) => (8 + (scale & 7)) * 2 ** (lift - (scale >> 3));

/** The largest (8 + f) 2^e, f 0 to 7, not above `value`. */
function factorBelow(value: number): { f: number; e: number } {
	const e = Math.floor(Math.log2(value)) - 3;
	return { f: Math.min(7, Math.floor(value / 2 ** e) - 8), e };
}

/**
 * Scales of B whose drives fit int32, and their lift: x of each mode fills its format, unless a drive would not fit.
 * @param codes (P, 2, H) @param wanted (P) factor from a mode's codes to units of 2^-15 x
 * @throws RangeError naming `tensor` when the factors are out of range
 */
function scalesOf(
	tensor: string,
	codes: Int8Array,
	wanted: Float64Array,
	H: number,
	uMax: number,
	xBits: number,
): { scale: Uint8Array; lift: number } {
	const room = INT32_MAX - rotatedBound(xBits) - 1;
	const worst = Float64Array.from(wanted, (_, p) => {
		let most = 1;
		for (let row = 2 * p; row < 2 * p + 2; row++) {
			let sum = 0;
			for (let h = 0; h < H; h++) sum += Math.abs(codes[row * H + h]!);
			most = Math.max(most, sum * uMax);
		}
		return most;
	});
	// The largest lift at which no drive can wrap before its shift and every scale keeps a valid shift.
	for (let lift = 24; lift >= 0; lift--) {
		const scale = new Uint8Array(wanted.length);
		const fits = wanted.every((factor, p) => {
			const { f, e } = factorBelow(Math.min(factor, room / worst[p]!, 15 * 2 ** lift));
			const shift = lift - e;
			scale[p] = (shift << 3) | f;
			return shift <= 31 && worst[p]! * (8 + f) * 2 ** lift + (shift ? 2 ** (shift - 1) : 0) <= INT32_MAX;
		});
		if (fits) return { scale, lift };
	}
	throw new RangeError(
		`${tensor}: the factors of its modes' drives, ${Math.min(...wanted).toPrecision(3)} to ${Math.max(...wanted).toPrecision(3)}, are out of range; check the ranges of the states`,
	);
}

/** Replaces modes of negative phase by their conjugates. @returns which (P) */
function conjugate({ AbarIm, BbarIm, CbarIm }: DiscreteS5, H: number): Uint8Array {
	const P = AbarIm.length;
	const conjugated = conjugates(AbarIm);
	for (let p = 0; p < P; p++) {
		if (!conjugated[p]) continue;
		AbarIm[p] = -AbarIm[p]!;
		for (let h = 0; h < H; h++) {
			BbarIm[p * H + h] = -BbarIm[p * H + h]!;
			CbarIm[h * P + p] = -CbarIm[h * P + p]!;
		}
	}
	return conjugated;
}

/** Abar as codes; writes the device's poles to `actual` (P, 2). */
function quantizeA(
	{ AbarRe, AbarIm }: DiscreteS5,
	precision: S5Precision["A"],
	actual: Float64Array,
	held: LogarithmicGrid | undefined,
): Poles {
	if (precision.format === "cartesian") return cartesianPoles(AbarRe, AbarIm, precision.bits, actual);
	if (precision.format !== "logarithmic") throw new RangeError("S5 has no harmonic poles");
	return logarithmicPoles(
		AbarRe,
		AbarIm,
		precision,
		actual,
		AbarRe.map(() => 1),
		held,
	);
}

const quantize: S5Quantizer["quantize"] = (float, context, uStep) => {
	const { where, H, ranges, precision, compensate } = context;
	const held = context.held as S5Grid | undefined;
	const { P } = float;
	const discrete = discretizeS5(float, H);
	const conjugated = conjugate(discrete, H);
	const { BbarRe, BbarIm, CbarRe, CbarIm } = discrete;
	const drive = compensate ? ranges.drive : undefined;

	const actual = new Float64Array(2 * P);
	const A = quantizeA(discrete, precision.A, actual, held?.A ?? undefined);

	// B: one step per mode for both of its rows, in units of u.
	const codes = new Int8Array(2 * P * H);
	const bStep = new Float64Array(P);
	for (let p = 0; p < P; p++) {
		const row = new Float64Array(2 * H);
		for (let h = 0; h < H; h++) {
			row[h] = BbarRe[p * H + h]! * uStep[h]!;
			row[H + h] = BbarIm[p * H + h]! * uStep[h]!;
		}
		const carried = drive && precision.B < 8;
		const moments = carried && rowMoments(drive, H, actual[2 * p]!, actual[2 * p + 1]!);
		const found = moments
			? carriedCodes(
					row,
					precision.B,
					inverseCholesky(
						moments.map((v, i) => v / (uStep[Math.floor(i / (2 * H)) % H]! * uStep[(i % (2 * H)) % H]!)),
						2 * H,
					),
				)
			: nearestCodes(row, precision.B, held?.B.step[p]);
		codes.set(found.codes, 2 * p * H);
		bStep[p] = found.step;
	}
	const xMax = symmetricMax(precision.x);
	// Held factors as well: codes that training has enlarged may need a smaller one to stay within int32.
	const wanted = bStep.map((step, p) =>
		held
			? factorOf(held.B.scale[p]!, held.B.lift)
			: (step * 32768 * xMax) / (ranges.state[p]! || step * 32768),
	);
	const { scale, lift } = scalesOf(`${where} B`, codes, wanted, H, symmetricMax(precision.u), precision.x);
	const unit = bStep.map((step, p) => (step * 32768) / factorOf(scale[p]!, lift));

	/** The device's B. */
	const rounded = (part: 0 | 1) =>
		Float64Array.from({ length: P * H }, (_, i) => {
			const p = Math.floor(i / H);
			return (codes[(2 * p + part) * H + (i % H)]! * bStep[p]!) / uStep[i % H]!;
		});
	const fit =
		drive && fitC(drive, H, discrete, actual, rounded(0), rounded(1), unit, roundingVariance(precision));
	const rows = Array.from({ length: H }, (_, h) =>
		Float64Array.from(
			{ length: 2 * P },
			(_, i) => (i & 1 ? CbarIm : CbarRe)[h * P + (i >> 1)]! * unit[i >> 1]!,
		),
	);
	const { C, D, yFraction, grid } = quantizeOutput(context, rows, float.D, uStep, held, fit);
	return {
		mixer: {
			kind: "s5",
			P,
			A,
			B: { bits: precision.B, codes, lift, scale },
			C,
			D,
			x: { bits: precision.x, rounding: precision.rounding },
		},
		yFraction,
		units: { stateRe: unit, stateIm: unit.map((v, p) => (conjugated[p] ? -v : v)), B: bStep },
		grid: {
			A: A.kind === "logarithmic" ? logarithmicGrid(A) : null,
			B: { step: bStep, scale, lift },
			...grid,
		},
	};
};

/** B and C in real numbers, whose discretization the codes represent. */
const real: S5Quantizer["real"] = (float, { B, C }, { stateRe, stateIm, B: bStep }, context) => {
	const { block, H, uStep } = context;
	const { P } = float;
	const { factorRe, factorIm } = holdOf(float);
	const [BRe, BIm, CRe, CIm] = [0, 0, 0, 0].map(() => new Float64Array(P * H)) as Float64Array[];
	for (let p = 0; p < P; p++) {
		const sign = Math.sign(stateIm[p]!) * Math.sign(stateRe[p]!);
		const square = factorRe[p]! ** 2 + factorIm[p]! ** 2;
		for (let h = 0; h < H; h++) {
			const re = (B.codes[2 * p * H + h]! * bStep[p]!) / uStep[h]!;
			const im = (sign * B.codes[(2 * p + 1) * H + h]! * bStep[p]!) / uStep[h]!;
			BRe![p * H + h] = (re * factorRe[p]! + im * factorIm[p]!) / square;
			BIm![p * H + h] = (im * factorRe[p]! - re * factorIm[p]!) / square;
			const c = coarseScaleValue(C.scale[h]!) / 2 ** (C.preshift + block.yFraction) / 2;
			CRe![h * P + p] = (C.codes[2 * (h * P + p)]! * c) / stateRe[p]!;
			CIm![h * P + p] = (C.codes[2 * (h * P + p) + 1]! * c) / stateIm[p]!;
		}
	}
	return { ...float, BRe: BRe!, BIm: BIm!, CRe: CRe!, CIm: CIm! };
};

const saved: S5Quantizer["saved"] = {
	fields: {
		A: z
			.object({
				radiusOffset: z.int().min(0).max(255),
				radiusStep: z.int().min(0).max(255),
				phaseOffset: z.int().min(0).max(65535),
				phaseStep: z.int().min(0).max(65535),
			})
			.nullable(),
		B: z.object({ step: Numbers, scale: Bytes, lift: z.int().min(0).max(24) }),
		C: Numbers,
		D: z.number(),
	},
	fits: ({ B, C }, { P }, H) => B.step.length === P && B.scale.length === P && C.length === H,
};

export const s5: S5Quantizer = {
	quantize,
	saved,
	real,
	// As for S4D: finer steps of an 8-bit x are worth more than its rarest values.
	clips: ({ x }) => x <= 8,
};

// Shared by the quantizers of diagonal mixers: from states and inputs to outputs, y = Re(C x) + D u.
import { symmetricMax } from "../../src/arithmetic/arithmetic";
import type { Output } from "../../src/network/diagonal";
import type { FittedRow } from "./fit";
import { fractionFor, HEADROOM, stepFor } from "./formats";
import type { BlockContext } from "./kind";
import { encodeCoarseScale, encodeScale, preshiftFor } from "./scale";
import { bestStep, carriedCodes, nearestCodes } from "./weight-rows";
import type { DiagonalPrecision } from "./widths/diagonal";

/** Steps of the codes, real sizes. */
export interface OutputGrid {
	C: Float64Array; // (H), of y for a unit of x
	D: number; // of y for a unit of u
}

/** Variance of one rounding of a state, in squared units: to nearest adds 1/12, dithered rounding twice that. */
export const roundingVariance = ({ rounding }: Pick<DiagonalPrecision, "rounding">) =>
	rounding === "dithered" ? 1 / 6 : 1 / 12;

/** Which modes (count) are replaced by their conjugates: with real input and output, every phase may be 0 to half a turn. */
export const conjugates = (AbarIm: Float64Array) => Uint8Array.from(AbarIm, (im) => (im < 0 ? 1 : 0));

/**
 * @param C one row per head, real and imaginary part of each mode interleaved: real y per unit of the state
 * @param D (H) of the float network
 * @param uStep (H) real size of a unit of u
 * @param refit fits a row given in units of y
 */
export function quantizeOutput(
	{ where, ranges, precision }: BlockContext<DiagonalPrecision>,
	C: readonly Float64Array[],
	D: Float64Array,
	uStep: Float64Array,
	held: OutputGrid | undefined,
	refit?: (h: number, row: Float64Array, yUnit: number) => FittedRow,
): Output & { yFraction: number; grid: OutputGrid } {
	const H = C.length;
	const width = C[0]!.length;
	const most = C.reduce((top, row) => row.reduce((greatest, c) => Math.max(greatest, Math.abs(c)), top), 0);
	const yFraction = fractionFor(ranges.y * HEADROOM || 1, stepFor(most, precision.C) || 1);
	const yUnit = 2 ** -yFraction;
	const codes = new Int8Array(H * width);
	const steps = new Float64Array(H);
	let worst = 0;
	for (let h = 0; h < H; h++) {
		const row = C[h]!.map((c) => c / yUnit);
		const fitted = refit?.(h, row, yUnit);
		const found =
			fitted && precision.C < 8
				? carriedCodes(fitted.row, precision.C, fitted.U)
				: nearestCodes(fitted?.row ?? row, precision.C, held && held.C[h]! / yUnit);
		codes.set(found.codes, width * h);
		steps[h] = found.step;
		const sum = found.codes.reduce((total, code) => total + Math.abs(code), 0);
		worst = Math.max(worst, sum * symmetricMax(precision.x));
	}
	const preshift = preshiftFor(worst);
	const direct = D.map((d, h) => (d * uStep[h]!) / yUnit);
	const dStep = held ? held.D / yUnit : bestStep(direct, precision.D) || 1;
	const dMost = 2 ** (precision.D - 1);
	return {
		C: {
			bits: precision.C,
			codes,
			preshift,
			scale: Uint8Array.from(steps, (step, h) =>
				encodeCoarseScale(`${where} C scale of head ${h}`, step * 2 ** preshift),
			),
		},
		D: {
			bits: precision.D,
			codes: Int8Array.from(direct, (d) => Math.max(-dMost, Math.min(dMost - 1, Math.round(d / dStep)))),
			scale: encodeScale(`${where} D scale`, dStep),
		},
		yFraction,
		grid: { C: steps.map((step) => step * yUnit), D: dStep * yUnit },
	};
}

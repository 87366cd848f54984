// Compensated rounding of an S5 mixer, from the z that calibration recorded: B is rounded so that the states stay close, then C
// is fitted so that the output of the rounded states stays close to the float network's. Not used in training, which updates
// both itself.
import type { DiscreteS5 } from "../float/s5";
import { cacheByDrive, type FittedRow, STRIDE, StateFit } from "./fit";

/** x = Abar x + B z: one step of P modes, (P, 2), on the z at `at`. */
function advance(
	x: Float64Array,
	Abar: Float64Array,
	BRe: Float64Array,
	BIm: Float64Array,
	z: Float32Array,
	at: number,
	H: number,
): void {
	for (let m = 0, i = 0; m < x.length; m += 2) {
		let re = Abar[m]! * x[m]! - Abar[m + 1]! * x[m + 1]!;
		let im = Abar[m]! * x[m + 1]! + Abar[m + 1]! * x[m]!;
		for (let h = 0; h < H; h++, i++) {
			re += BRe[i]! * z[at + h]!;
			im += BIm[i]! * z[at + h]!;
		}
		x[m] = re;
		x[m + 1] = im;
	}
}

const cached = cacheByDrive<Float64Array>();

/**
 * Sensitivity of a mode's state to errors in its row of B: (2 H, 2 H) moments of z filtered by the mode alone; the row is H
 * real, then H imaginary parts.
 */
export function rowMoments(drive: readonly Float32Array[], H: number, re: number, im: number): Float64Array {
	return cached(drive, `${re} ${im}`, () => watchRow(drive, H, re, im));
}

function watchRow(drive: readonly Float32Array[], H: number, re: number, im: number): Float64Array {
	const [vRe, vIm] = [new Float64Array(H), new Float64Array(H)];
	const [same, cross] = [new Float64Array(H * H), new Float64Array(H * H)];
	let seen = 0;
	for (const z of drive) {
		vRe.fill(0);
		vIm.fill(0);
		for (let at = 0, step = 0; at < z.length; at += H, step++) {
			for (let h = 0; h < H; h++) {
				const [a, b] = [vRe[h]!, vIm[h]!];
				vRe[h] = re * a - im * b + z[at + h]!;
				vIm[h] = re * b + im * a;
			}
			if (step % STRIDE !== 0) continue;
			seen++;
			for (let h = 0; h < H; h++)
				for (let k = 0; k <= h; k++) {
					// The error is d = (e + i f) v: |d|^2 = e^T S e + f^T S f + 2 e^T X f with S symmetric and X antisymmetric.
					same[h * H + k]! += vRe[h]! * vRe[k]! + vIm[h]! * vIm[k]!;
					cross[h * H + k]! += vIm[h]! * vRe[k]! - vRe[h]! * vIm[k]!;
				}
		}
	}
	const n = 2 * H;
	const all = new Float64Array(n * n);
	for (let h = 0; h < H; h++)
		for (let k = 0; k <= h; k++) {
			const [s, x] = [same[h * H + k]! / (seen || 1), cross[h * H + k]! / (seen || 1)];
			for (const [i, j, sign] of [
				[h, k, 1],
				[k, h, -1],
			] as const) {
				all[i * n + j] = all[(H + i) * n + H + j] = s;
				all[i * n + H + j] = all[(H + j) * n + i] = sign * x;
			}
		}
	return all;
}

/**
 * Fits C of all heads by least squares: the states follow the poles `actual` and the rounded B, y is the float network's.
 * @param drive z of some sequences, each (steps, H)
 * @param float the discrete float system
 * @param actual (P, 2) the device's Abar; modes may be conjugates of the float system's
 * @param BRe @param BIm (P, H) the device's B, in real units
 * @param unit (P) real size of one unit of the state
 * @param rounding variance that one rounding of the state adds, in squared units of the state
 * @returns fits a head's row, given the float network's; rows are in units of y per unit of the state, yUnit is the real size
 * of a unit of y
 */
export function fitC(
	drive: readonly Float32Array[],
	H: number,
	float: DiscreteS5,
	actual: Float64Array,
	BRe: Float64Array,
	BIm: Float64Array,
	unit: Float64Array,
	rounding: number,
): (h: number, row: Float64Array, yUnit: number) => FittedRow {
	const P = actual.length / 2;
	const n = 2 * P;
	const { AbarRe, AbarIm, BbarRe, BbarIm, CbarRe, CbarIm } = float;
	const Abar = Float64Array.from({ length: n }, (_, i) => (i & 1 ? AbarIm : AbarRe)[i >> 1]!);
	const exact = new Float64Array(n);
	const x = new Float64Array(n);
	const state = new Float64Array(n);
	const gram = new Float64Array(n * n);
	const target = new Float64Array(H * n);
	let seen = 0;
	for (const z of drive) {
		exact.fill(0);
		x.fill(0);
		for (let at = 0, step = 0; at < z.length; at += H, step++) {
			advance(exact, Abar, BbarRe, BbarIm, z, at, H);
			advance(x, actual, BRe, BIm, z, at, H);
			if (step % STRIDE !== 0) continue;
			seen++;
			// In units of the device, imaginary parts negated as in y = Re(C x).
			for (let i = 0; i < n; i++) state[i] = (i & 1 ? -x[i]! : x[i]!) / unit[i >> 1]!;
			for (let i = 0; i < n; i++) for (let k = 0; k <= i; k++) gram[i * n + k]! += state[i]! * state[k]!;
			for (let h = 0; h < H; h++) {
				let y = 0;
				for (let p = 0; p < P; p++)
					y += CbarRe[h * P + p]! * exact[2 * p]! - CbarIm[h * P + p]! * exact[2 * p + 1]!;
				for (let i = 0; i < n; i++) target[h * n + i]! += state[i]! * y;
			}
		}
	}
	for (let i = 0; i < n; i++) for (let k = 0; k <= i; k++) gram[k * n + i] = gram[i * n + k]! /= seen || 1;
	const fit = new StateFit(gram, actual, rounding);
	return (h, row, yUnit) => {
		const wanted = target.subarray(h * n, (h + 1) * n).map((v) => v / (seen || 1) / yUnit);
		return { row: fit.row(row, wanted), U: fit.U };
	};
}

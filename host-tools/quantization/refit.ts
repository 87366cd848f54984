// Refits C once Abar is quantized: the rounded poles have a slightly different memory, and the state is rounded at every step.
// C is fitted so that the output is closest to the float network's on calibration data, then rounded accordingly. Not used
// in training, which updates C itself.
import type { Discrete } from "../float/s4d";
import { cacheByDrive, type FittedRow, STRIDE, StateFit } from "./fit";

interface Moments {
	/** (2 N, 2 N) of the device's state, real, imaginary parts negated, in real units. */
	gram: Float64Array;
	/** (2 N) moments of it with the float network's y. */
	target: Float64Array;
}

const cached = cacheByDrive<Moments>();

/**
 * Moments of one head, whose state follows the poles `actual` while y is the float network's.
 * @param drive z of some sequences, each (steps, H) @param float the discrete float system @param actual (H, N, 2) Abar
 */
export function momentsOf(
	h: number,
	H: number,
	N: number,
	drive: readonly Float32Array[],
	float: Discrete,
	actual: Float64Array,
): Moments {
	const key = `${h} ${actual.subarray(2 * h * N, 2 * (h + 1) * N).join()} ${float.CbarRe[h * N]}`;
	return cached(drive, key, () => watch(h, H, N, drive, float, actual));
}

function watch(
	h: number,
	H: number,
	N: number,
	drive: readonly Float32Array[],
	float: Discrete,
	actual: Float64Array,
): Moments {
	const n2 = 2 * N;
	const gram = new Float64Array(n2 * n2);
	const target = new Float64Array(n2);
	const state = new Float64Array(n2);
	const exact = new Float64Array(n2);
	let looked = 0;
	for (const z of drive) {
		state.fill(0);
		exact.fill(0);
		for (let t = h, step = 0; t < z.length; t += H, step++) {
			let y = 0;
			for (let n = 0; n < N; n++) {
				const i = h * N + n;
				const [re, im] = [exact[2 * n]!, exact[2 * n + 1]!];
				const [a, b] = [float.AbarRe[i]!, float.AbarIm[i]!];
				exact[2 * n] = a * re - b * im + z[t]!;
				exact[2 * n + 1] = a * im + b * re;
				y += float.CbarRe[i]! * exact[2 * n]! - float.CbarIm[i]! * exact[2 * n + 1]!;
				// Imaginary parts are kept negated, as in y = Re(C x).
				const [p, q] = [state[2 * n]!, -state[2 * n + 1]!];
				const [c, s] = [actual[2 * i]!, actual[2 * i + 1]!];
				state[2 * n] = c * p - s * q + z[t]!;
				state[2 * n + 1] = -(c * q + s * p);
			}
			if (step % STRIDE !== 0) continue;
			looked++;
			for (let i = 0; i < n2; i++) {
				target[i]! += state[i]! * y;
				for (let k = 0; k <= i; k++) gram[i * n2 + k]! += state[i]! * state[k]!;
			}
		}
	}
	for (let i = 0; i < n2; i++) {
		target[i]! /= looked || 1;
		for (let k = 0; k <= i; k++) gram[k * n2 + i] = gram[i * n2 + k]! /= looked || 1;
	}
	return { gram, target };
}

/**
 * Fits C of one head by least squares.
 * @param drive z of some sequences, each (steps, H)
 * @param float the discrete float system, phases 0 to half a turn
 * @param row (2 N) its row of C in units of y per unit of the state
 * @param actual (H, N, 2) Abar as the device has it
 * @param unit (H, N) real size of one unit of the state
 * @param yUnit real size of one unit of y
 * @param rounding variance that one rounding of the state adds, in squared units of the state
 */
export function refitHead(
	h: number,
	H: number,
	N: number,
	drive: readonly Float32Array[],
	float: Discrete,
	row: Float64Array,
	actual: Float64Array,
	unit: Float64Array,
	yUnit: number,
	rounding: number,
): FittedRow {
	const n2 = 2 * N;
	const real = momentsOf(h, H, N, drive, float, actual);
	const unitOf = (i: number) => unit[h * N + (i >> 1)]!;
	const gram = real.gram.map((v, i) => v / (unitOf(Math.floor(i / n2)) * unitOf(i % n2)));
	const target = real.target.map((v, i) => v / (unitOf(i) * yUnit));
	const fit = new StateFit(gram, actual.subarray(n2 * h, n2 * (h + 1)), rounding);
	return { row: fit.row(row, target), U: fit.U };
}

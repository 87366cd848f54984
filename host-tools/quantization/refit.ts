// Refits C once Abar is quantized: the rounded poles have a slightly different memory, and the state is rounded at every step.
// C is fitted so that the output is closest to the float network's on calibration data, then rounded accordingly. Not used
// in training, which updates C itself.
import type { Discrete } from "../float/s4d";
import { inverseCholesky } from "./weight-rows";

/** Regularization of C towards the float network's, as a fraction of the mean power of a state. */
const ANCHOR = 1e-3;

export interface RefitHead {
	/** (2 N) C in units of y a unit of the state, real and imaginary in turn; the imaginary one counts negative in y. */
	row: Float64Array;
	/** As inverseCholesky gives it, for the rounding. */
	U: Float64Array;
}

/** Sampling interval in steps: neighbours carry the same information. */
const STRIDE = 4;
/** Weight of rounding noise relative to squared error in C: noise averages out on its way to the logits, C's error does not. */
const NOISE_WEIGHT = 0.01;

interface Moments {
	/** (2 N, 2 N) of the device's state, real, imaginary parts negated, in real units. */
	gram: Float64Array;
	/** (2 N) of it with the float network's y. */
	target: Float64Array;
}

/** Cache of moments: widths of other components do not change them, and searches ask often. */
const known = new WeakMap<readonly Float32Array[], Map<string, Moments>>();

/**
 * Of one head, whose state follows the poles `actual` while y is the float network's.
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
	let byKey = known.get(drive);
	if (!byKey) known.set(drive, (byKey = new Map()));
	let moments = byKey.get(key);
	if (!moments) byKey.set(key, (moments = watch(h, H, N, drive, float, actual)));
	return moments;
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
				// Its imaginary part is kept negated, as C meets it.
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
	actual: Float64Array,
	unit: Float64Array,
	yUnit: number,
	rounding: number,
): RefitHead {
	const n2 = 2 * N;
	const real = momentsOf(h, H, N, drive, float, actual);
	const unitOf = (i: number) => unit[h * N + (i >> 1)]!;
	const gram = real.gram.map((v, i) => v / (unitOf(Math.floor(i / n2)) * unitOf(i % n2)));
	const target = real.target.map((v, i) => v / (unitOf(i) * yUnit));
	const float0 = new Float64Array(n2);
	for (let n = 0; n < N; n++) {
		const i = h * N + n;
		float0[2 * n] = (float.CbarRe[i]! * unit[i]!) / yUnit;
		float0[2 * n + 1] = (float.CbarIm[i]! * unit[i]!) / yUnit;
	}
	let trace = 0;
	for (let i = 0; i < n2; i++) {
		// Rounding noise accumulates over the mode's memory.
		const m = 2 * (h * N + (i >> 1));
		const radius = actual[m]! ** 2 + actual[m + 1]! ** 2;
		gram[i * n2 + i]! += (NOISE_WEIGHT * rounding) / Math.max(1 - radius, 1e-4);
		trace += gram[i * n2 + i]!;
	}
	// (gram + anchor) (C - float C) = target - gram float C
	const anchor = (ANCHOR * trace) / n2 || 1;
	const damped = Float64Array.from(gram);
	for (let i = 0; i < n2; i++) damped[i * n2 + i]! += anchor;
	const V = inverseCholesky(damped, n2, 0);
	const residual = target.map((b, i) => {
		let sum = b;
		for (let k = 0; k < n2; k++) sum -= gram[i * n2 + k]! * float0[k]!;
		return sum;
	});
	// inverse = V^T V
	const half = residual.map((_, i) => {
		let sum = 0;
		for (let k = 0; k < n2; k++) sum += V[i * n2 + k]! * residual[k]!;
		return sum;
	});
	const row = float0.map((c, i) => {
		let sum = c;
		for (let k = 0; k < n2; k++) sum += V[k * n2 + i]! * half[k]!;
		return sum;
	});
	return { row, U: inverseCholesky(gram, n2) };
}

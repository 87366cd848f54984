// Shared by the fits of C: recorded drive, moments of states on it, and least squares.
import { inverseCholesky } from "./weight-rows";

/** Regularization of C towards the float network's, as a fraction of the mean power of a state. */
const ANCHOR = 1e-3;
/** Weight of rounding noise relative to squared error in C: noise averages out on its way to the outputs, C's error does not. */
const NOISE_WEIGHT = 0.01;
/** Sampling interval in steps: neighbours carry the same information. */
export const STRIDE = 4;

/** Cache of moments by drive and key: widths of other components do not change them, and searches ask often. */
export function cacheByDrive<T>() {
	const known = new WeakMap<readonly Float32Array[], Map<string, T>>();
	return (drive: readonly Float32Array[], key: string, make: () => T): T => {
		let byKey = known.get(drive);
		if (!byKey) known.set(drive, (byKey = new Map()));
		let found = byKey.get(key);
		if (!found) byKey.set(key, (found = make()));
		return found;
	};
}

/** A row of C fitted to the rounded states, and the factor for carrying its own rounding errors. */
export interface FittedRow {
	row: Float64Array;
	U: Float64Array;
}

/**
 * Least squares for rows of C on the same states. A row has real and imaginary parts interleaved, in units of y per unit of the
 * state.
 */
export class StateFit {
	readonly #gram: Float64Array;
	readonly #n: number;
	readonly #V: Float64Array; // inverse of gram + anchor = V^T V
	/** As inverseCholesky gives it, for rounding. */
	readonly U: Float64Array;

	/**
	 * @param gram (n, n) moments of the state in its units, imaginary parts negated as in y = Re(C x)
	 * @param Abar (n) poles of the device, real and imaginary parts interleaved
	 * @param rounding variance that one rounding of the state adds, in squared units of the state
	 */
	constructor(gram: Float64Array, Abar: Float64Array, rounding: number) {
		const n = Abar.length;
		const noisy = Float64Array.from(gram);
		let trace = 0;
		for (let i = 0; i < n; i++) {
			// Rounding noise accumulates over the mode's memory.
			const radius = Abar[i & ~1]! ** 2 + Abar[i | 1]! ** 2;
			noisy[i * n + i]! += (NOISE_WEIGHT * rounding) / Math.max(1 - radius, 1e-4);
			trace += noisy[i * n + i]!;
		}
		const anchored = Float64Array.from(noisy);
		const anchor = (ANCHOR * trace) / n || 1;
		for (let i = 0; i < n; i++) anchored[i * n + i]! += anchor;
		this.#gram = noisy;
		this.#n = n;
		this.#V = inverseCholesky(anchored, n, 0);
		this.U = inverseCholesky(noisy, n);
	}

	/** @param float the float network's row @param target (n) moments of the state with the float network's y, in units of y */
	row(float: Float64Array, target: Float64Array): Float64Array {
		const [gram, V, n] = [this.#gram, this.#V, this.#n];
		// (gram + anchor) (C - float C) = target - gram float C
		const residual = target.map((b, i) => {
			let sum = b;
			for (let k = 0; k < n; k++) sum -= gram[i * n + k]! * float[k]!;
			return sum;
		});
		const half = residual.map((_, i) => {
			let sum = 0;
			for (let k = 0; k < n; k++) sum += V[i * n + k]! * residual[k]!;
			return sum;
		});
		return float.map((c, i) => {
			let sum = c;
			for (let k = 0; k < n; k++) sum += V[k * n + i]! * half[k]!;
			return sum;
		});
	}
}

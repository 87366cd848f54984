// Linear maps to integers: a step for each row, codes rounded to nearest or with the error of each rounding carried into the
// weights that are still to be rounded. In: real weights a unit of the output a unit of the input code. Out: a Linear.
import type { Linear } from "../../src/model/network";
import { encodeScale, onGrid, preshiftFor } from "./scale";

/** How the inputs of a map move together, from calibration: second moments about the mean, and the mean. */
export interface InputMoments {
	covariance: Float64Array; // (columns, columns)
	mean: Float64Array; // (columns)
}

function clampCode(v: number, bits: number): number {
	const low = -(2 ** (bits - 1));
	const code = Math.round(v);
	return code < low ? low : code > -low - 1 ? -low - 1 : code;
}

/** Sum of squared errors of a row at one step. */
function rowError(row: ArrayLike<number>, step: number, bits: number): number {
	let sum = 0;
	for (let i = 0; i < row.length; i++) {
		const error = row[i]! - step * clampCode(row[i]! / step, bits);
		sum += error * error;
	}
	return sum;
}

/** The step for values rounded to `bits`: up to 8 bits clipping is searched for the least squared error, above the greatest value fits. */
export function bestStep(row: ArrayLike<number>, bits: number): number {
	let most = 0;
	for (let i = 0; i < row.length; i++) most = Math.max(most, Math.abs(row[i]!));
	if (most === 0) return 0;
	const whole = most / (2 ** (bits - 1) - 1);
	if (bits >= 8) return onGrid(whole);
	let best = whole;
	let least = Infinity;
	for (let ratio = 1.1; ratio > 0.3; ratio -= 0.025) {
		const error = rowError(row, whole * ratio, bits);
		if (error < least) {
			least = error;
			best = whole * ratio;
		}
	}
	return onGrid(best);
}

/** Codes and step of a row, rounded to nearest. */
export function nearestCodes(row: Float64Array, bits: number): { step: number; codes: Int8Array } {
	const step = bestStep(row, bits) || 1;
	return { step, codes: Int8Array.from(row, (v) => clampCode(v / step, bits)) };
}

/**
 * Codes and step of a row whose inputs have the moments that U comes from: the error of each rounding is carried into the
 * values not yet rounded (Frantar et al., "GPTQ", 2022), and of several steps the one is taken that leaves the least error of
 * the output, which is the sum of squares that the carrying itself adds up.
 */
export function carriedCodes(
	row: Float64Array,
	bits: number,
	U: Float64Array,
): { step: number; codes: Int8Array } {
	const n = row.length;
	const whole = row.reduce((most, v) => Math.max(most, Math.abs(v)), 0) / (2 ** (bits - 1) - 1);
	let best = { step: 1, codes: new Int8Array(n) };
	if (whole === 0) return best;
	let least = Infinity;
	const left = new Float64Array(n);
	for (let ratio = 1.1; ratio > 0.3; ratio -= 0.025) {
		const step = onGrid(whole * ratio);
		const codes = new Int8Array(n);
		left.set(row);
		let sum = 0;
		for (let i = 0; i < n; i++) {
			codes[i] = clampCode(left[i]! / step, bits);
			const error = (left[i]! - codes[i]! * step) / U[i * n + i]!;
			sum += error * error;
			for (let k = i + 1; k < n; k++) left[k]! -= error * U[i * n + k]!;
		}
		if (sum < least) {
			least = sum;
			best = { step, codes };
		}
	}
	return best;
}

/** U with inverse(covariance + damping) = U^T U, upper triangular: what error carrying needs. @param part damping as part of the mean variance */
export function inverseCholesky(covariance: Float64Array, n: number, part = 0.01): Float64Array {
	let trace = 0;
	for (let i = 0; i < n; i++) trace += covariance[i * n + i]!;
	const damping = part === 0 ? 0 : (part * trace) / n || 1;
	// Cholesky of the matrix with rows and columns reversed; its inverse, reversed back, is the factor of the inverse.
	const at = (i: number, j: number) => covariance[(n - 1 - i) * n + (n - 1 - j)]! + (i === j ? damping : 0);
	const L = new Float64Array(n * n);
	for (let i = 0; i < n; i++)
		for (let j = 0; j <= i; j++) {
			let sum = at(i, j);
			for (let k = 0; k < j; k++) sum -= L[i * n + k]! * L[j * n + k]!;
			L[i * n + j] = i === j ? Math.sqrt(sum) : sum / L[j * n + j]!;
		}
	const inverse = new Float64Array(n * n);
	for (let j = 0; j < n; j++) {
		inverse[j * n + j] = 1 / L[j * n + j]!;
		for (let i = j + 1; i < n; i++) {
			let sum = 0;
			for (let k = j; k < i; k++) sum -= L[i * n + k]! * inverse[k * n + j]!;
			inverse[i * n + j] = sum / L[i * n + i]!;
		}
	}
	const U = new Float64Array(n * n);
	for (let i = 0; i < n; i++)
		for (let j = 0; j < n; j++) U[i * n + j] = inverse[(n - 1 - i) * n + (n - 1 - j)]!;
	return U;
}

/**
 * Rounds `weights` (rows, columns) and `bias` (rows), both in units of the output, to a Linear.
 * With `moments` the rounding is compensated (Frantar et al., "GPTQ", 2022: the optimal-brain update, column by column) and
 * the mean error goes into the bias; without, to nearest.
 * @param inputMax greatest magnitude of an input code, for the preshift
 * @throws RangeError naming `tensor` when a scale or bias is out of reach
 */
export function quantizeRows(
	tensor: string,
	weights: Float64Array,
	bias: Float64Array,
	columns: number,
	bits: number,
	inputMax: number,
	moments?: InputMoments,
): Linear {
	const rows = bias.length;
	const codes = new Int8Array(rows * columns);
	const steps = new Float64Array(rows);
	const biasCodes = new Int16Array(rows);
	const U = moments && bits < 8 ? inverseCholesky(moments.covariance, columns) : undefined;
	let worst = 0;
	for (let r = 0; r < rows; r++) {
		const row = weights.slice(r * columns, (r + 1) * columns);
		const { step, codes: rowCodes } = U ? carriedCodes(row, bits, U) : nearestCodes(row, bits);
		codes.set(rowCodes, r * columns);
		const sum = rowCodes.reduce((total, code) => total + Math.abs(code), 0);
		let shift = 0;
		if (moments)
			for (let i = 0; i < columns; i++)
				shift += moments.mean[i]! * (weights[r * columns + i]! - codes[r * columns + i]! * step);
		const code = Math.round(bias[r]! + shift);
		if (Math.abs(code) > 32767)
			throw new RangeError(`${tensor} bias: row ${r} needs ${code}, beyond 16 bits`);
		biasCodes[r] = code;
		steps[r] = step;
		worst = Math.max(worst, sum * inputMax);
	}
	const preshift = preshiftFor(worst);
	return {
		rows,
		columns,
		bits,
		weights: codes,
		preshift,
		scale: Uint16Array.from(steps, (step, r) =>
			encodeScale(`${tensor} scale of row ${r}`, step * 2 ** preshift),
		),
		bias: biasCodes,
	};
}

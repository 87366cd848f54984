// Linear maps to integers: one step per row, codes rounded to nearest or with each rounding error carried into the weights not
// yet rounded. In: real weights, in units of the output per unit of the input code. Out: a Linear.
import type { Linear } from "../../src/network/linear";
import { coarseAbove, coarseScaleValue, encodeCoarseScale, onCoarseGrid, preshiftFor } from "./scale";

/** Statistics of a map's inputs, in its codes. */
export interface Inputs {
	/** Maximum magnitude. */
	most: number;
	/** (columns) means: the bias is corrected for mean rounding errors. */
	mean: ArrayLike<number>;
	/** (columns, columns) covariance from calibration, for compensated rounding. */
	covariance?: Float64Array;
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

/**
 * Candidate steps of a row of `bits` bits, representable by an 8-bit scale: from one that clips nothing down to 0.3 of it; at 8
 * bits and more that one and the next, since more clipping gains nothing.
 */
function candidateSteps(row: ArrayLike<number>, bits: number): number[] {
	let most = 0;
	for (let i = 0; i < row.length; i++) most = Math.max(most, Math.abs(row[i]!));
	if (most === 0) return [];
	const whole = most / (2 ** (bits - 1) - 1);
	const first = coarseAbove(0.998 * whole);
	if (bits >= 8) return [first, onCoarseGrid(first * 0.94)];
	const steps = [first];
	for (let step = onCoarseGrid(first * 0.94); step > 0.3 * whole; step = onCoarseGrid(step * 0.94))
		steps.push(step);
	return steps;
}

/** The step with the least squared error for values rounded to `bits`, 0 when all are 0. */
export function bestStep(row: ArrayLike<number>, bits: number): number {
	let best = 0;
	let least = Infinity;
	const steps = candidateSteps(row, bits);
	for (const step of steps) {
		const error = rowError(row, step, bits);
		if (error < least) {
			least = error;
			best = step;
		}
	}
	return best;
}

/**
 * Codes and step of a row, rounded to nearest.
 * @param held step to use instead of the best one @param most the maximum step
 */
export function nearestCodes(
	row: Float64Array,
	bits: number,
	held?: number,
	most = Infinity,
): { step: number; codes: Int8Array } {
	const step = Math.min(most, held === undefined ? bestStep(row, bits) || 1 : onCoarseGrid(held));
	return { step, codes: Int8Array.from(row, (v) => clampCode(v / step, bits)) };
}

/**
 * Codes and step of a row whose inputs have the moments U comes from: each rounding error is carried into the values not yet
 * rounded (Frantar et al., "GPTQ", 2022). Of several steps the one with the smallest output error is taken, the sum of squares
 * that carrying accumulates.
 */
export function carriedCodes(
	row: Float64Array,
	bits: number,
	U: Float64Array,
): { step: number; codes: Int8Array } {
	const n = row.length;
	let best = { step: 1, codes: new Int8Array(n) };
	let least = Infinity;
	const left = new Float64Array(n);
	for (const step of candidateSteps(row, bits)) {
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

/**
 * U with inverse(covariance + damping) = U^T U, upper triangular, for error carrying. @param part damping as a fraction of the
 * mean variance
 */
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
 * With the inputs' covariance the rounding of fewer than 8 bits is compensated (Frantar et al., "GPTQ", 2022: the optimal-brain
 * update, column by column); without, to nearest.
 * @param held (rows) steps to use instead of the best ones
 * @throws RangeError naming `tensor` when a scale or bias is out of range
 */
export function quantizeRows(
	tensor: string,
	weights: Float64Array,
	bias: ArrayLike<number>,
	columns: number,
	bits: number,
	biasBits: 8 | 16,
	inputs: Inputs,
	held?: ArrayLike<number>,
): Linear {
	const rows = bias.length;
	const codes = new Int8Array(rows * columns);
	const steps = new Float64Array(rows);
	const wanted = new Float64Array(rows); // biases
	const U = inputs.covariance && bits < 8 ? inverseCholesky(inputs.covariance, columns) : undefined;
	let worst = 0;
	for (let r = 0; r < rows; r++) {
		const row = weights.slice(r * columns, (r + 1) * columns);
		const { step, codes: rowCodes } = U ? carriedCodes(row, bits, U) : nearestCodes(row, bits, held?.[r]);
		codes.set(rowCodes, r * columns);
		const sum = rowCodes.reduce((total, code) => total + Math.abs(code), 0);
		wanted[r] = bias[r]!;
		for (let i = 0; i < columns; i++) wanted[r]! += inputs.mean[i]! * (row[i]! - rowCodes[i]! * step);
		steps[r] = step;
		worst = Math.max(worst, sum * inputs.most);
	}
	const preshift = preshiftFor(worst);
	return {
		rows,
		columns,
		bits,
		weights: codes,
		preshift,
		scale: Uint8Array.from(steps, (step, r) =>
			encodeCoarseScale(`${tensor} scale of row ${r}`, step * 2 ** preshift),
		),
		...roundBiases(`${tensor} bias`, wanted, biasBits),
	};
}

/** Weight of row r and column k, in units of the output per unit of the input code. */
export function weightOf({ columns, weights, scale, preshift }: Linear, r: number, k: number): number {
	return (weights[r * columns + k]! * coarseScaleValue(scale[r]!)) / 2 ** preshift;
}

/** (rows) the steps of a map's codes, in units of its output. */
export function stepsOf({ scale, preshift }: Linear): Float64Array {
	return Float64Array.from(scale, (code) => coarseScaleValue(code) / 2 ** preshift);
}

/**
 * Biases as codes; those of 8 bits as multiples of the smallest power of two for which all fit. @throws RangeError naming
 * `tensor`
 */
function roundBiases(
	tensor: string,
	values: Float64Array,
	bits: 8 | 16,
): Pick<Linear, "biasBits" | "biasShift" | "bias"> {
	const most = values.reduce((greatest, v) => Math.max(greatest, Math.abs(v)), 0);
	let shift = 0;
	while (Math.round(most / 2 ** shift) > 2 ** (bits - 1) - 1) shift++;
	if (shift > 16 - bits) throw new RangeError(`${tensor}: ${most.toFixed(0)} exceeds 16 bits`);
	const bias = Int16Array.from(values, (v) => Math.round(v / 2 ** shift) * 2 ** shift);
	return { biasBits: bits, biasShift: shift, bias };
}

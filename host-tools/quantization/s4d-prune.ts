// Chooses which modes of S4D to remove, and fits C of the others.
import { continuousC, discretize, type FloatS4d } from "../float/s4d";
import { momentsOf } from "./refit";
import { inverseCholesky } from "./weight-rows";

/** Regularization, as a fraction of a state's mean power: directions absent from the data must not blow up C. */
const DAMPING = 1e-4;

/**
 * Removes modes one at a time, each time the one whose removal, with C of all others refitted, changes the output least:
 * optimal brain surgeon (Hassibi, Stork, "Second order derivatives for network pruning", 1993) on pairs of columns.
 *
 * @param gram (2 N, 2 N) moments of the state, imaginary parts negated @param C (2 N) real and imaginary parts of Cbar
 * interleaved
 * @param keep number of modes to keep
 * @returns their indices, C (2 keep) for them, and the fraction of the output's power lost
 */
function chooseModes(gram: Float64Array, C: Float64Array, keep: number) {
	const n2 = C.length;
	const V = inverseCholesky(gram, n2, 0); // inverse = V^T V
	const inverse = Float64Array.from({ length: n2 * n2 }, (_, at) => {
		const [i, k] = [Math.floor(at / n2), at % n2];
		let sum = 0;
		for (let j = 0; j < n2; j++) sum += V[j * n2 + i]! * V[j * n2 + k]!;
		return sum;
	});
	const row = Float64Array.from(C);
	let power = 0;
	for (let i = 0; i < n2; i++) for (let k = 0; k < n2; k++) power += C[i]! * gram[i * n2 + k]! * C[k]!;
	const kept = Array.from({ length: n2 / 2 }, (_, n) => n);
	let missed = 0;
	const block = (n: number) => {
		const [p, q] = [2 * n, 2 * n + 1];
		const [a, b, d] = [inverse[p * n2 + p]!, inverse[p * n2 + q]!, inverse[q * n2 + q]!];
		const determinant = a * d - b * b;
		return { p, q, a: d / determinant, b: -b / determinant, d: a / determinant };
	};
	const cost = (n: number) => {
		const { p, q, a, b, d } = block(n);
		return a * row[p]! ** 2 + 2 * b * row[p]! * row[q]! + d * row[q]! ** 2;
	};
	while (kept.length > keep) {
		const out = kept.reduce((best, n) => (cost(n) < cost(best) ? n : best));
		missed += cost(out);
		const { p, q, a, b, d } = block(out);
		const columns = Array.from({ length: n2 }, (_, i) => [inverse[i * n2 + p]!, inverse[i * n2 + q]!]);
		const [cp, cq] = [row[p]!, row[q]!];
		for (let i = 0; i < n2; i++) {
			const [x, y] = columns[i] as [number, number];
			const [u, v] = [a * x + b * y, b * x + d * y];
			row[i]! -= u * cp + v * cq;
			for (let k = 0; k < n2; k++) inverse[i * n2 + k]! -= u * columns[k]![0]! + v * columns[k]![1]!;
		}
		kept.splice(kept.indexOf(out), 1);
	}
	return {
		kept,
		C: Float64Array.from(kept.flatMap((n) => [row[2 * n]!, row[2 * n + 1]!])),
		lost: power > 0 ? missed / power : 0,
	};
}

/**
 * `mixer` with N = `keep` modes per head.
 * @param drive z of some sequences, each (steps, H)
 * @returns also the fraction of each head's output power that is lost (H)
 */
export function pruneS4d(
	mixer: FloatS4d,
	H: number,
	drive: readonly Float32Array[],
	keep: number,
): { mixer: FloatS4d; lost: Float64Array } {
	const { N } = mixer;
	const n2 = 2 * N;
	const discrete = discretize(mixer, H);
	const inTurn = (re: Float64Array, im: Float64Array) =>
		Float64Array.from({ length: 2 * H * N }, (_, i) => (i % 2 ? im[i >> 1]! : re[i >> 1]!));
	const Abar = inTurn(discrete.AbarRe, discrete.AbarIm);
	const Cbar = inTurn(discrete.CbarRe, discrete.CbarIm);
	const heads = Array.from({ length: H }, (_, h) => {
		const gram = momentsOf(h, H, N, drive, discrete, Abar).gram.slice();
		let trace = 0;
		for (let i = 0; i < n2; i++) trace += gram[i * n2 + i]!;
		for (let i = 0; i < n2; i++) gram[i * n2 + i]! += (DAMPING * trace) / n2 || 1;
		return chooseModes(gram, Cbar.subarray(h * n2, (h + 1) * n2), keep);
	});
	const modes = heads.flatMap(({ kept }, h) => kept.map((n) => h * N + n));
	const pick = (values: Float64Array) => Float64Array.from(modes, (i) => values[i]!);
	const fitted = heads.flatMap(({ C }) => [...C]);
	const smaller = { ...mixer, N: keep, logAReal: pick(mixer.logAReal), AImag: pick(mixer.AImag) };
	const part = (which: 0 | 1) => Float64Array.from(modes, (_, i) => fitted[2 * i + which]!);
	return {
		mixer: { ...smaller, ...continuousC(smaller, H, part(0), part(1)) },
		lost: Float64Array.from(heads, ({ lost }) => lost),
	};
}

// Eigenvalues of HiPPO-LegS's normal part, S = A + p p^T with p[n] = sqrt(n + 1/2), the initialization of S5 (Smith et al.,
// 2023; Gu et al., "Efficiently Modeling Long Sequences with Structured State Spaces", 2022).

/** Half of the eigenvalues -1/2 - i frequency, one of each conjugate pair, and their eigenvectors of length 1. */
export interface Hippo {
	/** (n / 2), descending. */
	frequency: Float64Array;
	/** (n / 2, n). */
	re: Float64Array;
	im: Float64Array;
}

/** @param n even */
export function hippoLegs(n: number): Hippo {
	// S = -1/2 + K; K is skew-symmetric with -sqrt((2i + 1)(2k + 1)) / 2 below the diagonal.
	const root = Float64Array.from({ length: n }, (_, i) => Math.sqrt(2 * i + 1));
	const skew = new Float64Array(n * n);
	for (let i = 0; i < n; i++)
		for (let k = 0; k < n; k++) skew[i * n + k] = (Math.sign(k - i) * root[i]! * root[k]!) / 2;
	// K^T K has each frequency squared twice. For u in such a pair's plane, u + i K u / w is K's eigenvector of -i w.
	const square = new Float64Array(n * n);
	for (let i = 0; i < n; i++)
		for (let j = 0; j <= i; j++) {
			let sum = 0;
			for (let k = 0; k < n; k++) sum += skew[k * n + i]! * skew[k * n + j]!;
			square[i * n + j] = square[j * n + i] = sum;
		}
	const { values, vectors } = symmetricEigen(square, n);
	const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!).filter((_, i) => i % 2 === 0);
	const [re, im] = [new Float64Array((n * n) / 2), new Float64Array((n * n) / 2)];
	const frequency = Float64Array.from(order, (e, row) => {
		const u = vectors.subarray(e * n, (e + 1) * n);
		const turned = Float64Array.from({ length: n }, (_, i) =>
			u.reduce((sum, v, k) => sum + skew[i * n + k]! * v, 0),
		);
		const w = Math.hypot(...turned);
		for (let i = 0; i < n; i++) {
			re[row * n + i] = u[i]! * Math.SQRT1_2;
			im[row * n + i] = (turned[i]! / w) * Math.SQRT1_2;
		}
		return w;
	});
	return { frequency, re, im };
}

/** Eigenvalues of a symmetric matrix (n, n), which is overwritten, and its eigenvectors as rows: Jacobi's cyclic rotations. */
function symmetricEigen(a: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
	const vectors = new Float64Array(n * n);
	for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
	for (let rotated = true, sweep = 0; rotated && sweep < 60; sweep++) {
		rotated = false;
		for (let p = 0; p < n; p++)
			for (let q = p + 1; q < n; q++) {
				const [off, low, high] = [a[p * n + q]!, a[p * n + p]!, a[q * n + q]!];
				if (Math.abs(off) <= 1e-15 * Math.sqrt(Math.abs(low * high))) continue;
				rotated = true;
				const ratio = (high - low) / (2 * off);
				const t = Math.sign(ratio || 1) / (Math.abs(ratio) + Math.hypot(1, ratio));
				const c = 1 / Math.hypot(1, t);
				rotateRows(vectors, n, p, q, c, c * t);
				rotateRows(a, n, p, q, c, c * t);
				for (let k = 0; k < n * n; k += n) {
					const [x, y] = [a[k + p]!, a[k + q]!];
					a[k + p] = c * x - c * t * y;
					a[k + q] = c * t * x + c * y;
				}
			}
	}
	return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), vectors };
}

function rotateRows(a: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
	for (let k = 0; k < n; k++) {
		const [x, y] = [a[p * n + k]!, a[q * n + k]!];
		a[p * n + k] = c * x - s * y;
		a[q * n + k] = s * x + c * y;
	}
}

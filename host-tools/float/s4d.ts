// The S4D mixer, as state-spaces/s4's s4d.py (zero-order hold): s' = Abar s + z, y = Re(sum over modes of Cbar s') + D z.
import { hold } from "./hold";
import type { FloatMixerKind } from "./kind";

export interface FloatS4d {
	kind: "s4d";
	/** Complex modes per head. */
	N: number;
	logDt: Float64Array; // (H)
	logAReal: Float64Array; // (H, N); A = -exp(logAReal) + i AImag
	AImag: Float64Array; // (H, N)
	CReal: Float64Array; // (H, N)
	CImag: Float64Array; // (H, N)
	D: Float64Array; // (H)
}

/** The discrete system, each array (H, N). */
export interface Discrete {
	AbarRe: Float64Array;
	AbarIm: Float64Array;
	CbarRe: Float64Array;
	CbarIm: Float64Array;
}

/**
 * Zero-order hold with B folded into C: Abar = exp(dt A), Cbar = 2 C (Abar - 1) / A. The 2 accounts for the omitted conjugate
 * half of the modes.
 */
export function discretize(mixer: FloatS4d, H: number): Discrete {
	const { N } = mixer;
	const [AbarRe, AbarIm, CbarRe, CbarIm] = [0, 0, 0, 0].map(() => new Float64Array(H * N)) as Float64Array[];
	for (let h = 0; h < H; h++) {
		const dt = Math.exp(mixer.logDt[h]!);
		for (let n = 0; n < N; n++) {
			const i = h * N + n;
			const { re, im, factorRe, factorIm } = hold(dt, mixer.logAReal[i]!, mixer.AImag[i]!);
			AbarRe![i] = re;
			AbarIm![i] = im;
			CbarRe![i] = 2 * (mixer.CReal[i]! * factorRe - mixer.CImag[i]! * factorIm);
			CbarIm![i] = 2 * (mixer.CReal[i]! * factorIm + mixer.CImag[i]! * factorRe);
		}
	}
	return { AbarRe: AbarRe!, AbarIm: AbarIm!, CbarRe: CbarRe!, CbarIm: CbarIm! };
}

/** The C that `discretize` maps to this Cbar, with the poles of `mixer`. */
export function continuousC(
	mixer: FloatS4d,
	H: number,
	CbarRe: Float64Array,
	CbarIm: Float64Array,
): Pick<FloatS4d, "CReal" | "CImag"> {
	const count = H * mixer.N;
	const CReal = new Float64Array(count);
	const CImag = new Float64Array(count);
	// Cbar = C factor; the factor is Cbar for C = 1.
	const factor = discretize({ ...mixer, CReal: CReal.map(() => 1), CImag }, H);
	for (let i = 0; i < count; i++) {
		const [re, im, a, b] = [CbarRe[i]!, CbarIm[i]!, factor.CbarRe[i]!, factor.CbarIm[i]!];
		CReal[i] = (re * a + im * b) / (a * a + b * b);
		CImag[i] = (im * a - re * b) / (a * a + b * b);
	}
	return { CReal, CImag };
}

/** The convolution kernel, (H, length): K[l] = 2 Re(sum over modes of C (exp(dt A) - 1) / A exp(dt A l)). */
function materializeKernel(mixer: FloatS4d, H: number, length: number): Float64Array {
	const { N } = mixer;
	const { CbarRe, CbarIm } = discretize(mixer, H);
	const kernel = new Float64Array(H * length);
	for (let h = 0; h < H; h++) {
		const dt = Math.exp(mixer.logDt[h]!);
		for (let i = h * N; i < (h + 1) * N; i++) {
			// exp(dt A l) for each l independently, not as a running product, so that the two forms share no computation.
			const [re, im] = [-dt * Math.exp(mixer.logAReal[i]!), dt * mixer.AImag[i]!];
			for (let l = 0; l < length; l++) {
				const radius = Math.exp(re * l);
				kernel[h * length + l]! += radius * (CbarRe[i]! * Math.cos(im * l) - CbarIm[i]! * Math.sin(im * l));
			}
		}
	}
	return kernel;
}

export const s4d: FloatMixerKind<FloatS4d> = {
	tensors({ N }, { H }, l) {
		const kernel = `s4_layers.${l}.kernel.`;
		return [
			{ name: `${kernel}log_dt`, shape: [H], fields: ["logDt"], role: "parameter" },
			{ name: `${kernel}log_A_real`, shape: [H, N], fields: ["logAReal"], role: "parameter" },
			{ name: `${kernel}A_imag`, shape: [H, N], fields: ["AImag"], role: "parameter" },
			{ name: `${kernel}C`, shape: [H, N, 2], fields: ["CReal", "CImag"], role: "parameter" },
			{ name: `s4_layers.${l}.D`, shape: [H], fields: ["D"], role: "parameter" },
		];
	},
	scan(mixer, H) {
		const { N, D } = mixer;
		const { AbarRe, AbarIm, CbarRe, CbarIm } = discretize(mixer, H);
		const re = new Float64Array(H * N);
		const im = new Float64Array(H * N);
		return {
			state: [re, im],
			reset() {
				re.fill(0);
				im.fill(0);
			},
			step(z, y) {
				for (let h = 0; h < H; h++) {
					let out = D[h]! * z[h]!;
					const end = (h + 1) * N;
					for (let i = h * N; i < end; i++) {
						const a = AbarRe[i]! * re[i]! - AbarIm[i]! * im[i]! + z[h]!;
						const b = AbarRe[i]! * im[i]! + AbarIm[i]! * re[i]!;
						re[i] = a;
						im[i] = b;
						out += CbarRe[i]! * a - CbarIm[i]! * b;
					}
					y[h] = out;
				}
			},
		};
	},
	convolve(mixer, H, z) {
		const length = z.length;
		const kernel = materializeKernel(mixer, H, length);
		const rows = z.map(() => new Float64Array(H));
		for (let h = 0; h < H; h++)
			for (let t = 0; t < length; t++) {
				let y = mixer.D[h]! * z[t]![h]!;
				for (let l = 0; l <= t; l++) y += kernel[h * length + l]! * z[t - l]![h]!;
				rows[t]![h] = y;
			}
		return rows;
	},
	shape: ({ N }) => ({ N }),
	stateUnits: ({ N }, H) => H * N,
	stateValues: ({ N }, H) => 2 * H * N,
	// log_A_real, A_imag and two numbers of C; two of state
	modes: { count: ({ N }) => N, parameters: 4, stateValues: 2 },
	macs: ({ N }, H) => 7 * H * N,
};

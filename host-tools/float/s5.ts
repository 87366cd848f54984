// The S5 mixer (Smith et al., "Simplified State Space Layers for Sequence Modeling", 2023): P complex modes shared by all
// heads, s' = Abar s + Bbar z, y = 2 Re(C s') + D z, with dense B and C and a step per mode, under zero-order hold. Other
// discretizations are folded into this one when a checkpoint is read.
import { hold } from "./hold";
import type { FloatMixerKind } from "./kind";

export interface FloatS5 {
	kind: "s5";
	/** Complex modes, one of each conjugate pair: the factor 2 in y accounts for the other half. */
	P: number;
	logStep: Float64Array; // (P)
	lambdaLogRe: Float64Array; // (P); Lambda = -exp(lambdaLogRe) + i lambdaIm, so that every pole is stable
	lambdaIm: Float64Array; // (P)
	BRe: Float64Array; // (P, H)
	BIm: Float64Array; // (P, H)
	CRe: Float64Array; // (H, P)
	CIm: Float64Array; // (H, P)
	D: Float64Array; // (H)
}

/** The discrete system, with y = Re(Cbar s) + D z. */
export interface DiscreteS5 {
	AbarRe: Float64Array; // (P)
	AbarIm: Float64Array; // (P)
	BbarRe: Float64Array; // (P, H)
	BbarIm: Float64Array; // (P, H)
	CbarRe: Float64Array; // (H, P)
	CbarIm: Float64Array; // (H, P)
}

/** Zero-order hold of each mode: Abar = exp(Lambda step), and the factor (Abar - 1) / Lambda of its row of B. */
export function holdOf({ P, logStep, lambdaLogRe, lambdaIm }: FloatS5) {
	const [AbarRe, AbarIm, factorRe, factorIm] = [0, 0, 0, 0].map(() => new Float64Array(P)) as Float64Array[];
	for (let p = 0; p < P; p++) {
		const mode = hold(Math.exp(logStep[p]!), lambdaLogRe[p]!, lambdaIm[p]!);
		AbarRe![p] = mode.re;
		AbarIm![p] = mode.im;
		factorRe![p] = mode.factorRe;
		factorIm![p] = mode.factorIm;
	}
	return { AbarRe: AbarRe!, AbarIm: AbarIm!, factorRe: factorRe!, factorIm: factorIm! };
}

export function discretizeS5(mixer: FloatS5, H: number): DiscreteS5 {
	const { P, BRe, BIm, CRe, CIm } = mixer;
	const { AbarRe, AbarIm, factorRe, factorIm } = holdOf(mixer);
	const BbarRe = new Float64Array(P * H);
	const BbarIm = new Float64Array(P * H);
	for (let p = 0, i = 0; p < P; p++)
		for (let h = 0; h < H; h++, i++) {
			BbarRe[i] = factorRe[p]! * BRe[i]! - factorIm[p]! * BIm[i]!;
			BbarIm[i] = factorRe[p]! * BIm[i]! + factorIm[p]! * BRe[i]!;
		}
	return { AbarRe, AbarIm, BbarRe, BbarIm, CbarRe: CRe.map((c) => 2 * c), CbarIm: CIm.map((c) => 2 * c) };
}

/** y of all heads from the state. */
function output(
	{ CbarRe, CbarIm }: DiscreteS5,
	D: Float64Array,
	re: Float64Array,
	im: Float64Array,
	z: Float64Array,
	y: Float64Array,
): void {
	for (let h = 0, i = 0; h < y.length; h++) {
		let sum = D[h]! * z[h]!;
		for (let p = 0; p < re.length; p++, i++) sum += CbarRe[i]! * re[p]! - CbarIm[i]! * im[p]!;
		y[h] = sum;
	}
}

export const s5: FloatMixerKind<FloatS5> = {
	tensors({ P }, { H }, l) {
		const seq = `s4_layers.${l}.seq.`;
		return [
			{ name: `${seq}log_step`, shape: [P], fields: ["logStep"], role: "parameter" },
			{ name: `${seq}Lambda_log_re`, shape: [P], fields: ["lambdaLogRe"], role: "parameter" },
			{ name: `${seq}Lambda_im`, shape: [P], fields: ["lambdaIm"], role: "parameter" },
			{ name: `${seq}B`, shape: [P, H, 2], fields: ["BRe", "BIm"], role: "parameter" },
			{ name: `${seq}C`, shape: [H, P, 2], fields: ["CRe", "CIm"], role: "parameter" },
			{ name: `${seq}D`, shape: [H], fields: ["D"], role: "parameter" },
		];
	},
	scan(mixer, H) {
		const { P, D } = mixer;
		const discrete = discretizeS5(mixer, H);
		const { AbarRe, AbarIm, BbarRe, BbarIm } = discrete;
		const re = new Float64Array(P);
		const im = new Float64Array(P);
		return {
			state: [re, im],
			reset() {
				re.fill(0);
				im.fill(0);
			},
			step(z, y) {
				for (let p = 0, i = 0; p < P; p++) {
					let a = AbarRe[p]! * re[p]! - AbarIm[p]! * im[p]!;
					let b = AbarRe[p]! * im[p]! + AbarIm[p]! * re[p]!;
					for (let h = 0; h < H; h++, i++) {
						a += BbarRe[i]! * z[h]!;
						b += BbarIm[i]! * z[h]!;
					}
					re[p] = a;
					im[p] = b;
				}
				output(discrete, D, re, im, z, y);
			},
		};
	},
	convolve(mixer, H, z) {
		const { P, logStep, lambdaLogRe, lambdaIm, D } = mixer;
		const discrete = discretizeS5(mixer, H);
		const { BbarRe, BbarIm } = discrete;
		const length = z.length;
		const states = z.map(() => [new Float64Array(P), new Float64Array(P)] as const);
		for (let p = 0; p < P; p++) {
			const step = Math.exp(logStep[p]!);
			// exp(step Lambda l) for each l independently, not as a running product, so that the two forms share no
			// computation.
			const kernel = z.map((_, l) => {
				const radius = Math.exp(-step * Math.exp(lambdaLogRe[p]!) * l);
				return [
					radius * Math.cos(step * lambdaIm[p]! * l),
					radius * Math.sin(step * lambdaIm[p]! * l),
				] as const;
			});
			const drive = z.map((row) => {
				let [re, im] = [0, 0];
				for (let h = 0; h < H; h++) {
					re += BbarRe[p * H + h]! * row[h]!;
					im += BbarIm[p * H + h]! * row[h]!;
				}
				return [re, im] as const;
			});
			for (let t = 0; t < length; t++)
				for (let l = 0; l <= t; l++) {
					const [a, b] = kernel[l]!;
					const [re, im] = drive[t - l]!;
					states[t]![0][p]! += a * re - b * im;
					states[t]![1][p]! += a * im + b * re;
				}
		}
		return z.map((row, t) => {
			const y = new Float64Array(H);
			output(discrete, D, ...states[t]!, row, y);
			return y;
		});
	},
	shape: ({ P }) => ({ P }),
	stateUnits: ({ P }) => P,
	stateValues: ({ P }) => 2 * P,
	macs: ({ P }, H) => 4 * P + 4 * P * H,
};

// The S4D mixer: advances every mode of every head by one step [A21, A22].
import { applyCoarseScale, applyScale, clamp, roundShift, symmetricMax } from "../arithmetic/arithmetic";
import { type Dither, ditherImaginary, ditherReal } from "../arithmetic/dither";
import { polesKind } from "../network/poles-union";
import { coordinateBytes, expandGain, type S4dMixer } from "../network/s4d";
import type { MixerState } from "./mixer-state";

export function s4d(mixer: S4dMixer, H: number): MixerState {
	const { N, C, D } = mixer;
	const A = new Int16Array(2 * H * N); // Q15
	const B = new Int32Array(H * N); // shift of the head included
	const x = new Int16Array(2 * H * N);
	const poles = polesKind(mixer.A);
	for (let h = 0; h < H; h++)
		for (let n = 0; n < N; n++) {
			const i = h * N + n;
			poles.expand(mixer.A, h, n, N, A, 2 * i);
			B[i] = expandGain(mixer.B, h, i, A[2 * i]!, A[2 * i + 1]!);
		}
	const most = symmetricMax(mixer.x.bits);
	const dithered = mixer.x.rounding === "dithered";

	/** Moves head h and returns its y. */
	function move(h: number, u: number, dither: Dither): number {
		let acc = 0;
		for (let n = 0; n < N; n++) {
			const i = h * N + n;
			const re = x[2 * i]!;
			const im = x[2 * i + 1]!;
			let roundRe = 1 << 14;
			let roundIm = 1 << 14;
			if (dithered) {
				const word = dither.next();
				roundRe = ditherReal(word);
				roundIm = ditherImaginary(word);
			}
			const a = A[2 * i]!;
			const b = A[2 * i + 1]!;
			const nextRe = (Math.imul(a, re) - Math.imul(b, im) + Math.imul(B[i]!, u) + roundRe) | 0;
			const nextIm = (Math.imul(a, im) + Math.imul(b, re) + roundIm) | 0;
			x[2 * i] = clamp(nextRe >> 15, -most, most);
			x[2 * i + 1] = clamp(nextIm >> 15, -most, most);
			acc = (acc + Math.imul(C.codes[2 * i]!, x[2 * i]!) - Math.imul(C.codes[2 * i + 1]!, x[2 * i + 1]!)) | 0;
		}
		const direct = applyScale(Math.imul(D.codes[h]!, u), D.scale);
		return clamp((applyCoarseScale(roundShift(acc, C.preshift), C.scale[h]!) + direct) | 0, -32767, 32767);
	}

	return {
		x,
		bytes: coordinateBytes(mixer.x.bits),
		step(u, y, dither) {
			for (let h = 0; h < H; h++) y[h] = move(h, u[h]!, dither);
		},
	};
}

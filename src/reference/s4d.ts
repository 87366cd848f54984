// The S4D mixer: advances every mode of every head by one step [A21, A22].
import type { Dither } from "../arithmetic/dither";
import { coordinateBytes } from "../network/diagonal";
import { polesKind } from "../network/poles-union";
import { expandGain, type S4dMixer } from "../network/s4d";
import type { MixerState } from "./mixer-state";
import { headOutput, moveMode } from "./mode";

export function s4d(mixer: S4dMixer, H: number): MixerState {
	const { N, C } = mixer;
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

	/** Advances head h and returns its y. */
	function move(h: number, u: number, dither: Dither): number {
		let acc = 0;
		for (let i = h * N; i < (h + 1) * N; i++) {
			moveMode(mixer.x, A, x, i, Math.imul(B[i]!, u), 0, dither);
			acc = (acc + Math.imul(C.codes[2 * i]!, x[2 * i]!) - Math.imul(C.codes[2 * i + 1]!, x[2 * i + 1]!)) | 0;
		}
		return headOutput(mixer, h, acc, u);
	}

	return {
		x,
		bytes: coordinateBytes(mixer.x.bits),
		step(u, y, dither) {
			for (let h = 0; h < H; h++) y[h] = move(h, u[h]!, dither);
		},
	};
}

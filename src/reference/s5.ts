// The S5 mixer: advances every mode by one step, then computes y of every head.
import { applyCoarseScale } from "../arithmetic/arithmetic";
import { coordinateBytes } from "../network/diagonal";
import { polesKind } from "../network/poles-union";
import type { S5Mixer } from "../network/s5";
import type { MixerState } from "./mixer-state";
import { headOutput, moveMode } from "./mode";

export function s5(mixer: S5Mixer, H: number): MixerState {
	const { P, B, C } = mixer;
	const A = new Int16Array(2 * P); // Q15
	const x = new Int16Array(2 * P);
	const poles = polesKind(mixer.A);
	for (let p = 0; p < P; p++) poles.expand(mixer.A, 0, p, P, A, 2 * p);

	/** Drive of row `row` of B, one part of mode row >> 1, in units of 2^-15 x. */
	function drive(row: number, u: Int16Array): number {
		let acc = 0;
		for (let h = 0; h < H; h++) acc = (acc + Math.imul(B.codes[row * H + h]!, u[h]!)) | 0;
		return applyCoarseScale(acc, B.scale[row >> 1]!, B.lift);
	}

	return {
		x,
		bytes: coordinateBytes(mixer.x.bits),
		step(u, y, dither) {
			for (let p = 0; p < P; p++) moveMode(mixer.x, A, x, p, drive(2 * p, u), drive(2 * p + 1, u), dither);
			for (let h = 0; h < H; h++) {
				let acc = 0;
				for (let i = 0, c = 2 * P * h; i < 2 * P; i += 2, c += 2)
					acc = (acc + Math.imul(C.codes[c]!, x[i]!) - Math.imul(C.codes[c + 1]!, x[i + 1]!)) | 0;
				y[h] = headOutput(mixer, h, acc, u[h]!);
			}
		},
	};
}

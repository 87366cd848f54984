// Modes of a discrete system in the form of S4D, as s4d.ts and edge-ssm write it: log_A_real, A_imag and C, at dt = 1.
import type { Complex } from "../tensors";
import type { Ssm } from "./s4-model";

/** The modes of a layer; logDt has a step per head. */
export type Modes = Pick<Ssm, "logDt" | "logAReal" | "AImag" | "CReal" | "CImag">;

export function product(a: Complex, b: Complex): Complex {
	return {
		re: a.re.map((re, i) => re * b.re[i]! - a.im[i]! * b.im[i]!),
		im: a.re.map((re, i) => re * b.im[i]! + a.im[i]! * b.re[i]!),
	};
}

/**
 * The continuous system whose zero-order hold at dt = 1 is exactly this discrete one: A = log pole, and C = gain A / (pole -
 * 1).
 *
 * @param pole (H, N) magnitudes below 1
 * @param gain (H, N) y is 2 Re(sum over modes of gain state)
 */
export function fold(pole: Complex, gain: Complex, H: number): Modes {
	const modes = [0, 0, 0, 0].map(() => new Float64Array(pole.re.length));
	const [logAReal, AImag, CReal, CImag] = modes as [Float64Array, Float64Array, Float64Array, Float64Array];
	for (let i = 0; i < pole.re.length; i++) {
		const [x, y] = [pole.re[i]!, pole.im[i]!];
		// A pole of 0 has no logarithm; the smallest number is equivalent, since its decay in one step underflows to 0.
		const decay = -Math.log(Math.max(Math.hypot(x, y), Number.MIN_VALUE));
		const turn = Math.atan2(y, x);
		const square = (x - 1) * (x - 1) + y * y;
		// A / (pole - 1) = A conj(pole - 1) / |pole - 1|^2
		const [re, im] = [(-decay * (x - 1) + turn * y) / square, (turn * (x - 1) + decay * y) / square];
		logAReal[i] = Math.log(decay);
		AImag[i] = turn;
		CReal[i] = gain.re[i]! * re - gain.im[i]! * im;
		CImag[i] = gain.re[i]! * im + gain.im[i]! * re;
	}
	return { logDt: new Float64Array(H), logAReal, AImag, CReal, CImag };
}

// Modes of S5 in any discretization converted to edge-ssm's: Lambda = -exp(lambdaLogRe) + i lambdaIm under zero-order hold.
import { MAX_MODES } from "../../../src/network/diagonal";
import { LIMITS } from "../../../src/network/limits";
import type { FloatS5 } from "../../float/s5";
import { UserError } from "../../terminal/errors";
import type { Complex, Tensors } from "../tensors";

/** The modes of a layer before discretization. */
export interface Modes {
	/** Name of the tensors, such as "encoder.layers_0.seq". */
	where: string;
	lambda: Complex; // (P)
	logStep: Float64Array; // (P)
	B: Complex; // (P, H)
	C: Complex; // (H, P): y = 2 Re(C x)
	D: Float64Array; // (H)
}

/** Limits of the integers' format. */
export function checkSizes(tensors: Tensors, P: number, H: number): void {
	if (P < 1 || P > MAX_MODES)
		throw new UserError(`${tensors.file} has ${P} modes per layer (P); 1 to ${MAX_MODES} are supported.`);
	if (H < 1 || H > LIMITS.H)
		throw new UserError(`${tensors.file} has ${H} heads (H); 1 to ${LIMITS.H} are supported.`);
}

/** @throws UserError on a pole outside the unit circle or on it; `remedy` tells the user what to do */
function checkDecay({ file }: Tensors, { where, lambda, logStep }: Modes, remedy: string): void {
	const p = lambda.re.findIndex((re) => !(re < 0));
	if (p < 0) return;
	const radius = Math.exp(lambda.re[p]! * Math.exp(logStep[p]!));
	throw new UserError(
		`${where} of ${file} has the pole |Abar| = ${radius.toPrecision(7)} at mode ${p} (Lambda_re ${lambda.re[p]!.toPrecision(3)}), outside the unit circle: its state grows without limit; ${remedy}.`,
	);
}

/** Zero-order hold is kept unchanged; @param remedy for a pole outside the unit circle */
export function s5OfModes(tensors: Tensors, modes: Modes, discretization: string, remedy: string): FloatS5 {
	checkDecay(tensors, modes, remedy);
	const held = discretization === "bilinear" ? foldBilinear(modes) : modes;
	const P = held.logStep.length;
	return {
		kind: "s5",
		P,
		logStep: held.logStep,
		lambdaLogRe: tensors.checkLogs(
			`${modes.where}.Lambda_re`,
			held.lambda.re.map((re) => Math.log(-re)),
		),
		lambdaIm: held.lambda.im,
		BRe: held.B.re,
		BIm: held.B.im,
		CRe: held.C.re,
		CIm: held.C.im,
		D: held.D,
	};
}

/**
 * Abar = (1 + step Lambda / 2) / (1 - step Lambda / 2), Bbar = step / (1 - step Lambda / 2) B: the same under zero-order hold at
 * step 1, Lambda' = log Abar and B' = Bbar Lambda' / (Abar - 1).
 */
function foldBilinear(modes: Modes): Modes {
	const P = modes.logStep.length;
	const H = modes.D.length;
	const lambda: Complex = { re: new Float64Array(P), im: new Float64Array(P) };
	const B: Complex = { re: new Float64Array(P * H), im: new Float64Array(P * H) };
	for (let p = 0; p < P; p++) {
		const step = Math.exp(modes.logStep[p]!);
		const [re, im] = [(modes.lambda.re[p]! * step) / 2, (modes.lambda.im[p]! * step) / 2];
		const square = (1 - re) ** 2 + im ** 2;
		const [x, y] = [(1 - re ** 2 - im ** 2) / square, (2 * im) / square];
		// A pole of 0 has no logarithm; the smallest number is equivalent, since its decay in one step underflows to 0.
		const decay = -Math.log(Math.max(Math.hypot(x, y), Number.MIN_VALUE));
		const turn = Math.atan2(y, x);
		lambda.re[p] = -decay;
		lambda.im[p] = turn;
		// step / (1 - step Lambda / 2), then Lambda' / (Abar - 1)
		const [a, b] = [(step * (1 - re)) / square, (step * im) / square];
		const distance = (x - 1) ** 2 + y ** 2;
		const [c, d] = [(-decay * (x - 1) + turn * y) / distance, (turn * (x - 1) + decay * y) / distance];
		const [factorRe, factorIm] = [a * c - b * d, a * d + b * c];
		for (let i = p * H; i < (p + 1) * H; i++) {
			B.re[i] = factorRe * modes.B.re[i]! - factorIm * modes.B.im[i]!;
			B.im[i] = factorRe * modes.B.im[i]! + factorIm * modes.B.re[i]!;
		}
	}
	return { ...modes, logStep: new Float64Array(P), lambda, B };
}

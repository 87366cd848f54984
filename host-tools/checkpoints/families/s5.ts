// S5 as edge-ssm writes it: Lambda = -exp(Lambda_log_re) + i Lambda_im and one step per mode, under zero-order hold; of each
// conjugate pair one mode.
import type { FloatS5 } from "../../float/s5";
import type { Tensors } from "../tensors";
import type { Family } from "./family";
import { readS4Model } from "./s4-model";
import { checkSizes } from "./s5-fold";

function takeS5(tensors: Tensors, l: number, H: number): FloatS5 {
	const seq = `s4_layers.${l}.seq.`;
	const P = tensors.shape(`${seq}Lambda_im`)[0] ?? 0;
	checkSizes(tensors, P, H);
	const B = tensors.takeComplex(`${seq}B`, [P, H]);
	const C = tensors.takeComplex(`${seq}C`, [H, P]);
	return {
		kind: "s5",
		P,
		logStep: tensors.takeLogs(`${seq}log_step`, [P]),
		lambdaLogRe: tensors.takeLogs(`${seq}Lambda_log_re`, [P]),
		lambdaIm: tensors.take(`${seq}Lambda_im`, [P]),
		BRe: B.re,
		BIm: B.im,
		CRe: C.re,
		CIm: C.im,
		D: tensors.take(`${seq}D`, [H]),
	};
}

export const s5: Family = {
	name: "S5",
	matches: (tensors) => tensors.has("s4_layers.0.seq.log_step"),
	shown: { architecture: ["s5"], bidirectional: ["false"] },
	choices: { discretization: ["zoh"] },
	read: (tensors, said) => readS4Model(tensors, said, (l, H) => takeS5(tensors, l, H)),
};

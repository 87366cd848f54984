// S4D as models/s4/s4d.py of state-spaces/s4 saves it, and as edge-ssm does: A = -exp(log_A_real) + i A_imag, dt = exp(log_dt).
import { UserError } from "../../terminal/errors";
import type { Complex, Tensors } from "../tensors";
import type { Family } from "./family";
import { LAYER, readS4Model, type Ssm } from "./s4-model";

/** C as one tensor, with or without S4's leading channel dimension, or as two. */
function takeC(tensors: Tensors, kernel: string, H: number, N: number): Complex {
	for (const [re, im] of [
		["C_re", "C_im"],
		["C_real", "C_imag"],
	])
		if (tensors.has(`${kernel}${re}`))
			return {
				re: tensors.take(`${kernel}${re}`, [H, N], [1, H, N]),
				im: tensors.take(`${kernel}${im}`, [H, N], [1, H, N]),
			};
	return tensors.takeComplex(`${kernel}C`, [H, N], [1, H, N]);
}

function takeSsm(tensors: Tensors, l: number, H: number): Ssm {
	const kernel = `s4_layers.${l}.kernel.`;
	if (tensors.has(`${kernel}A_real`))
		throw new UserError(
			`The tensor ${kernel}A_real of ${tensors.file} may hold Re A or, as in S4Block, log(-Re A), and no other tensor decides; save log(-Re A) as log_A_real and Im A as A_imag.`,
		);
	const [, N] = tensors.matrixShape("s4_layers.0.kernel.A_imag");
	const C = takeC(tensors, kernel, H, N);
	return {
		kind: "s4d",
		N,
		logDt: tensors.takeLogs(`${kernel}log_dt`, [H]),
		logAReal: tensors.takeLogs(`${kernel}log_A_real`, [H, N]),
		AImag: tensors.take(`${kernel}A_imag`, [H, N]),
		CReal: C.re,
		CImag: C.im,
		D: tensors.take(`s4_layers.${l}.D`, [H], [1, H]),
	};
}

export const s4d: Family = {
	name: "S4D",
	matches: (tensors) => [...tensors.names()].some((name) => LAYER.test(name)),
	shown: { architecture: ["s4d"], gate: ["glu"], bidirectional: ["false"] },
	choices: { discretization: ["zoh"] },
	read: (tensors, said) => readS4Model(tensors, said, (l, H) => takeSsm(tensors, l, H)),
};

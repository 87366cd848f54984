// S4D as models/s4/s4d.py of state-spaces/s4 saves it, and as edge-ssm does: A = -exp(log_A_real) + i A_imag, dt = exp(log_dt).
import { UserError } from "../../terminal/errors";
import type { Tensors } from "../tensors";
import type { Family } from "./family";
import { LAYER, readS4Model, type Ssm } from "./s4-model";

/** C as (H, N) real and imaginary parts: pairs (torch.view_as_real), with S4's leading channel dimension or without, or two tensors. */
function takeC(tensors: Tensors, kernel: string, H: number, N: number): [Float64Array, Float64Array] {
	for (const [re, im] of [
		["C_re", "C_im"],
		["C_real", "C_imag"],
	])
		if (tensors.has(`${kernel}${re}`))
			return [
				tensors.take(`${kernel}${re}`, [H, N], [1, H, N]),
				tensors.take(`${kernel}${im}`, [H, N], [1, H, N]),
			];
	const pairs = tensors.take(`${kernel}C`, [H, N, 2], [1, H, N, 2]);
	const parts = [0, 1].map((part) => Float64Array.from({ length: H * N }, (_, i) => pairs[2 * i + part]!));
	return parts as [Float64Array, Float64Array];
}

function takeSsm(tensors: Tensors, l: number, H: number): Ssm {
	const kernel = `s4_layers.${l}.kernel.`;
	if (tensors.has(`${kernel}A_real`))
		throw new UserError(
			`The tensor ${kernel}A_real of ${tensors.file} may hold Re A or, as in S4Block, log(-Re A), and no other name tells which; save log(-Re A) as log_A_real and Im A as A_imag.`,
		);
	const [, N] = tensors.matrixShape("s4_layers.0.kernel.A_imag");
	const [CReal, CImag] = takeC(tensors, kernel, H, N);
	return {
		logDt: tensors.takeLogs(`${kernel}log_dt`, [H]),
		logAReal: tensors.takeLogs(`${kernel}log_A_real`, [H, N]),
		AImag: tensors.take(`${kernel}A_imag`, [H, N]),
		CReal,
		CImag,
		D: tensors.take(`s4_layers.${l}.D`, [H], [1, H]),
	};
}

export const s4d: Family = {
	name: "S4D",
	matches: (tensors) => [...tensors.names()].some((name) => LAYER.test(name)),
	shown: { architecture: ["s4d"], gate: ["glu"], bidirectional: ["false"] },
	assumed: { discretization: "zoh" },
	read: (tensors, eps) => readS4Model(tensors, eps, (l, H) => takeSsm(tensors, l, H)),
};

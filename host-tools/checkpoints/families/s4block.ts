// S4Block with mode diag, of models/s4/s4.py of state-spaces/s4: A = -exp(A_real) - i A_imag, dt = exp(inv_dt), and B is trained.
// The same names hold other things than in s4d.py; inv_dt tells the two apart.
import type { Tensors } from "../tensors";
import type { Family } from "./family";
import { readS4Model, type Ssm } from "./s4-model";

function takeSsm(tensors: Tensors, l: number, H: number): Ssm {
	const layer = `s4_layers.${l}.layer.`;
	const kernel = `${layer}kernel.`;
	const [, N] = tensors.matrixShape("s4_layers.0.layer.kernel.A_imag");
	const B = tensors.take(`${kernel}B`, [1, H, N, 2], [H, N, 2]);
	const C = tensors.take(`${kernel}C`, [1, H, N, 2], [H, N, 2]);
	const CReal = new Float64Array(H * N);
	const CImag = new Float64Array(H * N);
	// 2 Re(…) takes either of a conjugate pair. Of the one kept here A has +A_imag, so that the product B C is conjugated too.
	for (let i = 0; i < H * N; i++) {
		const [bRe, bIm, cRe, cIm] = [B[2 * i]!, B[2 * i + 1]!, C[2 * i]!, C[2 * i + 1]!];
		CReal[i] = bRe * cRe - bIm * cIm;
		CImag[i] = -(bRe * cIm + bIm * cRe);
	}
	return {
		logDt: tensors.takeLogs(`${kernel}inv_dt`, [H, 1], [H]),
		logAReal: tensors.takeLogs(`${kernel}A_real`, [H, N]),
		AImag: tensors.take(`${kernel}A_imag`, [H, N]),
		CReal,
		CImag,
		D: tensors.take(`${layer}D`, [1, H], [H]),
	};
}

export const s4block: Family = {
	name: "S4Block, mode diag",
	matches: (tensors) => tensors.has("s4_layers.0.layer.kernel.inv_dt"),
	shown: { architecture: ["s4d", "s4block"], gate: ["glu"], bidirectional: ["false"], mode: ["diag"] },
	assumed: { discretization: "zoh", real_transform: "exp", imag_transform: "none", dt_transform: "exp" },
	read: (tensors, eps) => readS4Model(tensors, eps, (l, H) => takeSsm(tensors, l, H)),
};

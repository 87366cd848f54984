// S4Block with mode diag, from models/s4/s4.py of state-spaces/s4 and from QSSM, which copied it: A = -f(A_real) - i g(A_imag),
// dt = h(inv_dt), and B is trained. s4d.py uses the same names for different parameters; inv_dt tells them apart.
import { UserError } from "../../terminal/errors";
import { UnstatedError } from "../metadata";
import type { Setting } from "../setting";
import type { Complex, Tensors } from "../tensors";
import type { Family } from "./family";
import { readS4Model, type Ssm } from "./s4-model";
import { fold, type Modes, product } from "./s4d-fold";

/** Positive transforms of s4.py's parameters (param_transform). */
const TRANSFORMS: Record<string, (x: number) => number> = {
	exp: Math.exp,
	none: (x) => x,
	relu: (x) => Math.max(x, 0) + 1e-4,
	sigmoid: (x) => 1 / (1 + Math.exp(-x)),
	softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

/** Logarithms of transformed parameters. */
function takeLogs(
	tensors: Tensors,
	name: string,
	setting: string,
	{ value, from }: Setting,
	fast: boolean,
	...shapes: number[][]
): Float64Array {
	const values = tensors.take(name, ...shapes);
	// Logarithms of a trained network's rates and steps are never all above 1; such numbers are the rates and steps themselves.
	if (from === "assumed" && values.every((x) => x > 0))
		throw new UnstatedError(
			`The tensor ${name} of ${tensors.file} is all positive, which contradicts ${setting} ${value}; state the transform, such as --metadata ${setting}=none (or relu, softplus, exp).`,
		);
	const inner = fast ? values.map(Math.sinh) : values;
	const transform = TRANSFORMS[String(value)]!;
	return tensors.checkLogs(name, value === "exp" ? inner : inner.map((x) => Math.log(transform(x))));
}

/** Refuses anything but one unidirectional diagonal system per head. */
function refuseOthers(tensors: Tensors, layer: string): void {
	const refuse = (name: string, what: string) => {
		throw new UserError(`${tensors.file} ${what} (${name}), which is not supported.`);
	};
	const [C, D] = [tensors.shape(`${layer}kernel.C`), tensors.shape(`${layer}D`)];
	const systems = C.length === 4 ? C[0]! : 1;
	const channels = D.length === 2 ? D[0]! : 1;
	if (tensors.has(`${layer}kernel.P`))
		refuse(`${layer}kernel.P`, "has S4 proper (mode dplr), not its diagonal form");
	if (channels > 1) refuse(`${layer}D (${D.join(", ")})`, `has ${channels} channels of S4`);
	if (systems === 2)
		refuse(`${layer}kernel.C (${C.join(", ")})`, "is bidirectional: it needs future samples");
}

function takeSsm(tensors: Tensors, l: number, H: number, chosen: Record<string, Setting>): Ssm {
	const layer = `s4_layers.${l}.layer.`;
	const kernel = `${layer}kernel.`;
	refuseOthers(tensors, layer);
	/** S is n_ssm: systems assigned to the heads cyclically. */
	const [S] = tensors.matrixShape(`${kernel}A_imag`);
	const [, N] = tensors.matrixShape("s4_layers.0.layer.kernel.A_imag");
	if (H % S !== 0) throw tensors.misshapen(`${kernel}A_imag`, `(${H}, N), or with a divisor of ${H} (n_ssm)`);
	const perHead = (values: Float64Array) =>
		Float64Array.from({ length: H * N }, (_, i) => values[i % (S * N)]!);

	const dtShape = tensors.shape(`${kernel}inv_dt`);
	const tied = dtShape.length < 2 || dtShape[1] === 1;
	const fast = chosen.dt_fast!.value === "true";
	const logDt = takeLogs(
		tensors,
		`${kernel}inv_dt`,
		"dt_transform",
		chosen.dt_transform!,
		fast,
		...[[H, 1], [H], [H, N]],
	);
	const logAReal = perHead(
		takeLogs(tensors, `${kernel}A_real`, "real_transform", chosen.real_transform!, false, [S, N]),
	);
	// 2 Re(…) holds for either of a conjugate pair. The one kept here has +A_imag, so the product B C is conjugated too.
	const AImag = perHead(tensors.take(`${kernel}A_imag`, [S, N])).map(
		TRANSFORMS[String(chosen.imag_transform!.value)]!,
	);
	const B = tensors.takeComplex(`${kernel}B`, [1, S, N], [S, N]);
	const BC = product(
		{ re: perHead(B.re), im: perHead(B.im) },
		tensors.takeComplex(`${kernel}C`, [1, H, N], [H, N]),
	);
	const C: Complex = { re: BC.re, im: BC.im.map((im) => -im) };
	const D = tensors.take(`${layer}D`, [1, H], [H]);
	const modes = { logDt, logAReal, AImag, CReal: C.re, CImag: C.im };
	if (chosen.discretization!.value === "zoh") {
		const perHeadStep = tied ? modes : rescale(modes, H);
		return { kind: "s4d", N, ...perHeadStep, D };
	}
	const folded = foldBilinear(modes, H, N);
	tensors.checkLogs(`${kernel}A_real`, folded.logAReal);
	return { kind: "s4d", N, ...folded, D };
}

/** A step per mode: time is scaled per mode so that the step is 1. */
function rescale({ logDt, logAReal, AImag, CReal, CImag }: Modes, H: number): Modes {
	const scaled = (values: Float64Array) => values.map((value, i) => value * Math.exp(logDt[i]!));
	return {
		logDt: new Float64Array(H),
		logAReal: logAReal.map((log, i) => log + logDt[i]!),
		AImag: scaled(AImag),
		CReal: scaled(CReal),
		CImag: scaled(CImag),
	};
}

/** pole = (1 + dt A / 2) / (1 - dt A / 2), gain = C dt / (1 - dt A / 2) */
function foldBilinear({ logDt, logAReal, AImag, CReal, CImag }: Modes, H: number, N: number): Modes {
	const zeros = (): Complex => ({ re: new Float64Array(H * N), im: new Float64Array(H * N) });
	const [forward, inverse, C] = [zeros(), zeros(), zeros()];
	for (let i = 0; i < H * N; i++) {
		const dt = Math.exp(logDt[logDt.length === H ? Math.floor(i / N) : i]!);
		const [re, im] = [(-Math.exp(logAReal[i]!) * dt) / 2, (AImag[i]! * dt) / 2];
		const square = (1 - re) * (1 - re) + im * im;
		[forward.re[i], forward.im[i]] = [1 + re, im];
		[inverse.re[i], inverse.im[i]] = [(1 - re) / square, im / square];
		[C.re[i], C.im[i]] = [CReal[i]! * dt, CImag[i]! * dt];
	}
	return fold(product(forward, inverse), product(C, inverse), H);
}

export const s4block: Family = {
	name: "S4Block, mode diag",
	matches: (tensors) => tensors.has("s4_layers.0.layer.kernel.inv_dt"),
	shown: { architecture: ["s4d", "s4block"], gate: ["glu"], bidirectional: ["false"], mode: ["diag"] },
	choices: {
		discretization: ["zoh", "bilinear"],
		real_transform: Object.keys(TRANSFORMS),
		imag_transform: ["none", "exp", "relu", "sigmoid", "softplus"],
		dt_transform: Object.keys(TRANSFORMS),
		dt_fast: ["false", "true"],
		bandlimit: ["none"],
	},
	read: (tensors, said, chosen) => readS4Model(tensors, said, (l, H) => takeSsm(tensors, l, H, chosen)),
};

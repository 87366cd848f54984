// S4BlockRecurrent of QSSM, an S4Block in its recurrent form: x = dA x + dB u, y = 2 Re(dC x) + D u, without a step or a
// continuous A.
import { UserError } from "../../terminal/errors";
import type { Complex, Tensors } from "../tensors";
import type { Family } from "./family";
import { readS4Model, type Ssm } from "./s4-model";
import { fold, product } from "./s4d-fold";

function takePoles(tensors: Tensors, name: string, H: number, N: number): Complex {
	const poles = tensors.takeComplex(name, [H, N]);
	const magnitudes = poles.re.map((re, i) => Math.hypot(re, poles.im[i]!));
	const i = magnitudes.findIndex((magnitude) => magnitude >= 1);
	if (i >= 0)
		throw new UserError(
			`The tensor ${name} of ${tensors.file} has the magnitude ${magnitudes[i]} for head ${Math.floor(i / N)}, mode ${i % N}; at 1 or more a state does not decay; train with magnitudes below 1.`,
		);
	return poles;
}

function takeSsm(tensors: Tensors, l: number, H: number): Ssm {
	const layer = `s4_layers.${l}.`;
	const made = /\.(orig_\w+|\w+_scales|\w+_zero_points|weight_quantizer\..*)$/;
	const quantized = [...tensors.names()].find((name) => name.startsWith(layer) && made.test(name));
	if (quantized)
		throw new UserError(
			`${tensors.file} is already quantized by QSSM (${quantized}); save the input of quantize.py, or a network without quantized weights.`,
		);
	tensors.ignore(`${layer}disable_quantization_flag`);
	const N = tensors.shape("s4_layers.0.dA")[1] ?? 0;
	const gain = product(
		tensors.takeComplex(`${layer}dB`, [H, N]),
		tensors.takeComplex(`${layer}dC`, [1, H, N], [H, N]),
	);
	const D = tensors.take(`${layer}D`, [1, H], [H]);
	return { kind: "s4d", N, ...fold(takePoles(tensors, `${layer}dA`, H, N), gain, H), D };
}

export const qssmRecurrent: Family = {
	name: "QSSM, recurrent",
	matches: (tensors) => tensors.has("s4_layers.0.dA"),
	shown: {
		architecture: ["s4d", "s4block", "s4blockrecurrent"],
		gate: ["glu"],
		bidirectional: ["false"],
		discretization: ["zoh", "bilinear"],
		disc: ["zoh", "bilinear"],
	},
	// It clips states to 50 and outputs to 1000, which no trained network should reach.
	choices: { state_clamp: ["none"] },
	read: (tensors, said) => readS4Model(tensors, said, (l, H) => takeSsm(tensors, l, H)),
};

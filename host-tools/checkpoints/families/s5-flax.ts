// S5 of lindermanlab/S5: its flax parameter tree, flattened with dots, with batch statistics next to them.
import type { FloatBlock, FloatChannel, FloatEncoder, FloatNorm } from "../../float/model";
import { UserError } from "../../terminal/errors";
import { UnstatedError } from "../metadata";
import type { Setting } from "../setting";
import type { Tensors } from "../tensors";
import type { Family, Network, NetworkSettings } from "./family";
import { checkLayers, checkVocabulary } from "./s4-model";
import { checkSizes, s5OfModes } from "./s5-fold";

const LAYER = /^encoder\.layers_(\d{1,6})\./;
/** Real part of an eigenvalue that clip_eigs keeps at most. */
const CLIPPED = -1e-4;

/** Its activations are channel mixers here; the activation itself is GELU. */
const CHANNELS: Record<string, FloatChannel["kind"]> = {
	gelu: "ungated",
	half_glu1: "half_glu1",
	half_glu2: "half_glu2",
	full_glu: "glu",
};

/** What its settings are called here. */
function translate(metadata: Record<string, string>): Record<string, string> {
	const { activation, gelu, bn_epsilon, batchnorm, mode, ...rest } = metadata;
	const channel =
		activation === undefined ? undefined : (CHANNELS[activation.trim().toLowerCase()] ?? activation);
	const pooling = mode === "pool" ? "mean" : mode;
	const form = gelu === "erf" ? "gelu" : gelu === undefined ? undefined : `gelu_${gelu}`;
	const norm = batchnorm && { true: "batch", false: "layer" }[batchnorm.trim().toLowerCase()];
	const translated = {
		channel_mixer: channel,
		activation: form,
		eps: bn_epsilon,
		norm_kind: norm ?? batchnorm,
		pooling,
	};
	return {
		...rest,
		...Object.fromEntries(
			Object.entries(translated).filter((entry): entry is [string, string] => entry[1] !== undefined),
		),
	};
}

/** A dense layer, whose kernel flax keeps as (in, out). */
function takeDense(tensors: Tensors, name: string, rows: number, columns: number) {
	const kernel = tensors.take(`${name}.kernel`, [columns, rows]);
	const weight = Float64Array.from(kernel, (_, i) => kernel[(i % columns) * rows + Math.floor(i / columns)]!);
	return { weight, bias: tensors.take(`${name}.bias`, [rows]) };
}

function takeNorm(
	tensors: Tensors,
	layer: string,
	H: number,
	{ eps, norm: stated }: NetworkSettings,
): FloatNorm {
	const weight = tensors.take(`${layer}.norm.scale`, [H]);
	const bias = tensors.take(`${layer}.norm.bias`, [H]);
	const statistics = `batch_stats.${layer}.norm`;
	const has = tensors.has(`${statistics}.mean`) || tensors.has(`${statistics}.var`);
	if (stated === "layer" && !has) return { kind: "layer", weight, bias, eps };
	if (!has)
		throw new UnstatedError(
			`${tensors.file} has ${layer}.norm without batch statistics (${statistics}.mean, .var); save batch_stats too or, if it is LayerNorm, pass --metadata batchnorm=false.`,
		);
	if (stated !== undefined && stated !== "batch")
		throw new UserError(
			`The metadata of ${tensors.file} say that its norms are of kind ${stated}, but ${statistics} is there, which only BatchNorm has.`,
		);
	const mean = tensors.take(`${statistics}.mean`, [H]);
	const variance = tensors.takeVariances(`${statistics}.var`, H, eps);
	return { kind: "batch", weight, bias, mean, variance, eps };
}

function takeMixer(tensors: Tensors, layer: string, H: number, chosen: Record<string, Setting>) {
	const where = `${layer}.seq`;
	const refuse = (what: string) => {
		throw new UserError(
			`${tensors.file} is bidirectional (${what}): it needs future samples, which is not supported.`,
		);
	};
	const P = tensors.shape(`${where}.Lambda_re`)[0] ?? 0;
	checkSizes(tensors, P, H);
	for (const name of ["C1", "C2"]) if (tensors.has(`${where}.${name}`)) refuse(`${where}.${name}`);
	if (tensors.shape(`${where}.C`).join() === `${H},${2 * P},2`) refuse(`${where}.C (${H}, ${2 * P}, 2)`);
	const clip = chosen.clip_eigs!.value === "true";
	const re = tensors.take(`${where}.Lambda_re`, [P]);
	const C = tensors.takeComplex(`${where}.C`, [H, P]);
	// Without conjugate symmetry all modes are there, and y is Re(C x) without a factor of 2.
	const gain = chosen.conj_sym!.value === "true" ? 1 : 0.5;
	return s5OfModes(
		tensors,
		{
			where,
			lambda: {
				re: clip ? re.map((v) => Math.min(v, CLIPPED)) : re,
				im: tensors.take(`${where}.Lambda_im`, [P]),
			},
			logStep: tensors.takeLogs(`${where}.log_step`, [P, 1], [P]),
			B: tensors.takeComplex(`${where}.B`, [P, H]),
			C: { re: C.re.map((v) => gain * v), im: C.im.map((v) => gain * v) },
			D: tensors.take(`${where}.D`, [H]),
		},
		String(chosen.discretization!.value),
		"pass --metadata clip_eigs=true, which moves it inside, or train on with clip_eigs",
	);
}

function takeChannel(tensors: Tensors, layer: string, H: number, kind: FloatChannel["kind"]): FloatChannel {
	const gateTable = "sigmoid";
	if (kind === "ungated") return { kind };
	const gate = takeDense(tensors, `${layer}.out2`, H, H);
	if (kind !== "glu") return { kind, gateTable, ...gate };
	const value = takeDense(tensors, `${layer}.out1`, H, H);
	return {
		kind,
		gateTable,
		weight: Float64Array.of(...value.weight, ...gate.weight),
		bias: Float64Array.of(...value.bias, ...gate.bias),
	};
}

/** The encoder; on tokens as vectors with a single 1 a dense layer is an embedding. */
function takeEncoder(
	tensors: Tensors,
	H: number,
	channels: number,
	stated: NetworkSettings["encoder"],
): FloatEncoder {
	const { weight, bias } = takeDense(tensors, "encoder.encoder", H, channels);
	if (stated !== "embedding") return { kind: "linear", weight, bias };
	checkVocabulary(tensors.file, channels);
	const rows = Float64Array.from({ length: channels * H }, (_, i) => {
		const [token, h] = [Math.floor(i / H), i % H];
		return weight[h * channels + token]! + bias[h]!;
	});
	return { kind: "embedding", vocabulary: channels, weight: rows };
}

function read(tensors: Tensors, said: NetworkSettings, chosen: Record<string, Setting>): Network {
	const numbers = new Set([...tensors.names()].flatMap((name) => LAYER.exec(name)?.[1] ?? []).map(Number));
	const L = numbers.size;
	checkLayers(tensors.file, L);
	const [inputs, H] = tensors.matrixShape("encoder.encoder.kernel");
	const encoder = takeEncoder(tensors, H, inputs, said.encoder);
	const [, outputs] = tensors.matrixShape("decoder.kernel");
	const blocks = Array.from({ length: L }, (_, l): FloatBlock => {
		const layer = `encoder.layers_${l}`;
		return {
			placement: "before",
			mixer: takeMixer(tensors, layer, H, chosen),
			activation: { kind: "gelu", table: "gelu_tanh" },
			channel: takeChannel(tensors, layer, H, said.channel!),
			norm: takeNorm(tensors, layer, H, said),
		};
	});
	return {
		H,
		channels: encoder.kind === "embedding" ? 1 : inputs,
		encoder,
		blocks,
		decoder: takeDense(tensors, "decoder", outputs, H),
	};
}

export const s5Flax: Family = {
	name: "S5 (lindermanlab/S5)",
	matches: (tensors) => tensors.has("encoder.layers_0.seq.Lambda_re"),
	translate,
	usual: ({ norm_kind }) => ({ activation: "gelu_tanh", eps: norm_kind === "layer" ? 1e-6 : 1e-5 }),
	shown: {
		architecture: ["s5"],
		bidirectional: ["false"],
		padded: ["false"],
		step_rescale: ["1.0", "1"],
		dense_kernel_order: ["in,out"],
	},
	choices: { discretization: ["zoh", "bilinear"], conj_sym: ["true", "false"], clip_eigs: ["true", "false"] },
	must: {
		channel_mixer: "activation=half_glu1 (or half_glu2, full_glu, gelu)",
		conj_sym: "conj_sym=true (or false)",
		clip_eigs: "clip_eigs=true (or false)",
	},
	read,
};

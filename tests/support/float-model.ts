// Random float networks for tests: small, of any shape and setting, the same for the same seed.

import { Random } from "../../host-tools/datasets/random";
import { ACTIVATION_NAMES, activationOf } from "../../host-tools/float/activation-name";
import type { FloatGlu } from "../../host-tools/float/glu";
import type { FloatBlock, FloatMixer, FloatModel, FloatNorm, Placement } from "../../host-tools/float/model";
import type { FloatS4d } from "../../host-tools/float/s4d";
import { GATE_TABLES } from "../../src/network/glu";

export type S4dBlock = FloatBlock & { mixer: FloatS4d; channel: FloatGlu };
/** A network whose mixers are S4D and whose channel mixers are GLU. */
export type S4dModel = Omit<FloatModel, "blocks"> & { blocks: S4dBlock[] };

/** The mixer of a block of S4D. */
export function s4dOf({ mixer }: { mixer: FloatMixer }): FloatS4d {
	if (mixer.kind !== "s4d") throw new Error(`a mixer ${mixer.kind} where S4D is needed`);
	return mixer;
}

/** A network with weights of a usual size; heads, modes, layers, channels, outputs, norm and settings follow from the seed. */
export function randomModel(seed: number): S4dModel {
	const r = new Random(seed, 99);
	const fill = (n: number, low: number, high: number) =>
		Float64Array.from({ length: n }, () => r.uniform(low, high));
	const [H, N, L, channels, classes] = [
		1 + r.below(5),
		1 + r.below(4),
		1 + r.below(3),
		1 + r.below(3),
		2 + r.below(4),
	];
	const withNorm = r.chance(0.8);
	const table = (["gelu", "gelu_tanh", "gelu_sigmoid"] as const)[r.below(3)]!;
	const pooling = r.chance(0.5) ? "mean" : "last";
	const placement = r.chance(0.5) ? "before" : "after";
	const [inputMean, inputStd] = [fill(channels, -1, 1), fill(channels, 0.5, 2)];
	const block = (): S4dBlock => ({
		placement,
		mixer: {
			kind: "s4d",
			N,
			logDt: fill(H, -5, -1),
			logAReal: fill(H * N, -2, 1),
			AImag: fill(H * N, 0, 20),
			CReal: fill(H * N, -1, 1),
			CImag: fill(H * N, -1, 1),
			D: fill(H, -1, 1),
		},
		activation: { kind: "gelu", table },
		channel: {
			kind: "glu",
			gateTable: "sigmoid",
			weight: fill(2 * H * H, -1, 1),
			bias: fill(2 * H, -0.5, 0.5),
		},
		norm: withNorm
			? {
					kind: "batch",
					weight: fill(H, 0.5, 1.5),
					bias: fill(H, -0.5, 0.5),
					mean: fill(H, -1, 1),
					variance: fill(H, 0.2, 2),
					eps: 1e-5,
				}
			: { kind: "none" },
	});
	return {
		H,
		channels,
		inputMean,
		inputStd,
		encoder: { kind: "linear", weight: fill(H * channels, -1, 1), bias: fill(H, -1, 1) },
		blocks: Array.from({ length: L }, block),
		head: { kind: "classes", pooling, weight: fill(classes * H, -1, 1), bias: fill(classes, -1, 1) },
		labels: Array.from({ length: classes }, (_, i) => `class ${i}`),
		metadata: { note: "made for a test" },
	};
}

/** The same with norms over the heads of a step, and with activations and gates that are drawn anew. */
export function randomStepNorms(seed: number): S4dModel {
	const model = randomModel(seed);
	const r = new Random(seed, 100);
	const kind = (["layer", "rms"] as const)[r.below(2)]!;
	const activation = activationOf(ACTIVATION_NAMES[r.below(ACTIVATION_NAMES.length)]!);
	const gateTable = GATE_TABLES[r.below(GATE_TABLES.length)]!;
	const blocks = model.blocks.map((block): S4dBlock => {
		const channel = { ...block.channel, gateTable };
		if (block.norm.kind !== "batch") return { ...block, activation, channel };
		const { weight, bias, eps } = block.norm;
		const norm: FloatNorm = kind === "layer" ? { kind, weight, bias, eps } : { kind, weight, eps };
		return { ...block, norm, activation, channel };
	});
	return { ...model, blocks };
}

/** The network with every norm at this place. */
export function placed<M extends FloatModel>(model: M, placement: Placement): M {
	return { ...model, blocks: model.blocks.map((block) => ({ ...block, placement })) };
}

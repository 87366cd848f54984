// Norms over the heads of a step, their activations and gates in the native trainer's integers: held to the reference by bytes
// over random networks, in both builds.
import { describe, expect, test } from "vitest";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { splitValidation } from "../../host-tools/datasets/split";
import { NativeKernel } from "../../host-tools/kernel/native";
import { toSamples } from "../../host-tools/quantization/network";
import { trainedNetwork } from "../../host-tools/quantization/trained";
import { argmax } from "../../host-tools/task/classify";
import { NativeTrainer } from "../../host-tools/training/native";
import { flattenNetwork } from "../../host-tools/training/operations/network";
import type { Spec } from "../../host-tools/training/operations/operation";
import { train } from "../../host-tools/training/train";
import { writeBlob } from "../../src/blob/write";
import { GATE_TABLES, type Glu } from "../../src/network/glu";
import type { Activation, Network } from "../../src/network/network";
import type { S4dMixer } from "../../src/network/s4d";
import { Reference } from "../../src/reference/reference";
import { sha256 } from "../support/hostile-blob";
import { random, randomSamples } from "../support/random-network";
import { randomNorms } from "../support/random-norms";

const activationName = (activation: Activation) =>
	activation.kind === "gelu" ? activation.table : activation.kind;

/** The operations of an integer network. A folded norm has its integers where a block without a norm has them. */
function specs({ blocks, head }: Network): Spec[] {
	return [
		{ kind: "encoder_linear" },
		...blocks.flatMap(({ norm, mixer, activation, channel, post }): Spec[] => [
			{ kind: norm.kind === "affine" ? "norm_none" : `norm_${norm.kind}`, value: 1e-5 },
			{ kind: "s4d", size: (mixer as S4dMixer).N },
			{ kind: activationName(activation) },
			{ kind: "glu", option: GATE_TABLES.indexOf((channel as Glu).gateTable) },
			{ kind: `post_${post.kind}`, value: 1e-5 },
		]),
		{ kind: "head_classes", size: head.outputs, option: ["mean", "last"].indexOf(head.pooling) },
	];
}

/** Units of 1: logits do not depend on what integers mean. */
function unitsOf({ H, blocks }: Network) {
	const ones = (count: number) => new Float64Array(count).fill(1);
	return {
		residual: Array.from({ length: blocks.length + 1 }, () => ({
			scale: ones(H),
			offset: new Float64Array(H),
		})),
		layers: blocks.map(({ mixer }) => {
			const { N } = mixer as S4dMixer;
			return { u: ones(H), mixer: { stateRe: ones(H * N), stateIm: ones(H * N) } };
		}),
	};
}

/** Sequences of 1 to T steps whose values are samples themselves. */
function sequences(seed: number, count: number, T: number, network: Network): Dataset {
	const next = random(seed);
	const channels = network.input.length;
	const lengths = Uint32Array.from({ length: count }, (_, i) => (i === 0 ? T : 1 + Math.floor(next() * T)));
	const values = new Float32Array(count * T * channels);
	for (let i = 0; i < count; i++)
		values.set(
			randomSamples(seed + i, lengths[i]!, channels).map((v) => Math.max(v, -32767)),
			i * T * channels,
		);
	return {
		name: "random",
		split: "train",
		targets: { kind: "classes", names: network.labels, of: new Uint8Array(count) },
		channels,
		T,
		count,
		values,
		lengths,
	};
}

describe.each(["layer", "rms"] as const)("%s", (kind) => {
	test.each(["float", "double"] as const)("logits of 150 random networks, %s", async (precision) => {
		const seen = new Set<number>();
		for (let seed = 1; seed <= 150; seed++) {
			const drawn = randomNorms(seed, kind);
			const network = { ...drawn, input: drawn.input.map((one) => ({ ...one, scale: 1, offset: 0 })) };
			const data = sequences(seed, 5, 50, network);
			const { H, head } = network;
			const shape = { heads: H, channels: data.channels, outputs: head.outputs, operations: specs(network) };
			const trainer = new NativeTrainer(shape, { T: 50, batch: 5, threads: 1 }, precision);
			trainer.quantize(flattenNetwork(network, unitsOf(network)));
			const { outputs } = await trainer.evaluate(data);
			trainer.close();
			const reference = new Reference(network);
			for (let i = 0; i < data.count; i++) {
				reference.reset();
				const from = i * data.T * data.channels;
				const values = data.values.subarray(from, from + data.lengths[i]! * data.channels);
				reference.write(Int16Array.from(values));
				const expected = Array.from(reference.outputs(), (v) => Math.fround(v / 2 ** head.fraction));
				expect([...outputs.subarray(i * head.outputs, (i + 1) * head.outputs)], `seed ${seed}`).toEqual(
					expected,
				);
				for (const logit of expected) seen.add(logit);
			}
		}
		expect(seen.size).toBeGreaterThan(1200); // the networks are alive: not all saturated or zero
	});
});

describe.each([
	["layer", "after"],
	["rms", "after"],
	["layer", "before"],
	["rms", "before"],
] as const)("a network with %s %s", (normKind, norm) => {
	test("is trained, trained further through the quantizer with itself as teacher, and packed as it was validated", async () => {
		const data = await openDataset("motion", "train", { limit: 1000 });
		const shape = { heads: 8, modes: 4, layers: 2, norm, normKind };
		const rates = { rate: 0.02, ssmRate: 0.005, dtMin: 0.01, dtMax: 0.5 };
		const { train: rest, validation } = splitValidation(data, 0.3, 3);
		const common = { data: rest, validation, threads: 2 };
		const float = await train({ ...common, ...shape, ...rates, epochs: 12 });
		expect(float.validationAccuracy).toBeGreaterThan(0.7);
		const further = await train({ ...common, from: float.model, epochs: 2, rate: 0.003 });
		expect(further.validationAccuracy).toBeGreaterThan(0.7);
		const quantized = await train({
			...common,
			from: further.model,
			teacher: float.model,
			quantize: "w4a6x8",
			bits: "W=2",
			calibrate: 128,
			rate: 0.005,
			averaging: 0.9,
			epochs: 4,
		});
		const { model, quantization, untrained, validationAccuracy } = quantized;
		expect(validationAccuracy).toBeGreaterThan(0.6);
		expect(validationAccuracy).toBeGreaterThan(untrained!.accuracy);
		const details = { steps: 0, rate: 0, channels: [], notes: "" };
		const network = trainedNetwork(model, quantization!, details);
		const kernel = new NativeKernel(writeBlob(network, sha256));
		let right = 0;
		for (let i = 0; i < validation.count; i++) {
			kernel.reset();
			kernel.write(toSamples(network.input, sequence(validation, i)));
			if (argmax(kernel.outputs()) === validation.targets.of[i]) right++;
		}
		expect(right / validation.count).toBe(validationAccuracy);
	}, 120_000);
});

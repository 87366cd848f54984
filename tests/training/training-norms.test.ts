// Norms over the heads of a step, their activations and gates in the native trainer's integers: held to the reference by bytes
// over random networks, in both builds.
import { describe, expect, test } from "vitest";
import { sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { splitValidation } from "../../host-tools/datasets/split";
import { NativeKernel } from "../../host-tools/kernel/native";
import { toSamples } from "../../host-tools/quantization/network";
import { trainedNetwork } from "../../host-tools/quantization/trained";
import { argmax } from "../../host-tools/task/classify";
import { train } from "../../host-tools/training/train";
import { writeBlob } from "../../src/blob/write";
import { sha256 } from "../support/hostile-blob";
import { compareLogits } from "../support/integer-trainer";
import { randomNetwork } from "../support/random-network";
import { randomLayerNorms, randomRmsNorms } from "../support/random-norms";

describe.each([
	["folded norms", randomNetwork],
	["LayerNorm", randomLayerNorms],
	["RMSNorm", randomRmsNorms],
] as const)("%s", (_, draw) => {
	test.each([
		["float", 300],
		["double", 150],
	] as const)("%s: logits of %d random networks", async (precision, count) => {
		const seen = new Set<number>();
		for (let seed = 1; seed <= count; seed++)
			for (const logit of await compareLogits(draw(seed), seed, precision)) seen.add(logit);
		expect(seen.size).toBeGreaterThan(8 * count); // the networks are alive: not all saturated or zero
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
		expect(validationAccuracy).toBeGreaterThan(untrained!.accuracy!);
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

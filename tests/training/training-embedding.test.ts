// The embedding in the native trainer: its integers held to the reference by bytes, its gradient through them, and a task of tokens
// learned from nothing to a blob whose outputs are those that training saw.
import { expect, test } from "vitest";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { sequence } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";
import { flatten } from "../../host-tools/float/flat";
import { NativeKernel } from "../../host-tools/kernel/native";
import { calibrate } from "../../host-tools/quantization/calibrate";
import { toSamples } from "../../host-tools/quantization/network";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { quantizeTrained, trainedNetwork } from "../../host-tools/quantization/trained";
import { taskOf } from "../../host-tools/task/fit";
import { initialize } from "../../host-tools/training/initialize";
import { openNative } from "../../host-tools/training/open-native";
import { flattenNetwork } from "../../host-tools/training/operations/network";
import { completeSettings } from "../../host-tools/training/settings";
import { train } from "../../host-tools/training/train";
import { writeBlob } from "../../src/blob/write";
import { Reference } from "../../src/reference/reference";
import { sha256 } from "../support/hostile-blob";
import { compareLogits } from "../support/integer-trainer";
import { randomEmbedding } from "../support/random-embedding";
import { tokens } from "../support/tokens";

test.each([
	["float", 200],
	["double", 60],
] as const)(
	"[A60] %s: logits of %d random networks",
	async (precision, count) => {
		const seen = new Set<number>();
		for (let seed = 1; seed <= count; seed++)
			for (const logit of await compareLogits(randomEmbedding(seed), seed, precision)) seen.add(logit);
		expect(seen.size).toBeGreaterThan(8 * count);
	},
	1_000_000,
);

test("the gradient through its integers is near that of the float network, head by head", async () => {
	const data = tokens(6, 24, 40, 9);
	data.targets = {
		kind: "classes",
		names: ["a", "b", "c"],
		of: Uint8Array.from({ length: 24 }, (_, i) => i % 3),
	};
	const model = initialize(
		{ ...completeSettings({ heads: 6, layers: 2, modes: 4, norm: "none" }) },
		data,
		taskOf(data).goal(data.targets),
		3,
	);
	const trainer = openNative(model, data.T, 24, 1);
	const rows = Uint32Array.from({ length: data.count }, (_, i) => i);
	const optimization = {
		...{ rate: 0, ssmRate: 0, weightDecay: 0, clip: 0, averaging: 0, labelSmoothing: 0, distill: 0 },
		...{ temperature: 1, dropout: 0, normMomentum: 0, lossLimit: 1e9, huber: 0, totalSteps: 1 },
		...{ warmupSteps: 0, frozenNorm: 0, aForm: 0, seed: 1 },
	};
	const gradient = async () => {
		await trainer.gradient(optimization, null, data, rows);
		return trainer.read("gradient").slice(0, 9 * 6); // the encoder's come first
	};
	const float = await gradient();
	const ranges = calibrate(model, data, { method: "minmax" });
	const precision = choosePrecision(floatShape(model), "w8x16");
	const { network, units } = quantizeTrained(model, flatten(model), { precision, ranges, ditherSeed: 1 });
	trainer.quantize(flattenNetwork(network, units));
	const integers = await gradient();
	trainer.close();
	const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
	expect(dot(float, float)).toBeGreaterThan(1e-9);
	expect(dot(float, integers) / Math.sqrt(dot(float, float) * dot(integers, integers))).toBeGreaterThan(0.99);
	expect(Math.abs(Math.log(dot(integers, integers) / dot(float, float)))).toBeLessThan(0.2);
});

/** Which of two tokens among ten comes more often: their order, the others and the length tell nothing. */
function majority(split: string, count: number): Dataset {
	const random = new Random(split === "train" ? 1 : 2);
	const data = { ...tokens(3, count, 48, 10), split };
	const of = new Uint8Array(count);
	for (let row = 0; row < count; row++) {
		const length = 16 + random.below(33);
		data.lengths[row] = length;
		of[row] = random.below(2);
		for (let t = 0; t < length; t++) {
			const counted = random.below(2) === 0;
			const which = random.below(4) === 0 ? 1 - of[row]! : of[row]!;
			data.values[row * 48 + t] = counted ? (which ? 7 : 2) : random.below(10);
		}
	}
	return { ...data, targets: { kind: "classes", names: ["two", "seven"], of } };
}

test("tokens are learned, in floating point and through the quantizer", async () => {
	const data = majority("train", 400);
	const settings = { heads: 6, layers: 1, modes: 4, epochs: 6, batch: 20, threads: 1, seed: 3 };
	const float = await train({ data, ...settings });
	expect(float.validationAccuracy).toBeGreaterThan(0.9);
	const { model, quantization } = await train({
		...{ data, from: float.model, epochs: 2, threads: 1, seed: 4 },
		...{ quantize: "w4a6x8", rate: 0.002 },
	});
	const details = { steps: 48, rate: 0, channels: [], notes: "" };
	const network = trainedNetwork(model, quantization!, details);
	expect(network.encoder).toMatchObject({ kind: "embedding", vocabulary: 10, bits: 4 });
	const kernel = new NativeKernel(writeBlob(network, sha256));
	const reference = new Reference(network);
	const held = majority("test", 200);
	let right = 0;
	for (let row = 0; row < held.count; row++) {
		const samples = toSamples(network.input, sequence(held, row));
		kernel.reset();
		kernel.write(samples);
		const outputs = kernel.outputs();
		if (row < 20) {
			reference.reset();
			reference.write(samples);
			expect(reference.outputs()).toEqual(outputs);
		}
		const { of } = held.targets as { of: Uint8Array };
		if ((outputs[1]! > outputs[0]! ? 1 : 0) === of[row]) right++;
	}
	expect(right / held.count).toBeGreaterThan(0.9);
});

test("what changes measured values by chance is refused for tokens", async () => {
	const data = majority("train", 60);
	await expect(train({ data, heads: 4, modes: 2, layers: 1, epochs: 1, jitter: 0.1 })).rejects.toThrow(
		/^The setting jitter changes measured values, and tokens holds tokens; leave it out\.$/,
	);
});

// Metrics against figures worked out by hand, runners against each other, and what is counted against the layout's own sums.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { select } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { countAgreeing } from "../../host-tools/evaluation/agreement";
import { evaluate } from "../../host-tools/evaluation/evaluate";
import { parseBlob } from "../../host-tools/evaluation/model-file";
import { projectPath } from "../../host-tools/files/project";
import { NativeKernel } from "../../host-tools/kernel/native";
import { arenaComponents, blobComponents, saving } from "../../host-tools/packing/components";
import { pack } from "../../host-tools/packing/pack";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { skeleton } from "../../host-tools/quantization/precision-of";
import { floatShape } from "../../host-tools/quantization/shape";
import { counted, measure } from "../../host-tools/task/classify-metrics";
import { writeBlob } from "../../src/blob/write";
import { arenaLayout } from "../../src/network/arena";
import { macsPerStep } from "../../src/network/macs";
import { randomNetwork } from "../support/random-network";
import { s4dShape } from "../support/s4d-shape";
import { sharedPath } from "../support/shared";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const packing = {
	checkpointHash: "",
	preset: "w8x16",
	calibrate: 64,
	how: { method: "minmax" } as const,
	golden: 2,
	goldenSteps: 64,
};

describe("metrics", () => {
	test("accuracy, recall, precision, F1 and confusion of eight answers", () => {
		const labels = [0, 0, 0, 1, 1, 3, 3, 3];
		const given = [0, 1, 0, 1, 1, 0, 3, 2];
		expect(measure(labels, given, 4)).toEqual({
			count: 8,
			right: 5,
			accuracy: 0.625,
			balancedAccuracy: expect.closeTo(2 / 3, 12),
			recall: [2 / 3, 1, null, 1 / 3],
			precision: [2 / 3, 2 / 3, 0, 1],
			f1: [2 / 3, 0.8, 0, 0.5],
			macroF1: expect.closeTo((2 / 3 + 0.8 + 0.5) / 3, 12),
			confusion: [
				[2, 1, 0, 0],
				[0, 2, 0, 0],
				[0, 0, 0, 0],
				[1, 0, 1, 1],
			],
		});
	});

	test("nothing to measure, or answers that do not belong, are refused", () => {
		expect(() => measure([], [], 2)).toThrow(RangeError);
		expect(() => measure([0, 1], [0], 2)).toThrow(RangeError);
		expect(() => measure([0, 2], [0, 0], 2)).toThrow(RangeError);
		expect(() => measure([0, 1], [0, 2], 2)).toThrow(RangeError);
	});

	test("multiply-accumulates: 2 layers of 2 heads of 3 modes", () => {
		// A layer: 6 modes of 4 + 1 + 2, 4 values and 4 gates = 50. Encoder: 2 heads of 5 channels.
		const shape = s4dShape({ H: 2, N: 3, L: 2, channels: 5 });
		const network = { ...randomNetwork(1), ...skeleton(shape, choosePrecision(s4dShape({ L: 2 }))) };
		expect(macsPerStep({ ...network, input: Array(5).fill(network.input[0]) })).toBe(2 * 50 + 10);
	});
});

describe("components", () => {
	test("add up to blob and arena of 200 random networks", () => {
		for (let seed = 1; seed <= 200; seed++) {
			const network = randomNetwork(seed);
			const blob = writeBlob(network, sha256);
			const { total, padding, codes, ...parts } = blobComponents(blob, network);
			const sum = [...Object.values(parts), ...Object.values(codes)].reduce((a, b) => a + b, 0);
			expect(total, `seed ${seed}`).toBe(blob.length);
			expect(sum + padding, `seed ${seed}`).toBe(total);
			// A heading of 8 bytes and at most 3 of padding per section; 3 per component of a block, 2 parts of 16 bits in each.
			const sections = 5 + network.blocks.length;
			expect(padding, `seed ${seed}`).toBeGreaterThanOrEqual(8 * sections);
			expect(padding, `seed ${seed}`).toBeLessThanOrEqual(
				11 * sections + 8 * (2 + 5 * network.blocks.length),
			);
			const { total: arena, ...purposes } = arenaComponents(network);
			expect(arena).toBe(arenaLayout(network).total);
			expect(arena).toBe(new NativeKernel(blob).arena.length);
			expect(Object.values(purposes).reduce((a, b) => a + b, 0)).toBe(arena);
		}
	});
});

describe("pack", () => {
	test("golden vectors come out on the kernel; labels come from the data when the checkpoint has none", async () => {
		const float = importCheckpoint(projectPath("models/motion.safetensors"));
		const training = await openDataset("motion", "train", { limit: 128 });
		const { labels: _, ...metadata } = float.metadata;
		const nameless = { ...float, labels: float.labels.map((_, i) => String(i)), metadata };
		const { blob, network } = pack(nameless, training, {
			...packing,
			precision: choosePrecision(floatShape(float), "w4x16"),
		});
		expect(network.labels).toEqual(training.targets.names);
		expect(network.steps).toBe(128);
		expect(network.rate).toBe(50);
		const kernel = new NativeKernel(blob);
		expect(network.golden).toHaveLength(2);
		for (const { samples, outputs } of network.golden) {
			expect(samples.length).toBe(64 * 6);
			kernel.reset();
			kernel.write(samples);
			expect(kernel.outputs()).toEqual(outputs);
		}
	});

	test("reference and kernel agree on held-out sequences, state included, at every preset", async () => {
		const float = importCheckpoint(projectPath("models/motion.safetensors"));
		const training = await openDataset("motion", "train", { limit: 64 });
		const held = await openDataset("motion", "test", { limit: 24 });
		for (const preset of ["w8x16", "w8a8x8", "w4x16", "w4a6x8"]) {
			const { blob } = pack(float, training, {
				...packing,
				preset,
				precision: choosePrecision(floatShape(float), preset),
			});
			const model = parseBlob(blob, preset);
			expect(countAgreeing(model, held), preset).toBe(24);
			const kernel = await evaluate(model, held, "kernel", { threads: 1 });
			const reference = await evaluate(model, held, "reference", { threads: 1 });
			expect(reference.metrics, preset).toEqual(kernel.metrics);
		}
	});
});

describe("sequential MNIST", () => {
	const data = sharedPath("data/mnist");
	const checkpoint = sharedPath("checkpoints/smnist-s4d-h16.safetensors");
	test.skipIf(!data || !checkpoint)(
		"h16 (../shared): integers as the float network on 200 images; sizes within the limits",
		async () => {
			const float = importCheckpoint(checkpoint!);
			const training = await openDataset(data!, "train", { limit: 1000 });
			const held = await openDataset(data!, "test", { limit: 200 });
			const { blob } = pack(float, training, { ...packing, precision: choosePrecision(floatShape(float)) });
			const model = parseBlob(blob, "h16");
			const kernel = await evaluate(model, held, "kernel", { threads: 1 });
			const inFloat = await evaluate({ kind: "checkpoint", model: float }, held, "float", { threads: 1 });
			expect(counted(kernel.metrics).right).toBeGreaterThanOrEqual(counted(inFloat.metrics).right - 2);
			expect(countAgreeing(model, select(held, [0, 1, 2, 3, 4, 5, 6, 7]))).toBe(8);

			const { parameters, stateValues, floatBytes } = saving(blob, model.network)!;
			expect({ parameters, stateValues, floatBytes }).toEqual({
				parameters: 3562, // ../shared/checkpoints/README.md
				stateValues: 768,
				floatBytes: 17_320,
			});
			const { total, golden } = blobComponents(blob, model.network);
			expect(total - golden).toBeLessThanOrEqual(8 * 1024);
			expect(arenaComponents(model.network).total).toBeLessThanOrEqual(2.5 * 1024);
		},
	);
});

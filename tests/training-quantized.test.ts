// Quantization-aware training: its forward pass against reference and kernel, as integers; its gradients against the float
// trainer's, which they approach as the bits grow.
import { createHash } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { Activation, FloatModel, Pooling } from "../host-tools/checkpoints/model";
import { type Dataset, sequence } from "../host-tools/datasets/dataset";
import { Random } from "../host-tools/datasets/random";
import { NativeKernel } from "../host-tools/kernel/kernel";
import { calibrate } from "../host-tools/quantization/calibrate";
import { choosePrecision } from "../host-tools/quantization/precision";
import { toSamples } from "../host-tools/quantization/quantize";
import { initialize } from "../host-tools/training/initialize";
import { NativeTrainer, type Recipe } from "../host-tools/training/native";
import { flatten, unflatten } from "../host-tools/training/parameters";
import { flattenNetwork, type Quantization, quantizeTrained } from "../host-tools/training/quantizer";
import { writeBlob } from "../src/model/write-blob";

const open: NativeTrainer[] = [];
afterAll(() => {
	for (const trainer of open) trainer.close();
});

/** Slow waves with noise on them, of lengths 1 to T. */
function waves(count: number, T: number, channels: number, classes: number): Dataset {
	const random = new Random(9);
	const lengths = Uint32Array.from({ length: count }, (_, i) => (i % 3 === 0 ? T : 1 + random.below(T)));
	return {
		name: "waves",
		split: "train",
		classes: Array.from({ length: classes }, (_, i) => `${i}`),
		channels,
		T,
		count,
		values: Float32Array.from(
			{ length: count * T * channels },
			(_, k) => 3 + 2 * Math.sin(k / (5 + Math.floor(k / (T * channels)))) + 0.3 * random.bell(),
		),
		labels: Uint8Array.from({ length: count }, () => random.below(classes)),
		lengths,
	};
}

interface Case {
	H: number;
	N: number;
	L: number;
	channels: number;
	activation: Activation;
	pooling: Pooling;
	norm: boolean;
	bits: string;
}

/** A network with norms and phases that are not all alike. */
function network({ H, N, L, channels, activation, pooling, norm }: Case, seed: number): FloatModel {
	const random = new Random(seed);
	const labels = ["a", "b", "c", "d", "e"];
	const model = initialize(
		{ heads: H, modes: N, layers: L, activation, pooling, norm, init: "lin", dtMin: 0.01, dtMax: 0.4 },
		channels,
		labels,
		seed,
	);
	for (const layer of model.layers) {
		if (layer.norm)
			for (let h = 0; h < H; h++) {
				layer.norm.mean[h] = 0.3 * random.bell();
				layer.norm.variance[h] = 0.5 + random.uniform(0, 1);
				// A falling slope turns the sign of u.
				layer.norm.weight[h] = h % 3 === 1 ? -0.8 : 1.1;
				layer.norm.bias[h] = 0.2 * random.bell();
			}
		// Negative phases are replaced by their conjugates.
		for (let i = 0; i < H * N; i++) if (i % 4 === 2) layer.AImag[i]! *= -1;
	}
	model.inputMean.fill(3);
	model.inputStd.fill(1.5);
	return model;
}

function trainerOf(model: FloatModel, T: number, batch: number, precision: "float" | "double" = "float") {
	const norm = model.layers[0]!.norm;
	const trainer = new NativeTrainer(
		{ ...model, norm: norm !== null, eps: 1e-5, T, batch, threads: 2 },
		precision,
	);
	open.push(trainer);
	const flat = flatten(model);
	trainer.write("parameters", flat.parameters);
	trainer.write("runningMean", flat.mean);
	trainer.write("runningVar", flat.variance);
	trainer.write("inputMean", model.inputMean);
	trainer.write("inputStd", model.inputStd);
	return trainer;
}

function quantization(model: FloatModel, data: Dataset, bits: string): Quantization {
	return {
		precision: choosePrecision(model.L, "w8x16", bits),
		ranges: calibrate(model, data, { method: "percentile", percentile: 99.5 }),
		ditherSeed: 12345,
	};
}

const CASES: Case[] = [
	{
		H: 8,
		N: 4,
		L: 2,
		channels: 1,
		activation: "gelu_sigmoid",
		pooling: "mean",
		norm: true,
		bits: "A=4+12,x=8,C=4,D=4,W=4,act=6",
	},
	{
		H: 5,
		N: 3,
		L: 3,
		channels: 3,
		activation: "gelu",
		pooling: "last",
		norm: true,
		bits: "A=4+10,x=8d,B=4,C=3,D=2,W=2,act=5",
	},
	{
		H: 6,
		N: 5,
		L: 1,
		channels: 6,
		activation: "gelu_tanh",
		pooling: "mean",
		norm: false,
		bits: "A=12,x=16,W=8",
	},
	{
		H: 7,
		N: 8,
		L: 2,
		channels: 2,
		activation: "gelu_sigmoid",
		pooling: "last",
		norm: true,
		bits: "A=8,x=6d,1.x=12n,W=3,act=4,C=6,residual=10",
	},
	{
		H: 4,
		N: 2,
		L: 2,
		channels: 1,
		activation: "gelu",
		pooling: "mean",
		norm: true,
		bits: "0.A=3+9,1.A=6,x=4n,1.x=10d,W=6,1.u=7,residual=8",
	},
];

describe("the forward pass gives the kernel's logits, as integers", () => {
	test.each(CASES)("$bits, $pooling, $channels channels", async (one) => {
		const data = waves(21, 70, one.channels, 5);
		for (const seed of [1, 2]) {
			const model = network(one, seed);
			const { network: integers, units } = quantizeTrained(model, quantization(model, data, one.bits));
			const blob = writeBlob(integers, (bytes) => createHash("sha256").update(bytes).digest());
			const kernel = new NativeKernel(blob);
			for (const precision of ["float", "double"] as const) {
				const trainer = trainerOf(model, data.T, 16, precision);
				trainer.quantize(flattenNetwork(integers, units));
				const { logits } = await trainer.evaluate(data);
				const different = new Set<number>();
				for (let i = 0; i < data.count; i++) {
					kernel.reset();
					kernel.write(toSamples(integers.input, sequence(data, i)));
					const expected = [...kernel.logits()];
					const row = logits.subarray(i * 5, i * 5 + 5);
					expect([...row].map((v) => v * 2 ** integers.logitFraction)).toEqual(expected);
					different.add(expected[0]!);
				}
				expect(different.size).toBeGreaterThan(3);
			}
		}
	});
});

const recipe: Recipe = {
	rate: 0.01,
	ssmRate: 0.001,
	weightDecay: 0.01,
	clip: 1,
	averaging: 0,
	labelSmoothing: 0.1,
	dropout: 0,
	normMomentum: 0.1,
	lossLimit: 1e9,
	totalSteps: 10,
	warmupSteps: 0,
	frozenNorm: 1,
	aForm: 0,
	seed: 3,
};

describe("straight-through gradients", () => {
	const fine = "A=16,x=16,B=8,C=8,D=8,W=8,act=8";
	test.each([
		{ ...CASES[0]!, bits: fine },
		{ ...CASES[1]!, bits: fine },
		{ ...CASES[2]!, bits: fine },
	])("at 8 and 16 bits are nearly those of the float network: $activation, $pooling", async (one) => {
		const data = waves(16, 70, one.channels, 5);
		const model = network(one, 3);
		const rows = Uint32Array.from({ length: data.count }, (_, i) => i);
		const weights = new Float64Array(5).fill(1);
		const trainer = trainerOf(model, data.T, 16);
		await trainer.gradient(recipe, weights, data, rows);
		const float = trainer.read("gradient");
		const ranges = calibrate(model, data, { method: "minmax" });
		const { network: integers, units } = quantizeTrained(model, {
			precision: choosePrecision(model.L, "w8x16", fine),
			ranges,
			ditherSeed: 1,
		});
		trainer.quantize(flattenNetwork(integers, units));
		await trainer.gradient(recipe, weights, data, rows);
		const through = trainer.read("gradient");
		const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
		// Tensor by tensor: the same direction and length.
		const [a, b] = [float, through].map((parameters) => unflatten(model, { ...flatten(model), parameters }));
		const pairs = (m: FloatModel) => [
			["encoder weight", m.encoderWeight],
			["encoder bias", m.encoderBias],
			...m.layers.flatMap(({ norm, ...layer }, l) =>
				Object.entries({ ...layer, normWeight: norm?.weight, normBias: norm?.bias }).map(([k, v]) => [
					`${l} ${k}`,
					v,
				]),
			),
			["decoder weight", m.decoderWeight],
			["decoder bias", m.decoderBias],
		];
		const other = pairs(b!);
		for (const [i, [name, tensor]] of pairs(a!).entries()) {
			if (tensor === undefined) continue;
			const [x, y] = [tensor as Float64Array, other[i]![1] as Float64Array];
			expect(dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)), `direction of ${name}`).toBeGreaterThan(0.998);
			expect(Math.abs(Math.log(dot(y, y) / dot(x, x))), `length of ${name}`).toBeLessThan(0.2);
		}
	});
});

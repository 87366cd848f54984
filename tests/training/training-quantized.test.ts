// Quantization-aware training: its forward pass against reference and kernel, as integers; its gradients against the float
// trainer's, which they approach as the bits grow.

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { type Dataset, select, sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { Random } from "../../host-tools/datasets/random";
import { calibrationRows, splitValidation } from "../../host-tools/datasets/split";
import type { ActivationName } from "../../host-tools/float/activation-name";
import type { BatchNorm } from "../../host-tools/float/batch";
import { flatten, unflatten } from "../../host-tools/float/flat";
import type { FloatBlock, FloatModel } from "../../host-tools/float/model";
import { discretize } from "../../host-tools/float/s4d";
import { NativeKernel } from "../../host-tools/kernel/native";
import { pack } from "../../host-tools/packing/pack";
import { calibrate, type Ranges } from "../../host-tools/quantization/calibrate";
import { chooseRanges, ROW_BY_ROW } from "../../host-tools/quantization/choose-ranges";
import { DITHER_SEED, quantize, toSamples } from "../../host-tools/quantization/network";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import {
	parseQuantization,
	type Quantization,
	quantizeTrained,
	trainedNetwork,
} from "../../host-tools/quantization/trained";
import { argmax } from "../../host-tools/task/classify";
import type { Architecture } from "../../host-tools/training/architecture";
import { initialize } from "../../host-tools/training/initialize";
import { A_FORMS, type NativeTrainer, type Optimization } from "../../host-tools/training/native";
import { openNative } from "../../host-tools/training/open-native";
import { flattenNetwork } from "../../host-tools/training/operations/network";
import { type TrainOptions, train } from "../../host-tools/training/train";
import { writeBlob } from "../../src/blob/write";
import type { Pooling } from "../../src/network/classes";
import type { GateTable } from "../../src/network/glu";
import type { Network } from "../../src/network/network";
import { classesOf } from "../support/classes";
import { s4dOf } from "../support/float-model";
import { s4dShape } from "../support/s4d-shape";

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
		channels,
		T,
		count,
		values: Float32Array.from(
			{ length: count * T * channels },
			(_, k) => 3 + 2 * Math.sin(k / (5 + Math.floor(k / (T * channels)))) + 0.3 * random.bell(),
		),
		targets: {
			kind: "classes",
			names: Array.from({ length: classes }, (_, i) => `${i}`),
			of: Uint8Array.from({ length: count }, () => random.below(classes)),
		},
		lengths,
	};
}

interface Case {
	mixer?: "s4d" | "s5";
	channel?: Architecture["channel"];
	H: number;
	N: number;
	L: number;
	channels: number;
	activation: ActivationName;
	gate?: GateTable;
	pooling: Pooling;
	norm: Architecture["norm"];
	normKind?: Architecture["normKind"];
	bits: string;
}

/** A network with norms and phases that are not all alike. */
function network(
	{ mixer: kind, channel, H, N, L, channels, activation, gate = "sigmoid", pooling, norm, normKind }: Case,
	seed: number,
): FloatModel {
	const random = new Random(seed);
	const labels = ["a", "b", "c", "d", "e"];
	const model = initialize(
		{
			heads: H,
			modes: N,
			layers: L,
			activation,
			gate,
			pooling,
			norm,
			normKind,
			...(kind && { mixer: kind }),
			...(channel && { channel }),
			dtMin: 0.01,
			dtMax: 0.4,
		},
		{ channels },
		{ head: "classes", labels, perStep: false },
		seed,
	);
	for (const { norm, mixer } of model.blocks) {
		if (norm.kind === "batch")
			for (let h = 0; h < H; h++) {
				norm.mean[h] = 0.3 * random.bell();
				norm.variance[h] = 0.5 + random.uniform(0, 1);
				// A falling slope turns the sign of u.
				norm.weight[h] = h % 3 === 1 ? -0.8 : 1.1;
				norm.bias[h] = 0.2 * random.bell();
			}
		else if (norm.kind !== "none") norm.weight.set(norm.weight.map((_, h) => (h % 3 === 1 ? -0.8 : 1.1)));
		// Negative phases are replaced by their conjugates.
		const frequencies = mixer.kind === "s5" ? mixer.lambdaIm : s4dOf({ mixer }).AImag;
		for (let i = 0; i < frequencies.length; i++) if (i % 4 === 2) frequencies[i]! *= -1;
	}
	model.inputMean.fill(3);
	model.inputStd.fill(1.5);
	return model;
}

function trainerOf(model: FloatModel, T: number, batch: number, precision: "float" | "double" = "float") {
	const trainer = openNative(model, T, batch, 2, precision);
	open.push(trainer);
	return trainer;
}

function quantization(model: FloatModel, data: Dataset, bits: string): Quantization {
	return {
		precision: choosePrecision(floatShape(model), "w8x16", bits),
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
		norm: "before",
		bits: "A=4+12,x=8,C=4,D=4,W=4,act=6",
	},
	{
		H: 5,
		N: 3,
		L: 3,
		channels: 3,
		activation: "gelu",
		pooling: "last",
		norm: "before",
		bits: "A=4+10,x=8d,B=4,C=3,D=2,W=2,act=5",
	},
	{
		H: 6,
		N: 5,
		L: 1,
		channels: 6,
		activation: "gelu_tanh",
		pooling: "mean",
		norm: "none",
		bits: "A=12,x=16,W=8",
	},
	{
		H: 7,
		N: 8,
		L: 2,
		channels: 2,
		activation: "gelu_sigmoid",
		pooling: "last",
		norm: "before",
		bits: "A=8,x=6d,1.x=12n,W=3,act=4,C=6,residual=10",
	},
	{
		H: 4,
		N: 2,
		L: 2,
		channels: 1,
		activation: "gelu",
		pooling: "mean",
		norm: "before",
		bits: "0.A=3+9,1.A=6,x=4n,1.x=10d,W=6,1.u=7,residual=8",
	},
	{
		H: 6,
		N: 4,
		L: 2,
		channels: 2,
		activation: "relu",
		gate: "hard_sigmoid",
		pooling: "mean",
		norm: "after",
		bits: "A=4+12,x=8,W=6,act=7",
	},
	{
		H: 5,
		N: 4,
		L: 2,
		channels: 1,
		activation: "qgelu",
		pooling: "mean",
		norm: "after",
		bits: "A=16,x=16,W=8",
	},
	{
		H: 8,
		N: 4,
		L: 2,
		channels: 1,
		activation: "gelu",
		pooling: "mean",
		norm: "before",
		normKind: "layer",
		bits: "A=4+12,x=8d,C=4,W=4,act=6",
	},
	{
		H: 6,
		N: 3,
		L: 2,
		channels: 2,
		activation: "gelu_sigmoid",
		pooling: "last",
		norm: "after",
		normKind: "layer",
		bits: "A=12,x=10,W=6,residual=12",
	},
	{
		H: 7,
		N: 4,
		L: 2,
		channels: 1,
		activation: "qgelu",
		gate: "hard_sigmoid",
		pooling: "mean",
		norm: "before",
		normKind: "rms",
		bits: "A=16,x=16,W=8",
	},
	{
		H: 5,
		N: 4,
		L: 3,
		channels: 1,
		activation: "gelu",
		pooling: "mean",
		norm: "after",
		normKind: "rms",
		bits: "A=4+10,x=8d,W=4,act=7",
	},
	{
		mixer: "s5",
		H: 6,
		N: 5,
		L: 2,
		channels: 2,
		activation: "gelu_tanh",
		pooling: "mean",
		norm: "before",
		bits: "A=16,x=8d,B=4,C=4,D=4,W=4,act=7",
	},
	{
		mixer: "s5",
		channel: "half_glu1",
		H: 8,
		N: 4,
		L: 2,
		channels: 1,
		activation: "gelu",
		pooling: "mean",
		norm: "before",
		bits: "A=4+12,x=8d,W=4,act=8",
	},
	{
		mixer: "s5",
		channel: "half_glu2",
		H: 7,
		N: 3,
		L: 3,
		channels: 1,
		activation: "qgelu",
		gate: "hard_sigmoid",
		pooling: "last",
		norm: "before",
		bits: "A=12,x=16,W=6,C=8",
	},
	{
		mixer: "s5",
		channel: "ungated",
		H: 5,
		N: 6,
		L: 2,
		channels: 3,
		activation: "gelu_sigmoid",
		pooling: "mean",
		norm: "after",
		normKind: "layer",
		bits: "A=4+10,x=10n,act=7",
	},
];

describe("the forward pass gives the kernel's logits, as integers", () => {
	test.each(CASES)("$mixer, $channel, $bits, $pooling, $channels channels", async (one) => {
		const data = waves(21, 70, one.channels, 5);
		for (const seed of [1, 2]) {
			const model = network(one, seed);
			const { network: integers, units } = quantizeTrained(
				model,
				flatten(model),
				quantization(model, data, one.bits),
			);
			const blob = writeBlob(integers, (bytes) => createHash("sha256").update(bytes).digest());
			const kernel = new NativeKernel(blob);
			for (const precision of ["float", "double"] as const) {
				const trainer = trainerOf(model, data.T, 16, precision);
				trainer.quantize(flattenNetwork(integers, units));
				const { outputs: logits } = await trainer.evaluate(data);
				const different = new Set<number>();
				for (let i = 0; i < data.count; i++) {
					kernel.reset();
					kernel.write(toSamples(integers.input, sequence(data, i)));
					const expected = [...kernel.outputs()];
					const row = logits.subarray(i * 5, i * 5 + 5);
					expect([...row].map((v) => v * 2 ** classesOf(integers).fraction)).toEqual(expected);
					different.add(expected[0]!);
				}
				expect(different.size).toBeGreaterThan(3);
			}
		}
	});
});

const optimization: Optimization = {
	rate: 0.01,
	ssmRate: 0.001,
	weightDecay: 0.01,
	clip: 1,
	averaging: 0,
	labelSmoothing: 0.1,
	distill: 0,
	temperature: 1,
	dropout: 0,
	normMomentum: 0.1,
	lossLimit: 1e9,
	huber: 0,
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
		{ ...CASES[5]!, bits: fine },
		{ ...CASES[6]!, bits: fine },
		{ ...CASES[7]!, bits: fine },
		{ ...CASES[8]!, bits: fine },
		{ ...CASES[9]!, bits: fine },
		{ ...CASES[10]!, bits: fine },
		{ ...CASES[11]!, bits: fine },
		{ ...CASES[12]!, bits: fine },
		{ ...CASES[13]!, bits: fine },
		{ ...CASES[14]!, bits: fine },
	])(
		"at 8 and 16 bits are nearly those of the float network: $mixer, $channel, $activation, $pooling, norm $norm $normKind",
		async (one) => {
			const data = waves(16, 70, one.channels, 5);
			const model = network(one, 3);
			const rows = Uint32Array.from({ length: data.count }, (_, i) => i);
			const weights = new Float64Array(5).fill(1);
			const trainer = trainerOf(model, data.T, 16);
			await trainer.gradient(optimization, weights, data, rows);
			const float = trainer.read("gradient");
			const ranges = calibrate(model, data, { method: "minmax" });
			const { network: integers, units } = quantizeTrained(model, flatten(model), {
				precision: choosePrecision(floatShape(model), "w8x16", fine),
				ranges,
				ditherSeed: 1,
			});
			trainer.quantize(flattenNetwork(integers, units));
			await trainer.gradient(optimization, weights, data, rows);
			const through = trainer.read("gradient");
			const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
			// Tensor by tensor: the same direction and length.
			const [a, b] = [float, through].map((parameters) =>
				unflatten(model, { ...flatten(model), parameters }),
			);
			const pairs = (m: FloatModel) =>
				[
					{ name: "encoder", part: m.encoder },
					...m.blocks.flatMap(({ norm, mixer, channel }, l) => [
						{ name: `${l} mixer`, part: mixer },
						{ name: `${l} channel`, part: channel },
						{ name: `${l} norm`, part: norm },
					]),
					{ name: "head", part: m.head },
				].flatMap(({ name, part: { kind: _, ...part } }) => {
					const { mean, variance, ...trained } = part as Partial<BatchNorm>;
					return Object.entries(trained)
						.filter(([, value]) => typeof value === "object")
						.map(([field, tensor]) => [`${name} ${field}`, tensor as unknown as Float64Array] as const);
				});
			const other = pairs(b!);
			for (const [i, [name, tensor]] of pairs(a!).entries()) {
				const [x, y] = [tensor, other[i]![1]];
				expect(dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)), `direction of ${name}`).toBeGreaterThan(0.99);
				expect(Math.abs(Math.log(dot(y, y) / dot(x, x))), `length of ${name}`).toBeLessThan(0.2);
			}
		},
	);
});

test("a gradient stops at what is saturated", async () => {
	const one = { ...CASES[0]!, L: 1 };
	const data = waves(16, 70, 1, 5);
	const model = network(one, 3);
	const rows = Uint32Array.from({ length: data.count }, (_, i) => i);
	const weights = new Float64Array(5).fill(1);
	const trainer = trainerOf(model, data.T, 16);
	const ranges = calibrate(model, data, { method: "minmax" });
	const precision = choosePrecision(s4dShape({ L: 1 }), "w8x16");
	/** Gradient with the ranges of layer 0 changed. */
	const gradient = async (change: object) => {
		const changed = { ...ranges, layers: [{ ...ranges.layers[0]!, ...change }] };
		const { network: integers, units } = quantizeTrained(model, flatten(model), {
			precision,
			ranges: changed,
			ditherSeed: 1,
		});
		trainer.quantize(flattenNetwork(integers, units));
		await trainer.gradient(optimization, weights, data, rows);
		return unflatten(model, { ...flatten(model), parameters: trainer.read("gradient") }).blocks[0]!;
	};
	const length = (a: Float64Array) => Math.hypot(...a);
	const bias = ({ norm }: FloatBlock) => (norm as BatchNorm).bias;
	const whole = await gradient({});
	const { z, state } = ranges.layers[0]!;
	const noInput = await gradient({ z: z.map((v) => v / 1000) });
	expect(length(bias(noInput))).toBeLessThan(0.05 * length(bias(whole)));
	const noOutput = await gradient({ gMin: 0, gMax: 1e-4 });
	expect(length(noOutput.mixer.D)).toBeLessThan(0.05 * length(whole.mixer.D));
	// What reaches the input through the state is stopped, what reaches it through D is not.
	const noState = await gradient({ state: state.map((v) => v / 1000) });
	expect(length(s4dOf(noState).logAReal)).toBeLessThan(0.5 * length(s4dOf(whole).logAReal));
	expect(length(noState.mixer.D)).toBeGreaterThan(0.1 * length(whole.mixer.D));
});

describe("the coordinates of A", () => {
	test.each(["discrete", "polar", "frozen"] as const)(
		"gradients are those of %s coordinates",
		async (form) => {
			const one: Case = { ...CASES[0]!, H: 3, N: 2, norm: "none" };
			const data = waves(6, 30, 1, 5);
			const model = network(one, 5);
			const rows = Uint32Array.from({ length: data.count }, (_, i) => i);
			const weights = new Float64Array(5).fill(1);
			const trainer = trainerOf(model, data.T, 6, "double");
			const settings = { ...optimization, aForm: A_FORMS.indexOf(form) };
			const lossAt = async (at: FloatModel) => {
				trainer.write("parameters", flatten(at).parameters);
				await trainer.gradient(settings, weights, data, rows);
				return trainer.progress().loss;
			};
			await lossAt(model);
			const gradient = unflatten(model, { ...flatten(model), parameters: trainer.read("gradient") });
			/** The model with one coordinate of mode i of layer 1 moved; A follows from Abar = exp(dt A), in the branch it was in. */
			const moved = (i: number, second: boolean, by: number) => {
				const copy = unflatten(model, flatten(model));
				const mixer = s4dOf(copy.blocks[1]!);
				const dt = Math.exp(mixer.logDt[Math.floor(i / 2)]!);
				const [decay, angle] = [dt * Math.exp(mixer.logAReal[i]!), dt * mixer.AImag[i]!];
				if (form === "polar") {
					if (second) mixer.AImag[i] = (angle + by) / dt;
					else mixer.logAReal[i] = Math.log((decay * Math.exp(by)) / dt);
					return copy;
				}
				const re = Math.exp(-decay) * Math.cos(angle) + (second ? 0 : by);
				const im = Math.exp(-decay) * Math.sin(angle) + (second ? by : 0);
				mixer.logAReal[i] = Math.log(-Math.log(Math.hypot(re, im)) / dt);
				mixer.AImag[i] = Math.atan2(im, re) / dt;
				return copy;
			};
			expect(s4dOf(gradient.blocks[1]!).logDt.every((g) => g === 0)).toBe(true);
			let greatest = 0;
			for (let i = 0; i < 6; i++)
				for (const second of [false, true]) {
					const got = s4dOf(gradient.blocks[1]!)[second ? "AImag" : "logAReal"][i]!;
					if (form === "frozen") {
						expect(got).toBe(0);
						continue;
					}
					const expected =
						((await lossAt(moved(i, second, 1e-5))) - (await lossAt(moved(i, second, -1e-5)))) / 2e-5;
					expect(Math.abs(got - expected)).toBeLessThan(1e-6);
					greatest = Math.max(greatest, Math.abs(expected));
				}
			if (form !== "frozen") expect(greatest).toBeGreaterThan(1e-4);
		},
	);

	test.each(["discrete", "polar"] as const)(
		"a step in %s coordinates keeps Abar inside the unit circle",
		async (abar) => {
			const data = waves(16, 40, 1, 5);
			const model = network({ ...CASES[0]!, H: 4 }, 6);
			const result = await train({
				data,
				from: model,
				abar,
				epochs: 3,
				rate: 0.01,
				ssmRate: 0.3,
				frozenNorm: true,
				validationFraction: 0,
				threads: 2,
			});
			const { AbarRe, AbarIm } = discretize(s4dOf(result.model.blocks[0]!), 4);
			const before = discretize(s4dOf(model.blocks[0]!), 4);
			let moved = 0;
			for (let i = 0; i < 16; i++) {
				expect(Math.hypot(AbarRe[i]!, AbarIm[i]!)).toBeLessThan(1);
				moved = Math.max(moved, Math.abs(AbarRe[i]! - before.AbarRe[i]!));
			}
			expect(moved).toBeGreaterThan(0.1);
			expect(s4dOf(result.model.blocks[0]!).logDt).toEqual(s4dOf(model.blocks[0]!).logDt);
		},
	);
});

describe("a run through the quantizer", () => {
	let folder: string;
	let data: Dataset;
	let float: FloatModel;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "quantized-"));
		data = await openDataset("motion", "train", { limit: 1280 });
		const settings = {
			heads: 8,
			modes: 4,
			layers: 2,
			epochs: 15,
			rate: 0.02,
			ssmRate: 0.005,
			dtMin: 0.01,
			dtMax: 0.5,
		};
		float = (await train({ data, ...settings, threads: 2 })).model;
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	/** Part of the sequences that the kernel gets right. */
	function kernelAccuracy(model: FloatModel, how: Quantization, dataset: Dataset): number {
		return networkAccuracy(
			trainedNetwork(model, how, { steps: 0, rate: 0, channels: [], notes: "" }),
			dataset,
		);
	}

	function networkAccuracy(integers: Network, dataset: Dataset): number {
		const kernel = new NativeKernel(
			writeBlob(integers, (bytes) => createHash("sha256").update(bytes).digest()),
		);
		let right = 0;
		for (let i = 0; i < dataset.count; i++) {
			kernel.reset();
			kernel.write(toSamples(integers.input, sequence(dataset, i)));
			if (argmax(kernel.outputs()) === dataset.targets.of[i]) right++;
		}
		return right / dataset.count;
	}

	test("wins back what few bits lose, and the checkpoint computes what was validated", async () => {
		const output = join(folder, "trained.safetensors");
		const { train: rest, validation } = splitValidation(data, 0.2, 3);
		const result = await train({
			data: rest,
			validation,
			from: float,
			quantize: "w4a6x8",
			bits: "W=2,act=4,x=5",
			calibrate: 128,
			rate: 0.005,
			averaging: 0.9,
			epochs: 4,
			threads: 2,
			output,
		});
		const saved = importCheckpoint(output);
		const how = parseQuantization(saved, saved.metadata.quantization!);
		expect(kernelAccuracy(saved, how, validation)).toBe(result.validationAccuracy);
		// So much, on 256 held-out sequences, is not luck.
		expect(result.untrained).toMatchObject({ told: true });
		expect(result.message).toMatch(
			/of 256 held-out sequences are right, [\d.]+ % with rounding without training/,
		);
		const before = kernelAccuracy(float, how, validation);
		expect(result.validationAccuracy).toBeGreaterThan(before + 0.1);
		expect(() => parseQuantization({ ...saved, H: 9 }, saved.metadata.quantization!)).toThrow(/does not fit/);
		expect(() => parseQuantization(saved, "{")).toThrow(/does not fit/);
	});

	test("a run that only spoils keeps what it began with, and says so", async () => {
		const { train: rest, validation } = splitValidation(data, 0.2, 3);
		const log = join(folder, "spoilt.jsonl");
		const result = await train({
			data: rest,
			validation,
			from: float,
			quantize: "w8a8x8",
			calibrate: 128,
			rate: 3,
			averaging: 0,
			epochs: 2,
			threads: 2,
			log,
		});
		expect(result.epoch).toBe(0);
		expect(result.message).toMatch(/rounding without training, which is kept/);
		const right = kernelAccuracy(result.model, result.quantization!, validation);
		expect(right).toBe(result.validationAccuracy);
		expect(right).toBeGreaterThan(0.8);
		const lines = readFileSync(log, "utf8")
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(lines[1]).toMatchObject({ type: "untrained", epoch: 0, validationAccuracy: right });
		for (const { type, validationAccuracy } of lines)
			if (type === "epoch") expect(validationAccuracy).toBeLessThan(right);
	});

	test("a resumed run ends where an unbroken one does, to the bit", async () => {
		const options: TrainOptions = {
			data,
			from: float,
			quantize: "w4a6x8",
			calibrate: 64,
			recalibrate: true,
			epochs: 3,
			validationFraction: 0.1,
			threads: 2,
		};
		const whole = await train(options);
		const controller = new AbortController();
		const state = join(folder, "run.state");
		await train({
			...options,
			state,
			signal: controller.signal,
			onEpoch: ({ epoch }) => epoch === 2 && controller.abort(),
		});
		const resumed = await train({ ...options, state, resume: true });
		expect(flatten(resumed.model)).toEqual(flatten(whole.model));
		expect(resumed.quantization).toEqual(whole.quantization);
		expect(resumed.history.map(({ loss }) => loss)).toEqual(whole.history.map(({ loss }) => loss));
	});

	test("from nothing: the first half in floating point, then in integers; the best is one of these", async () => {
		const result = await train({
			data,
			heads: 8,
			modes: 4,
			layers: 1,
			epochs: 8,
			rate: 0.02,
			dtMax: 0.5,
			quantize: "w4a6x8",
			bits: "W=2",
			dropout: 0.1,
			calibrate: 64,
			threads: 2,
		});
		expect(result.epoch).toBeGreaterThan(4);
		const { validation } = splitValidation(data, 0.1, 1);
		expect(kernelAccuracy(result.model, result.quantization!, validation)).toBe(result.validationAccuracy);
		expect(result.validationAccuracy).toBeGreaterThan(0.5);
	});

	test("it is measured against the ranges that packing would choose, not only those that training begins with", async () => {
		// Far too fine steps to be held by a range that takes in the rarest values: packing clips, training by default does not.
		const bits = "x=9n,act=4";
		const { train: rest, validation } = splitValidation(data, 0.2, 3);
		const rows = select(rest, calibrationRows(rest, 128));
		const precision = choosePrecision(s4dShape({ L: 2 }), "w8x16", bits);
		const make = (ranges: Ranges) =>
			quantize(
				float,
				ranges,
				precision,
				{ steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED },
				true,
			);
		const { ranges, how } = chooseRanges(float, rows, make);
		expect(how.method).toBe("percentile");
		const packed = networkAccuracy(make(ranges), validation);
		const unclipped = networkAccuracy(make(calibrate(float, rows, { method: "minmax" })), validation);
		expect(packed).toBeGreaterThan(unclipped + 0.03);
		const result = await train({
			data: rest,
			validation,
			from: float,
			quantize: "w8x16",
			bits,
			calibrate: 128,
			rate: 0,
			ssmRate: 0,
			epochs: 1,
			threads: 2,
		});
		expect(result.validationAccuracy).toBeGreaterThan(packed - 0.01);
		expect(result.message).toMatch(/rounding without training, which is kept/);
		expect(kernelAccuracy(result.model, result.quantization!, validation)).toBe(result.validationAccuracy);
	});

	test("few held-out sequences do not choose alone, and what they cannot tell is said", async () => {
		const few = select(
			data,
			Uint32Array.from({ length: 150 }, (_, i) => i),
		);
		const run = {
			data: few,
			from: float,
			quantize: "w8a8x8",
			bits: "W=3",
			calibrate: 64,
			epochs: 4,
			threads: 2,
		};
		const result = await train(run);
		expect(result.untrained).toMatchObject({ told: false });
		expect(result.message).toMatch(
			/of 15 held-out sequences are right.*the difference is not significant|no epoch was better than rounding/,
		);
		const { from: _, ...anew } = run;
		const { message } = await train({ ...anew, validationFraction: 0, epochs: 2 });
		expect(message).toMatch(/Nothing was held out to compare it with rounding without training/);
	});

	describe("with nothing held out, the float network's answers to changed copies of training sequences decide", () => {
		test("a run that only spoils keeps what packing without training gives", async () => {
			const result = await train({
				...{ data, from: float, quantize: "w8a8x8", calibrate: 128, validationFraction: 0 },
				...{ rate: 3, averaging: 0, epochs: 2, threads: 2 },
			});
			expect(result).toMatchObject({ epoch: 0, validationAccuracy: null, untrained: null });
			expect(result.message).toMatch(
				/rounding without training, which is kept\. On changed copies of training sequences none is nearer beyond chance/,
			);
			const precision = choosePrecision(floatShape(float), "w8a8x8");
			const { network } = pack(float, data, {
				...{ checkpointHash: "", preset: "w8a8x8", precision, calibrate: 128, golden: 0, goldenSteps: 0 },
			});
			const details = { steps: 0, rate: 0, channels: [], notes: "" };
			const kept = trainedNetwork(result.model, result.quantization!, details);
			const rows = select(data, calibrationRows(data, 64, 5));
			expect(ROW_BY_ROW.outputs(kept, rows)).toEqual(ROW_BY_ROW.outputs(network, rows));
		});

		test("a run that wins back what few bits lose is kept, and agrees on other sequences", async () => {
			const { train: rest, validation: others } = splitValidation(data, 0.2, 3);
			const result = await train({
				...{ data: rest, from: float, quantize: "w4a6x8", bits: "W=3,act=5", calibrate: 128 },
				...{ validationFraction: 0, distill: 0.7, rate: 0.005, averaging: 0.9, epochs: 4, threads: 2 },
			});
			expect(result.epoch).toBeGreaterThan(0);
			expect(result.message).toMatch(
				/On changed copies of training sequences it is [\d.]+ from the float network's answers and the labels/,
			);
			const precision = choosePrecision(floatShape(float), "w4a6x8", "W=3,act=5");
			const { network } = pack(float, rest, {
				...{ checkpointHash: "", preset: "w4a6x8", precision, calibrate: 128, golden: 0, goldenSteps: 0 },
			});
			const before = networkAccuracy(network, others);
			expect(kernelAccuracy(result.model, result.quantization!, others)).toBeGreaterThan(before + 0.02);
		});
	});

	test("patience is for the epochs in integers, not for those in floating point before them", async () => {
		const result = await train({
			data,
			heads: 4,
			modes: 2,
			layers: 1,
			epochs: 6,
			floatEpochs: 4,
			rate: 0,
			ssmRate: 0,
			patience: 1,
			quantize: "w8a8x8",
			calibrate: 16,
			threads: 2,
		});
		expect(result.quantization).not.toBeNull();
		expect(result.history).toHaveLength(5);
	});

	test("weights that integers cannot hold end the run with the tensor's name", async () => {
		const broken = unflatten(float, flatten(float));
		// So large a state for so small an input that not even a gain of 1 keeps it inside 4 bits.
		s4dOf(broken.blocks[0]!).CReal.fill(1e12);
		await expect(
			train({ data, from: broken, quantize: "w4a6x8", calibrate: 16, epochs: 1, threads: 2 }),
		).rejects.toThrow(/cannot be quantized like this: layer 0/);
		await expect(train({ data, from: float, quantize: "w9" })).rejects.toThrow(
			/setting quantize: it must be one of w8x16, /,
		);
	});
});

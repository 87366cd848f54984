// Training end to end on the built-in motion data and small invented sets: forward pass against the float64 reference, a run
// that learns, repeatability, resuming, aborting, divergence, bad data. Gradients: training-gradient.test.ts.

import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { type Dataset, select, sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import type { ActivationName } from "../../host-tools/float/activation-name";
import { flatten } from "../../host-tools/float/flat";
import { recurrent } from "../../host-tools/float/forward";
import { type FloatModel, outputsOf } from "../../host-tools/float/model";
import type { NormKind } from "../../host-tools/float/norm-kind";
import { taskOf } from "../../host-tools/task/fit";
import type { Architecture } from "../../host-tools/training/architecture";
import { chooseBatch } from "../../host-tools/training/batch";
import { drawCurves } from "../../host-tools/training/curves";
import { initialize } from "../../host-tools/training/initialize";
import { openNative } from "../../host-tools/training/open-native";
import { completeSettings } from "../../host-tools/training/settings";
import { type TrainOptions, train } from "../../host-tools/training/train";
import type { Pooling } from "../../src/network/classes";
import type { GateTable } from "../../src/network/glu";
import { classTargetsOf } from "../support/classes";
import { evaluateFloat } from "../support/evaluate-float";
import { s4dOf } from "../support/float-model";
import { sharedPath } from "../support/shared";

let folder: string;
let motion: Dataset;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "training-"));
	motion = await openDataset("motion", "train", { limit: 640 });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Settings of a run that takes a second or so. */
function quick(more: Partial<TrainOptions> = {}): TrainOptions {
	return {
		data: motion,
		epochs: 3,
		batch: 32,
		threads: 2,
		...(!more.from && { heads: 6, modes: 4, layers: 1, dtMax: 0.3 }),
		...more,
	};
}

/** Two classes, (count, T, 1): noise around the label or not, of the given lengths. */
function invented(
	count: number,
	T: number,
	lengths: (i: number) => number,
	value = (i: number) => i,
): Dataset {
	return {
		name: "invented",
		split: "train",
		channels: 1,
		T,
		count,
		values: Float32Array.from({ length: count * T }, (_, k) => value(Math.floor(k / T)) + 0.01 * (k % 7)),
		targets: {
			kind: "classes",
			names: ["no", "yes"],
			of: Uint8Array.from({ length: count }, (_, i) => i % 2),
		},
		lengths: Uint32Array.from({ length: count }, (_, i) => lengths(i)),
	};
}

async function nativeLogits(model: FloatModel, dataset: Dataset, batch: number): Promise<Float32Array> {
	const trainer = openNative(model, dataset.T, batch, 2);
	const { outcome, outputs: logits } = await trainer.evaluate(dataset);
	trainer.close();
	expect(outcome).toBe("done");
	return logits;
}

describe("forward pass against the float64 reference", () => {
	type Case = [ActivationName, GateTable, Pooling, Architecture["norm"], NormKind?];
	const cases: Case[] = [
		["gelu", "sigmoid", "mean", "before"],
		["gelu_tanh", "sigmoid", "last", "before"],
		["gelu_sigmoid", "sigmoid", "mean", "none"],
		["qgelu", "hard_sigmoid", "mean", "before", "layer"],
		["relu", "hard_sigmoid", "last", "before", "rms"],
		["gelu", "sigmoid", "mean", "after", "batch"],
		["gelu", "sigmoid", "mean", "after", "layer"],
		["relu", "sigmoid", "mean", "after", "rms"],
	];
	test.each(cases)("%s, %s, %s, norm %s %s", async (activation, gate, pooling, norm, normKind) => {
		const dataset = select(
			motion,
			Array.from({ length: 21 }, (_, i) => i),
		);
		dataset.lengths = dataset.lengths.map((length, i) => (i % 3 ? length : 1 + 6 * i));
		const model = initialize(
			{
				heads: 7,
				modes: 5,
				layers: 2,
				activation,
				gate,
				pooling,
				norm,
				normKind,
				init: "inv",
				dtMin: 0.001,
				dtMax: 0.1,
			},
			motion,
			taskOf(motion).goal(classTargetsOf(motion)),
			4,
		);
		for (const { norm: one } of model.blocks) {
			expect(one.kind).toBe(norm === "none" ? "none" : (normKind ?? "batch"));
			if (one.kind === "none") continue;
			one.weight.forEach((_, h, weight) => {
				weight[h] = 0.5 + 0.2 * h;
			});
			if (one.kind !== "batch") continue;
			one.mean.forEach((_, h, mean) => {
				mean[h] = 0.1 * h - 0.2;
			});
			one.variance.fill(0.7);
		}
		model.inputMean.fill(0.5);
		model.inputStd.fill(3);
		const logits = await nativeLogits(model, dataset, 16);
		const forward = recurrent(model);
		let worst = 0;
		for (let i = 0; i < dataset.count; i++)
			forward(sequence(dataset, i), dataset.lengths[i]!).forEach((expected, c) => {
				worst = Math.max(worst, Math.abs(logits[i * outputsOf(model) + c]! - expected));
			});
		expect(worst).toBeLessThan(1e-4);
	});

	const checkpoint = sharedPath("checkpoints/smnist-s4d-h16.safetensors");
	const images = sharedPath("data/mnist");
	test.skipIf(!checkpoint || !images)("published checkpoint (needs ../shared)", async () => {
		const dataset = select(await openDataset(images!, "test"), [...Array(64).keys()]);
		const logits = await nativeLogits(importCheckpoint(checkpoint!), dataset, 64);
		const path = checkpoint!.replace(".safetensors", ".logits.json");
		const expected = (JSON.parse(readFileSync(path, "utf8")).logits as number[][]).flat();
		expect(expected.length).toBe(640);
		for (let i = 0; i < expected.length; i++) expect(Math.abs(logits[i]! - expected[i]!)).toBeLessThan(1e-3);
	});
});

test("a small network learns the motion data and is written whole", async () => {
	const data = await openDataset("motion", "train", { limit: 1600 });
	const output = join(folder, "learned.safetensors");
	const log = join(folder, "learned.jsonl");
	const settings = {
		heads: 8,
		modes: 4,
		layers: 2,
		epochs: 20,
		rate: 0.02,
		ssmRate: 0.005,
		dtMin: 0.01,
		dtMax: 0.5,
	};
	let reports = 0;
	const result = await train({ ...settings, data, output, log, averaging: 0.9, onEpoch: () => reports++ });
	expect(result.stopped).toBe("finished");
	expect(reports).toBe(20);
	expect(result.validationAccuracy).toBeGreaterThan(0.85);
	const unseen = await openDataset("motion", "test", { limit: 400 });
	expect(evaluateFloat(importCheckpoint(output), unseen).accuracy).toBeGreaterThan(0.85);
	const lines = readFileSync(log, "utf8").trim().split("\n");
	expect(lines.map((line) => JSON.parse(line).type)).toEqual(["start", ...Array(20).fill("epoch"), "end"]);
	const picture = drawCurves(result.history, result.epoch);
	const curves = [...picture.matchAll(/points="([^"]*)"/g)].map((match) => match[1]!.split(" "));
	expect(curves.map((points) => points.length)).toEqual([20, 20, 20, 20]);
	// The highest training loss is the first: the curve begins at the panel's top or below it, and falls.
	const heights = curves[0]!.map((point) => Number(point.split(",")[1]));
	expect(heights.at(-1)).toBeGreaterThan(heights[0]!);
	expect(picture).not.toMatch(/NaN|Infinity/);
});

describe("a teacher", () => {
	let from: FloatModel;
	beforeAll(async () => {
		from = (await train(quick({ epochs: 8, heads: 12, seed: 5 }))).model;
	});

	test("labels that say nothing are made up for by its answers, and a resumed run hears the same ones", async () => {
		// Every label is wrong: what is learned is the teacher's.
		const labels = classTargetsOf(motion).of.map(
			(label) => (label + 1) % classTargetsOf(motion).names.length,
		);
		const wrong = { ...motion, targets: { ...classTargetsOf(motion), of: labels } };
		const run = (more: Partial<TrainOptions>) =>
			train(quick({ data: wrong, teacher: from, distill: 1, epochs: 12, validationFraction: 0, ...more }));
		const whole = await run({});
		const right = (model: FloatModel) => evaluateFloat(model, motion).accuracy;
		expect(right(whole.model)).toBeGreaterThan(0.5);
		const untaught = await train(quick({ data: wrong, epochs: 12, validationFraction: 0 }));
		expect(right(untaught.model)).toBeLessThan(0.2);
		expect(whole.model.metadata.teacher).toBe("");

		const state = join(folder, "taught.state");
		const stop = new AbortController();
		const onEpoch = ({ epoch }: { epoch: number }) => epoch === 5 && stop.abort();
		expect((await run({ state, signal: stop.signal, onEpoch })).stopped).toBe("aborted");
		expect(flatten((await run({ state, resume: true })).model)).toEqual(flatten(whole.model));
		await expect(
			train(quick({ data: wrong, epochs: 12, validationFraction: 0, state, resume: true })),
		).rejects.toThrow(/had distill|had teacher/);
	});

	test("a model that training goes on from teaches itself, and its modes can be fewer", async () => {
		const { model } = await train(quick({ from, distill: 0.5, keepModes: 2, epochs: 2 }));
		expect([s4dOf(model.blocks[0]!).N, model.metadata.pruned_from]).toEqual([2, "4"]);
		expect(evaluateFloat(model, motion).accuracy).toBeGreaterThan(0.65);
	});

	test("asking it can be broken off", async () => {
		const stop = new AbortController();
		const result = await train(quick({ teacher: from, signal: stop.signal, onTeach: () => stop.abort() }));
		expect(result.stopped).toBe("aborted");
	});
});

describe("repeatability", () => {
	test("a seed gives the same network to the bit, another seed another", async () => {
		const runs = [7, 7, 8].map((seed) => () => train(quick({ seed, dropout: 0.1, epochs: 2 })));
		const flat = [];
		for (const run of runs) flat.push(flatten((await run()).model));
		expect(flat[1]).toEqual(flat[0]);
		expect(flat[2]!.parameters).not.toEqual(flat[0]!.parameters);
	});

	test("a resumed run ends where an unbroken one does, to the bit", async () => {
		const state = join(folder, "run.state");
		const whole = await train(quick({ averaging: 0.9, dropout: 0.1, validationFraction: 0 }));
		const controller = new AbortController();
		const options = quick({ averaging: 0.9, dropout: 0.1, validationFraction: 0, state });
		const broken = await train({
			...options,
			signal: controller.signal,
			onEpoch: ({ epoch }) => epoch === 2 && controller.abort(),
		});
		expect(broken.stopped).toBe("aborted");
		expect(broken.epoch).toBe(2);
		const resumed = await train({ ...options, resume: true });
		expect(resumed.history.length).toBe(3);
		expect(flatten(resumed.model)).toEqual(flatten(whole.model));

		await expect(train({ ...options, resume: true, rate: 0.5 })).rejects.toThrow(
			/had rate = 0.01, now it is 0.5/,
		);
		truncateSync(state, 5000);
		await expect(train({ ...options, resume: true })).rejects.toThrow(/is damaged; start the training over/);
		rmSync(state);
		await expect(train({ ...options, resume: true })).rejects.toThrow(/no training state/);
	});
});

describe("runs that do not end well", () => {
	test("an abort within an epoch keeps the best checkpoint on disk", async () => {
		const output = join(folder, "aborted.safetensors");
		const controller = new AbortController();
		const result = await train(
			quick({
				epochs: 1000,
				output,
				signal: controller.signal,
				onEpoch: ({ epoch }) => {
					if (epoch === 2) setTimeout(() => controller.abort(), 20);
				},
			}),
		);
		expect(result.stopped).toBe("aborted");
		expect(result.epoch).toBeGreaterThan(0);
		expect(result.history.length).toBeLessThan(1000);
		const written = importCheckpoint(output);
		expect(written.metadata.epoch).toBe(String(result.epoch));
		expect(written.encoder.weight).toEqual(result.model.encoder.weight.map(Math.fround));
	});

	test("divergence is told with update and cause", async () => {
		const exploding = quick({ rate: 500, ssmRate: 10, clip: 0, warmup: 0 });
		await expect(train(exploding)).rejects.toThrow(/diverged at update \d+ \(epoch 1\).*clip/);
	});

	test("a run that diverges later keeps what was best", async () => {
		const good = await train(quick({ epochs: 1 }));
		let first = true;
		const data = { ...motion, values: motion.values.slice() };
		const output = join(folder, "diverged.safetensors");
		const result = await train(
			quick({
				data,
				output,
				from: good.model,
				onEpoch: () => {
					// From here on the data are broken, as by a sensor that went wild.
					if (first) data.values.fill(1e30);
					first = false;
				},
				validation: motion,
			}),
		);
		expect(result.stopped).toBe("diverged");
		expect(result.epoch).toBe(1);
		expect(result.message).toMatch(/diverged at update \d+ \(epoch 2\)/);
		expect(importCheckpoint(output).metadata.epoch).toBe("1");
	});

	test("no better validation ends the run early", async () => {
		const result = await train(quick({ rate: 0, ssmRate: 0, epochs: 50, patience: 2, frozenNorm: true }));
		expect(result.stopped).toBe("early");
		expect(result.history.length).toBe(3);
	});
});

describe("data that are hard or wrong", () => {
	test("sequences of one step are learned", async () => {
		const data = invented(
			64,
			1,
			() => 1,
			(i) => i % 2,
		);
		const result = await train(quick({ data, epochs: 30, batch: 16 }));
		expect(result.validationAccuracy).toBe(1);
	});

	test("lengths that differ, beside padding that is not a number", async () => {
		const data = invented(
			64,
			40,
			(i) => 1 + (i % 40),
			(i) => i % 2,
		);
		for (let i = 0; i < 64; i++) data.values.fill(Number.NaN, i * 40 + data.lengths[i]!, (i + 1) * 40);
		const result = await train(quick({ data, epochs: 20, batch: 16 }));
		expect(result.validationAccuracy).toBe(1);
	});

	test("one class, constant channels, numbers that are not finite", async () => {
		const one = {
			...motion,
			targets: { ...classTargetsOf(motion), of: classTargetsOf(motion).of.map(() => 3) },
		};
		await expect(train(quick({ data: one }))).rejects.toThrow(/belong to one class/);
		const values = motion.values.map((value, i) => (i % 6 === 4 ? 0.1 : value));
		await expect(train(quick({ data: { ...motion, values } }))).rejects.toThrow(
			/Channel 4 \(gyro y.*constant/,
		);
		const broken = motion.values.map((value, i) => (i === 600 ? Number.NaN : value));
		await expect(train(quick({ data: { ...motion, values: broken } }))).rejects.toThrow(
			/Channel 0.*non-finite/,
		);
	});

	test("class weights raise the recall of a rare class", async () => {
		// Class "yes" is rare and overlaps with the common one: unweighted, it is never worth a guess.
		const rare = (i: number) => i % 16 === 0;
		const data = invented(
			640,
			4,
			() => 4,
			(i) => (rare(i) ? 0.5 : (i % 10) / 10),
		);
		data.targets.of = data.targets.of.map((_, i) => (rare(i) ? 1 : 0));
		const guesses = async (classWeights: "none" | "balanced") => {
			const { model } = await train(
				quick({ data, classWeights, epochs: 5, validationFraction: 0, normMomentum: 0.3 }),
			);
			return evaluateFloat(model, data).predictions.reduce((sum, label) => sum + label, 0);
		};
		expect(await guesses("none")).toBeLessThan(await guesses("balanced"));
	});

	test("settings and models that do not fit are refused by name", async () => {
		await expect(train(quick({ dropout: 1 }))).rejects.toThrow(/setting dropout/);
		await expect(train({ ...quick(), speed: 3 } as TrainOptions)).rejects.toThrow(/speed/);
		await expect(train(quick({ dtMin: 0.5 }))).rejects.toThrow(/dtMin/);
		await expect(train(quick({ bits: "W=2" }))).rejects.toThrow(/bits needs training through the quantizer/);
		await expect(train(quick({ classWeights: [1, 2] }))).rejects.toThrow(/2 class weights for the 8 classes/);
		const { model } = await train(quick({ epochs: 1 }));
		const other = invented(32, 4, () => 4);
		await expect(train(quick({ data: other, from: model }))).rejects.toThrow(
			/6 channels.*invented has 1 channels/,
		);
		const few = select(other, [0, 1, 2]);
		await expect(train(quick({ data: few }))).rejects.toThrow(/too small to hold out/);
	});

	test.each(["batch", "layer", "rms"] as const)(
		"a network with %s norms after the block is trained, trained further, and a teacher",
		async (normKind) => {
			const first = await train(quick({ norm: "after", normKind, gate: "hard_sigmoid" }));
			expect(first.model.blocks.map(({ placement, norm }) => [placement, norm.kind])).toEqual([
				["after", normKind],
			]);
			const further = await train(quick({ from: first.model, teacher: first.model }));
			expect(further.settings).toMatchObject({ norm: "after", normKind, gate: "hard_sigmoid" });
			for (const { history } of [first, further]) expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss);
			const quantized = await train(quick({ from: first.model, quantize: "w8x16", epochs: 1 }));
			expect(quantized.quantization).not.toBeNull();
		},
	);
	test("a run that goes on from a model has that model's shape and states it", async () => {
		const { model } = await train(quick({ epochs: 1 }));
		const run = { data: motion, from: model, epochs: 1, threads: 2 };
		const result = await train({ ...run, heads: 6, keepModes: 2 });
		const stated = {
			heads: 6,
			modes: 2,
			layers: 1,
			activation: "gelu_sigmoid",
			pooling: "mean",
			norm: "before",
		};
		expect(result.settings).toMatchObject(stated);
		expect(JSON.parse(result.model.metadata.training!)).toMatchObject(stated);
		for (const name of ["init", "dtMin", "dtMax"]) expect(result.settings).not.toHaveProperty(name);
		await expect(train({ ...run, heads: 32 })).rejects.toThrow(
			/heads 32, but .* has heads 6\. Leave heads out/,
		);
		await expect(train({ ...run, norm: "none" })).rejects.toThrow(/norm none, but .* has norm before/);
		await expect(train({ ...run, normKind: "layer" })).rejects.toThrow(
			/normKind layer, but .* has normKind batch/,
		);
		await expect(train({ ...run, pooling: "last" })).rejects.toThrow(/pooling last, but .* has pooling mean/);
		await expect(train({ ...run, dtMin: 0.01 })).rejects.toThrow(/dtMin initializes a new network/);
	});

	test("batches follow the size of the data, within memory", async () => {
		const model = (heads: number, modes: number) =>
			initialize(
				{ ...completeSettings({}), heads, modes, layers: 1 },
				{ channels: 1 },
				{ head: "classes", labels: ["no", "yes"], perStep: false },
				1,
			);
		expect(chooseBatch(undefined, model(16, 8), 60_000, 784)).toBe(64);
		expect(chooseBatch(undefined, model(16, 8), 40, 100)).toBe(8);
		// 65,536 steps of 64 heads are 67 MB a sequence for activations alone.
		expect(chooseBatch(undefined, model(64, 4), 60_000, 65_536)).toBe(8);
		expect(chooseBatch(100, model(16, 8), 40, 100)).toBe(100);
		expect(() => chooseBatch(60_000, model(1024, 256), 60_000, 65_536)).toThrow(
			/GB of memory.*smaller batch/,
		);
	});

	test("a checkpoint that cannot be written is told, and the one there survives", async () => {
		const output = join(folder, "none", "model.safetensors");
		await expect(train(quick({ output }))).rejects.toThrow(/could not be written/);
		const blocked = join(folder, "blocked.state");
		writeFileSync(blocked, "whatever");
		await expect(train(quick({ state: blocked, resume: true }))).rejects.toThrow(
			/is damaged; start the training over/,
		);
		expect(readFileSync(blocked, "utf8")).toBe("whatever");
	});
});

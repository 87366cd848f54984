// Values from data to blob: training, packing, evaluation, and what is refused.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { formatCheckpoint } from "../../host-tools/checkpoints/export";
import { parseCheckpoint } from "../../host-tools/checkpoints/import";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { writePackedFolder } from "../../host-tools/datasets/packed";
import { Random } from "../../host-tools/datasets/random";
import { evaluate } from "../../host-tools/evaluation/evaluate";
import { parseBlob } from "../../host-tools/evaluation/model-file";
import { pack } from "../../host-tools/packing/pack";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { openForHead, openForTask } from "../../host-tools/task/open";
import type { RegressMetrics } from "../../host-tools/task/regress-metrics";
import { train } from "../../host-tools/training/train";

const folder = mkdtempSync(join(tmpdir(), "edge-ssm-regress-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const T = 40;

/** Waves of which frequency (in turns per second) and height are to be told, or the wave's moving mean at every step. */
function waves(split: string, count: number, perStep: boolean): Dataset {
	const random = new Random(perStep ? 5 : 4, split === "train" ? 1 : 2);
	const values = new Float32Array(count * T);
	const of = new Float32Array(count * (perStep ? T : 2));
	for (let i = 0; i < count; i++) {
		const [turns, height, phase] = [random.uniform(1, 4), random.uniform(0.5, 2), random.uniform(0, 6)];
		let mean = 0;
		for (let t = 0; t < T; t++) {
			const value = height * Math.sin(phase + (2 * Math.PI * turns * t) / T) + 0.02 * random.bell();
			values[i * T + t] = value;
			mean += (value - mean) / 4;
			if (perStep) of[i * T + t] = 100 + 10 * mean;
		}
		if (!perStep) of.set([turns, 1000 * height], 2 * i);
	}
	const lengths = new Uint32Array(count).fill(T);
	return {
		...{ name: "waves", split, channels: 1, T, count, values, lengths },
		targets: {
			kind: "values",
			names: perStep ? ["mean"] : ["frequency", "height"],
			units: perStep ? ["V"] : ["Hz", ""],
			steps: perStep ? { lengths, T } : null,
			of,
		},
	};
}

describe.each([
	["row", false, 0.35],
	["step", true, 0.1],
] as const)("targets of each %s", (_, perStep, most) => {
	test("train, pack and evaluate: the integers are as good as the float network", async () => {
		const home = join(folder, String(perStep));
		writePackedFolder(home, { train: waves("train", 160, perStep), test: waves("test", 60, perStep) }, {});
		const { dataset: data } = await openForTask("regress", home, "train");
		const { model: trained, message } = await train({
			data,
			...{ heads: 8, modes: 4, layers: 2, epochs: 12, pooling: perStep ? "last" : "mean", threads: 1 },
			...{ rate: 0.02, dtMin: 0.02, dtMax: 0.5 },
		});
		expect(message).toContain("All 12 epochs");
		const { model } = parseCheckpoint(formatCheckpoint(trained), "waves.safetensors");
		expect(model.head).toEqual({ ...trained.head, weight: model.head.weight, bias: model.head.bias });
		const held = await openForHead(model.head, home, "test");
		const float = (await evaluate({ kind: "checkpoint", model }, held, "float", { threads: 1 }))
			.metrics as RegressMetrics;
		expect(float.mean.nrmse).toBeLessThan(most);
		const { blob, network } = pack(model, data, {
			...{ checkpointHash: "", preset: "w8x16", calibrate: 64, golden: 2, goldenSteps: 20 },
			precision: choosePrecision(floatShape(model), "w8x16"),
		});
		expect(network.labels).toEqual(perStep ? ["mean"] : ["frequency", "height"]);
		expect(network.head).toMatchObject({ kind: "values", moment: perStep ? "step" : "end", ahead: 0 });
		const integers = (await evaluate(parseBlob(blob, "waves"), held, "kernel", { threads: 1 }))
			.metrics as RegressMetrics;
		expect(integers.mean.nrmse).toBeLessThan(float.mean.nrmse! + 0.02);
		expect(integers.values).toBe(60 * (perStep ? T : 1));
		// Huber's loss learns too.
		const huber = await train({
			data,
			heads: 4,
			modes: 2,
			layers: 1,
			epochs: 1,
			huber: 1,
			pooling: "last",
			threads: 1,
		});
		expect(huber.history[0]!.accuracy).toBeNull();
		expect(huber.validationAccuracy).toBeNull();
	});

	test("sMAPE as the loss is what evaluate states of the same network, without training it", async () => {
		const data = waves("train", 12, perStep);
		const still = { rate: 0, ssmRate: 0, weightDecay: 0, normMomentum: 0, validationFraction: 0, threads: 1 };
		const shape = { heads: 4, modes: 2, layers: 1, epochs: 1, pooling: "last" } as const;
		const run = await train({ data, ...shape, norm: "none", ...still, batch: 12, smape: true });
		const { metrics } = await evaluate({ kind: "checkpoint", model: run.model }, data, "float", {
			threads: 1,
		});
		const { mean } = metrics as RegressMetrics;
		expect(100 * run.history[0]!.loss!).toBeCloseTo(mean.smape, 2);
		// The epoch is chosen by the same loss: nothing moves, so that the trainer's own is that of the held-out rows.
		for (const loss of [{ smape: true }, { huber: 0.5 }, {}]) {
			const held = await train({
				...{ data, validation: data, ...shape, norm: "none", ...still, batch: 12 },
				...loss,
			});
			expect(held.history[0]!.validationLoss! / held.history[0]!.loss!).toBeCloseTo(1, 5);
		}
		const both = train({ data, ...shape, ...still, smape: true, huber: 1 });
		await expect(both).rejects.toThrow("--smape and --huber are two losses; give one.");
	});
});

describe("what is refused", () => {
	const quick = { heads: 4, modes: 2, layers: 1, epochs: 1, threads: 1 } as const;

	test("targets that are constant, or not finite", async () => {
		const data = waves("train", 20, false);
		if (data.targets.kind !== "values") throw new Error();
		const constant = { ...data.targets, of: data.targets.of.map((v, i) => (i % 2 ? 3 : v)) };
		await expect(train({ data: { ...data, targets: constant }, ...quick })).rejects.toThrow(
			/targets height of waves are 3\.000; there is nothing to learn/,
		);
		const home = join(folder, "nan");
		const nan = { ...data.targets, of: data.targets.of.map((v, i) => (i === 7 ? Number.NaN : v)) };
		writePackedFolder(home, { train: { ...data, targets: nan }, test: waves("test", 4, false) }, {});
		await expect(openForTask("regress", home, "train")).rejects.toThrow(
			/Sequence 3 of waves \(train\) has the target NaN for height; only finite numbers/,
		);
	});

	test("targets of steps whose array has another length, and data of another task", async () => {
		const home = join(folder, "short");
		writePackedFolder(home, { train: waves("train", 6, true), test: waves("test", 4, true) }, {});
		const meta = join(home, "meta.json");
		const text = readFileSync(meta, "utf8");
		writeFileSync(join(home, "train.targets.bin.gz"), gzipSync(Buffer.alloc(4 * 6 * (T - 1))));
		await expect(openForTask("regress", home, "train")).rejects.toThrow(
			/train\.targets\.bin\.gz unpacks to 936 bytes, but meta\.json requires 960/,
		);
		await expect(openForTask("classify", home, "train")).rejects.toThrow(
			/states targets, and classes are needed: these data are for a different task/,
		);
		writeFileSync(meta, text.replace('"targets"', '"classes": ["a"], "targets"'));
		await expect(openForTask("regress", home, "train")).rejects.toThrow(
			/has the fields classes and targets; keep only one/,
		);
	});

	test("labels that are no numbers; values at every step of a mean; class weights", async () => {
		await expect(openForTask("regress", "motion", "train", { limit: 8 })).rejects.toThrow(
			/has the label ".*", which is not a finite number/,
		);
		const data = waves("train", 20, true);
		await expect(train({ data, ...quick, pooling: "mean" })).rejects.toThrow(/give --pooling last/);
		await expect(train({ data, ...quick, pooling: "last", classWeights: "balanced" })).rejects.toThrow(
			/--class-weights needs labels/,
		);
	});
});

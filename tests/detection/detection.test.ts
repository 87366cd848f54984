// Forecasts and what they tell of what is not normal: the built-in systems, scores by the page's rule, thresholds, AUC, and a small
// detector from data to verdicts.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { formatCheckpoint } from "../../host-tools/checkpoints/export";
import { parseCheckpoint } from "../../host-tools/checkpoints/import";
import { quantizeCommand } from "../../host-tools/cli/quantize";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { simulateSystem } from "../../host-tools/datasets/dynamics";
import { forecasting, wholeSequences } from "../../host-tools/datasets/future";
import { heldOut } from "../../host-tools/datasets/held-out";
import { openDataset } from "../../host-tools/datasets/open";
import { writePackedFolder } from "../../host-tools/datasets/packed";
import { Random } from "../../host-tools/datasets/random";
import { attachDetector } from "../../host-tools/detection/attach";
import { detect } from "../../host-tools/detection/detect";
import { auc, measureDetections } from "../../host-tools/detection/detect-metrics";
import { evaluate } from "../../host-tools/evaluation/evaluate";
import { parseBlob } from "../../host-tools/evaluation/model-file";
import { pack } from "../../host-tools/packing/pack";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { normality } from "../../host-tools/task/classify-normal";
import { openForHead, openForTask } from "../../host-tools/task/open";
import type { RegressMetrics } from "../../host-tools/task/regress-metrics";
import { train } from "../../host-tools/training/train";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { Score } from "../../src/detector/score";
import { sha256 } from "../support/hostile-blob";
import { pageScores } from "../support/page-score";
import { random } from "../support/random-network";
import { randomDetector } from "../support/random-values";

const folder = mkdtempSync(join(tmpdir(), "edge-ssm-detect-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("built-in systems", () => {
	test("Mackey-Glass obeys its equation, between and at the samples", () => {
		const { values, T } = simulateSystem("mackey-glass", "train", [0, 1]);
		// x(t + 1) - x(t) is the integral of x' over the unit of time, here by Simpson's rule on interpolated samples.
		const at = (t: number, row: number) => {
			const [i, f] = [Math.floor(t), t - Math.floor(t)];
			const p = [-1, 0, 1, 2].map((k) => values[row * T + i + k]!);
			return (
				p[1]! +
				(f / 2) *
					(p[2]! -
						p[0]! +
						f * (2 * p[0]! - 5 * p[1]! + 4 * p[2]! - p[3]! + f * (3 * (p[1]! - p[2]!) + p[3]! - p[0]!)))
			);
		};
		for (const row of [0, 1])
			for (let t = 30; t < 900; t += 7) {
				const slope = (s: number) => {
					const late = at(s - 17, row);
					return (0.2 * late) / (1 + late ** 10) - 0.1 * at(s, row);
				};
				const moved = (slope(t) + 4 * slope(t + 0.5) + slope(t + 1)) / 6;
				expect(Math.abs(at(t + 1, row) - at(t, row) - moved)).toBeLessThan(2e-3);
			}
		expect(values.subarray(0, T)).not.toEqual(values.subarray(T));
	});

	test("Lorenz is on its attractor, and another split is another part of it", async () => {
		const data = await openDataset("lorenz", "train", { limit: 4 });
		expect([data.channels, data.T, data.count, data.rate]).toEqual([3, 1024, 4, 100]);
		const z = data.values.filter((_, i) => i % 3 === 2);
		expect(Math.min(...z)).toBeGreaterThan(0);
		expect(Math.max(...z)).toBeLessThan(50);
		// dx/dt = 10 (y - x), by central differences
		for (let t = 1; t < 1000; t += 13) {
			const x = (s: number) => data.values[3 * s]!;
			expect((x(t + 1) - x(t - 1)) / 0.02 / 10).toBeCloseTo(data.values[3 * t + 1]! - x(t), 0);
		}
		const test = await openDataset("lorenz", "test", { limit: 4 });
		expect(test.values).not.toEqual(data.values);
	});

	test("a delay that there is not, and forecasts longer than sequences", async () => {
		await expect(openDataset("mackey-glass:1", "train")).rejects.toThrow(/whole number from 2 to 300, not 1/);
		await expect(openForTask("forecast", "lorenz", "train", { ahead: 1024, limit: 4 })).rejects.toThrow(
			/Sequence 0 of lorenz \(train\) has 1024 steps; a forecast of 1024 steps ahead needs at least 1025/,
		);
	});
});

test("targets of a forecast are the channels later, and whole sequences come back", () => {
	const data = simulateSystem("lorenz", "test", [3]);
	const made = forecasting(data, 5);
	if (made.targets.kind !== "future") throw new Error();
	for (let i = 0; i < 3 * (1024 - 5); i++) expect(made.targets.of[i]).toBe(data.values[i + 15]);
	expect(made.lengths[0]).toBe(1019);
	expect(wholeSequences(made).lengths).toEqual(data.lengths);
	expect(made.targets.names).toEqual(["x", "y", "z"]);
});

describe("scores", () => {
	test("[A59] by the rule, written down again in big integers", () => {
		for (let seed = 1; seed <= 50; seed++) {
			const next = random(seed);
			const channels = 1 + Math.floor(next() * 4);
			const [ahead, smoothing] = [1 + Math.floor(next() * 4), Math.floor(next() * 8)];
			const weights = Uint16Array.from({ length: channels }, () => 65535 * next());
			const wide = seed % 5 === 0 ? 2 ** 31 : 60_000;
			const settling = Math.floor(next() * 6);
			const score = new Score({ weights, smoothing, settling }, ahead);
			const row = (size: number) => Array.from({ length: channels }, () => Math.floor(size * (next() - 0.5)));
			const samples = Array.from({ length: 60 }, () => row(65535));
			const forecasts = Array.from({ length: 60 }, () => row(wide));
			const expected = pageScores(samples, forecasts, { weights, smoothing, settling, ahead });
			for (let t = 0; t < 60; t++) {
				expect(score.next(samples[t]!, forecasts[t]!), `seed ${seed}, step ${t}`).toBe(expected[t]);
				if (t === 30) {
					const state = new Int32Array(score.stateLength);
					score.save(state);
					score.reset();
					score.restore(state);
				}
			}
		}
	});

	test("[B32] a blob keeps its detector", () => {
		for (let seed = 1; seed <= 40; seed++) {
			const network = randomDetector(seed);
			expect(readBlob(writeBlob(network, sha256)).detector).toEqual(network.detector);
		}
		const network = randomDetector(1);
		const refused = (change: Partial<typeof network.detector>) => () =>
			writeBlob({ ...network, detector: { ...network.detector, ...change } }, sha256);
		expect(refused({ smoothing: 13 })).toThrow(/detector smoothing/);
		expect(refused({ release: network.detector.threshold + 1 })).toThrow(/detector release/);
		expect(() => writeBlob({ ...network, head: { ...network.head, ahead: 0 } }, sha256)).toThrow(
			/detector: is for a head that forecasts/,
		);
	});
});

test("AUC counts pairs, and equal scores half; alarms, misses and delays", () => {
	expect(auc([1, 2, 3], [4, 5])).toBe(1);
	expect(auc([1, 2, 3, 4], [2, 3])).toBe((1.5 + 2.5) / 8);
	expect(auc([1], [])).toBeNull();
	const one = (isNormal: boolean, score: number, alarm?: number) => ({ isNormal, score, alarm });
	expect(
		measureDetections([
			one(true, 1),
			one(true, 9, 3),
			one(false, 9, 30),
			one(false, 2),
			one(false, 8, 10),
			one(false, 7, 20),
		]),
	).toEqual({ count: 6, normal: 2, auc: 4.5 / 8, falseAlarms: 0.5, detected: 0.75, delay: 20 });
});

const T = 96;

/** Slow waves; those that are not normal stumble in their second half. */
function beats(split: string, normal: number, others: number): Dataset {
	const random = new Random(9, split === "train" ? 1 : 2);
	const count = normal + others;
	const values = new Float32Array(count * T);
	for (let i = 0; i < count; i++) {
		const [phase, turns] = [random.uniform(0, 6), random.uniform(2, 4)];
		for (let t = 0; t < T; t++) {
			const stumble = i >= normal && t >= 60 && t % 6 === 0 ? 0.8 : 0;
			values[i * T + t] =
				20 + 3 * (Math.sin(phase + (2 * Math.PI * turns * t) / T) + stumble) + 0.02 * random.bell();
		}
	}
	return {
		...{ name: "beats", split, channels: 1, T, count, values, channelNames: ["pressure (bar)"] },
		lengths: new Uint32Array(count).fill(T),
		targets: {
			kind: "classes",
			names: ["fine", "worn"],
			of: Uint8Array.from({ length: count }, (_, i) => (i < normal ? 0 : 1)),
		},
	};
}

test("train on normal sequences, find a threshold, detect the others", async () => {
	const home = join(folder, "beats");
	writePackedFolder(home, { train: beats("train", 100, 20), test: beats("test", 40, 40) }, {});
	const { dataset: training, normality: found } = await openForTask("detect", home, "train");
	expect([found!.normal, training.count]).toEqual(["fine", 100]);
	const run = await train({
		data: training,
		...{ heads: 8, modes: 4, layers: 1, epochs: 20, rate: 0.02, dtMin: 0.02, dtMax: 1, pooling: "last" },
		...{ validationFraction: 0.2, threads: 1, record: { normal: found!.normal } },
	});
	const { model } = parseCheckpoint(formatCheckpoint(run.model), "beats.safetensors");
	expect(model.head).toMatchObject({ kind: "values", moment: "step", ahead: 1, units: ["bar"] });
	expect(model.metadata.normal).toBe("fine");
	const packed = pack(model, training, {
		...{ checkpointHash: "", preset: "w8a8x8", calibrate: 40, golden: 1, goldenSteps: 20 },
		precision: choosePrecision(floatShape(model), "w8a8x8"),
	});
	// A forecast is in units of the samples.
	const { head, input } = packed.network;
	if (head.kind !== "values") throw new Error();
	expect(head.scaling).toEqual(input.map(({ unit, scale, offset }) => ({ unit, scale, offset })));
	const held = wholeSequences(heldOut(training, model.metadata));
	expect([held.count, held.lengths[0]]).toEqual([20, T]);
	const options = { smoothing: 2, falseAlarms: 0.05 };
	const { blob, found: threshold } = attachDetector(packed.blob, packed.network, held, options);
	expect(threshold.reached).toBeLessThanOrEqual(0.05);
	const detecting = parseBlob(blob, "beats.essm");
	const test = await openDataset(home, "test");
	const { isNormal } = normality(test, "fine")!;
	const metrics = await detect(detecting, test, isNormal, { target: "kernel", threads: 1 });
	expect(metrics.auc).toBeGreaterThan(0.97);
	expect(metrics.detected).toBeGreaterThan(0.9);
	expect(metrics.falseAlarms).toBeLessThan(0.3);
	// Those that stumble do so at step 60.
	expect(metrics.delay).toBeGreaterThanOrEqual(60);
	expect(metrics.delay).toBeLessThan(75);
	const forecasts = await openForHead(head, home, "test", { normal: "fine" });
	const { mean } = (await evaluate(detecting, forecasts, "kernel", { threads: 1 })).metrics as RegressMetrics;
	expect(mean.nrmse).toBeLessThan(0.3);

	// Anomalies among the sequences held out as normal are named by `quantize`.
	const checkpoint = join(folder, "beats.safetensors");
	writeFileSync(checkpoint, formatCheckpoint(run.model));
	const quantized = async (train: Dataset) => {
		writePackedFolder(home, { train, test: beats("test", 40, 40) }, {});
		const files = [checkpoint, "--data", home, "-o", join(folder, "beats.essm")];
		let printed = "";
		const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
			printed += text;
			return true;
		});
		try {
			await quantizeCommand().parseAsync([...files, "--calibrate", "20", "--golden", "1"], { from: "user" });
		} finally {
			write.mockRestore();
		}
		return printed;
	};
	const clean = beats("train", 100, 20);
	const text = await quantized(clean);
	expect(text).toMatch(/detector: alarm at a score of \d+ .*, from 20 normal sequences held out/);
	expect(text).not.toContain("warning");
	const heldAs = (row: Float32Array) =>
		Array.from({ length: held.count }, (_, i) => sequence(held, i).join()).indexOf(row.join());
	const spoilt = { ...clean, values: clean.values.slice() };
	const numbers: number[] = [];
	for (let row = 0; row < 100 && numbers.length < 2; row++) {
		const number = heldAs(sequence(clean, row));
		if (number < 0) continue;
		numbers.push(number);
		spoilt.values.set(sequence(clean, 110), row * T); // one that stumbles
	}
	expect(await quantized(spoilt)).toContain(
		`warning: 2 of them are outliers, numbers ${numbers.join(", ")} of those held out: anomalies among them raise the threshold`,
	);

	// What supports no threshold, and what was not held out.
	const few = { ...held, count: 9 };
	expect(() => attachDetector(packed.blob, packed.network, few, options)).toThrow(
		/9 normal sequences .* are too few for a threshold; at least 10 are needed/,
	);
	const none = { ...model.metadata, training: JSON.stringify({ validationFraction: 0, seed: 1 }) };
	expect(() => heldOut(training, none)).toThrow(/Training held nothing out/);
	expect(() => heldOut({ ...training, count: 3 }, model.metadata)).toThrow(/was trained on 100 sequences/);
	await expect(openForTask("detect", home, "train", { normal: "new" })).rejects.toThrow(
		/has no label new; its labels are fine, worn/,
	);
	await expect(train({ data: training, epochs: 1, pooling: "last", warp: 0.1 })).rejects.toThrow(
		/The setting warp changes sequences/,
	);
});

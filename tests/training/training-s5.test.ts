// S5 in the trainer: how it starts, by its definition; its forward pass and that of S5's channel mixers against the float64 model;
// runs from nothing and on from a model. Gradients: training-gradient.test.ts.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { Random } from "../../host-tools/datasets/random";
import { splitValidation } from "../../host-tools/datasets/split";
import { asSaved, flatten } from "../../host-tools/float/flat";
import { recurrent } from "../../host-tools/float/forward";
import { outputsOf, parameterCount } from "../../host-tools/float/model";
import type { FloatS5 } from "../../host-tools/float/s5";
import { NativeKernel } from "../../host-tools/kernel/native";
import { toSamples } from "../../host-tools/quantization/network";
import { trainedNetwork } from "../../host-tools/quantization/trained";
import { argmax } from "../../host-tools/task/classify";
import { taskOf } from "../../host-tools/task/fit";
import { hippoLegs } from "../../host-tools/training/hippo";
import { initialize } from "../../host-tools/training/initialize";
import { openNative } from "../../host-tools/training/open-native";
import { s5 } from "../../host-tools/training/operations/s5";
import { completeSettings } from "../../host-tools/training/settings";
import { CHANNEL_KINDS } from "../../host-tools/training/startable";
import { train } from "../../host-tools/training/train";
import { writeBlob } from "../../src/blob/write";
import { sha256 } from "../support/hostile-blob";

const motion = await openDataset("motion", "train", { limit: 640 });

describe("how S5 starts", () => {
	/** S[i, k] of HiPPO-LegS's normal part, from the definitions of A and p. */
	function normal(i: number, k: number): number {
		const a = i > k ? -Math.sqrt((2 * i + 1) * (2 * k + 1)) : i === k ? -(i + 1) : 0;
		return a + Math.sqrt((i + 0.5) * (k + 0.5));
	}

	test.each([2, 8, 48, 64])("eigenvectors of the normal part of HiPPO-LegS, %d states", (n) => {
		const { frequency, re, im } = hippoLegs(n);
		const half = n / 2;
		expect(frequency).toHaveLength(half);
		const largest = frequency[0]!;
		for (let p = 0; p < half; p++) {
			if (p > 0) expect(frequency[p]!).toBeLessThan(frequency[p - 1]!);
			expect(frequency[p]!).toBeGreaterThan(0);
			for (let i = 0; i < n; i++) {
				// S v = (-1/2 - i w) v
				let [x, y] = [0, 0];
				for (let k = 0; k < n; k++) {
					x += normal(i, k) * re[p * n + k]!;
					y += normal(i, k) * im[p * n + k]!;
				}
				const [a, b, w] = [re[p * n + i]!, im[p * n + i]!, frequency[p]!];
				expect(Math.abs(x - (-a / 2 + w * b))).toBeLessThan(1e-9 * largest);
				expect(Math.abs(y - (-b / 2 - w * a))).toBeLessThan(1e-9 * largest);
			}
		}
		// With their conjugates they are a unitary basis: 2 Re(V V^H) = 1.
		for (let i = 0; i < n; i++)
			for (let k = 0; k < n; k++) {
				let sum = 0;
				for (let p = 0; p < half; p++)
					sum += re[p * n + i]! * re[p * n + k]! + im[p * n + i]! * im[p * n + k]!;
				expect(2 * sum).toBeCloseTo(i === k ? 1 : 0, 9);
			}
	});

	test.each([1, 2, 3])("in %d blocks B and C are those of real states, turned into modes", (initBlocks) => {
		const [H, P] = [5, 6];
		const settings = completeSettings({ heads: H, modes: P, initBlocks, mixer: "s5", dtMin: 0.01 });
		const mixer = s5.fresh(settings, new Random(3));
		// The same draws: a step per mode, B (2P, H), then the two parts of C (H, 2P).
		const random = new Random(3);
		for (let p = 0; p < P; p++) {
			const step = random.uniform(Math.log(0.01), Math.log(0.1));
			expect(mixer.logStep[p]).toBe(step);
			expect(mixer.lambdaLogRe[p]).toBe(Math.log(0.5));
		}
		const numbers = (count: number) => Array.from({ length: count }, () => random.bell() / Math.sqrt(2 * P));
		const [B, CRe, CIm] = [numbers(2 * P * H), numbers(2 * P * H), numbers(2 * P * H)];
		const half = P / initBlocks;
		const { frequency, re, im } = hippoLegs(2 * half);
		for (let p = 0; p < P; p++) expect(mixer.lambdaIm[p]).toBe(-frequency[p % half]!);
		// Modes and their conjugates together give the real B back, 2 Re(V B); C is C V.
		for (let state = 0; state < 2 * P; state++)
			for (let h = 0; h < H; h++) {
				const block = Math.floor(state / (2 * half));
				let b = 0;
				for (let p = block * half; p < (block + 1) * half; p++) {
					const at = (p % half) * 2 * half + (state % (2 * half));
					b += 2 * (re[at]! * mixer.BRe[p * H + h]! - im[at]! * mixer.BIm[p * H + h]!);
				}
				expect(b).toBeCloseTo(B[state * H + h]!, 9);
			}
		for (let h = 0; h < H; h++)
			for (let p = 0; p < P; p++) {
				let [x, y] = [0, 0];
				for (let i = 0; i < 2 * half; i++) {
					const [from, at] = [h * 2 * P + Math.floor(p / half) * 2 * half + i, (p % half) * 2 * half + i];
					x += CRe[from]! * re[at]! - CIm[from]! * im[at]!;
					y += CRe[from]! * im[at]! + CIm[from]! * re[at]!;
				}
				expect(mixer.CRe[h * P + p]).toBeCloseTo(x, 9);
				expect(mixer.CIm[h * P + p]).toBeCloseTo(y, 9);
			}
	});

	test("defaults, and what is refused", () => {
		expect(completeSettings({ mixer: "s5" })).toMatchObject({ modes: 24, init: "hippo", initBlocks: 1 });
		expect(completeSettings({})).toMatchObject({ mixer: "s4d", modes: 8, init: "lin" });
		expect(() => completeSettings({ mixer: "s5", init: "inv" })).toThrow(
			"Mixer s5 has no init inv: choose hippo, or leave it out.",
		);
		expect(() => completeSettings({ mixer: "s5", modes: 8, initBlocks: 3 })).toThrow(
			/8 modes .* 3 equal blocks/,
		);
		expect(() => completeSettings({ initBlocks: 2 })).toThrow(/initBlocks applies to mixer s5/);
		expect(() => completeSettings({ channel: "ungated", gate: "hard_sigmoid" })).toThrow(/gate .* ungated/);
	});
});

describe("forward pass against the float64 model", () => {
	test.each(CHANNEL_KINDS.flatMap((channel) => [["s5", channel] as const, ["s4d", channel] as const]))(
		"%s, %s",
		async (mixer, channel) => {
			const shape = { heads: 7, modes: 5, layers: 2, activation: "gelu", pooling: "mean" } as const;
			const model = initialize(
				{ ...shape, mixer, channel, gate: "sigmoid", norm: "before", dtMin: 0.001, dtMax: 0.1 },
				motion,
				taskOf(motion).goal(motion.targets),
				4,
			);
			for (const { norm } of model.blocks)
				if (norm.kind === "batch") norm.weight.forEach((_, h) => void (norm.weight[h] = 0.5 + 0.2 * h));
			model.inputStd.fill(3);
			const data = { ...motion, count: 21, lengths: motion.lengths.map((length, i) => length - (i % 5)) };
			const trainer = openNative(model, data.T, 16, 2);
			const { outputs } = await trainer.evaluate(data);
			trainer.close();
			const forward = recurrent(model);
			let worst = 0;
			for (let i = 0; i < data.count; i++)
				forward(sequence(data, i), data.lengths[i]!).forEach((expected, c) => {
					worst = Math.max(worst, Math.abs(outputs[i * outputsOf(model) + c]! - expected));
				});
			expect(worst).toBeLessThan(1e-4);
		},
	);
});

describe("runs", () => {
	const shape = { mixer: "s5", heads: 8, modes: 6, layers: 1, channel: "half_glu1" } as const;

	test("a run from nothing learns, states its shape and is gone on from", async () => {
		const first = await train({
			...shape,
			data: motion,
			epochs: 6,
			batch: 16,
			dtMax: 0.3,
			initBlocks: 2,
			threads: 2,
		});
		expect(first.settings).toMatchObject({ ...shape, init: "hippo", initBlocks: 2 });
		// Per mode log step, log Re and Im of Lambda, B and C; D; gate; norm.
		const layer = 6 * (3 + 4 * 8) + 8 + (64 + 8) + 16;
		expect(parameterCount(first.model)).toBe(layer + 8 * (motion.channels + 1) + outputsOf(first.model) * 9);
		expect(first.history.at(-1)!.loss).toBeLessThan(0.8 * first.history[0]!.loss);
		const further = await train({ data: motion, from: first.model, epochs: 2, rate: 0.002, threads: 2 });
		expect(further.settings).toMatchObject(shape);
		expect(further.history[0]!.loss).toBeLessThan(first.history[1]!.loss);
		await expect(train({ data: motion, from: first.model, modes: 5 })).rejects.toThrow(/has modes 6/);
		await expect(train({ data: motion, from: first.model, mixer: "s4d" })).rejects.toThrow(/has mixer s5/);
	});

	test.each(CHANNEL_KINDS)(
		"checkpoints and resumed runs are those of an unbroken run: %s",
		async (channel) => {
			const folder = mkdtempSync(join(tmpdir(), "training-s5-"));
			const [output, state] = [join(folder, "s5.safetensors"), join(folder, "s5.state")];
			const run = { ...shape, channel, data: motion, epochs: 3, dtMax: 0.3, threads: 2 };
			const { model } = await train({ ...run, output });
			expect(flatten(importCheckpoint(output))).toEqual(asSaved(flatten(model)));
			const stop = new AbortController();
			await train({
				...run,
				state,
				signal: stop.signal,
				onEpoch: ({ epoch }) => epoch === 1 && stop.abort(),
			});
			const resumed = await train({ ...run, state, resume: true });
			expect(flatten(resumed.model)).toEqual(flatten(model));
			rmSync(folder, { recursive: true });
		},
	);

	test("through the quantizer: what was validated is what the kernel computes", async () => {
		const { train: rest, validation } = splitValidation(motion, 0.3, 3);
		const common = { data: rest, validation, threads: 2 };
		const float = await train({ ...common, ...shape, layers: 2, epochs: 8, batch: 16, dtMax: 0.3 });
		const quantized = await train({
			...common,
			...{ from: float.model, quantize: "w2a8a8", calibrate: 128, rate: 0.005, averaging: 0.9, epochs: 8 },
		});
		const { model, quantization, untrained, validationAccuracy } = quantized;
		expect(validationAccuracy).toBeGreaterThan(untrained!.accuracy!);
		const network = trainedNetwork(model, quantization!, { steps: 0, rate: 0, channels: [], notes: "" });
		const kernel = new NativeKernel(writeBlob(network, sha256));
		let right = 0;
		for (let i = 0; i < validation.count; i++) {
			kernel.reset();
			kernel.write(toSamples(network.input, sequence(validation, i)));
			if (argmax(kernel.outputs()) === validation.targets.of[i]) right++;
		}
		expect(right / validation.count).toBe(validationAccuracy);
	});

	test.each(["frozen", "discrete", "polar"] as const)("A in coordinates: %s", async (abar) => {
		const run = { ...shape, data: motion, epochs: 2, dtMax: 0.3, threads: 2, seed: 5 };
		const { model, history } = await train({ ...run, abar });
		const start = initialize(
			completeSettings({ ...shape, dtMax: 0.3 }),
			motion,
			taskOf(motion).goal(motion.targets),
			5,
		);
		const [before, after] = [start, model].map(({ blocks }) => blocks[0]!.mixer as FloatS5);
		expect(after!.logStep).toEqual(before!.logStep);
		const moved = (field: "lambdaLogRe" | "lambdaIm") =>
			after![field].some((v, i) => Math.abs(v - before![field][i]!) > 1e-4);
		expect(moved("lambdaLogRe")).toBe(abar !== "frozen");
		expect(moved("lambdaIm")).toBe(abar !== "frozen");
		expect(history[1]!.loss).toBeLessThan(history[0]!.loss);
		expect(flatten(model).parameters.every(Number.isFinite)).toBe(true);
	});
});

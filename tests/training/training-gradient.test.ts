// Gradients of the native trainer against finite differences, in double precision (the same source, built with REAL_DOUBLE).

import { afterAll, describe, expect, test } from "vitest";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";
import type { ActivationName } from "../../host-tools/float/activation-name";
import { flatten } from "../../host-tools/float/flat";
import type { NormKind } from "../../host-tools/float/norm-kind";
import { taskOf } from "../../host-tools/task/fit";
import type { Architecture } from "../../host-tools/training/architecture";
import { initialize } from "../../host-tools/training/initialize";
import { NativeTrainer, type Optimization } from "../../host-tools/training/native";
import { openNative } from "../../host-tools/training/open-native";
import type { Spec } from "../../host-tools/training/operations/operation";
import type { Pooling } from "../../src/network/classes";
import type { GateTable } from "../../src/network/glu";

/** Random sequences of lengths 1 to T; what stands behind a sequence's end is `padding`. */
function randomDataset(count: number, T: number, channels: number, classes: number, padding = 0): Dataset {
	const random = new Random(5);
	const lengths = Uint32Array.from({ length: count }, (_, i) => (i === 0 ? T : 1 + random.below(T)));
	const values = new Float32Array(count * T * channels).fill(padding);
	for (let i = 0; i < count; i++)
		for (let k = 0; k < lengths[i]! * channels; k++) values[i * T * channels + k] = random.bell();
	return {
		name: "random",
		split: "train",
		channels,
		T,
		count,
		values,
		targets: {
			kind: "classes",
			names: Array.from({ length: classes }, (_, i) => `${i}`),
			of: Uint8Array.from({ length: count }, () => random.below(classes)),
		},
		lengths,
	};
}

const optimization: Optimization = {
	rate: 0.01,
	ssmRate: 0.001,
	weightDecay: 0.01,
	clip: 1,
	averaging: 0,
	labelSmoothing: 0.1,
	distill: 0.6,
	temperature: 2.5,
	dropout: 0.25,
	normMomentum: 0.1,
	lossLimit: 1e9,
	huber: 0,
	totalSteps: 10,
	warmupSteps: 0,
	frozenNorm: 0,
	aForm: 0,
	seed: 3,
};

const open: NativeTrainer[] = [];
afterAll(() => {
	for (const trainer of open) trainer.close();
});

interface Case {
	mixer?: "s4d" | "s5";
	channel?: Architecture["channel"];
	activation: ActivationName;
	pooling: Pooling;
	norm: Architecture["norm"];
	normKind?: NormKind;
	gate?: GateTable;
	frozenNorm?: boolean;
	teacher?: boolean;
	/** The second block has twice the modes of the first, another place and kind of norm, and the defaults of the rest. */
	unlike?: boolean;
	/** The data are tokens of a vocabulary of six. */
	tokens?: boolean;
}

/** A double-precision trainer of 5 heads, 3 modes, 2 layers (nothing a multiple of 4) on sequences of up to 40 steps. */
function setUp(
	{
		mixer = "s4d",
		channel = "glu",
		activation,
		gate = "sigmoid",
		pooling,
		norm,
		normKind,
		unlike,
		tokens,
	}: Case,
	threads: number,
) {
	const dataset = { ...randomDataset(11, 40, tokens ? 1 : 3, 4), ...(tokens && { tokens: 6 }) };
	if (tokens) dataset.values = dataset.values.map((value) => Math.abs(Math.round(7 * value)) % 6);
	const shape = {
		heads: 5,
		layers: 2,
		activation,
		gate,
		pooling,
		dtMin: 0.01,
		dtMax: 0.3,
	} as const;
	const model = initialize(
		{ ...shape, mixer, channel, modes: 3, norm, normKind },
		dataset,
		taskOf(dataset).goal(dataset.targets),
		2,
	);
	if (unlike) {
		const other = { norm: norm === "before" ? "after" : "before", normKind: undefined } as const;
		model.blocks[1] = initialize(
			{ ...shape, modes: 6, ...other },
			dataset,
			taskOf(dataset).goal(dataset.targets),
			3,
		).blocks[1]!;
	}
	// Norms that do more than normalize, of streams that are not small.
	const random = new Random(12);
	for (const { norm } of model.blocks) {
		if (norm.kind === "none") continue;
		for (let h = 0; h < 5; h++) norm.weight[h] = random.uniform(-1.5, 1.5);
		if (norm.kind !== "rms") for (let h = 0; h < 5; h++) norm.bias[h] = random.uniform(-0.5, 0.5);
	}
	const trainer = openNative(model, 40, 11, threads, "double");
	open.push(trainer);
	const flat = flatten(model);
	trainer.write(
		"runningMean",
		flat.mean.map((_, i) => 0.1 * i),
	);
	trainer.write(
		"runningVar",
		flat.variance.map((_, i) => 1 + 0.1 * i),
	);
	return { trainer, dataset, parameters: flat.parameters };
}

describe("gradients against central differences in double", () => {
	const cases: Case[] = [
		{ activation: "gelu_sigmoid", pooling: "mean", norm: "before" },
		{ activation: "gelu", pooling: "last", norm: "before" },
		{ activation: "gelu_tanh", pooling: "mean", norm: "none" },
		{ activation: "gelu_sigmoid", pooling: "mean", norm: "before", frozenNorm: true },
		{ activation: "gelu_sigmoid", pooling: "mean", norm: "before", teacher: true },
		{ activation: "gelu_sigmoid", pooling: "mean", norm: "none", unlike: true },
		{ activation: "gelu", pooling: "last", norm: "before", unlike: true },
		...(["batch", "layer", "rms"] as const).flatMap((normKind): Case[] => [
			{ activation: "gelu", pooling: "mean", norm: "after", normKind },
			{ activation: "gelu_sigmoid", pooling: "last", norm: "after", normKind, unlike: true },
		]),
		{ activation: "gelu_tanh", pooling: "mean", norm: "after", normKind: "batch", frozenNorm: true },
		{ activation: "gelu", pooling: "mean", norm: "before", normKind: "layer" },
		{ activation: "gelu", pooling: "last", norm: "before", normKind: "rms", unlike: true },
		{ activation: "relu", pooling: "mean", norm: "before" },
		{ activation: "qgelu", pooling: "mean", norm: "after", normKind: "layer" },
		{ activation: "gelu", pooling: "mean", norm: "before", gate: "hard_sigmoid" },
		{ mixer: "s5", activation: "gelu_sigmoid", pooling: "mean", norm: "before" },
		{ mixer: "s5", activation: "gelu", pooling: "last", norm: "after", normKind: "layer", unlike: true },
		{ mixer: "s5", channel: "half_glu1", activation: "gelu_tanh", pooling: "mean", norm: "before" },
		{ mixer: "s5", channel: "half_glu2", activation: "gelu", pooling: "mean", norm: "before", unlike: true },
		{ channel: "half_glu2", activation: "gelu", pooling: "last", norm: "after", gate: "hard_sigmoid" },
		{ activation: "gelu_sigmoid", pooling: "mean", norm: "before", tokens: true },
		{ activation: "gelu", pooling: "last", norm: "after", normKind: "layer", tokens: true },
		{ mixer: "s5", channel: "ungated", activation: "gelu", pooling: "mean", norm: "none" },
	];
	test.each(cases)(
		"$mixer, $channel, $activation, $gate, $pooling, norm $norm $normKind, frozen $frozenNorm, teacher $teacher, unlike $unlike, tokens $tokens",
		async (one) => {
			const { trainer, dataset, parameters } = setUp(one, 2);
			const settings = { ...optimization, frozenNorm: one.frozenNorm ? 1 : 0 };
			const weights = Float64Array.from([1, 0.5, 2, 1.5]);
			const rows = Uint32Array.from({ length: dataset.count }, (_, i) => i);
			const random = new Random(8);
			const teacher = one.teacher
				? Float32Array.from({ length: dataset.count * 4 }, () => 3 * random.bell())
				: undefined;
			const lossAt = async (at: Float64Array) => {
				trainer.write("parameters", at);
				expect(await trainer.gradient(settings, weights, dataset, rows, teacher)).toBe("done");
				return trainer.progress().loss;
			};
			await lossAt(parameters);
			const gradient = trainer.read("gradient");
			const scale = Math.hypot(...gradient) / Math.sqrt(gradient.length);
			expect(scale).toBeGreaterThan(1e-3);
			let worst = 0;
			for (let i = 0; i < parameters.length; i++) {
				// Where slopes jump, as that of relu does, steps are so small that none crosses a jump.
				const jumps = /^relu|^qgelu/.test(one.activation) || one.gate === "hard_sigmoid";
				const step = (jumps ? 2e-6 : 1e-4) * Math.max(1, Math.abs(parameters[i]!));
				const moved = (by: number) => parameters.map((p, j) => (j === i ? p + by : p));
				// Fourth order: the error of the difference is far below the tolerance.
				const far = (await lossAt(moved(2 * step))) - (await lossAt(moved(-2 * step)));
				const near = (await lossAt(moved(step))) - (await lossAt(moved(-step)));
				const expected = (8 * near - far) / (12 * step);
				worst = Math.max(worst, Math.abs(gradient[i]! - expected) / (Math.abs(expected) + scale));
			}
			expect(worst).toBeLessThan(1e-6);
		},
	);
});

test("an operation that is unknown or at the wrong place is refused by name", () => {
	const block = [
		{ kind: "norm_none" },
		{ kind: "s4d", size: 2 },
		{ kind: "gelu" },
		{ kind: "glu" },
		{ kind: "post_none" },
	];
	const head = { kind: "head_classes", size: 2 };
	const openWith = (operations: Spec[]) =>
		new NativeTrainer({ heads: 4, channels: 1, outputs: 2, operations }, { T: 8, batch: 1, threads: 1 });
	openWith([{ kind: "encoder_linear" }, ...block, ...block, head]).close();
	expect(() => openWith([{ kind: "encoder_linear" }, ...block, { kind: "norm_none" }, head])).toThrow(
		/head_classes/,
	);
	expect(() => openWith([{ kind: "encoder_linear" }, ...block.toReversed(), head])).toThrow(
		/post_none for place 1/,
	);
	expect(() => openWith([{ kind: "encoder_wavelet" }, ...block, head])).toThrow(
		/encoder_wavelet for place 0/,
	);
});

test("padding is never read: other values behind the ends give the same loss and gradient, to the bit", async () => {
	const one: Case = { activation: "gelu_sigmoid", pooling: "mean", norm: "before" };
	const { trainer, dataset } = setUp(one, 2);
	const rows = Uint32Array.from({ length: dataset.count }, (_, i) => i);
	const weights = new Float64Array(4).fill(1);
	await trainer.gradient(optimization, weights, dataset, rows);
	const loss = trainer.progress().loss;
	const gradient = trainer.read("gradient");
	const { outputs: logits } = await trainer.evaluate(dataset);
	for (const padding of [1e6, Number.NaN]) {
		const padded = randomDataset(11, 40, 3, 4, padding);
		await trainer.gradient(optimization, weights, padded, rows);
		expect(trainer.progress().loss).toBe(loss);
		expect(trainer.read("gradient")).toEqual(gradient);
		expect((await trainer.evaluate(padded)).outputs).toEqual(logits);
	}
});

test("the number of threads changes rounding alone", async () => {
	const one: Case = { activation: "gelu_sigmoid", pooling: "mean", norm: "before" };
	const weights = new Float64Array(4).fill(1);
	const gradients: Float64Array[] = [];
	for (const threads of [1, 2, 3]) {
		const { trainer, dataset } = setUp(one, threads);
		await trainer.gradient(
			optimization,
			weights,
			dataset,
			Uint32Array.from({ length: dataset.count }, (_, i) => i),
		);
		gradients.push(trainer.read("gradient"));
	}
	for (const other of gradients.slice(1))
		other.forEach((g, i) => {
			expect(Math.abs(g - gradients[0]![i]!)).toBeLessThan(1e-12);
		});
});

test("a teacher's loss is its textbook form: cross-entropy of softened answers times the square of the temperature", async () => {
	const one: Case = { activation: "gelu_sigmoid", pooling: "mean", norm: "before", frozenNorm: true };
	const { trainer, dataset } = setUp(one, 2);
	const random = new Random(8);
	const teacher = Float32Array.from({ length: dataset.count * 4 }, () => 3 * random.bell());
	const { outputs: logits } = await trainer.evaluate(dataset);
	const [part, temperature] = [0.6, 2.5];
	const softmax = (row: number[], t: number) => {
		const powers = row.map((v) => Math.exp(v / t));
		const sum = powers.reduce((a, b) => a + b);
		return powers.map((v) => v / sum);
	};
	let expected = 0;
	for (let i = 0; i < dataset.count; i++) {
		const row = (of: Float32Array) => [...of.subarray(4 * i, 4 * i + 4)];
		const hard = -Math.log(softmax(row(logits), 1)[dataset.targets.of[i]!]!);
		const ours = softmax(row(logits), temperature);
		const soft = -softmax(row(teacher), temperature).reduce((sum, p, c) => sum + p * Math.log(ours[c]!), 0);
		expected += ((1 - part) * hard + part * temperature ** 2 * soft) / dataset.count;
	}
	const settings = {
		...optimization,
		frozenNorm: 1,
		labelSmoothing: 0,
		dropout: 0,
		distill: part,
		temperature,
	};
	const rows = Uint32Array.from({ length: dataset.count }, (_, i) => i);
	await trainer.gradient(settings, new Float64Array(4).fill(1), dataset, rows, teacher);
	// Logits come as float32, the loss is in double.
	expect(trainer.progress().loss).toBeCloseTo(expected, 5);
});

// Speed of the native trainer: processor time of a training pass, S4D and S5 in turns so that other work on the machine weighs on
// both alike. Sequences of 784 steps of noise, the time of MNIST's. Prints the best of several passes.
//
//     npm run bench -- training
import type { Dataset } from "../host-tools/datasets/dataset";
import { Random } from "../host-tools/datasets/random";
import { labelledTargets } from "../host-tools/datasets/targets";
import { flatten } from "../host-tools/float/flat";
import { parameterCount } from "../host-tools/float/model";
import { calibrate } from "../host-tools/quantization/calibrate";
import { DITHER_SEED } from "../host-tools/quantization/network";
import { choosePrecision } from "../host-tools/quantization/precision";
import { floatShape } from "../host-tools/quantization/shape";
import { type Quantization, quantizeTrained } from "../host-tools/quantization/trained";
import { taskOf } from "../host-tools/task/fit";
import { grouped, print, table } from "../host-tools/terminal/output";
import { initialize } from "../host-tools/training/initialize";
import type { NativeTrainer } from "../host-tools/training/native";
import { openNative } from "../host-tools/training/open-native";
import { flattenNetwork } from "../host-tools/training/operations/network";
import { completeSettings } from "../host-tools/training/settings";

const T = 784;
const BATCH = 64;
const BATCHES = 4;
const PASSES = 5;
const EPOCH = 60_000;
const SHAPES = [
	{ heads: 16, modes: 8, mixer: "s4d" },
	{ heads: 32, modes: 8, mixer: "s4d" },
	{ heads: 24, modes: 24, mixer: "s5" },
] as const;

const random = new Random(1);
const names = Array.from({ length: 10 }, (_, i) => `${i}`);
const count = BATCH * BATCHES;
const data: Dataset = {
	...{ name: "noise", split: "train", channels: 1, T, count },
	values: Float32Array.from({ length: count * T }, () => random.bell()),
	targets: labelledTargets(
		"noise",
		names,
		Uint8Array.from({ length: count }, () => random.below(10)),
	),
	lengths: new Uint32Array(count).fill(T),
};
const rows = Uint32Array.from({ length: count }, (_, i) => i);
const recipe = {
	...{ rate: 0, ssmRate: 0, weightDecay: 0, clip: 1, averaging: 0, labelSmoothing: 0, distill: 0 },
	...{
		temperature: 1,
		dropout: 0,
		normMomentum: 0.1,
		lossLimit: 1e9,
		huber: 0,
		totalSteps: 1,
		warmupSteps: 0,
	},
	...{ frozenNorm: 0, aForm: 0, seed: 1 },
};

const weights = new Float64Array(names.length).fill(1);
const batches = Array.from({ length: BATCHES }, (_, b) => rows.subarray(b * BATCH, (b + 1) * BATCH));

const trainers = SHAPES.flatMap((shape) => {
	const model = initialize(completeSettings(shape), data, taskOf(data).goal(data.targets), 1);
	const parameters = parameterCount(model);
	const [float, integer] = [1, 2].map(() => openNative(model, T, BATCH, 1)) as [NativeTrainer, NativeTrainer];
	const flat = flatten(model);
	const how: Quantization = {
		precision: choosePrecision(floatShape(model), "w8a8x8"),
		ranges: calibrate(model, { ...data, count: 16 }, { method: "minmax" }),
		ditherSeed: DITHER_SEED,
	};
	how.grid = quantizeTrained(model, flat, how).grid;
	/** As an epoch does it: every batch in the integers of its own weights. */
	const throughQuantizer = async () => {
		for (const batch of batches) {
			const { network, units } = quantizeTrained(model, flat, how);
			integer.quantize(flattenNetwork(network, units));
			await integer.train(recipe, weights, data, batch);
		}
	};
	const name = `${shape.mixer}, ${shape.heads} heads, ${shape.modes} modes, 3 layers`;
	const inFloat = { name, run: () => float.train(recipe, weights, data, rows), native: float };
	const inIntegers = { name: "the same, w8a8x8", run: throughQuantizer, native: integer };
	return [inFloat, inIntegers].map((trainer) => ({ ...trainer, parameters, best: Infinity }));
});
for (let pass = 0; pass < PASSES; pass++)
	for (const trainer of trainers) {
		const before = process.cpuUsage();
		await trainer.run();
		const { user, system } = process.cpuUsage(before);
		trainer.best = Math.min(trainer.best, (user + system) / 1e3 / count);
	}
const first = trainers[0]!.best;
print(
	table([
		["network", "parameters", "ms per sequence", "of the first", `${grouped(EPOCH)} on two idle cores`],
		...trainers.map(({ name, parameters, best }) => [
			name,
			grouped(parameters),
			best.toFixed(3),
			(best / first).toFixed(2),
			`${((best * EPOCH) / 2e3).toFixed(0)} s`,
		]),
	]),
);
for (const { native } of trainers) native.close();

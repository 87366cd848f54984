// The head that gives values: what the blob says of its outputs, results at every step, golden vectors of such a head, and the same
// integers in the trainer's forward pass.
import { describe, expect, test } from "vitest";
import { KernelOfDevice } from "../../host-tools/api/kernel";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { sequence } from "../../host-tools/datasets/dataset";
import { NativeKernel } from "../../host-tools/kernel/native";
import { calibrate } from "../../host-tools/quantization/calibrate";
import { DITHER_SEED, quantizeWithUnits, toSamples } from "../../host-tools/quantization/network";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { taskOf } from "../../host-tools/task/fit";
import { initialize } from "../../host-tools/training/initialize";
import { openNative } from "../../host-tools/training/open-native";
import { flattenNetwork } from "../../host-tools/training/operations/network";
import { readContainer } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { goldenPlaces, selfTest } from "../../src/classifier/golden";
import { openModel } from "../../src/classifier/model";
import { arithmeticVersion } from "../../src/network/network";
import { realOutputs, runSequence } from "../../src/network/run";
import { Reference } from "../../src/reference/reference";
import { changed, randomBlob, sha256 } from "../support/hostile-blob";
import { random, randomNetwork, randomSamples } from "../support/random-network";
import { randomValues } from "../support/random-values";

/** Random data whose values are at the end of sequences or at every step. */
function dataset(seed: number, perStep: boolean, count = 9, T = 50): Dataset {
	const next = random(seed);
	const lengths = Uint32Array.from({ length: count }, (_, i) => (i === 0 ? T : 1 + Math.floor(next() * T)));
	const numbers = (length: number) => Float32Array.from({ length }, () => 2 * next() - 1);
	return {
		...{ name: "random", split: "train", channels: 2, T, count, lengths },
		values: numbers(count * T * 2),
		targets: {
			kind: "values",
			names: ["a", "b", "c"],
			units: ["m", "", "s"],
			steps: perStep ? { lengths, T } : null,
			of: numbers(count * 3 * (perStep ? T : 1)).map((v, i) => 5 + (i % 3) * v),
		},
	};
}

function floatModel(data: Dataset, pooling: "mean" | "last", seed = 1) {
	const model = initialize(
		{
			...{ heads: 7, modes: 3, layers: 2, activation: "gelu_sigmoid", gate: "sigmoid", pooling },
			...{ norm: "before", init: "lin", dtMin: 0.01, dtMax: 0.3 },
		},
		data,
		taskOf(data).goal(data.targets),
		seed,
	);
	return model;
}

describe("in the blob", () => {
	test("[A58, B30, B31] what outputs mean is kept, and a head of values asks for arithmetic 3", () => {
		for (let seed = 1; seed <= 60; seed++) {
			const network = randomValues(seed);
			const read = readBlob(writeBlob(network, sha256));
			expect(read.head).toEqual(network.head);
			expect(arithmeticVersion(read)).toBe(3);
			const { scale, offset } = network.head.scaling[0]!;
			expect(realOutputs(read, [7])[0]).toBe(7 * scale + offset);
		}
	});

	test("[B30, B31, B18] reader and kernel refuse the same: no section, one too many, too short, a scale of 0", () => {
		const blob = randomBlob(3, undefined, randomValues);
		const { sections } = readContainer(blob);
		const refused = (bytes: Uint8Array, error: RegExp) => {
			expect(() => readBlob(bytes)).toThrow(error);
			expect(() => new NativeKernel(bytes)).toThrow(error);
		};
		const heading = sections.outputs.start - 8;
		// An optional section of an unknown type in its place.
		refused(
			changed(blob, (_, view) => {
				view.setUint16(heading, 73, true);
				view.setUint16(heading + 2, 0, true);
			}),
			/LAYOUT/,
		);
		refused(
			changed(blob, (_, view) => view.setFloat32(sections.outputs.start, 0, true)),
			/PRECISION/,
		);
		refused(
			changed(blob, (_, view) => view.setUint32(heading + 4, 7, true)),
			/LAYOUT/,
		);
		// Labels that claim to be outputs, of a head that has none.
		const classes = randomBlob(3, undefined, randomNetwork);
		const labels = readContainer(classes).sections.labels.start - 8;
		refused(
			changed(classes, (_, view) => view.setUint16(labels, 72, true)),
			/LAYOUT/,
		);
	});

	test("[A58] golden vectors of a head at every step hold all of them, and prove it", () => {
		const seen = { step: 0, end: 0 };
		for (let seed = 1; seed <= 40; seed++) {
			const blob = randomBlob(seed, undefined, randomValues);
			const network = readBlob(blob);
			const { moment, outputs } = network.head as { moment: "step" | "end"; outputs: number };
			seen[moment]++;
			const steps = network.golden.map(({ samples }) => samples.length / network.input.length);
			expect(network.golden.map((one) => one.outputs.length)).toEqual(
				steps.map((n) => outputs * (moment === "step" ? n : 1)),
			);
			const model = openModel(blob);
			const Kernel = KernelOfDevice;
			const kernel = new Kernel(blob);
			expect(selfTest(kernel, model)).toEqual({ passed: 2, total: 2 });
			// One output that is wrong by one, at the first step of the second vector.
			const at = goldenPlaces(model)[1]!.outputs;
			const wrong = changed(blob, (_, view) => view.setInt32(at, view.getInt32(at, true) + 1, true));
			expect(selfTest(new Kernel(wrong), openModel(wrong))).toEqual({ passed: 1, total: 2 });
		}
		expect(Math.min(seen.step, seen.end)).toBeGreaterThan(5);
	});
});

test("outputs at every step are those at the end of every beginning", () => {
	for (let seed = 1; seed <= 30; seed++) {
		const drawn = randomValues(seed);
		const network = { ...drawn, head: { ...drawn.head, moment: "step" as const } };
		const channels = network.input.length;
		const samples = randomSamples(seed, 20, channels);
		const all = runSequence(new NativeKernel(writeBlob(network, sha256)), network, samples);
		const reference = new Reference(network);
		for (let t = 1; t <= 20; t++) {
			reference.reset();
			reference.write(samples.subarray(0, t * channels));
			expect(all.subarray((t - 1) * drawn.head.outputs, t * drawn.head.outputs)).toEqual(reference.outputs());
		}
	}
});

describe.each([
	["end", "mean"],
	["end", "last"],
	["step", "last"],
] as const)("values at the %s, pooling %s", (moment, pooling) => {
	const perStep = moment === "step";

	test("the trainer's forward pass gives the kernel's integers", async () => {
		const seen = new Set<number>();
		for (const [seed, preset] of ["w8x16", "w8a8x8", "w4a6x8"].entries()) {
			const data = dataset(seed + 1, perStep);
			const model = floatModel(data, pooling, seed + 1);
			const ranges = calibrate(model, data, { method: "minmax" });
			const precision = choosePrecision(floatShape(model), preset as "w8x16");
			const { network, units } = quantizeWithUnits(
				model,
				ranges,
				precision,
				{ steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED },
				false,
			);
			const trainer = openNative(model, data.T, data.count, 1);
			trainer.quantize(flattenNetwork(network, units));
			const { outputs } = await trainer.evaluate(data);
			trainer.close();
			const kernel = new NativeKernel(writeBlob(network, sha256));
			const width = perStep ? 3 * data.T : 3;
			for (let row = 0; row < data.count; row++) {
				const expected = runSequence(kernel, network, toSamples(network.input, sequence(data, row)));
				const trained = Array.from(expected, (_, i) => {
					const k = i % 3;
					return Math.round((outputs[row * width + i]! - units.outputs.zero[k]!) / units.outputs.unit[k]!);
				});
				expect(trained).toEqual([...expected]);
				for (const output of expected) seen.add(output);
			}
		}
		expect(seen.size).toBeGreaterThan(50);
	});

	test.each([
		[0, null],
		[0.3, null],
		[0, Float64Array.of(0.3, -0.2, 4)],
	] as const)(
		"gradients against central differences in double, huber %f, zeros of sMAPE %o",
		async (huber, zeros) => {
			const data = dataset(5, perStep);
			const model = floatModel(data, pooling);
			const trainer = openNative(model, data.T, data.count, 2, "double");
			const rows = Uint32Array.from({ length: data.count }, (_, i) => i);
			const recipe = {
				...{
					rate: 0.01,
					ssmRate: 0.001,
					weightDecay: 0,
					clip: 0,
					averaging: 0,
					labelSmoothing: 0,
					distill: 0,
				},
				...{ temperature: 1, dropout: 0, normMomentum: 0.1, lossLimit: 1e9, huber, totalSteps: 10 },
				...{ warmupSteps: 0, frozenNorm: 0, aForm: 0, seed: 1 },
			};
			const parameters = trainer.read("parameters");
			const lossAt = async (at: Float64Array) => {
				trainer.write("parameters", at);
				expect(await trainer.gradient(recipe, zeros, data, rows)).toBe("done");
				return trainer.progress().loss;
			};
			await lossAt(parameters);
			const gradient = trainer.read("gradient");
			const next = random(3);
			for (let n = 0; n < 60; n++) {
				const i = n < 24 ? parameters.length - 1 - n : Math.floor(next() * parameters.length);
				const moved = (by: number) => parameters.map((v, k) => (k === i ? v + by : v));
				const slope = ((await lossAt(moved(1e-5))) - (await lossAt(moved(-1e-5)))) / 2e-5;
				expect(Math.abs(slope - gradient[i]!), `parameter ${i}`).toBeLessThan(1e-7 + 1e-5 * Math.abs(slope));
			}
			trainer.close();
		},
	);
});

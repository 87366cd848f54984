// LayerNorm and RMSNorm from float to integers: what they mean, that reference, kernel and the trainer's forward pass compute the same
// bytes of what the quantizer makes of random float networks, and what is refused.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";
import { ACTIVATION_NAMES } from "../../host-tools/float/activation-name";
import { flatten } from "../../host-tools/float/flat";
import { recurrent } from "../../host-tools/float/forward";
import type { LayerNorm } from "../../host-tools/float/layer";
import type { FloatModel, Placement } from "../../host-tools/float/model";
import { NativeKernel } from "../../host-tools/kernel/native";
import { calibrate } from "../../host-tools/quantization/calibrate";
import { DITHER_SEED, quantize, toSamples } from "../../host-tools/quantization/network";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { precisionOf } from "../../host-tools/quantization/precision-of";
import { floatShape, shapeOf, shapeTraits } from "../../host-tools/quantization/shape";
import {
	formatQuantization,
	parseQuantization,
	quantizeTrained,
} from "../../host-tools/quantization/trained";
import { initialize } from "../../host-tools/training/initialize";
import { openNative } from "../../host-tools/training/open-native";
import { flattenNetwork } from "../../host-tools/training/operations/network";
import { writeBlob } from "../../src/blob/write";
import { Reference } from "../../src/reference/reference";
import { classesOf } from "../support/classes";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };
const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;

/** A float network whose norms are far from 1 and 0: weights of both signs, one of them 0, and biases. */
function drawn(random: Random, normKind: "layer" | "rms", norm: Placement, sizes = {}): FloatModel {
	const model = initialize(
		{
			heads: 2 + random.below(20),
			modes: 1 + random.below(6),
			layers: 1 + random.below(3),
			activation: pick(random, ACTIVATION_NAMES),
			gate: pick(random, ["sigmoid", "hard_sigmoid"] as const),
			pooling: pick(random, ["mean", "last"] as const),
			norm,
			normKind,
			init: "lin",
			dtMin: 0.01,
			dtMax: 0.4,
			...sizes,
		},
		{ channels: 1 + random.below(3) },
		{ head: "classes", labels: ["a", "b", "c"], perStep: false },
		random.below(1e6),
	);
	for (const { norm } of model.blocks) {
		const { weight } = norm as LayerNorm;
		for (let h = 0; h < model.H; h++) {
			weight[h] = random.bell() * 1.5;
			if (norm.kind === "layer") norm.bias[h] = random.bell();
		}
		if (model.H > 3 && random.chance(0.3)) weight[1] = 0;
	}
	return model;
}

function noise(random: Random, channels: number, count: number, T: number): Dataset {
	return {
		name: "noise",
		split: "train",
		channels,
		T,
		count,
		values: Float32Array.from({ length: count * T * channels }, () => 2 * random.bell()),
		targets: { kind: "classes", names: ["a", "b", "c"], of: new Uint8Array(count) },
		lengths: Uint32Array.from({ length: count }, (_, i) => (i === 0 ? T : 1 + random.below(T))),
	};
}

describe.each(["layer", "rms"] as const)("%s", (kind) => {
	test("300 random networks: reference, kernel and the trainer's forward pass, by bytes", async () => {
		const seen = new Set<number>();
		for (let seed = 1; seed <= 300; seed++) {
			const random = new Random(seed, kind === "layer" ? 1 : 2);
			const model = drawn(random, kind, seed % 2 ? "before" : "after");
			const data = noise(random, model.channels, 4, 40);
			const preset = pick(random, ["w8x16", "w8a8x8", "w4x16", "w4a6x8", "w3a6x8"]);
			const precision = choosePrecision(floatShape(model), preset, pick(random, ["", "residual=10"]));
			const ranges = calibrate(
				model,
				data,
				pick(random, [{ method: "minmax" }, { method: "percentile", percentile: 99 }] as const),
			);
			const { network, units } = quantizeTrained(model, flatten(model), {
				precision,
				ranges,
				ditherSeed: seed,
			});
			expect(precisionOf(network)).toEqual(precision);
			expect(shapeOf(network)).toEqual(floatShape(model));
			const kernel = new NativeKernel(writeBlob(network, sha256));
			const reference = new Reference(network);
			const trainer = openNative(model, data.T, 4, 1);
			trainer.quantize(flattenNetwork(network, units));
			const { outputs } = await trainer.evaluate(data);
			trainer.close();
			for (let i = 0; i < data.count; i++) {
				const samples = toSamples(network.input, sequence(data, i));
				reference.reset();
				reference.write(samples);
				kernel.reset();
				kernel.write(samples);
				const expected = [...reference.outputs()];
				expect([...kernel.outputs()], `seed ${seed}`).toEqual(expected);
				const trained = outputs.subarray(i * 3, i * 3 + 3);
				expect(
					[...trained].map((v) => v * 2 ** classesOf(network).fraction),
					`seed ${seed}`,
				).toEqual(expected);
				for (const output of expected) seen.add(output);
			}
		}
		expect(seen.size).toBeGreaterThan(2000); // the networks are alive
	});

	test.each(["before", "after"] as const)(
		"integers of 8 and 16 bits are nearly the float network, %s",
		(placement) => {
			for (let seed = 1; seed <= 10; seed++) {
				const random = new Random(seed, 3);
				const model = drawn(random, kind, placement, { heads: 12, modes: 4, layers: 2 });
				const data = noise(random, model.channels, 12, 60);
				const ranges = calibrate(model, data, { method: "minmax" });
				const precision = choosePrecision(floatShape(model), "w8x16");
				const network = quantize(model, ranges, precision, DETAILS, true);
				const kernel = new NativeKernel(writeBlob(network, sha256));
				const float = recurrent(model);
				let [error, power] = [0, 0];
				for (let i = 0; i < data.count; i++) {
					const values = sequence(data, i);
					const real = float(values, data.lengths[i]!);
					kernel.reset();
					kernel.write(toSamples(network.input, values));
					kernel.outputs().forEach((output, k) => {
						error += (output / 2 ** classesOf(network).fraction - real[k]!) ** 2;
						power += real[k]! ** 2;
					});
				}
				expect(Math.sqrt(error / power), `seed ${seed}`).toBeLessThan(0.04);
			}
		},
	);

	test.each(["before", "after"] as const)(
		"widths and ranges come back from a checkpoint's metadata, %s",
		(placement) => {
			const random = new Random(5, 4);
			const model = drawn(random, kind, placement, { heads: 6, modes: 3, layers: 2 });
			const data = noise(random, model.channels, 4, 40);
			const precision = choosePrecision(floatShape(model), "w4a6x8");
			const quantization = { precision, ranges: calibrate(model, data, { method: "minmax" }), ditherSeed: 7 };
			const flat = flatten(model);
			const { network, grid } = quantizeTrained(model, flat, quantization);
			const read = parseQuantization(model, formatQuantization({ ...quantization, grid }));
			expect(quantizeTrained(model, flat, read).network).toEqual(network);
			const name = kind === "layer" ? "LayerNorm" : "RMSNorm";
			expect(shapeTraits(shapeOf(network)).norm).toBe(`${name} ${placement}`);
		},
	);

	test.each(["before", "after"] as const)("weights that are all 0 are refused, %s", (placement) => {
		const random = new Random(6, 4);
		const model = drawn(random, kind, placement, { heads: 6, modes: 3, layers: 2 });
		const data = noise(random, model.channels, 4, 40);
		const ranges = calibrate(model, data, { method: "minmax" });
		(model.blocks[1]!.norm as LayerNorm).weight.fill(0);
		const make = () => quantize(model, ranges, choosePrecision(floatShape(model)), DETAILS, true);
		expect(make).toThrow(/^layer 1 norm: all weights are 0, so its output is 0; .*$/);
	});

	test("an eps that no residual stream has is refused", () => {
		const random = new Random(7, 4);
		const model = drawn(random, kind, "after", { heads: 6, modes: 3, layers: 1 });
		const data = noise(random, model.channels, 4, 40);
		const ranges = calibrate(model, data, { method: "minmax" });
		const norm = model.blocks[0]!.norm as LayerNorm;
		const make = (eps: number) => {
			const changed = { ...model, blocks: [{ ...model.blocks[0]!, norm: { ...norm, eps } }] };
			return quantize(changed, ranges, choosePrecision(floatShape(model)), DETAILS, true);
		};
		expect(make(1e-12).blocks[0]!.post).toMatchObject({ epsilon: 1 });
		expect(() => make(1e6)).toThrow(/^layer 0 norm: eps 1000000 is out of range for a residual stream/);
	});

	test("a single head is refused where nothing is left of it", () => {
		const random = new Random(9, 4);
		const model = drawn(random, kind, "before", { heads: 1 });
		const ranges = calibrate(model, noise(random, model.channels, 4, 40), { method: "minmax" });
		const make = () => quantize(model, ranges, choosePrecision(floatShape(model)), DETAILS, true);
		if (kind === "rms") make();
		else
			expect(make).toThrow(
				/^layer 0 norm: LayerNorm over a single head outputs only its bias; train without it$/,
			);
	});
});

test("a BatchNorm after a layer is refused in front of a LayerNorm, which needs one scale for all heads", () => {
	const random = new Random(8, 4);
	const model = drawn(random, "layer", "before", { heads: 6, modes: 3, layers: 2 });
	const [first, second] = model.blocks as [FloatModel["blocks"][0], FloatModel["blocks"][0]];
	const ones = () => new Float64Array(6).fill(1);
	const norm = {
		kind: "batch" as const,
		weight: ones(),
		bias: ones(),
		mean: ones(),
		variance: ones(),
		eps: 1e-5,
	};
	const mixed: FloatModel = { ...model, blocks: [{ ...first, placement: "after", norm }, second] };
	const data = noise(random, model.channels, 4, 40);
	const ranges = calibrate(mixed, data, { method: "minmax" });
	expect(() => quantize(mixed, ranges, choosePrecision(floatShape(mixed)), DETAILS, true)).toThrow(
		/^norm of layer 0: batch after the layer gives the heads different scales/,
	);
	// The other way round each stretch of the stream has the scales that it needs.
	const turned: FloatModel = {
		...model,
		blocks: [
			{ ...first, placement: "after" },
			{ ...second, norm },
		],
	};
	const seen = calibrate(turned, data, { method: "minmax" });
	const { blocks } = quantize(turned, seen, choosePrecision(floatShape(turned)), DETAILS, true);
	expect(blocks.map(({ norm, post }) => [norm.kind, post.kind])).toEqual([
		["affine", "layer"],
		["affine", "none"],
	]);
});

// Quantization after training, over random float networks of every shape, norm, pooling and activation: the integers stay
// near the floats, what cannot be represented is refused by name, and the same inputs give the same bytes.

import { describe, expect, test } from "vitest";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";
import { nameOfActivation } from "../../host-tools/float/activation-name";
import type { BatchNorm } from "../../host-tools/float/batch";
import { recurrent } from "../../host-tools/float/forward";
import { type FloatModel, outputsOf } from "../../host-tools/float/model";
import { calibrate, type RangeMethod } from "../../host-tools/quantization/calibrate";
import { quantize, quantizeWithUnits, toSamples } from "../../host-tools/quantization/network";
import {
	applyBits,
	choosePrecision,
	formatBits,
	PRESETS,
	type Precision,
} from "../../host-tools/quantization/precision";
import {
	coarseAbove,
	coarseScaleValue,
	encodeCoarseScale,
	encodeScale,
	onCoarseGrid,
	onGrid,
	preshiftFor,
	scaleValue,
} from "../../host-tools/quantization/scale";
import { floatShape } from "../../host-tools/quantization/shape";
import { quantizeRows, stepsOf } from "../../host-tools/quantization/weight-rows";
import { writeBlob } from "../../src/blob/write";
import type { Network } from "../../src/network/network";
import { polesKind } from "../../src/network/poles-union";
import { Reference } from "../../src/reference/reference";
import { classesOf } from "../support/classes";
import { placed, randomModel, s4dOf } from "../support/float-model";
import { sha256 } from "../support/hostile-blob";
import { s4dShape } from "../support/s4d-shape";

const MINMAX: RangeMethod = { method: "minmax" };
const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: 1 };

/** Smooth sequences in the units that `model` expects. */
function dataset(model: FloatModel, seed: number, count = 12, T = 40): Dataset {
	const r = new Random(seed, 5);
	const { channels } = model;
	const values = new Float32Array(count * T * channels);
	for (let i = 0; i < count; i++)
		for (let c = 0; c < channels; c++) {
			const [rate, phase] = [r.uniform(0.05, 0.6), r.uniform(0, 6)];
			for (let t = 0; t < T; t++)
				values[(i * T + t) * channels + c] =
					model.inputMean[c]! +
					model.inputStd[c]! * (1.5 * Math.sin(rate * t + phase) + r.uniform(-0.2, 0.2));
		}
	return {
		name: "waves",
		split: "train",
		channels,
		T,
		count,
		values,
		targets: {
			kind: "classes",
			names: model.labels,
			of: Uint8Array.from({ length: count }, () => r.below(outputsOf(model))),
		},
		lengths: new Uint32Array(count).fill(T),
	};
}

function quantized(
	model: FloatModel,
	data: Dataset,
	precision: Precision,
	how = MINMAX,
	compensate = true,
): Network {
	return quantize(model, calibrate(model, data, how), precision, DETAILS, compensate);
}

/** Root mean square of the logits' difference, as a part of the float logits' own. */
function error(model: FloatModel, network: Network, data: Dataset): number {
	const forward = recurrent(model);
	const reference = new Reference(network);
	let [wrong, power] = [0, 0];
	for (let i = 0; i < data.count; i++) {
		const values = sequence(data, i);
		reference.reset();
		reference.write(toSamples(network.input, values));
		const integers = reference.outputs();
		forward(values, data.T).forEach((logit, k) => {
			wrong += (integers[k]! / 2 ** classesOf(network).fraction - logit) ** 2;
			power += logit ** 2;
		});
	}
	return Math.sqrt(wrong / power);
}

/** A random network whose norms (if any) are passed through `change`. */
function modelWith(seed: number, change: (model: FloatModel) => void): FloatModel {
	const model = randomModel(seed);
	change(model);
	return model;
}

const withNorm = Array.from({ length: 60 }, (_, i) => i + 1).filter(
	(seed) => randomModel(seed).blocks[0]!.norm.kind !== "none",
);

describe("the integers stay near the floats", () => {
	// What 8 bits cost: u and g are rounded to 1/254 and 1/255 of their range in every layer, an error of about 0.3 % of a
	// signal that fills half of it, and a random network of 1 to 5 heads averages little of it away. Measured on
	// these (median, worst): w8x16 0.24 %, 1.6 %; w8a8x8 0.5 %, 2.5 %; w4x16 1.6 %, 21 %; w4a6x8 2.8 %, 15 %. The bounds are
	// about twice that: a fold that is wrong by one unit or sign is far beyond them.
	test.each([
		["w8x16", 0.005, 0.03],
		["w8a8x8", 0.01, 0.05],
		["w4x16", 0.04, 0.5],
		["w4a6x8", 0.06, 0.3],
	])("%s", (preset, median, worst) => {
		const errors: number[] = [];
		const settings = new Set<string>();
		for (let seed = 1; seed <= 60; seed++) {
			const model = randomModel(seed);
			const data = dataset(model, seed);
			const network = quantized(model, data, choosePrecision(floatShape(model), preset));
			writeBlob(network, sha256); // proven free of overflow
			errors.push(error(model, network, data));
			const { placement, activation } = model.blocks[0]!;
			settings.add(`${nameOfActivation(activation)} ${model.head.pooling} ${placement}`);
		}
		errors.sort((a, b) => a - b);
		expect(settings.size).toBe(12);
		expect(errors[30]).toBeLessThan(median);
		expect(errors[59]).toBeLessThan(worst);
	});

	test("a head whose norm has no weight and no bias, before the layer, gives 0", () => {
		for (const seed of withNorm.filter((seed) => randomModel(seed).H > 2)) {
			const model = placed(
				modelWith(seed, ({ blocks }) => {
					for (const { norm } of blocks) {
						const { weight, bias } = norm as BatchNorm;
						weight[1] = 0;
						bias[1] = 0;
					}
				}),
				"before",
			);
			const data = dataset(model, seed);
			const network = quantized(model, data, choosePrecision(floatShape(model), "w8x16"));
			writeBlob(network, sha256);
			expect(error(model, network, data), `seed ${seed}`).toBeLessThan(0.05);
		}
	});

	test("norm weights of either sign, before and after the layer", () => {
		for (const seed of withNorm)
			for (const placement of ["before", "after"] as const) {
				const model = modelWith(seed, (m) => {
					for (const block of m.blocks) {
						block.placement = placement;
						const { weight } = block.norm as BatchNorm;
						weight.set(weight.map((w, h) => (h % 2 ? w : -w)));
					}
				});
				const data = dataset(model, seed);
				const network = quantized(model, data, choosePrecision(floatShape(model)));
				writeBlob(network, sha256);
				expect(error(model, network, data), `seed ${seed} ${placement}`).toBeLessThan(0.05);
			}
	});

	test("more bits are no worse: the error falls with every step of the state", () => {
		const mean = (bits: string) => {
			let sum = 0;
			for (let seed = 1; seed <= 25; seed++) {
				const model = randomModel(seed);
				const data = dataset(model, seed);
				sum += error(model, quantized(model, data, choosePrecision(floatShape(model), "w8x16", bits)), data);
			}
			return sum;
		};
		const errors = ["x=4", "x=6", "x=8", "x=16"].map(mean);
		expect([...errors].sort((a, b) => b - a)).toEqual(errors);
	});

	test("compensated rounding of 3-bit weights is better than rounding to nearest", () => {
		let [compensated, nearest] = [0, 0];
		for (let seed = 1; seed <= 40; seed++) {
			const model = randomModel(seed);
			const data = dataset(model, seed);
			const precision = choosePrecision(floatShape(model), "w8x16", "value=3,gate=3");
			compensated += error(model, quantized(model, data, precision, MINMAX, true), data);
			nearest += error(model, quantized(model, data, precision, MINMAX, false), data);
		}
		expect(compensated).toBeLessThan(nearest);
	});

	test.each([true, false])(
		"the decoder's rounding changes no logit on average (compensated: %s)",
		(compensate) => {
			for (let seed = 1; seed <= 40; seed++) {
				const model = randomModel(seed);
				const ranges = calibrate(model, dataset(model, seed), MINMAX);
				const precision = choosePrecision(floatShape(model), "w8x16", "decoder=2");
				const { network, units } = quantizeWithUnits(model, ranges, precision, DETAILS, compensate);
				const { map: decoder, fraction: logitFraction } = classesOf(network);
				const { scale, offset } = units.residual[model.blocks.length]!;
				const steps = stepsOf(decoder);
				for (let c = 0; c < outputsOf(model); c++) {
					let [real, integer] = [model.head.bias[c]!, decoder.bias[c]!];
					ranges.pooled!.mean.forEach((m, h) => {
						real += model.head.weight[c * model.H + h]! * m;
						integer += (decoder.weights[c * model.H + h]! * steps[c]! * (m - offset[h]!)) / scale[h]!;
					});
					expect(Math.abs(real * 2 ** logitFraction - integer)).toBeLessThan(0.501);
				}
			}
		},
	);
});

test("Abar is inside the unit circle at every precision, and as near as its format allows", () => {
	const pair = new Int16Array(2);
	const texts = [
		"1+2",
		"2+3",
		"2+6",
		"4+8",
		"4+12",
		"8+8",
		...Array.from({ length: 11 }, (_, i) => `${i + 6}`),
	];
	for (let seed = 1; seed <= 20; seed++) {
		const model = modelWith(seed, (m) => {
			// From modes that hardly decay to modes that hardly move.
			for (const block of m.blocks) {
				const mixer = s4dOf(block);
				mixer.logAReal = mixer.logAReal.map((v, i) => v - (i % 3) * 5);
			}
		});
		const ranges = calibrate(model, dataset(model, seed, 2, 20), MINMAX);
		for (const text of texts) {
			const network = quantize(
				model,
				ranges,
				choosePrecision(floatShape(model), "w8x16", `A=${text}`),
				DETAILS,
				false,
			);
			for (const { mixer } of network.blocks) {
				if (mixer.kind !== "s4d") throw new Error("another mixer than the float network's");
				for (let i = 0; i < model.H * mixer.N; i++) {
					const h = Math.floor(i / mixer.N);
					polesKind(mixer.A).expand(mixer.A, h, i % mixer.N, mixer.N, pair, 0);
					if (Math.hypot(pair[0]!, pair[1]!) >= 32768) expect.fail(`A=${text}: ${pair}`);
				}
			}
		}
	}
});

describe("the same inputs give the same bytes", () => {
	test("for every preset, and other data give others", () => {
		const model = randomModel(7);
		for (const preset of Object.keys(PRESETS)) {
			const blob = (seed: number) =>
				Buffer.from(
					writeBlob(
						quantized(model, dataset(model, seed), choosePrecision(floatShape(model), preset)),
						sha256,
					),
				);
			expect(blob(1).equals(blob(1))).toBe(true);
			expect(blob(1).equals(blob(2))).toBe(false);
		}
	});
});

describe("calibration", () => {
	const model = randomModel(12);
	const data = dataset(model, 12);

	test("sees the greatest values, up to 1/16 octave above", () => {
		const ranges = calibrate(model, data, MINMAX);
		const z = new Float64Array(model.H);
		let y = 0;
		const forward = recurrent(model);
		for (let i = 0; i < data.count; i++)
			forward(sequence(data, i), data.T, {
				block(step) {
					if (step.block !== 0) return;
					step.z.forEach((v, h) => {
						z[h] = Math.max(z[h]!, Math.abs(v));
					});
					for (const v of step.y) y = Math.max(y, Math.abs(v));
				},
				end() {},
			});
		const seen = ranges.layers[0]!;
		z.forEach((v, h) => {
			expect(seen.z[h]! / v).toBeGreaterThanOrEqual(1 - 1e-6);
			expect(seen.z[h]! / v).toBeLessThan(1 + 1 / 16 + 1e-6);
		});
		expect(seen.y).toBeGreaterThanOrEqual(y * (1 - 1e-6));
		expect(ranges.count).toBe(data.count);
	});

	test("by percentile leaves out the rarest values, and only those", () => {
		const all = calibrate(model, data, MINMAX);
		const most = calibrate(model, data, { method: "percentile", percentile: 90 });
		const whole = calibrate(model, data, { method: "percentile", percentile: 100 });
		expect(whole).toEqual(all);
		for (let l = 0; l < model.blocks.length; l++) {
			const [a, b] = [all.layers[l]!, most.layers[l]!];
			for (const key of ["z", "state"] as const) {
				b[key].forEach((v, i) => {
					expect(v).toBeLessThanOrEqual(a[key][i]!);
				});
				expect(Math.max(...b[key].map((v, i) => a[key][i]! / v))).toBeGreaterThan(1);
			}
			expect(b.residualMax).toEqual(a.residualMax);
		}
	});

	test("refuses data of other channels", () => {
		expect(() => calibrate(model, { ...data, channels: model.channels + 1 }, MINMAX)).toThrow(/channels/);
	});
});

describe("toSamples", () => {
	const input = [
		{ name: "", unit: "", scale: 0.5, offset: 10 },
		{ name: "", unit: "", scale: Math.fround(0.001), offset: 0 },
	];
	test("takes each channel's scale and offset, rounds, and saturates", () => {
		expect([...toSamples(input, [10, 0, 10.5, 0.001, 10.74, -0.0014, 1e9, 1e9, -1e9, -1e9])]).toEqual([
			0, 0, 1, 1, 1, -1, 32767, 32767, -32767, -32767,
		]);
	});
});

describe("a head that a norm before the layer makes constant", () => {
	test.each([0, 1e-12, 3e-7, -3e-7])(
		"by a weight of %d: the integers are as near as with an ordinary one",
		(weight) => {
			for (const seed of withNorm.filter((seed) => randomModel(seed).H > 1).slice(0, 10)) {
				const errors = [0.5, weight].map((first) => {
					const model = placed(
						modelWith(seed, (m) => {
							const { weight, bias } = m.blocks[0]!.norm as BatchNorm;
							weight[0] = first;
							bias[0] = 0.7;
						}),
						"before",
					);
					const data = dataset(model, seed);
					return error(model, quantized(model, data, choosePrecision(floatShape(model))), data);
				});
				expect(errors[1]).toBeLessThan(Math.max(2 * errors[0]!, 0.01));
			}
		},
	);
});

describe("refusals", () => {
	const model = () => placed(randomModel(12), "after");

	test("a norm before the layer whose weights are all 0", () => {
		const dead = placed(
			modelWith(withNorm[0]!, (m) => {
				const { weight, bias } = m.blocks[0]!.norm as BatchNorm;
				weight.fill(0);
				bias.fill(0);
			}),
			"before",
		);
		expect(() => quantized(dead, dataset(dead, 1), choosePrecision(floatShape(dead)))).toThrow(
			/^layer 0 norm: all weights are 0, so its output is 0; train further without weight decay/,
		);
	});

	test("a norm behind the layer whose weight is 0", () => {
		const seed = withNorm[0]!;
		const dead = placed(
			modelWith(seed, (m) => {
				(m.blocks[0]!.norm as BatchNorm).weight[0] = 0;
			}),
			"after",
		);
		expect(() => quantized(dead, dataset(dead, 1), choosePrecision(floatShape(dead)))).toThrow(
			/^norm of layer 0: the weight of head 0 is 0/,
		);
	});

	test("a state too large for its bits: the sentence names layer, tensor and head", () => {
		const m = model();
		const ranges = calibrate(m, dataset(m, 1), MINMAX);
		ranges.layers[0]!.state.fill(1e9);
		expect(() => quantize(m, ranges, choosePrecision(floatShape(m), "w8x16", "x=4"), DETAILS, false)).toThrow(
			/^layer 0 B: head 0 needs a gain of .*, under 1; its state is too large for 4 bits$/,
		);
	});

	test("values that no scale reaches", () => {
		expect(() => encodeScale("layer 1 g scale", NaN)).toThrow(
			/^layer 1 g scale: a scale of NaN is out of range/,
		);
		for (const bad of [0, -1, Infinity, 1e9, 1e-9]) expect(() => encodeScale("t", bad)).toThrow(RangeError);
		for (const bad of [0, -1, Infinity, 256, 2 ** -25])
			expect(() => encodeCoarseScale("t", bad)).toThrow(RangeError);
		const inputs = { most: 127, mean: [0] };
		for (const bits of [8, 16] as const)
			expect(() => quantizeRows("decoder", Float64Array.of(1), [40000], 1, 8, bits, inputs)).toThrow(
				/^decoder bias: 40000 exceeds 16 bits$/,
			);
	});
});

describe("the scale grid", () => {
	test("every code of a normal mantissa decodes and encodes to itself", () => {
		for (let code = 0; code < 65536; code++) expect(encodeScale("t", scaleValue(code))).toBe(code);
	});
	test("a value is met to half a step of 2^-11", () => {
		const r = new Random(3, 3);
		for (let i = 0; i < 20000; i++) {
			const value = 2 ** r.uniform(-19, 11.9);
			expect(Math.abs(scaleValue(encodeScale("t", value)) / value - 1)).toBeLessThanOrEqual(2 ** -12);
			expect(scaleValue(encodeScale("t", value))).toBe(onGrid(value));
		}
	});
	test("every coarse code decodes and encodes to itself", () => {
		for (let code = 0; code < 256; code++) expect(encodeCoarseScale("t", coarseScaleValue(code))).toBe(code);
	});
	test("a value is met to half a coarse step, or from above", () => {
		const r = new Random(4, 4);
		for (let i = 0; i < 20000; i++) {
			const value = 2 ** r.uniform(-20.9, 7.8);
			const near = onCoarseGrid(value);
			const above = coarseAbove(value);
			expect(Math.abs(near / value - 1)).toBeLessThanOrEqual(2 ** -4);
			expect(above / value).toBeGreaterThanOrEqual(1);
			expect(above / value).toBeLessThanOrEqual(1 + 2 ** -3);
			for (const v of [near, above]) expect(coarseScaleValue(encodeCoarseScale("t", v))).toBe(v);
		}
	});
	test("the preshift is the least that brings an accumulator under 2^22", () => {
		for (const bound of [0, 1, 2 ** 22 - 2, 2 ** 22 - 1, 2 ** 22, 1e7, 2 ** 30]) {
			const p = preshiftFor(bound);
			const reached = (q: number) => Math.floor((bound + 2 ** q / 2) / 2 ** q);
			expect(reached(p)).toBeLessThan(2 ** 22);
			if (p) expect(reached(p - 1)).toBeGreaterThanOrEqual(2 ** 22);
		}
	});
});

describe("precision texts", () => {
	test("every preset is read, and written back as itself", () => {
		for (const preset of Object.keys(PRESETS)) {
			const precision = choosePrecision(s4dShape({ L: 3 }), preset);
			expect(choosePrecision(s4dShape({ L: 3 }), "w8x16", formatBits(precision))).toEqual(precision);
		}
		const mixed = choosePrecision(
			s4dShape({ L: 2 }),
			"w8x16",
			"C=4,W=4,1.A=16,0.x=8n,x=9,1.W=6,act=5,encoder=3,residual=12, 0.C = 2",
		);
		expect(choosePrecision(s4dShape({ L: 2 }), "w8x16", formatBits(mixed))).toEqual(mixed);
		expect(mixed.layers[0]).toMatchObject({ x: 9, rounding: "dithered", C: 2, u: 5, g: 5, value: 4 });
		expect(mixed.layers[1]).toMatchObject({ A: { format: "cartesian", bits: 16 }, value: 6, gate: 6, C: 4 });
		expect(mixed).toMatchObject({ encoder: 3, decoder: 4, residual: 12 });
	});
	test("rounding follows the width unless it is told", () => {
		const x = (text: string) => choosePrecision(s4dShape({ L: 1 }), "w8x16", `x=${text}`).layers[0]!.rounding;
		expect(["8", "10", "11", "16", "8n", "16d"].map(x)).toEqual([
			"dithered",
			"dithered",
			"nearest",
			"nearest",
			"nearest",
			"dithered",
		]);
	});
	test.each([
		["A", /not KEY=BITS, such as A=16/],
		["A=5", /--bits A=5: A takes 6 to 16 bits per coordinate/],
		["A=17", /A takes 6 to 16/],
		["A=x", /A takes 6 to 16/],
		["A=0+8", /radius takes 1 to 8 bits, phase 2 to 12/],
		["A=9+7", /radius takes 1 to 8/],
		["A=4+13", /radius takes 1 to 8/],
		["A=8+9", /together at most 16/],
		["x=3", /--bits x=3: x takes 4 to 16 bits/],
		["x=17", /x takes 4 to 16/],
		["x=8z", /x takes 4 to 16/],
		["B=6", /B takes 0 .derived from A., 2, 4 or 8 bits/],
		["C=5", /C takes 2, 3, 4, 6, 8 bits/],
		["D=7", /D takes 2, 3, 4, 6, 8 bits/],
		["W=16", /W takes 2, 3, 4, 6, 8 bits/],
		["value=1", /value takes 2, 3, 4, 6, 8/],
		["gate=-4", /gate takes 2, 3, 4, 6, 8/],
		["encoder=5", /encoder takes/],
		["decoder=0x8", /decoder takes/],
		["u=9", /u takes 4 to 8 bits/],
		["g=3", /g takes 4 to 8 bits/],
		["act=2", /act takes 4 to 8 bits/],
		["residual=7", /residual takes 8 to 16 bits/],
		["residual=1e1", /residual takes 8 to 16 bits/],
		["Z=8", /"Z" is none of A, x, B, C, D, value, gate, bias, u, g, W, act, encoder, decoder, residual/],
		["2.C=8", /the network has layers 0 to 1/],
		["C=", /not KEY=BITS/],
	])("%s is refused in one sentence", (text, message) => {
		const refused = () => applyBits(choosePrecision(s4dShape({ L: 2 })), text);
		expect(refused).toThrow(message);
		expect(refused).toThrow(expect.objectContaining({ name: "UserError" }));
	});
	test("an unknown preset is named beside the known ones", () => {
		expect(() => choosePrecision(s4dShape({ L: 1 }), "w1")).toThrow(
			/no preset "w1"; there are w8x16, w8a8x8, w4x16, w4a6x8, w3a6x8/,
		);
	});
});

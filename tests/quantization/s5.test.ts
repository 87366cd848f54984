// S5 networks to integers: they stay near the floats at every width, what fits B and C is what it says, and what a training goes on
// from is what was packed.

import { describe, expect, test } from "vitest";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";
import { flatten } from "../../host-tools/float/flat";
import { recurrent } from "../../host-tools/float/forward";
import { type FloatModel, outputsOf } from "../../host-tools/float/model";
import { discretizeS5 } from "../../host-tools/float/s5";
import { NativeKernel } from "../../host-tools/kernel/native";
import { calibrate } from "../../host-tools/quantization/calibrate";
import { logarithmicGrid, logarithmicPoles } from "../../host-tools/quantization/logarithmic-poles";
import { quantize, quantizeWithUnits, toSamples } from "../../host-tools/quantization/network";
import { choosePrecision, formatBits, PRESETS } from "../../host-tools/quantization/precision";
import { precisionOf } from "../../host-tools/quantization/precision-of";
import type { S5Units } from "../../host-tools/quantization/s5";
import { rowMoments } from "../../host-tools/quantization/s5-fit";
import { coarseScaleValue } from "../../host-tools/quantization/scale";
import { floatShape } from "../../host-tools/quantization/shape";
import { compensatedModel } from "../../host-tools/quantization/start";
import {
	formatQuantization,
	parseQuantization,
	type Quantization,
	quantizeTrained,
} from "../../host-tools/quantization/trained";
import { writeBlob } from "../../src/blob/write";
import type { Network } from "../../src/network/network";
import type { S5Mixer } from "../../src/network/s5";
import { Reference } from "../../src/reference/reference";
import { classesOf } from "../support/classes";
import { CHANNEL_KINDS, randomS5Model, s5Of } from "../support/float-s5";
import { sha256 } from "../support/hostile-blob";

const MINMAX = { method: "minmax" } as const;
const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: 1 };

/** Smooth sequences in the units that `model` expects. */
function dataset(model: FloatModel, seed: number, count = 10, T = 60): Dataset {
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

function quantized(model: FloatModel, seed: number, preset: string, bits = "", compensate = true): Network {
	const precision = choosePrecision(floatShape(model), preset, bits);
	return quantize(model, calibrate(model, dataset(model, seed), MINMAX), precision, DETAILS, compensate);
}

/** Root mean square of the outputs' difference, as a part of the float outputs' own. */
function error(model: FloatModel, network: Network, data: Dataset): number {
	const forward = recurrent(model);
	const reference = new Reference(network);
	let [wrong, power] = [0, 0];
	for (let i = 0; i < data.count; i++) {
		const values = sequence(data, i);
		reference.reset();
		reference.write(toSamples(network.input, values));
		const integers = reference.outputs();
		forward(values, data.T).forEach((output, k) => {
			wrong += (integers[k]! / 2 ** classesOf(network).fraction - output) ** 2;
			power += output ** 2;
		});
	}
	return Math.sqrt(wrong / power);
}

const seeds = Array.from({ length: 60 }, (_, i) => i + 1);
const s5Mixers = (network: Network) => network.blocks.map(({ mixer }) => mixer as S5Mixer);

describe("the integers stay near the floats", () => {
	// The bounds are about twice what was measured: a fold that is wrong by one unit or sign is far beyond them.
	test.each([
		["w8x16", 0.02, 0.15],
		["w8a8x8", 0.03, 0.2],
		["w4x16", 0.08, 0.6],
	])("%s, and the kernel gives the reference's bytes", (preset, median, worst) => {
		const errors: number[] = [];
		const kinds = new Set<string>();
		for (const seed of seeds) {
			const model = randomS5Model(seed);
			const data = dataset(model, seed);
			const network = quantized(model, seed, preset);
			const kernel = new NativeKernel(writeBlob(network, sha256)); // proven free of overflow
			const reference = new Reference(network);
			const samples = toSamples(network.input, sequence(data, 0));
			kernel.write(samples);
			reference.write(samples);
			expect(kernel.outputs(), `seed ${seed}`).toEqual(reference.outputs());
			errors.push(error(model, network, data));
			kinds.add(network.blocks[0]!.channel.kind);
		}
		errors.sort((a, b) => a - b);
		expect(kinds.size).toBe(CHANNEL_KINDS.length);
		expect(errors[30]).toBeLessThan(median);
		expect(errors[59]).toBeLessThan(worst);
	});

	test("more bits are no worse: the error falls with every step of the state, of B and of C", () => {
		for (const texts of [
			["x=4", "x=6", "x=8", "x=16"],
			["B=2", "B=4", "B=8"],
			["C=2", "C=4", "C=8"],
			["A=2+5", "A=4+12"],
		]) {
			const errors = texts.map((bits) =>
				seeds.slice(0, 15).reduce((sum, seed) => {
					const model = randomS5Model(seed);
					return sum + error(model, quantized(model, seed, "w8x16", bits), dataset(model, seed));
				}, 0),
			);
			expect(
				[...errors].sort((a, b) => b - a),
				texts.join(),
			).toEqual(errors);
		}
	});

	test("fitted C and carried errors of B are better than rounding to nearest", () => {
		for (const bits of ["B=3", "C=3", "A=2+5"]) {
			const sum = (compensate: boolean) =>
				seeds.slice(0, 20).reduce((total, seed) => {
					const model = randomS5Model(seed);
					return (
						total + error(model, quantized(model, seed, "w8x16", bits, compensate), dataset(model, seed))
					);
				}, 0);
			expect(sum(true), bits).toBeLessThan(sum(false));
		}
	});

	test("heads with norm weights of either sign, and modes of either phase", () => {
		for (const seed of seeds.slice(0, 20)) {
			const model = randomS5Model(seed);
			const turned = {
				...model,
				blocks: model.blocks.map((block) => ({
					...block,
					mixer: {
						...s5Of(block),
						lambdaIm: s5Of(block).lambdaIm.map((im, p) => (p % 2 ? Math.abs(im) : -Math.abs(im))),
					},
				})),
			};
			const network = quantized(turned, seed, "w8x16");
			for (const { A } of s5Mixers(network)) expect(A.kind).toBe("cartesian");
			expect(error(turned, network, dataset(turned, seed)), `seed ${seed}`).toBeLessThan(0.1);
		}
	});

	test("a stored phase is never negative, and every pole is inside the unit circle", () => {
		for (const seed of seeds.slice(0, 20))
			for (const A of ["16", "6", "4+12", "1+3"])
				for (const mixer of s5Mixers(quantized(randomS5Model(seed), seed, "w8x16", `A=${A}`))) {
					if (mixer.A.kind !== "cartesian") continue;
					for (let p = 0; p < mixer.P; p++) {
						expect(mixer.A.codes[2 * p + 1]).toBeGreaterThanOrEqual(0);
						expect(Math.hypot(mixer.A.codes[2 * p]!, mixer.A.codes[2 * p + 1]!)).toBeLessThan(
							2 ** (mixer.A.bits - 1),
						);
					}
				}
	});
});

describe("poles on logarithmic scales", () => {
	const poles = (seed: number, P: number) => {
		const r = new Random(seed, 7);
		const radius = Float64Array.from({ length: P }, () => 1 - 2 ** -r.uniform(1, 10));
		const phase = Float64Array.from({ length: P }, () => Math.PI * 2 ** -r.uniform(0, 8));
		return {
			radius,
			re: radius.map((v, p) => v * Math.cos(phase[p]!)),
			im: radius.map((v, p) => v * Math.sin(phase[p]!)),
		};
	};
	test("are as near as their bits allow, and no nearer to the circle than the device's radii", () => {
		for (let seed = 1; seed <= 20; seed++) {
			const P = 20;
			const { re, im, radius } = poles(seed, P);
			const off = [8, 10, 12].map((phaseBits) => {
				const actual = new Float64Array(2 * P);
				const ones = new Float64Array(P).fill(1);
				logarithmicPoles(re, im, { radiusBits: 8, phaseBits }, actual, ones);
				let worst = 0;
				for (let p = 0; p < P; p++) {
					const distance = Math.hypot(actual[2 * p]! - re[p]!, actual[2 * p + 1]! - im[p]!);
					expect(Math.hypot(actual[2 * p]!, actual[2 * p + 1]!)).toBeLessThan(1);
					worst = Math.max(worst, distance / (1 - radius[p]!));
				}
				return worst;
			});
			expect(off[1]).toBeLessThan(off[0]!);
			expect(off[2]).toBeLessThan(off[0]!);
		}
	});
	test("lie on the grid that is held", () => {
		const { re, im } = poles(1, 12);
		const ones = new Float64Array(12).fill(1);
		const bits = { radiusBits: 3, phaseBits: 6 };
		const [first, second] = [new Float64Array(24), new Float64Array(24)];
		const grid = logarithmicGrid(logarithmicPoles(re, im, bits, first, ones));
		const again = logarithmicPoles(re, im, bits, second, ones, grid);
		expect(logarithmicGrid(again)).toEqual(grid);
		expect(second).toEqual(first);
	});
});

test("the moments of a row of B are the power that an error of it adds to the state", () => {
	const H = 3;
	const r = new Random(3, 9);
	const drive = Array.from({ length: 4 }, () =>
		Float32Array.from({ length: 40 * H }, () => r.uniform(-1, 1)),
	);
	const [re, im] = [0.7, 0.4];
	const moments = rowMoments(drive, H, re, im);
	const error = Array.from({ length: 2 * H }, () => r.uniform(-1, 1));
	let [power, seen] = [0, 0];
	for (const z of drive) {
		let [x, y] = [0, 0];
		for (let t = 0; t < 40; t++) {
			let [a, b] = [re * x - im * y, re * y + im * x];
			for (let h = 0; h < H; h++) {
				a += error[h]! * z[t * H + h]!;
				b += error[H + h]! * z[t * H + h]!;
			}
			[x, y] = [a, b];
			if (t % 4 !== 0) continue;
			power += x * x + y * y;
			seen++;
		}
	}
	let form = 0;
	for (let i = 0; i < 2 * H; i++)
		for (let k = 0; k < 2 * H; k++) form += error[i]! * moments[i * 2 * H + k]! * error[k]!;
	expect(form).toBeCloseTo(power / seen, 9);
});

describe("training through the quantizer", () => {
	const model = randomS5Model(4, { H: 4, P: 5, L: 2 });
	const ranges = calibrate(model, dataset(model, 4), MINMAX);

	test("starts from weights that stand for the packed codes", () => {
		const precision = choosePrecision(floatShape(model), "w4x16");
		const { network, units } = quantizeWithUnits(model, ranges, precision, DETAILS, true);
		const start = compensatedModel(model, ranges, precision);
		const { H } = model;
		for (const [l, { B, C, P }] of s5Mixers(network).entries()) {
			const { u, mixer } = units.layers[l]!;
			const { stateRe, stateIm, B: step } = mixer as S5Units;
			const { AbarIm, BbarRe, BbarIm, CbarRe, CbarIm } = discretizeS5(s5Of(start.blocks[l]!), H);
			const yUnit = 2 ** -network.blocks[l]!.yFraction;
			for (let p = 0; p < P; p++)
				for (let h = 0; h < H; h++) {
					const turned = AbarIm[p]! < 0 ? -1 : 1;
					const toB = u[h]! / step[p]!;
					expect(BbarRe[p * H + h]! * toB).toBeCloseTo(B.codes[2 * p * H + h]!, 9);
					expect(turned * BbarIm[p * H + h]! * toB).toBeCloseTo(B.codes[(2 * p + 1) * H + h]!, 9);
					const code = (C.codes[2 * (h * P + p)]! * coarseScaleValue(C.scale[h]!)) / 2 ** C.preshift;
					const other = (C.codes[2 * (h * P + p) + 1]! * coarseScaleValue(C.scale[h]!)) / 2 ** C.preshift;
					expect((CbarRe[h * P + p]! * stateRe[p]!) / yUnit).toBeCloseTo(code, 6);
					expect((CbarIm[h * P + p]! * stateIm[p]!) / yUnit).toBeCloseTo(other, 6);
				}
		}
	});

	test("held grids give the same codes, and go through a checkpoint's metadata", () => {
		for (const bits of ["A=16", "A=3+7"]) {
			const precision = choosePrecision(floatShape(model), "w4a8a8", bits);
			const { network, grid } = quantizeWithUnits(model, ranges, precision, DETAILS, false);
			const held: Quantization = { precision, ranges, ditherSeed: 1, grid };
			const text = formatQuantization(held);
			const { network: again } = quantizeTrained(model, flatten(model), parseQuantization(model, text));
			for (const [l, mixer] of s5Mixers(network).entries()) {
				expect(s5Mixers(again)[l]!.A).toEqual(mixer.A);
				expect(s5Mixers(again)[l]!.B.scale).toEqual(mixer.B.scale);
				expect(s5Mixers(again)[l]!.B.lift).toEqual(mixer.B.lift);
			}
		}
	});

	test("held grids stay within int32 when training enlarges B", () => {
		const precision = choosePrecision(floatShape(model), "w4a8a8");
		// States seen as far smaller than they can get: factors as large as the sums of B's codes allow.
		const tight = {
			...ranges,
			layers: ranges.layers.map((layer) => ({ ...layer, state: layer.state.map((x) => x / 1e6) })),
		};
		const { network, grid } = quantizeWithUnits(model, tight, precision, DETAILS, false);
		const large = structuredClone(model);
		for (const block of large.blocks) {
			const mixer = s5Of(block);
			for (const row of [mixer.BRe, mixer.BIm]) for (let i = 0; i < row.length; i++) row[i]! *= 50;
		}
		const { network: after } = quantizeTrained(large, flatten(large), {
			precision,
			ranges: tight,
			ditherSeed: 1,
			grid,
		});
		for (const [l, { B }] of s5Mixers(after).entries()) {
			const before = s5Mixers(network)[l]!.B;
			const sum = (codes: Int8Array) => codes.reduce((total, code) => total + Math.abs(code), 0);
			expect(sum(B.codes)).toBeGreaterThan(sum(before.codes));
		}
		writeBlob(after, sha256); // refuses drives that can wrap
	});
});

describe("presets", () => {
	test("give the widths that they name, and a network tells them again", () => {
		const model = randomS5Model(2, { H: 4, P: 4 });
		const { channel } = model.blocks[0]!;
		for (const preset of Object.keys(PRESETS)) {
			const precision = choosePrecision(floatShape(model), preset);
			const network = quantized(model, 2, preset);
			expect(formatBits(precisionOf(network)), preset).toBe(formatBits(precision));
			writeBlob(network, sha256);
		}
		expect(channel.kind).toBeDefined();
		const widths = (preset: string) => formatBits(choosePrecision(floatShape(model), preset));
		expect(widths("w8a8x8")).toMatch(/^A=4\+12,x=8d,B=8,C=8,D=8/);
		expect(widths("w4a8a4")).toMatch(/^A=2\+6,x=8d,B=4,C=4,D=4.*u=8,g=8,encoder=4,decoder=4,residual=16$/);
	});
});

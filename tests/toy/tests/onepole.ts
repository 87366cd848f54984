// Runs in the copy of the project that has the kind (tests/project/toy-mixer.test.ts): a network of a block with one-pole filters and one
// with S4D goes through every tool.

import { createHash } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { type Dataset, select, sequence } from "../host-tools/datasets/dataset";
import { openDataset } from "../host-tools/datasets/open";
import { Random } from "../host-tools/datasets/random";
import { flatten } from "../host-tools/float/flat";
import { outputsConvolution, recurrent } from "../host-tools/float/forward";
import { type FloatModel, outputsOf } from "../host-tools/float/model";
import { compileKernel, Kernel } from "../host-tools/kernel/kernel";
import { arenaComponents, blobComponents, parameterBytes, saving } from "../host-tools/packing/components";
import { pack } from "../host-tools/packing/pack";
import { calibrate } from "../host-tools/quantization/calibrate";
import { DITHER_SEED, quantize, toSamples } from "../host-tools/quantization/network";
import { choosePrecision, formatBits } from "../host-tools/quantization/precision";
import { precisionOf } from "../host-tools/quantization/precision-of";
import { pruneModes } from "../host-tools/quantization/prune";
import { floatShape, shapeOf, shapeType } from "../host-tools/quantization/shape";
import { formatQuantization, parseQuantization, quantizeTrained } from "../host-tools/quantization/trained";
import { componentsOf } from "../host-tools/search/components";
import { costOf, workOf } from "../host-tools/search/cost";
import { memoryParts } from "../host-tools/search/memory";
import { initialize } from "../host-tools/training/initialize";
import type { NativeTrainer, Optimization } from "../host-tools/training/native";
import { openNative } from "../host-tools/training/open-native";
import { bytesPerSequence, flattenNetwork } from "../host-tools/training/operations/network";
import { type TrainOptions, train } from "../host-tools/training/train";
import { fieldOffset } from "../src/blob/codec";
import { BLOCK } from "../src/blob/components";
import { readContainer } from "../src/blob/container";
import { readBlob } from "../src/blob/read";
import { CRC_START, HEADER } from "../src/blob/schema";
import { writeBlob } from "../src/blob/write";
import { crc32 } from "../src/bytes/crc32";
import { headerBytes } from "../src/network/layout";
import { macsPerStep } from "../src/network/macs";
import { headKind, mixerKind, type Network } from "../src/network/network";
import type { OnepoleMixer } from "../src/network/onepole";
import { Reference } from "../src/reference/reference";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const motion = await openDataset("motion", "train", { limit: 320 });
const { targets } = motion;
if (targets.kind !== "classes") throw new Error("the built-in data tell other things than classes");
const CLASSES = targets.names;
const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };

/** A block of one-pole filters and one of S4D; the heads of norms fall and rise. */
function model(H: number, seed: number, pooling: "mean" | "last" = "mean"): FloatModel {
	const random = new Random(seed);
	const made = initialize(
		{
			heads: H,
			modes: 3,
			layers: 2,
			activation: "gelu_sigmoid",
			pooling,
			gate: "sigmoid",
			norm: "before",
			init: "lin",
			dtMin: 0.01,
			dtMax: 0.3,
		},
		motion,
		{ head: "classes", labels: CLASSES, perStep: false },
		seed,
	);
	const drawn = (low: number, high: number) =>
		Float64Array.from({ length: H }, () => random.uniform(low, high));
	made.blocks[0]!.mixer = { kind: "onepole", logit: drawn(-1, 3), gain: drawn(-2, 2) };
	for (const { norm } of made.blocks)
		if (norm.kind === "batch")
			norm.weight.forEach((_, h, weight) => void (weight[h] = h % 3 === 1 ? -0.8 : 1.1));
	return made;
}

/** Rows of the data, `steps` steps at most. */
function some(count: number, steps = motion.T): Dataset {
	const rows = select(motion, [...Array(count).keys()]);
	rows.lengths = rows.lengths.map((length, i) => Math.min(length, steps - (i % 7)));
	return rows;
}

function integers(float: FloatModel, bits = "", data = some(40)): Network {
	const precision = choosePrecision(floatShape(float), "w8x16", bits);
	return quantize(float, calibrate(float, data, { method: "minmax" }), precision, DETAILS, true);
}

/** The project's own kernel: the copy is build/toy. */
const WITHOUT_ONEPOLE = compileKernel("firmware/targets/wasm/essm.wasm");

const BITS = ["", "gain=6,u=7,C=4,x=8", "gain=4,act=6,W=4", "gain=3,u=4,B=0,A=4+8", "gain=2,x=4"];

describe("blob and kernel", () => {
	/** With random codes in place of what the quantizer chose. */
	function shuffled(network: Network, seed: number): Network {
		const random = new Random(seed);
		const { mixer } = network.blocks[0]!;
		if (mixer.kind !== "onepole") throw new Error(`the first block has ${mixer.kind}`);
		const half = 2 ** (mixer.gain.bits - 1);
		mixer.pole = mixer.pole.map(() => random.below(256));
		mixer.gain.codes = mixer.gain.codes.map(() => random.below(2 * half) - half);
		return network;
	}

	test("a blob is read as it was written", () => {
		for (const [seed, bits] of BITS.entries()) {
			const network = shuffled(integers(model(5 + seed, seed), bits), seed);
			expect(readBlob(writeBlob(network, sha256))).toEqual(network);
		}
	});

	test("the kernel agrees with the reference by bytes, whole and in any chunks", () => {
		const seen = new Set<number>();
		for (let seed = 0; seed < 20; seed++) {
			const random = new Random(seed);
			const float = model(
				seed < 16 ? 1 + random.below(20) : 30 + seed - 16,
				seed,
				seed % 2 ? "mean" : "last",
			);
			const network = shuffled(integers(float, BITS[seed % BITS.length], some(12)), seed);
			const blob = writeBlob(network, sha256);
			const channels = network.input.length;
			const samples = Int16Array.from({ length: 60 * channels }, () => random.below(65536) - 32768);
			const [reference, whole, cut] = [new Reference(network), new Kernel(blob), new Kernel(blob)];
			reference.write(samples);
			whole.write(samples);
			for (let at = 0, end = 0; at < samples.length; at = end) {
				end = Math.min(samples.length, at + random.below(9) * channels);
				cut.write(samples.subarray(at, end));
				if (random.below(4) === 0) cut.restoreState(cut.saveState());
			}
			expect(whole.outputs()).toEqual(reference.outputs());
			expect(cut.saveState()).toEqual(whole.saveState());
			expect(whole.saveState().slice(8, -4)).toEqual(reference.stateBytes());
			for (const output of whole.outputs()) seen.add(output);
		}
		expect(seen.size).toBeGreaterThan(60);
	});

	test("headers that mean harm are refused, and the kind by a kernel without it", () => {
		const network = integers(model(6, 1));
		const blob = writeBlob(network, sha256);
		const block = readContainer(blob).blocks[0]!.start;
		const norm = 4 + Math.ceil((6 * 3) / 8) + 1 + 6 * 3; // header, shifts, an even place, zeros and scales
		const mixer = block + headerBytes(BLOCK) + 4 * Math.ceil(norm / 4);
		expect(blob[mixer]).toBe(8);
		const verdicts = (at: number, value: number) => {
			const changed = blob.slice();
			changed[at] = value;
			const crc = crc32(changed, CRC_START) >>> 0;
			new DataView(changed.buffer).setUint32(fieldOffset(HEADER, "crc"), crc, true);
			expect(() => new Kernel(changed)).toThrow(/ESSM_E_(PRECISION|KIND)/);
			expect(() => readBlob(changed)).toThrow(/PRECISION|KIND/i);
		};
		verdicts(mixer, 5);
		verdicts(mixer + 2, 1);
		verdicts(block + 1, 30);
		expect(() => new Kernel(blob, WITHOUT_ONEPOLE)).toThrow("ESSM_E_KIND");
		// A pole that is none, and a gain beyond its bits.
		const { mixer: filters } = network.blocks[0]!;
		const broken = (change: Partial<OnepoleMixer>) => () =>
			writeBlob(
				{
					...network,
					blocks: [
						{ ...network.blocks[0]!, mixer: { ...(filters as OnepoleMixer), ...change } },
						network.blocks[1]!,
					],
				},
				sha256,
			);
		expect(broken({ pole: new Uint8Array(5) })).toThrow("block 0 mixer pole: has 5 elements where 6 belong");
		const gain = { bits: 4, codes: new Int8Array(6).fill(8), scale: new Uint8Array(6) };
		expect(broken({ gain })).toThrow("block 0 mixer gain: element 0 is 8");
	});
});

describe("float and integers", () => {
	test("the recurrent form agrees with the convolution", () => {
		for (const pooling of ["mean", "last"] as const) {
			const float = model(6, 3, pooling);
			const values = sequence(motion, 1);
			const a = recurrent(float)(values, 30);
			outputsConvolution(float, values, 30).forEach((b, i) => void expect(a[i]).toBeCloseTo(b, 9));
		}
	});

	/** Squared distance of integer and float outputs, part of the squares of the float ones. */
	function distance(float: FloatModel, network: Network): number {
		const kernel = new Kernel(writeBlob(network, sha256));
		const forward = recurrent(float);
		let [error, power] = [0, 0];
		for (let i = 0; i < 20; i++) {
			const values = sequence(motion, i);
			kernel.reset();
			kernel.write(toSamples(network.input, values));
			const outputs = kernel.outputs();
			forward(values, motion.lengths[i]!).forEach((output, c) => {
				error += (headKind(network.head).real(network.head, outputs[c]!, c) - output) ** 2;
				power += output ** 2;
			});
		}
		return error / power;
	}

	test("calibrated and quantized it stays near, and its precisions are found again", () => {
		const float = model(8, 4);
		const fine = integers(float);
		expect(distance(float, fine)).toBeLessThan(1e-3);
		expect(distance(float, integers(float, "gain=2"))).toBeGreaterThan(distance(float, fine));
		for (const bits of BITS) {
			const network = integers(float, bits);
			const precision = choosePrecision(floatShape(float), "w8x16", bits);
			expect(precisionOf(network)).toEqual(precision);
			expect(choosePrecision(shapeOf(network), "w8x16", formatBits(precision))).toEqual(precision);
			expect(shapeType.parse(JSON.parse(JSON.stringify(shapeOf(network))))).toEqual(floatShape(float));
		}
		expect(() => choosePrecision(floatShape(float), "w8x16", "1.gain=4")).toThrow(/gain/);
	});

	test("pack makes a blob whose bytes, arena and work are accounted for", () => {
		const float = model(9, 5);
		const H = 9;
		const precision = choosePrecision(floatShape(float), "w4x16");
		const { blob, network } = pack(float, some(40), {
			checkpointHash: "0".repeat(64),
			precision,
			preset: "w4x16",
			calibrate: 40,
			golden: 1,
			goldenSteps: 20,
		});
		const { codes, total, ...others } = blobComponents(blob, network);
		const sum = (values: object) => Object.values(values).reduce((a: number, b: number) => a + b, 0);
		expect(sum(codes) + sum(others)).toBe(blob.length);
		expect(total).toBe(blob.length);
		expect(codes).toMatchObject({ pole: H, gain: Math.ceil((H * 6) / 8) });
		const { total: arena, ...parts } = arenaComponents(network);
		expect(sum(parts)).toBe(arena);
		expect(new Kernel(blob).arenaBytes).toBe(arena);
		const [first, second] = network.blocks.map(({ mixer }) => mixerKind(mixer).stateBytes(mixer, H));
		expect(parts.state).toBe(first! + second!);
		expect(macsPerStep(network)).toBe(motion.channels * H + 2 * (2 * H * H) + 2 * H + 7 * H * 3);
		const cost = costOf(shapeOf(network), precisionOf(network));
		expect(cost.parameters).toBe(parameterBytes(blob));
		expect(cost.arena).toBe(arena);
		expect(workOf(network)["blocks: filter"]).toBe(H);
		expect(componentsOf(shapeOf(network)).find(({ name }) => name === "gain")?.layers).toEqual([0]);
		const saved = saving(blob, network)!;
		const bars = memoryParts(blob, network);
		expect(bars.reduce((bytes, { float }) => bytes + float, 0)).toBe(saved.floatBytes);
		expect(bars.reduce((bytes, { integer }) => bytes + integer, 0)).toBe(
			saved.parameterBytes + saved.stateBytes,
		);
		expect(bars.find(({ name }) => name === "poles")).toEqual({ name: "poles", float: 4 * H, integer: H });
	});

	test("a mixer without modes is not pruned", () => {
		const float = model(4, 6);
		const ranges = calibrate(float, some(4), { method: "minmax" });
		expect(() => pruneModes(float, ranges, 2)).toThrow(/mixer of layer 0, onepole, has no modes/);
	});
});

describe("training", () => {
	const open: NativeTrainer[] = [];
	afterAll(() => {
		for (const trainer of open) trainer.close();
	});
	function trainerOf(float: FloatModel, data: Dataset, precision: "float" | "double") {
		const trainer = openNative(float, data.T, 16, 2, precision);
		open.push(trainer);
		return trainer;
	}
	const rowsOf = ({ count }: Dataset) => Uint32Array.from({ length: count }, (_, i) => i);
	const optimization: Optimization = {
		rate: 0.01,
		ssmRate: 0.001,
		weightDecay: 0,
		clip: 1,
		averaging: 0,
		labelSmoothing: 0,
		distill: 0,
		temperature: 1,
		dropout: 0,
		normMomentum: 0.1,
		lossLimit: 1e9,
		huber: 0,
		totalSteps: 10,
		warmupSteps: 0,
		frozenNorm: 1,
		aForm: 0,
		seed: 3,
	};
	const quick = (from: FloatModel, more: Partial<TrainOptions> = {}): TrainOptions => ({
		data: motion,
		from,
		epochs: 2,
		batch: 32,
		threads: 2,
		ssmRate: 0.01,
		...more,
	});

	test("the gradient is that of central differences", async () => {
		const float = model(5, 7);
		const data = some(6, 40);
		const trainer = trainerOf(float, data, "double");
		const { parameters } = flatten(float);
		const weights = new Float64Array(outputsOf(float)).fill(1);
		const lossAt = async (at: Float64Array) => {
			trainer.write("parameters", at);
			expect(await trainer.gradient(optimization, weights, data, rowsOf(data))).toBe("done");
			return trainer.progress().loss;
		};
		await lossAt(parameters);
		const gradient = trainer.read("gradient");
		const scale = Math.hypot(...gradient) / Math.sqrt(gradient.length);
		let worst = 0;
		for (let i = 0; i < parameters.length; i++) {
			const moved = (by: number) => parameters.map((p, j) => (j === i ? p + by : p));
			const far = (await lossAt(moved(2e-4))) - (await lossAt(moved(-2e-4)));
			const near = (await lossAt(moved(1e-4))) - (await lossAt(moved(-1e-4)));
			const expected = (8 * near - far) / 12e-4;
			worst = Math.max(worst, Math.abs(gradient[i]! - expected) / (Math.abs(expected) + scale));
		}
		expect(scale).toBeGreaterThan(1e-3);
		expect(worst).toBeLessThan(1e-6);
	});

	test("the native pass gives the float network's outputs, and in integers the kernel's", async () => {
		const float = model(7, 8);
		const data = some(21, 70);
		const [outputs, forward] = [outputsOf(float), recurrent(float)];
		const trainer = trainerOf(float, data, "float");
		const real = (await trainer.evaluate(data)).outputs;
		for (let i = 0; i < data.count; i++)
			forward(sequence(data, i), data.lengths[i]!).forEach((output, c) => {
				expect(Math.abs(real[i * outputs + c]! - output)).toBeLessThan(1e-4);
			});
		for (const bits of BITS) {
			const precision = choosePrecision(floatShape(float), "w8x16", bits);
			const ranges = calibrate(float, data, { method: "minmax" });
			const { network, units } = quantizeTrained(float, flatten(float), { precision, ranges, ditherSeed: 5 });
			const kernel = new Kernel(writeBlob(network, sha256));
			trainer.quantize(flattenNetwork(network, units));
			const { outputs: logits } = await trainer.evaluate(data);
			for (let i = 0; i < data.count; i++) {
				kernel.reset();
				kernel.write(toSamples(network.input, sequence(data, i)));
				const row = [...logits.subarray(i * outputs, (i + 1) * outputs)];
				expect(row.map((v, c) => v / headKind(network.head).real(network.head, 1, c))).toEqual([
					...kernel.outputs(),
				]);
			}
		}
	});

	test("through fine integers the gradient is nearly that of the float network", async () => {
		const float = model(6, 9);
		const data = some(16, 70);
		const trainer = trainerOf(float, data, "float");
		const weights = new Float64Array(outputsOf(float)).fill(1);
		const gradient = async () => {
			await trainer.gradient(optimization, weights, data, rowsOf(data));
			return trainer.read("gradient");
		};
		const plain = await gradient();
		const precision = choosePrecision(floatShape(float));
		const ranges = calibrate(float, data, { method: "minmax" });
		const { network, units } = quantizeTrained(float, flatten(float), { precision, ranges, ditherSeed: 5 });
		trainer.quantize(flattenNetwork(network, units));
		const through = await gradient();
		const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
		// Those of the filters come after the encoder's.
		const first = 6 * motion.channels + 6;
		for (const [from, to] of [
			[first, first + 6],
			[first + 6, first + 12],
			[0, plain.length],
		] as const) {
			const [a, b] = [plain.subarray(from, to), through.subarray(from, to)];
			expect(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))).toBeGreaterThan(0.97);
		}
	});

	test("two epochs lower the loss, in floating point and through the quantizer", async () => {
		const float = model(8, 10);
		expect(bytesPerSequence(float, motion.T)).toBeGreaterThan(0);
		const { model: trained, history } = await train(quick(float, { epochs: 3 }));
		expect(history.at(-1)!.loss).toBeLessThan(0.9 * history[0]!.loss);
		const [before, after] = [float, trained].map(({ blocks }) => blocks[0]!.mixer);
		expect(after!.kind).toBe("onepole");
		expect(after).not.toEqual(before);
		const quantized = await train(quick(trained, { quantize: "w4a6x8", rate: 0.003 }));
		expect(quantized.stopped).toBe("finished");
		expect(quantized.history.at(-1)!.loss).toBeLessThan(history[0]!.loss);
		const { model: last, quantization } = quantized;
		const text = formatQuantization(quantization!);
		const read = parseQuantization(last, text);
		expect(formatQuantization(read)).toBe(text);
		expect(quantizeTrained(last, flatten(last), read).network).toEqual(
			quantizeTrained(last, flatten(last), quantization!).network,
		);
		expect(() => parseQuantization(model(9, 10), text)).toThrow(/does not fit/);
	});
});

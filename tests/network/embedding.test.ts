// The embedding: its rule, its bytes, its quantizer and what is refused. Kernel, XS and rv32 are held to the reference by the tests of
// random networks, which draw it.
import { describe, expect, test } from "vitest";
import { formatCheckpoint } from "../../host-tools/checkpoints/export";
import { parseCheckpoint } from "../../host-tools/checkpoints/import";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { outputsConvolution, outputsRecurrent } from "../../host-tools/float/forward";
import { NativeKernel } from "../../host-tools/kernel/native";
import { calibrate } from "../../host-tools/quantization/calibrate";
import { DITHER_SEED, quantizeWithUnits, toSamples } from "../../host-tools/quantization/network";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape, shapeOf, shapeText } from "../../host-tools/quantization/shape";
import { costOf } from "../../host-tools/search/cost";
import { checkFit } from "../../host-tools/task/fit";
import { initialize } from "../../host-tools/training/initialize";
import { readContainer } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import type { Embedding } from "../../src/network/embedding";
import { arithmeticVersion } from "../../src/network/network";
import { provenNetwork } from "../../src/network/prove";
import { embedding } from "../../src/reference/embedding";
import { Reference } from "../../src/reference/reference";
import { changed, randomBlob, sha256 } from "../support/hostile-blob";
import { PageStream } from "../support/page-arithmetic";
import { randomEmbedding, samplesFor } from "../support/random-embedding";
import { WEIGHTS } from "../support/random-network";
import { tokens } from "../support/tokens";

const goal = { head: "classes", labels: ["a", "b", "c"], perStep: false };
const model = (data: Dataset, seed: number) =>
	initialize(
		{
			...{ heads: 9, modes: 4, layers: 2, activation: "gelu_sigmoid", gate: "sigmoid", pooling: "mean" },
			...{ norm: "before", init: "lin", dtMin: 0.01, dtMax: 0.3 },
		},
		data,
		goal,
		seed,
	);

describe("arithmetic", () => {
	test("[A60] streams of the reference are those of the page, whatever the sample", () => {
		const widths = new Set<number>();
		for (let seed = 1; seed <= 60; seed++) {
			const network = randomEmbedding(seed);
			widths.add(network.encoder.bits);
			const [reference, page] = [new Reference(network), new PageStream(network)];
			for (const sample of samplesFor(network, seed, 12)) {
				reference.write([sample]);
				page.step([sample]);
				expect([...reference.outputs()], `seed ${seed}`).toEqual(page.outputs().map(Number));
				expect(Buffer.from(reference.stateBytes()).toString("hex")).toBe(page.state());
			}
		}
		expect([...widths].sort()).toEqual([...WEIGHTS]);
	});

	test("[A60] what is no token counts as the nearest one", () => {
		const encoder: Embedding = {
			...{ kind: "embedding", vocabulary: 3, bits: 8 },
			table: Int8Array.of(1, -1, 2, -2, 100, -128),
			scale: Uint8Array.of(4 << 3, 5 << 3), // values 8 and 4
			bias: Int16Array.of(10, -20),
		};
		const row = (sample: number) => {
			const out = new Int32Array(2);
			embedding(encoder, Int16Array.of(sample), out);
			return [...out];
		};
		expect([0, 1, 2].map(row)).toEqual([
			[26, -28],
			[42, -36],
			[1610, -1044],
		]);
		for (const low of [-1, -32768]) expect(row(low)).toEqual(row(0));
		for (const high of [3, 255, 32767]) expect(row(high)).toEqual(row(2));
	});
});

describe("in the blob", () => {
	test("[A47, A60] it is kept, and asks for arithmetic 3", () => {
		for (let seed = 1; seed <= 40; seed++) {
			const network = randomEmbedding(seed);
			const read = readBlob(writeBlob(network, sha256));
			expect(read.encoder).toEqual(network.encoder);
			expect(arithmeticVersion(read)).toBe(3);
		}
	});

	test("[B22, B24] reader and kernel refuse the same: widths, vocabularies, a table that is cut off", () => {
		const blob = randomBlob(4, undefined, randomEmbedding);
		const at = readContainer(blob).sections.encoder.start + 4;
		const refused = (change: (view: DataView) => void, error: RegExp) => {
			const bytes = changed(blob, (_, view) => change(view));
			expect(() => readBlob(bytes)).toThrow(error);
			expect(() => new NativeKernel(bytes)).toThrow(error);
		};
		for (const bits of [0, 1, 5, 7, 9, 255]) refused((view) => view.setUint8(at, bits), /PRECISION/);
		refused((view) => view.setUint8(at + 1, 1), /PRECISION/);
		for (const size of [0, 1, 257, 65535]) refused((view) => view.setUint16(at + 2, size, true), /SHAPE/);
		refused((view) => view.setUint16(at + 2, 256, true), /LAYOUT/);
	});

	test.each<[string, RegExp, (encoder: Embedding) => void]>([
		["no tokens", /^encoder vocabulary: /, (e) => (e.vocabulary = 1)],
		["more tokens than bytes have values", /^encoder vocabulary: /, (e) => (e.vocabulary = 257)],
		["rows missing", /^encoder table: has/, (e) => (e.table = e.table.slice(1))],
		["5 bits", /^encoder: 5 bits/, (e) => (e.bits = 5)],
		[
			"a code beyond its bits",
			/^encoder table: element 0/,
			(e) => Object.assign(e, { bits: 2, table: e.table.map(() => 2) }),
		],
		["a scale missing", /^encoder scale: /, (e) => (e.scale = e.scale.slice(1))],
		["a bias missing", /^encoder bias: /, (e) => (e.bias = e.bias.slice(1))],
	])("[A39] a network with %s is not packed", (_, error, change) => {
		const network = randomEmbedding(4);
		change(network.encoder);
		expect(() => provenNetwork(network)).toThrow(error);
	});

	test("[A39] nor is one of two channels", () => {
		const network = randomEmbedding(4);
		const input = [...network.input, ...network.input];
		expect(() => provenNetwork({ ...network, input })).toThrow(/^encoder: takes tokens.*2 channels/);
	});
});

describe("float network and quantizer", () => {
	const data = tokens(3, 12, 60, 20);

	test("recurrent and convolution form agree, and rows are those of the tokens", () => {
		const float = model(data, 1);
		for (let row = 0; row < 3; row++) {
			const values = sequence(data, row);
			const [a, b] = [outputsRecurrent, outputsConvolution].map((run) => run(float, values, values.length));
			for (const [k, output] of a!.entries()) expect(output).toBeCloseTo(b![k]!, 9);
		}
	});

	test.each(WEIGHTS)("%i bits: integers are within half a step of the float rows, or clipped", (bits) => {
		const float = model(data, 2);
		const ranges = calibrate(float, data, { method: "minmax" });
		const precision = choosePrecision(floatShape(float), "w8a8x8", `encoder=${bits}`);
		const details = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };
		const { network, units, grid } = quantizeWithUnits(float, ranges, precision, details, false);
		const { encoder, H } = provenNetwork(network);
		if (encoder.kind !== "embedding" || float.encoder.kind !== "embedding") throw new Error("no embedding");
		expect(encoder.bits).toBe(bits);
		expect([...toSamples(network.input, sequence(data, 0))]).toEqual([...sequence(data, 0)]);
		const { scale, offset } = units.residual[0]!;
		const out = new Int32Array(H);
		let clipped = 0;
		for (let token = 0; token < 20; token++) {
			embedding(encoder, Int16Array.of(token), out);
			for (let h = 0; h < H; h++) {
				const error = Math.abs(out[h]! * scale[h]! + offset[h]! - float.encoder.weight[token * H + h]!);
				const code = encoder.table[token * H + h]!;
				const atEnd = code === -(2 ** (bits - 1)) || code === 2 ** (bits - 1) - 1;
				if (error > grid.encoder[h]! / 2 + 1.5 * Math.abs(scale[h]!)) {
					expect(atEnd).toBe(true);
					clipped++;
				}
			}
		}
		expect(clipped).toBeLessThan(bits === 8 ? 1 : bits === 6 ? 5 : bits > 2 ? 40 : 120);
		// Held to its grid, the same weights give the same codes.
		const again = quantizeWithUnits(float, ranges, precision, details, false, grid).network;
		expect(again.encoder).toEqual(encoder);
		const shape = shapeOf(network);
		expect(shape.encoder).toEqual({ kind: "embedding", vocabulary: 20 });
		expect(shapeText(shape, false)).toMatch(/^1 channel, 20 tokens, 9 heads, /);
		expect(costOf(shape, precision).parameters).toBeGreaterThan((20 * H * bits) / 8);
	});

	test("a checkpoint says that it has one, and is read as it was", () => {
		const float = model(data, 5);
		const bytes = formatCheckpoint(float);
		const { model: read, interpretation } = parseCheckpoint(bytes, "text.safetensors");
		expect(read.encoder).toEqual({
			...float.encoder,
			weight: (float.encoder as { weight: Float64Array }).weight.map(Math.fround),
		});
		expect(interpretation.settings.encoder).toEqual({ value: "embedding", from: "metadata" });
		expect(() => parseCheckpoint(bytes, "text.safetensors", { ignore: ["encoder"] })).toThrow(
			/no tensor encoder\.bias.*--metadata encoder=embedding/,
		);
	});

	test("data of another kind are refused in one sentence", () => {
		const float = { ...model(data, 5), outputs: 3 };
		expect(() => checkFit(float, data)).not.toThrow();
		expect(() => checkFit(float, tokens(1, 3, 9, 7))).not.toThrow();
		expect(() => checkFit(float, tokens(1, 3, 9, 21))).toThrow(
			/^The data set tokens has a vocabulary of 21 tokens, but the network knows 20\.$/,
		);
		const { tokens: _, ...measured } = data;
		expect(() => checkFit(float, measured)).toThrow(/holds measured values, but the network takes tokens\.$/);
		expect(() => checkFit({ ...model(measured, 5), outputs: 3 }, data)).toThrow(
			/holds tokens, but the network's encoder, linear, takes measured values\.$/,
		);
	});
});

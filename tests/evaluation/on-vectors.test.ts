// Data sets on vectors: every output is that of a sequence that runs alone, also where float32 is too short for it, and networks
// that have no vectors go on one by one.
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";
import { Pool } from "../../host-tools/evaluation/pool";
import { openRunner, type Runnable } from "../../host-tools/evaluation/runner";
import type { FloatModel } from "../../host-tools/float/model";
import { calibrate } from "../../host-tools/quantization/calibrate";
import { ROW_BY_ROW } from "../../host-tools/quantization/choose-ranges";
import { DITHER_SEED, quantize } from "../../host-tools/quantization/network";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { initialize } from "../../host-tools/training/initialize";
import { vectorEngine } from "../../host-tools/training/vector-engine";
import { openVectors } from "../../host-tools/training/vectors";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import type { Network } from "../../src/network/network";
import { randomChannels } from "../support/random-channels";

const T = 400;

function noise(channels: number, count: number): Dataset {
	const random = new Random(3);
	return {
		name: "noise",
		split: "test",
		channels,
		T,
		count,
		values: Float32Array.from({ length: count * T * channels }, () => random.bell()),
		targets: { kind: "classes", names: ["a", "b", "c"], of: new Uint8Array(count) },
		lengths: Uint32Array.from({ length: count }, (_, i) => (i % 5 ? T : 1 + random.below(T))),
	};
}

const blobOf = (network: Network) =>
	writeBlob(network, (bytes) => createHash("sha256").update(bytes).digest());

/** Outputs on a pool, how many of them were checked, and outputs of every sequence alone. */
async function both(runnable: Runnable, data: Dataset) {
	const pool = new Pool(1);
	const outputs = await pool.outputs(runnable, data);
	await pool.close();
	const { run, width } = openRunner(runnable);
	const alone = Array.from({ length: data.count }, (_, i) => {
		const row = run(sequence(data, i), data.lengths[i]!);
		return Array.from({ length: width(data.T) }, (_, k) => row[k] ?? 0);
	});
	return { outputs: [...outputs], checked: pool.checked, alone: alone.flat() };
}

describe("a network with enough work", () => {
	let model: FloatModel;
	let network: Network;
	let data: Dataset;
	beforeAll(() => {
		const sizes = { heads: 22, modes: 8, layers: 2, init: "lin", dtMin: 0.01, dtMax: 0.2 } as const;
		const kinds = {
			activation: "gelu",
			gate: "sigmoid",
			pooling: "mean",
			norm: "after",
			normKind: "layer",
		} as const;
		model = initialize(
			{ ...sizes, ...kinds },
			{ channels: 2 },
			{ head: "classes", labels: ["a", "b", "c"], perStep: false },
			4,
		);
		data = noise(2, 300);
		const ranges = calibrate(model, { ...data, count: 4 }, { method: "minmax" });
		const details = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };
		network = quantize(model, ranges, choosePrecision(floatShape(model), "w8a8x8"), details, false);
	});

	test("in integers: the kernel's outputs, and some of them are checked", async () => {
		const { outputs, checked, alone } = await both({ target: "kernel", blob: blobOf(network) }, data);
		expect(checked).toBe(2);
		expect(outputs).toEqual(alone);
		expect(new Set(outputs).size).toBeGreaterThan(100);
	});

	test("outputs that float32 cannot hold are the kernel's too", async () => {
		const { map } = network.head;
		const scale = new Uint8Array(map.scale.length).fill(7); // the greatest
		const great = {
			...network,
			head: { ...network.head, map: { ...map, preshift: 4, scale, bias: Int16Array.of(12345, -1, 777) } },
		};
		const { outputs, checked, alone } = await both({ target: "kernel", blob: blobOf(great) }, data);
		expect(checked).toBe(2);
		expect(outputs.filter((v) => Math.abs(v) > 2 ** 24 && v % 2 !== 0).length).toBeGreaterThan(10);
		expect(outputs).toEqual(alone);
	});

	test.each([
		["end", "mean"],
		["end", "last"],
		["step", "last"],
	] as const)("values at the %s of %s: the kernel's outputs", async (moment, pooling) => {
		const { map, outputs: count } = network.head;
		const scaling = ["m", "", "s"].map((unit, k) => ({ unit, scale: 0.3 + k, offset: k - 1.5 }));
		const ofValues = { kind: "values", pooling, moment, ahead: 0, outputs: count, map, scaling } as const;
		const blob = blobOf({ ...network, head: ofValues });
		const { outputs, checked, alone } = await both({ target: "kernel", blob }, data);
		expect(checked).toBe(2);
		expect(outputs).toEqual(alone);
		expect(outputs.length).toBe(data.count * 3 * (moment === "step" ? T : 1));
		expect(new Set(outputs).size).toBeGreaterThan(100);
		const found = vectorEngine(1).outputs(readBlob(blob), data);
		expect(found.map((row) => Array.from(row))).toEqual(
			ROW_BY_ROW.outputs(readBlob(blob), data).map((row) => Array.from(row)),
		);
	});

	test("in floating point: near those of double precision", async () => {
		const { outputs, checked, alone } = await both({ target: "float", model }, data);
		expect(checked).toBe(2);
		for (const [i, output] of outputs.entries()) expect(Math.abs(output - alone[i]!)).toBeLessThan(1e-4);
		expect(outputs).not.toEqual(alone);
	});
});

test("S5 and its channel mixers in integers: the kernel's outputs", async () => {
	const network = randomChannels(2, 24);
	const data = noise(network.input.length, 60);
	const { outputs, checked, alone } = await both({ target: "kernel", blob: blobOf(network) }, data);
	expect(checked).toBe(2);
	expect(outputs).toEqual(alone);
});

test("a network with a kind that is not built into the trainer has no vectors", () => {
	const network = randomChannels(3, 20);
	const unknown = { ...network, head: { ...network.head, kind: "unknown" } } as unknown as Network;
	const data = noise(network.input.length, 1);
	expect(openVectors({ network: unknown }, data, 1, 0)).toBeUndefined();
	openVectors({ network }, data, 1, 0)!.close();
});

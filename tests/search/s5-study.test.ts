// The table of Q-S5 as a study: its rows are what their names say, in bits of a real number; and blobs that were trained are taken for
// the rows whose widths they have.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { select } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { Pool } from "../../host-tools/evaluation/pool";
import type { FloatModel } from "../../host-tools/float/model";
import { calibrate } from "../../host-tools/quantization/calibrate";
import { DITHER_SEED, quantize } from "../../host-tools/quantization/network";
import type { LayerPrecision } from "../../host-tools/quantization/precision";
import { choosePrecision, formatBits, highestPrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { s5Study } from "../../host-tools/search/kinds/s5-study";
import { Bench } from "../../host-tools/search/measure";
import { study, type TrainedBlob } from "../../host-tools/search/study";
import { initialize } from "../../host-tools/training/initialize";
import { writeBlob } from "../../src/blob/write";
import { randomS5Model } from "../support/float-s5";
import { sha256 } from "../support/hostile-blob";

const shape = floatShape(randomS5Model(2, { H: 4, P: 4, L: 2 }));

/** Bits of the two numbers of a mode of Abar together. */
function modeBits({ A }: LayerPrecision): number {
	return A.format === "cartesian" ? 2 * A.bits : A.radiusBits + A.phaseBits;
}

test("every row has the bits that it names, and theirs beside it", () => {
	const seen = new Set<string>();
	for (const { width, name, bits } of s5Study()) {
		const { layers, encoder, decoder, residual } = highestPrecision(shape, bits!);
		const outside = Number(/^W(\d)/.exec(width)![1]);
		expect([encoder, decoder], name).toEqual([outside, outside]);
		expect(residual).toBe(16);
		for (const layer of layers) {
			const of = layer as LayerPrecision & Record<"B" | "C" | "D" | "x" | "u" | "g" | "gate", number>;
			expect([of.x, of.u, of.g], name).toEqual([8, 8, 8]);
			if ("gate" in layer) expect(of.gate, name).toBe(outside);
			const all8 = /everything 8|SSM 8/.test(name) || width === "W8A8";
			expect([of.B, of.C, of.D], name).toEqual(Array(3).fill(all8 ? 8 : outside));
			expect(modeBits(layer), name).toBeLessThanOrEqual(/A 4/.test(name) ? 8 : 16);
		}
		seen.add(`${width} ${name}`);
	}
	expect(seen.size).toBe(s5Study().length);
});

const PRESETS = ["w8a8x8", "w4a8s8", "w4a8a8", "w4a8a4", "w2a8s8", "w2a8a8", "w2a8a4"];

test("presets of its rows are its rows", () => {
	const rows = s5Study().filter(({ training }) => training);
	expect(PRESETS.map((preset) => formatBits(choosePrecision(shape, preset)))).toEqual(
		rows.map(({ bits }) => formatBits(highestPrecision(shape, bits!))),
	);
});

const folder = mkdtempSync(join(tmpdir(), "edge-ssm-study-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("blobs go to the rows of their widths; others and those of other networks are refused by name", async () => {
	const data = await openDataset("motion", "train", { limit: 60 });
	const fresh = (modes: number): FloatModel =>
		initialize(
			{
				...{ mixer: "s5", heads: 4, modes, layers: 1, channel: "half_glu1", gate: "sigmoid" },
				...{ activation: "gelu_sigmoid", pooling: "mean", norm: "before", dtMin: 0.01, dtMax: 0.5 },
			},
			data,
			{ head: "classes", labels: importCheckpoint("models/motion.safetensors").labels, perStep: false },
			modes,
		);
	const model = fresh(4);
	const blobOf = (name: string, preset: string, of = model): TrainedBlob => {
		const precision = choosePrecision(floatShape(of), preset);
		const details = { steps: 0, rate: 0, channels: [], notes: name, ditherSeed: DITHER_SEED };
		const network = quantize(of, calibrate(of, data, { method: "minmax" }), precision, details, true);
		return { name, network, bytes: writeBlob(network, sha256) };
	};
	const pool = new Pool(1);
	try {
		const ranges = calibrate(model, data, { method: "minmax" });
		const rows = select(data, [...Array(12).keys()]);
		const bench = await Bench.open(model, { fine: ranges, coarse: ranges }, rows, {
			pool,
			cacheFolder: folder,
		});
		const of = (...blobs: TrainedBlob[]) => study(bench, floatShape(model), { blobs });
		const found = await of(blobOf("two.essm", "w2a8s8"), blobOf("eight.essm", "w8a8x8"));
		const trained = found.filter((row) => row.trained).map(({ width, name }) => `${width} ${name}`);
		expect(trained).toEqual(["W8A8 everything 8", "W2A8 SSM 8"]);
		for (const { trained } of found) if (trained) expect(trained.count).toBe(12);
		await expect(of(blobOf("other.essm", "w8a8x8", fresh(5)))).rejects.toThrow(
			/^other\.essm is another network \(.*P 5.*\) than the checkpoint \(.*P 4.*\); give blobs/,
		);
		await expect(of(blobOf("w3.essm", "w3a6x8"))).rejects.toThrow(
			/^w3\.essm has the widths of no row that is trained in this study \(/,
		);
		await expect(of(blobOf("a.essm", "w8a8x8"), blobOf("b.essm", "w8a8x8"))).rejects.toThrow(
			/^a\.essm and b\.essm are of the same row, W8A8 everything 8; give one\.$/,
		);
	} finally {
		await pool.close();
	}
});

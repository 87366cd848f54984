// Single widths for a trained network: what is foreseen is what a blob has, the limits hold, and the outputs are nearer to floating
// point than the preset's on sequences that the search has not seen.
import { afterAll, expect, test } from "vitest";
import { searchWidths } from "../../host-tools/automatic/widths";
import { readCheckpoint } from "../../host-tools/checkpoints/import";
import { openDataset } from "../../host-tools/datasets/open";
import { splitValidation } from "../../host-tools/datasets/split";
import { Pool } from "../../host-tools/evaluation/pool";
import { projectPath } from "../../host-tools/files/project";
import { parameterBytes } from "../../host-tools/packing/components";
import { pack } from "../../host-tools/packing/pack";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { costOf } from "../../host-tools/search/cost";
import { taskOf } from "../../host-tools/task/fit";
import { readBlob } from "../../src/blob/read";
import { arenaLayout } from "../../src/network/arena";
import { realOutputs } from "../../src/network/run";

const pool = new Pool(1);
afterAll(() => pool.close());

test("within the bytes of a preset, nearer to floating point than it", async () => {
	const { model } = readCheckpoint(projectPath("models/motion.safetensors"), {});
	const data = await openDataset("motion", "train", {});
	const { train: training, validation } = splitValidation(data, 0.3, 1);
	const { train: heldOut, validation: unseen } = splitValidation(validation, 0.5, 1);
	const of = floatShape(model);
	const common = { checkpointHash: "", calibrate: 64, notes: {}, golden: 1, goldenSteps: 16 };
	const packed = (preset: string, bits: string) =>
		pack(model, training, { ...common, preset, precision: choosePrecision(of, preset, bits) });
	const usual = packed("w4a6x8", "");
	const { arena: ram, instructions } = costOf(of, choosePrecision(of, "w4a6x8"));
	const preset = {
		...{ shape: { heads: of.H, modes: 0, layers: of.blocks.length }, preset: "w4a6x8", bits: "" },
		...{ flash: usual.blob.length, ram, instructions },
	};
	const budget = { flash: preset.flash, ram: 2 * ram, instructions: 2 * instructions };
	const { found, noise, measured, count } = await searchWidths(
		preset,
		model,
		{ training, heldOut },
		{ budget, threads: 1 },
	);
	expect(count).toBeLessThanOrEqual(heldOut.count);
	expect(measured).toBeGreaterThan(50);
	expect(found.length).toBeGreaterThan(0);
	const float = await pool.outputs({ target: "float", model }, unseen);
	const noiseOf = async ({ blob, network }: typeof usual) => {
		const outputs = await pool.outputs({ target: "kernel", blob }, unseen);
		return taskOf(unseen).compare(unseen.targets, float, realOutputs(network, outputs)).noise;
	};
	for (const one of found) {
		const made = packed(one.preset, one.bits);
		expect(made.blob.length - parameterBytes(made.blob)).toBe(usual.blob.length - parameterBytes(usual.blob));
		expect(made.blob.length).toBe(one.flash);
		expect(one.flash).toBeLessThanOrEqual(budget.flash);
		expect(arenaLayout(readBlob(made.blob)).total).toBe(one.ram);
		expect(one.ram).toBeLessThanOrEqual(budget.ram);
		expect(one.instructions).toBeLessThanOrEqual(budget.instructions);
	}
	const best = found.reduce((a, b) => (a.noise < b.noise ? a : b));
	expect(best.noise).toBeLessThan(noise!);
	expect(await noiseOf(packed(best.preset, best.bits))).toBeLessThan(await noiseOf(usual));
	await expect(
		searchWidths(preset, model, { training, heldOut }, { budget: { flash: 900 }, threads: 1 }),
	).rejects.toThrow(/Nothing fits these limits/);
}, 600_000);

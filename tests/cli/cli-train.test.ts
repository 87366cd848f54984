// The command `train` as a person uses it: recipe and flags, log and picture, through the quantizer to a blob, stopped and
// resumed, refused. What training itself does: training*.test.ts.

import { spawn } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { openDataset } from "../../host-tools/datasets/open";
import { splitValidation } from "../../host-tools/datasets/split";
import { evaluate } from "../../host-tools/evaluation/evaluate";
import { readBlobFile } from "../../host-tools/evaluation/model-file";
import { projectPath } from "../../host-tools/files/project";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { counted } from "../../host-tools/task/classify-metrics";
import { completeSettings } from "../../host-tools/training/settings";
import { buildCli, type Ended, runCli } from "../support/cli-run";
import { s4dShape } from "../support/s4d-shape";

const CHECKPOINT = projectPath("models/motion.safetensors");
const MOTION_SHAPE = ["--heads", "12", "--modes", "4", "--layers", "2"];
const SMALL = ["--data", "motion", "--heads", "4", "--modes", "2", "--layers", "1", "--threads", "2"];

let cli: { file: string; remove: () => void };
let folder: string;
const run = (...args: string[]): Promise<Ended> => runCli(cli.file, args, folder);
const at = (name: string) => join(folder, name);

beforeAll(async () => {
	cli = await buildCli();
	folder = mkdtempSync(join(tmpdir(), "cli-train-"));
});
afterAll(() => {
	cli.remove();
	rmSync(folder, { recursive: true });
});

async function succeeds(...args: string[]) {
	const { code, stdout, stderr } = await run(...args, "--json");
	expect(code, stderr).toBe(0);
	return JSON.parse(stdout);
}

test("flags go over the recipe; log and picture tell of every epoch; an early stop ends the run", async () => {
	writeFileSync(
		at("recipe.json"),
		JSON.stringify({ heads: 9, epochs: 50, rate: 0, ssmRate: 0, norm: "none" }),
	);
	const flags = [
		"--validation",
		"0.2",
		"--patience",
		"2",
		"--class-weights",
		"1,2,1,1,1,1,1,1",
		"--log",
		"log.jsonl",
	];
	const result = await succeeds(
		"train",
		...SMALL,
		"--recipe",
		"recipe.json",
		...flags,
		"-o",
		"early.safetensors",
	);
	// Nothing is learned at a rate of 0, so no epoch is better than the first.
	expect(result).toMatchObject({ stopped: "early", epoch: 1 });
	expect(result.settings).toMatchObject({
		heads: 4,
		epochs: 50,
		norm: "none",
		validationFraction: 0.2,
		rate: 0,
	});
	expect(result.settings.classWeights).toEqual([1, 2, 1, 1, 1, 1, 1, 1]);
	const lines = readFileSync(at("log.jsonl"), "utf8")
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line));
	expect(lines.map(({ type }) => type)).toEqual(["start", "epoch", "epoch", "epoch", "end"]);
	expect(lines[0]).toMatchObject({ validation: 800 });
	const picture = readFileSync(at("log.svg"), "utf8");
	for (const text of ["1", "2", "3", "kept: epoch 1"]) expect(picture).toContain(`>${text}</text>`);
	expect(picture).not.toContain(">4</text>");
	expect(importCheckpoint(at("early.safetensors")).blocks[0]!.norm).toEqual({ kind: "none" });
	expect(existsSync(at("early.safetensors.state"))).toBe(false);
});

test("a blob trained through the quantizer computes what was validated, and `quantize` makes the same one", async () => {
	const flags = [
		"--from",
		CHECKPOINT,
		"--quantize",
		"w4a6x8",
		"--bits",
		"act=5",
		"--abar",
		"polar",
		"--epochs",
		"1",
	];
	const result = await succeeds(
		"train",
		"--data",
		"motion",
		...flags,
		"--threads",
		"2",
		"-o",
		"trained.essm",
	);
	const { validation } = splitValidation(await openDataset("motion", "train"), 0.1, 1);
	const { metrics } = await evaluate(readBlobFile(at("trained.essm")), validation, "kernel", { threads: 1 });
	const { accuracy } = counted(metrics);
	expect(accuracy).toBe(result.validationAccuracy);
	expect(accuracy).toBeGreaterThan(0.8);
	expect(readFileSync(at("trained.essm"))).toHaveLength(result.bytes);

	const again = await succeeds("quantize", "trained.safetensors", "--data", "motion", "-o", "again.essm");
	expect(again).toMatchObject({ preset: "trained", calibration: { method: "trained", count: 256 } });
	expect(readFileSync(at("again.essm")).equals(readFileSync(at("trained.essm")))).toBe(true);
	const { golden } = await succeeds("inspect", "again.essm");
	expect(golden).toEqual({ passed: 2, total: 2 });

	const other = await succeeds(
		"quantize",
		"trained.safetensors",
		"--data",
		"motion",
		"--preset",
		"w8a8x8",
		"--calibrate",
		"16",
		"-o",
		"o.essm",
	);
	expect(other).toMatchObject({ preset: "w8a8x8" });
	expect(other.calibration.method).not.toBe("trained");
	// Training on in float leaves no promise about integers behind.
	await succeeds(
		"train",
		"--data",
		"motion",
		"--from",
		"trained.safetensors",
		"--epochs",
		"1",
		"-o",
		"on.safetensors",
	);
	const { metadata } = importCheckpoint(at("on.safetensors"));
	expect(metadata.quantization).toBeUndefined();
	expect(metadata.from).toMatch(/^[0-9a-f]{64}$/);
});

const INTERRUPT = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const { renameSync } = fs;
let states = 0;
fs.renameSync = (from, to) => {
	renameSync(from, to);
	if (to.endsWith(".state") && ++states === 3) process.kill(process.pid, "SIGINT");
};
syncBuiltinESMExports();
`;

test("Ctrl-C keeps the best, and --resume ends where an unbroken run does, to the byte", async () => {
	const args = [...SMALL, "--epochs", "20"];
	await succeeds("train", ...args, "-o", "whole.safetensors");
	// interrupted by its own hand when the state of the third epoch is there, so that no clock decides
	writeFileSync(at("interrupt.mjs"), INTERRUPT);
	const child = spawn(
		process.execPath,
		[
			...["--import", at("interrupt.mjs"), cli.file],
			...["train", ...args, "--log", "broken.jsonl", "-o", "broken.safetensors", "--json"],
		],
		{ cwd: folder, stdio: ["ignore", "pipe", "inherit"] },
	);
	let stdout = "";
	child.stdout.on("data", (text) => {
		stdout += text;
	});
	const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
	expect(await ended).toBe(0);
	const stopped = JSON.parse(stdout);
	expect(stopped.stopped).toBe("aborted");
	expect(stopped.epoch).toBeGreaterThan(0);
	expect(importCheckpoint(at("broken.safetensors")).metadata.epoch).toBe(String(stopped.epoch));
	const resumed = await succeeds("train", ...args, "--resume", "-o", "broken.safetensors");
	expect(resumed.stopped).toBe("finished");
	expect(readFileSync(at("broken.safetensors")).equals(readFileSync(at("whole.safetensors")))).toBe(true);
});

test.each([
	[
		"a blob without --quantize",
		["-o", "x.essm"],
		/give --quantize, or write a checkpoint \(x\.safetensors\)/,
	],
	[
		"a rate that is no number",
		["--rate", "fast", "-o", "x.safetensors"],
		/'--rate <r>' argument 'fast' is invalid\. It must be a number from 0 to 1000/,
	],
	[
		"a network that no blob holds",
		["--layers", "33", "-o", "x.safetensors"],
		/a whole number from 1 to 32\./,
	],
	["an unknown preset", ["--quantize", "w9", "-o", "x.safetensors"], /choices are w8x16/],
	["nothing to resume", ["--resume", "-o", "x.safetensors"], /no training state at x\.safetensors\.state/],
	["a folder that is not there", ["--log", "no/log", "-o", "x.safetensors"], /no folder no/],
	["a teacher that is not there", ["--distill", "0.5", "-o", "x.safetensors"], /no teacher to distill from/],
	["modes kept of nothing", ["--keep-modes", "2", "-o", "x.safetensors"], /model to continue from/],
	[
		"more modes than there are",
		["--from", CHECKPOINT, ...MOTION_SHAPE, "--keep-modes", "5", "-o", "x.safetensors"],
		/has 4 modes per head; 5 cannot be kept/,
	],
	[
		"a teacher of something else",
		["--teacher", projectPath("models/uci-har.safetensors"), "-o", "x.safetensors"],
		/takes 9 channels and distinguishes 6 classes/,
	],
	[
		"a shape that is not that of the model to continue from",
		["--from", CHECKPOINT, "-o", "x.safetensors"],
		/heads 4, but the network to continue from \(--from\) has heads 12/,
	],
	[
		"a run that ends in float",
		["--quantize", "w8x16", "--epochs", "1", "-o", "x.safetensors"],
		/Nothing would be trained through the quantizer: the only epoch is.*--float-epochs 0/,
	],
	[
		"as many epochs in float as there are",
		["--quantize", "w8x16", "--epochs", "3", "--float-epochs", "3", "-o", "x.essm"],
		/all 3 epochs are in floating point\. Give more than 3 epochs/,
	],
])("%s is refused in a sentence", async (_, args, sentence) => {
	const { code, stderr, stdout } = await run("train", ...SMALL, ...args);
	expect(code).toBe(1);
	expect(stdout).toBe("");
	expect(stderr).toMatch(sentence);
	for (const file of ["x.essm", "x.safetensors"]) expect(existsSync(at(file))).toBe(false);
});

test.each(readdirSync(projectPath("recipes")).filter((file) => file.endsWith(".json")))(
	"recipes/%s is one",
	(file) => {
		const settings = completeSettings(JSON.parse(readFileSync(projectPath(`recipes/${file}`), "utf8")));
		const shape = s4dShape({ L: settings.layers });
		// Recipes that go on from a network of S5 say so in their name alone.
		if (/-s5/.test(file)) for (const block of shape.blocks) block.mixer = { kind: "s5", P: 24 };
		expect(() => choosePrecision(shape, settings.quantize, settings.bits)).not.toThrow();
		// Its row, with figures or without, in the table.
		expect(readFileSync(projectPath("recipes/README.md"), "utf8")).toContain(file);
	},
);

test("training warns by name of a label with one clip, and of one without any", async () => {
	const data = join(folder, "rare");
	for (const [label, clips] of [
		["wave", 12],
		["swipe", 1],
		["empty", 0],
	] as const) {
		mkdirSync(join(data, label), { recursive: true });
		for (let clip = 0; clip < clips; clip++) {
			const lines = Array.from({ length: 20 }, (_, i) => `${i / 50},${Math.sin(i * (clip + 1)).toFixed(4)}`);
			writeFileSync(join(data, label, `${clip}.csv`), `time (s),a\n${lines.join("\n")}\n`);
		}
	}
	const { code, stderr } = await runCli(cli.file, [
		...["train", "--data", data, "--epochs", "1", "-o", join(folder, "rare.safetensors")],
	]);
	expect(stderr).toMatch(/warning: .*rare\/empty holds no recording: there is no label of this name/);
	expect(stderr).toMatch(/warning: train has fewer than 10 sequences of swipe/);
	expect(code).toBe(0);
}, 120_000);

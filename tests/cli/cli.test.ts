// The command line from outside: what it prints where, its exit codes, its files, and that nothing is left after a failure.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportCheckpoint } from "../../host-tools/checkpoints/export";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { projectPath } from "../../host-tools/files/project";
import { buildCli, type Ended, runCli } from "../support/cli-run";
import { placed } from "../support/float-model";

const CHECKPOINT = projectPath("models/motion.safetensors");
let cli: Awaited<ReturnType<typeof buildCli>>;
let folder: string;
let blob: string;

const run = (...args: string[]) => runCli(cli.file, args, folder);

/** The one JSON object that stands alone on stdout. */
function json({ code, stdout, stderr }: Ended) {
	expect(stderr).not.toContain("error");
	expect(code).toBe(0);
	expect(stdout.endsWith("\n")).toBe(true);
	expect(stdout.trimEnd()).not.toContain("\n");
	return JSON.parse(stdout);
}

beforeAll(async () => {
	cli = await buildCli();
	folder = mkdtempSync(join(tmpdir(), "edge-ssm-test-"));
	blob = join(folder, "motion.essm");
	json(await run("quantize", CHECKPOINT, "--data", "motion", "--calibrate", "64", "-o", blob, "--json"));
});

afterAll(() => {
	cli.remove();
	rmSync(folder, { recursive: true, force: true });
});

describe("help", () => {
	test.each(["train", "quantize", "inspect", "evaluate", "simulate", "demo"])(
		"%s has an example",
		async (command) => {
			const { code, stdout } = await run(command, "--help");
			expect(code).toBe(0);
			expect(stdout).toMatch(new RegExp(`Examples?:\n  edge-ssm ${command}`));
		},
	);

	test("presets are named with what they are", async () => {
		expect((await run("quantize", "--help")).stdout).toMatch(/w3a6x8\s+smallest of all/);
	});
});

describe("train", () => {
	test("a small run ends in a checkpoint that evaluates; the same run gives the same bytes", async () => {
		const args = ["--data", "motion", "--heads", "4", "--modes", "2", "--layers", "1", "--epochs", "1"];
		const files = ["first.safetensors", "second.safetensors"].map((name) => join(folder, name));
		for (const file of files) {
			const result = json(await run("train", ...args, "--threads", "1", "-o", file, "--json"));
			expect(result).toMatchObject({ stopped: "finished", epoch: 1, settings: { heads: 4, epochs: 1 } });
		}
		expect(readFileSync(files[0]!).equals(readFileSync(files[1]!))).toBe(true);
		const { accuracy } = json(await run("evaluate", files[0]!, "--data", "motion", "--json"));
		expect(accuracy).toBeGreaterThan(0.2); // one class in eight is 0.125
	});

	test("the recipe of the built-in model is the one that the checkpoint was made by", () => {
		const { training } = importCheckpoint(CHECKPOINT).metadata;
		const recipe = JSON.parse(readFileSync(projectPath("recipes/motion.json"), "utf8"));
		// The checkpoint is from when norms could only be before the mixer.
		expect({ ...JSON.parse(training!), norm: "before" }).toEqual(recipe);
	});
});

describe("quantize", () => {
	test("the same inputs give the same bytes, and the notes say what made them", async () => {
		const again = join(folder, "again.essm");
		const result = json(
			await run("quantize", CHECKPOINT, "--data", "motion", "--calibrate", "64", "-o", again, "--json"),
		);
		const bytes = readFileSync(again);
		expect(bytes.equals(readFileSync(blob))).toBe(true);
		const { total, codes, ...parts } = result.bytes;
		expect(total).toBe(bytes.length);
		const counted = [...Object.values<number>(parts), ...Object.values<number>(codes)];
		expect(counted.reduce((a, b) => a + b)).toBe(bytes.length);
		const { notes } = json(await run("inspect", again, "--json"));
		expect(JSON.parse(notes)).toMatchObject({
			preset: "w8x16",
			float: { parameters: 1292, stateValues: 192 },
			calibration: { data: "motion", split: "train", count: 64, ...result.calibration },
		});
		expect(["minmax", "percentile"]).toContain(result.calibration.method);
	});

	test("single precisions go over the preset's", async () => {
		const small = join(folder, "small.essm");
		const args = ["--preset", "w4x16", "--bits", "x=9n,1.A=7+8", "--golden", "0", "--calibrate", "16"];
		const result = json(
			await run(
				"quantize",
				CHECKPOINT,
				"--data",
				"motion",
				...args,
				"--percentile",
				"99.5",
				"-o",
				small,
				"--json",
			),
		);
		expect(result.calibration).toMatchObject({ method: "percentile", percentile: 99.5 });
		const { precisions, golden, bytes } = json(await run("inspect", small, "--json"));
		expect(precisions.layers[0]).toMatchObject({ A: "4+10", x: "9n", value: "4" });
		expect(precisions.layers[1]).toMatchObject({ A: "7+8", x: "9n" });
		expect(golden).toEqual({ passed: 0, total: 0 });
		expect(bytes.golden).toBe(0);
		expect(statSync(small).size).toBe(bytes.total);
	});
});

describe("a sampling rate", () => {
	test("is given for CSV with --hz; without it the blob has none, and that is told", async () => {
		const { labels } = importCheckpoint(CHECKPOINT);
		const steps = labels.flatMap((label, i) =>
			[0, 1].flatMap((row) =>
				[-9, 9].map((v) => `${2 * i + row},${label},${v},${v + i},${v},${v},${-v},${v - i}`),
			),
		);
		const table = join(folder, "recordings.csv");
		writeFileSync(table, `sequence,label,ax,ay,az,gx,gy,gz\n${steps.join("\n")}\n`);
		const args = [CHECKPOINT, "--data", table, "-o", join(folder, "rate.essm")];
		const without = await run("quantize", ...args);
		expect(without.stdout).toMatch(/no sampling rate, because recordings states none.*--hz/);
		expect(json(await run("quantize", ...args, "--json")).rate).toBe(null);
		expect(json(await run("quantize", ...args, "--hz", "40", "--json")).rate).toBe(40);
		expect((await run("quantize", ...args, "--hz", "40")).stdout).not.toContain("no sampling rate");
	});

	test("is refused where it would not be kept", async () => {
		const checkpoint = join(folder, "none.safetensors");
		const { code, stderr } = await run("train", "--data", "motion", "--hz", "50", "-o", checkpoint);
		expect([code, stderr]).toEqual([
			1,
			expect.stringMatching(/holds no sampling rate; give --hz to quantize/),
		]);
	});
});

describe("inspect", () => {
	test("shapes, arena and saving of the built-in model", async () => {
		const result = json(await run("inspect", blob, "--json"));
		const block = {
			norm: { kind: "affine" },
			mixer: { kind: "s4d", N: 4 },
			activation: { kind: "gelu", table: "gelu_sigmoid" },
			channel: { kind: "glu" },
			post: { kind: "none" },
		};
		expect(result.shape).toEqual({
			channels: 6,
			H: 12,
			encoder: { kind: "linear" },
			blocks: [block, block],
			head: { kind: "classes", pooling: "mean", outputs: 8 },
		});
		expect(result.labels).toContain("swipe left");
		expect(result.golden).toEqual({ passed: 2, total: 2 });
		// State: 2 layers of 12 heads of 4 modes, real and imaginary, 16 bits.
		expect(result.arena.state).toBe(2 * 12 * 4 * 2 * 2);
		expect(result.saving).toMatchObject({ parameters: 1292, stateValues: 192, floatBytes: 4 * (1292 + 192) });
	});

	test("text has no colours in a pipe and shows the formula", async () => {
		const { stdout } = await run("inspect", blob);
		expect(stdout).not.toContain("\x1b");
		expect(stdout).toMatch(/float32 +5,936 +\W+4 \(1,292 parameters \+ 192 state values\)/);
	});
});

describe("search", () => {
	test("a post-norm network is searched, and may be its own teacher", async () => {
		const model = importCheckpoint(CHECKPOINT);
		const after = join(folder, "after.safetensors");
		exportCheckpoint(placed(model, "after"), after);
		const few = ["--calibrate", "8", "--screen", "8", "--validation", "8", "--cache", join(folder, "cache")];
		const args = ["--data", "motion", ...few, "--max-loss", "100", "-o", join(folder, "after.essm")];
		expect(json(await run("search", after, ...args, "--json"))).toMatchObject({ kind: "search" });
		expect(json(await run("search", after, ...args, "--teacher", after, "--json"))).toMatchObject({
			kind: "search",
		});
	});
});

describe("evaluate", () => {
	const evaluate = async (...args: string[]) =>
		json(await run("evaluate", blob, "--data", "motion", "--json", ...args));

	test("kernel and reference give the same answers, whatever the threads", async () => {
		const one = await evaluate("--limit", "160", "--threads", "1");
		const two = await evaluate("--limit", "160", "--threads", "2");
		const reference = await evaluate("--limit", "160", "--on", "reference");
		expect(one).toMatchObject({ target: "kernel", count: 160, split: "test" });
		expect(one.seconds).toBeGreaterThan(0);
		expect(two.confusion).toEqual(one.confusion);
		expect(reference).toMatchObject({
			target: "reference",
			accuracy: one.accuracy,
			confusion: one.confusion,
		});
	});

	test("integers lose little of the float network's accuracy", async () => {
		const float = json(await run("evaluate", CHECKPOINT, "--data", "motion", "--json"));
		const integers = await evaluate();
		expect(float).toMatchObject({ target: "float", count: 1000 });
		expect(float.accuracy).toBeGreaterThan(0.95);
		expect(float.accuracy).toBeLessThan(1);
		expect(Math.abs(integers.accuracy - float.accuracy)).toBeLessThan(0.015);
		expect(integers.recall).toHaveLength(8);
	});

	test("text is a table of recall and confusion", async () => {
		const { stdout, code } = await run("evaluate", blob, "--data", "motion", "--limit", "80");
		expect(code).toBe(0);
		expect(stdout).toMatch(
			/ % of 80 sequences of motion \(test, drawn by class from 1,000 with seed 1\) are right/,
		);
		expect(stdout).toMatch(/7 twist +\d+\.\d\d %/);
	});
});

describe("on XS", () => {
	test("the firmware gives the kernel's answers", async () => {
		const host = json(
			await run("evaluate", blob, "--data", "motion", "--limit", "24", "--on", "host", "--json"),
		);
		const kernel = json(await run("evaluate", blob, "--data", "motion", "--limit", "24", "--json"));
		expect(host).toMatchObject({ target: "host", confusion: kernel.confusion });
		const result = json(await run("simulate", blob, "--data", "motion", "--limit", "24", "--json"));
		expect(result).toMatchObject({ golden: 2, count: 24, right: kernel.right, agreeing: 24 });
		expect(result.ram.kernelArena).toBe(json(await run("inspect", blob, "--json")).arena.total);
	});

	test("the demo goes the whole way, from any folder", async () => {
		const { code, stdout, stderr } = await run("demo");
		expect(stderr).not.toContain("error");
		expect(code).toBe(0);
		expect(stdout).toMatch(/^6\. /m);
		expect(stdout).toContain("reference = kernel, every byte of outputs and state: 200 of 200 sequences");
		expect(stdout).toContain("XS = kernel, every byte of outputs: 200 of 200 sequences");
	});
});

describe("bad input: one sentence, exit code 1, no file left", () => {
	let bad: string;
	const output = () => join(bad, "out.essm");

	beforeAll(() => {
		bad = join(folder, "bad");
		mkdirSync(bad);
		const bytes = readFileSync(blob);
		const flipped = Buffer.from(bytes);
		flipped[200]! ^= 4;
		writeFileSync(join(bad, "cut.essm"), bytes.subarray(0, 900));
		writeFileSync(join(bad, "empty.essm"), "");
		writeFileSync(join(bad, "recipe.json"), '{"speed": 9}');
		writeFileSync(join(bad, "flipped.essm"), flipped);
		const checkpoint = readFileSync(CHECKPOINT);
		writeFileSync(join(bad, "cut.safetensors"), checkpoint.subarray(0, 4000));
		const nan = Buffer.from(checkpoint);
		nan.writeUInt32LE(0x7fc00000, nan.length - 4);
		writeFileSync(join(bad, "nan.safetensors"), nan);
		const header = { "\x1b]0;title\x07": { dtype: "F32", shape: [1], data_offsets: [0, 4] } };
		const described = Buffer.from(JSON.stringify(header).padEnd(96));
		const length = Buffer.alloc(8);
		length.writeUInt32LE(described.length);
		writeFileSync(
			join(bad, "escape.safetensors"),
			Buffer.concat([length, described, Buffer.of(0, 0, 0xc0, 0x7f)]),
		);
		mkdirSync(join(bad, "two"));
		for (const label of ["a", "b"]) {
			mkdirSync(join(bad, "two", label));
			for (let i = 0; i < 5; i++) writeFileSync(join(bad, "two", label, `${i}.csv`), "1,2\n3,4\n");
		}
		mkdirSync(join(bad, "nine"));
		for (let label = 0; label < 9; label++) {
			mkdirSync(join(bad, "nine", `c${label}`));
			for (let i = 0; i < 5; i++)
				writeFileSync(join(bad, "nine", `c${label}`, `${i}.csv`), "1,2,3,4,5,6\n1,2,3,4,5,7\n");
		}
	});

	const quantize = (...args: string[]) => ["quantize", ...args, "-o", "bad/out.essm"];
	test.each<[string, () => string[], RegExp]>([
		[
			"no such checkpoint",
			() => quantize("no.safetensors", "--data", "motion"),
			/no model at no\.safetensors/,
		],
		["a checkpoint cut off", () => quantize("bad/cut.safetensors", "--data", "motion"), /cut\.safetensors/],
		[
			"a checkpoint with NaN",
			() => quantize("bad/nan.safetensors", "--data", "motion"),
			/tensor \S+ .*(NaN|finite)/,
		],
		[
			"a checkpoint with terminal escapes",
			() => quantize("bad/escape.safetensors", "--data", "motion"),
			/^error: .*\ufffd\]0;title\ufffd/,
		],
		[
			"a file name with terminal escapes",
			() => quantize("no\x1b[2J.safetensors", "--data", "motion"),
			/no model at no\ufffd\[2J/,
		],
		["a blob for a checkpoint", () => quantize(blob, "--data", "motion"), /is already a blob/],
		["an unknown preset", () => quantize(CHECKPOINT, "--data", "motion", "--preset", "w1"), /no preset "w1"/],
		[
			"an unknown precision",
			() => quantize(CHECKPOINT, "--data", "motion", "--bits", "Q=8"),
			/"Q" is none of/,
		],
		["no such data", () => quantize(CHECKPOINT, "--data", "nowhere"), /no data set at nowhere/],
		[
			"too few channels",
			() => quantize(CHECKPOINT, "--data", "bad/two"),
			/2 channels, but the network takes 6/,
		],
		["too many classes", () => quantize(CHECKPOINT, "--data", "bad/nine"), /9 classes, but .* only 8/],
		[
			"a count of nothing",
			() => quantize(CHECKPOINT, "--data", "motion", "--calibrate", "0"),
			/whole number from 1/,
		],
		[
			"no folder to write to",
			() => ["quantize", CHECKPOINT, "--data", "motion", "-o", "no/out.essm"],
			/no folder no/,
		],
		[
			"a folder to write over",
			() => ["quantize", CHECKPOINT, "--data", "motion", "-o", "bad"],
			/bad is a folder/,
		],
		[
			"no such recipe",
			() => ["train", "--data", "motion", "--recipe", "no.json", "-o", "bad/out.essm"],
			/recipe no\.json cannot/,
		],
		[
			"a recipe of what is unknown",
			() => ["train", "--data", "motion", "--recipe", "bad/recipe.json", "-o", "bad/out.essm"],
			/Invalid training settings.*speed/,
		],
		[
			"a teacher of other data",
			() => [
				...["search", CHECKPOINT, "--data", "motion", "--calibrate", "8", "-o", "bad/out.essm"],
				...["--teacher", projectPath("models/smnist-h16-n2.safetensors")],
			],
			/takes 1 channels .*motion has 6 channels/,
		],
		[
			"values for --auto",
			() => ["train", "--data", "lorenz", "--task", "forecast", "--auto", "-o", "bad/out.essm"],
			/--auto makes only classifiers; train for --task forecast without --auto/,
		],
		["an empty blob", () => ["inspect", "bad/empty.essm"], /ESSM_E_TRUNCATED/],
		["a blob cut off", () => ["simulate", "bad/cut.essm"], /ESSM_E_TRUNCATED/],
		["a flipped bit", () => ["evaluate", "bad/flipped.essm", "--data", "motion"], /ESSM_E_CRC/],
		[
			"data that do not fit a blob",
			() => ["evaluate", blob, "--data", "bad/two"],
			/2 channels, but the network takes 6/,
		],
		["a blob in float", () => ["evaluate", blob, "--data", "motion", "--on", "float"], /integers only/],
		[
			"a checkpoint on XS",
			() => ["evaluate", CHECKPOINT, "--data", "motion", "--on", "host"],
			/edge-ssm quantize/,
		],
		[
			"an unknown target",
			() => ["evaluate", blob, "--data", "motion", "--on", "moon"],
			/Allowed choices are/,
		],
		["an unknown command", () => ["frobnicate"], /unknown command/],
	])("%s", async (_, args, sentence) => {
		const before = readdirSync(bad).sort();
		const { code, stdout, stderr } = await run(...args());
		expect(stderr).toMatch(sentence);
		expect(stderr).not.toMatch(/\n\s+at /); // no stack
		expect(stderr).not.toMatch(/[^\P{Cc}\n\t]/u); // nothing that steers a terminal
		expect(code).toBe(1);
		expect(stdout).toBe("");
		expect(readdirSync(bad).sort()).toEqual(before);
		expect(statSync(output(), { throwIfNoEntry: false })).toBeUndefined();
	});

	test("a failure leaves the file that was there before", async () => {
		const kept = join(folder, "kept.essm");
		writeFileSync(kept, "before");
		const { code } = await run("quantize", CHECKPOINT, "--data", "bad/two", "-o", kept);
		expect(code).toBe(1);
		expect(readFileSync(kept, "utf8")).toBe("before");
	});
});

// Commands that read float checkpoints: the same flags everywhere, what is shown of how a file was understood, and what is
// said of files that are something else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatCheckpoint } from "../../host-tools/checkpoints/export";
import { importCheckpoint, readCheckpoint } from "../../host-tools/checkpoints/import";
import { readSafetensors, writeSafetensors } from "../../host-tools/checkpoints/safetensors";
import { projectPath } from "../../host-tools/files/project";
import { buildCli, runCli } from "../support/cli-run";
import { tensor, torchSave } from "../support/torch-file";

const MOTION = projectPath("models/motion.safetensors");
const FEW = ["--data", "motion", "--limit", "8", "--threads", "1"];
let cli: Awaited<ReturnType<typeof buildCli>>;
let folder: string;
const run = (...args: string[]) => runCli(cli.file, args, folder);
const json = async (...args: string[]) => {
	const { code, stdout, stderr } = await run(...args, "--json");
	expect(stderr).toBe("");
	expect(code).toBe(0);
	return JSON.parse(stdout);
};

/** motion.safetensors as a program saves it that states nothing: bare.safetensors; with a norm after: the same bytes. */
beforeAll(async () => {
	cli = await buildCli();
	folder = mkdtempSync(join(tmpdir(), "edge-ssm-test-"));
	const { tensors } = readSafetensors(formatCheckpoint(importCheckpoint(MOTION)), "motion");
	const all = new Map([...tensors].map(([name, { shape, values }]) => [name, { shape, values: values! }]));
	writeFileSync(join(folder, "bare.safetensors"), writeSafetensors(all, { format: "pt" }));
	writeFileSync(join(folder, "odd.safetensors"), writeSafetensors(all, { approximate: "tanh" }));
	writeFileSync(join(folder, "old.pt"), "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46 and more", "latin1");
	const saved = new Map([...all].map(([name, { shape, values }]) => [name, tensor(shape, values)]));
	const optimizer = new Map([["lr", 0.01]]);
	writeFileSync(
		join(folder, "net.pt"),
		torchSave(
			new Map<string, unknown>([
				["model", saved],
				["optimizer", optimizer],
			]),
		),
	);
}, 120_000);
afterAll(() => {
	cli?.remove();
	rmSync(folder, { recursive: true, force: true });
});

test.each(["quantize", "evaluate", "sensitivity", "search", "report", "inspect", "train"])(
	"%s takes the flags that state what a checkpoint does not",
	async (command) => {
		const { stdout } = await run(command, "--help");
		for (const flag of [
			...["--activation", "--pooling", "--norm", "--eps", "--input-mean", "--input-std", "--labels"],
			"--metadata",
			"--ignore",
		])
			expect(stdout).toMatch(new RegExp(`^  ${flag} `, "m"));
	},
);

describe("norms of which nothing says where they are", () => {
	test.each([
		["quantize", () => ["--data", "motion", "-o", "x.essm"]],
		["evaluate", () => FEW],
		["sensitivity", () => ["--data", "motion"]],
		["search", () => ["--data", "motion", "-o", "x.essm"]],
		["inspect", () => []],
	])("%s refuses", async (command, args) => {
		const { code, stdout, stderr } = await run(command, "bare.safetensors", ...args());
		expect(code).toBe(1);
		expect(stdout).toBe("");
		expect(stderr).toMatch(/^error: bare\.safetensors has norms.* --norm before,.* --norm after/);
	});

	test("train refuses to go on from it", async () => {
		const args = ["train", "--data", "motion", "--from", "bare.safetensors", "-o", "x.safetensors"];
		expect((await run(...args)).stderr).toMatch(/^error: bare\.safetensors has norms/);
		expect((await run(...args, "--norm", "none")).stderr).toMatch(/^error: bare\.safetensors has norms/);
		expect((await run(...args, "--norm", "under")).stderr).toMatch(/^error: .*--norm .*before, after, none/);
	});

	test("evaluate computes what the flag says, and says so", async () => {
		const flags = ["--activation", "gelu_sigmoid"];
		const scaling = Object.entries(readCheckpoint(MOTION).interpretation.settings)
			.filter(([key]) => key.startsWith("input_"))
			.flatMap(([key, { value }]) => [`--${key.replace("_", "-")}`, (value as number[]).join()]);
		const of = (...more: string[]) =>
			json("evaluate", "bare.safetensors", ...FEW, ...flags, ...scaling, ...more);
		const [before, after] = [await of("--norm", "before"), await of("--norm", "after")];
		expect(before.confusion).toEqual((await json("evaluate", MOTION, ...FEW)).confusion);
		expect(before.confusion).not.toEqual(after.confusion);
		expect(after.checkpoints).toMatchObject([
			{
				file: "bare.safetensors",
				settings: {
					norm: { value: "after", from: "flag" },
					activation: { value: "gelu_sigmoid", from: "flag" },
					pooling: { value: "mean", from: "assumed" },
					discretization: { value: "zoh", from: "assumed" },
				},
				ignored: { format: "pt" },
			},
		]);
		const { stdout, stderr } = await run("evaluate", "bare.safetensors", ...FEW, "--norm", "before");
		expect(stdout).not.toContain("assumed");
		expect(stderr).toMatch(
			/^bare\.safetensors: S4D, channels 6, H 12, .*\n {2}by flag: norm before\n {2}by its tensors: norm_kind batch\n {2}assumed: activation gelu, pooling mean, discretization zoh, .*\n {2}ignored: format "pt"\n/,
		);
	});

	test("a second checkpoint must state it itself; inspect writes one that does", async () => {
		const search = (against: string) =>
			run("search", MOTION, "--data", "nowhere", "-o", "x.essm", "--norm", "before", "--against", against);
		expect((await search("bare.safetensors")).stderr).toMatch(
			/error: bare.* has norms.*"edge-ssm inspect bare\.safetensors -o FILE"/,
		);
		const flags = ["--norm", "before", "--activation", "gelu_tanh"];
		await json("inspect", "bare.safetensors", ...flags, "-o", "stated.safetensors");
		const stated = await json("inspect", "stated.safetensors");
		expect(stated).toMatchObject({
			kind: "checkpoint",
			parameters: 1292,
			checkpoints: [{ settings: { activation: { value: "gelu_tanh", from: "metadata" } } }],
		});
		expect((await search("stated.safetensors")).stderr).toMatch(/\nerror: .*no data set at nowhere/);
	});
});

describe("inspect", () => {
	test("shows what a checkpoint holds and what to do with it", async () => {
		const { code, stdout } = await run("inspect", MOTION);
		expect(code).toBe(0);
		expect(stdout).toMatch(/^motion\.safetensors: S4D, channels 6, H 12, N 4, L 2, classes 8\n/);
		expect(stdout).toMatch(/1,292 parameters; classes: rest, walk/);
		expect(stdout).toMatch(/\nnext: edge-ssm quantize \S+motion\.safetensors --data … -o …\n$/);
		const flagged = await run("inspect", MOTION, "--activation", "relu");
		expect(flagged.stdout).toMatch(/\nnext: edge-ssm quantize .* --data … -o …, with the same flags\n$/);
	});
	test("a blob takes no flags of checkpoints", async () => {
		const blob = projectPath("models/motion.essm");
		expect((await run("inspect", blob, "--norm", "after")).stderr).toMatch(/^error: .*is a blob, which/);
		expect((await run("inspect", blob, "-o", "x")).stderr).toMatch(/^error: .*is a blob; --output/);
	});
});

test("metadata that are not understood are refused by name until a flag ignores them", async () => {
	const args = ["inspect", "odd.safetensors", "--norm", "before"];
	expect((await run(...args)).stderr).toMatch(/^error: .*approximate = "tanh".*--ignore approximate/);
	const { checkpoints } = await json(...args, "--ignore", "approximate");
	expect(checkpoints[0].ignored).toEqual({ approximate: "tanh" });
});

test("a PyTorch file is the network that it holds, and what else it holds is listed", async () => {
	const flags = ["--norm", "before", "--metadata", "activation=gelu_tanh,pooling=last"];
	const of = (file: string) => json("evaluate", file, ...FEW, ...flags);
	const [torch, bare] = [await of("net.pt"), await of("bare.safetensors")];
	expect(torch.confusion).toEqual(bare.confusion);
	expect(torch.checkpoints).toMatchObject([
		{
			settings: { activation: { value: "gelu_tanh", from: "flag" } },
			ignored: { optimizer: "dictionary of 1" },
		},
	]);
	expect((await run("inspect", "net.pt", "--norm", "before")).stdout).toMatch(
		/^net\.pt: S4D, channels 6, .*\n {2}by flag: norm before\n {2}by its tensors: norm_kind batch\n.*\n {2}ignored: optimizer "dictionary of 1"\n/,
	);
	expect((await run("inspect", "net.pt", "--metadata", "activation")).stderr).toMatch(/^error: .*key=value/);
});

test("an old PyTorch file is told how to be converted, a checkpoint that it is no blob", async () => {
	for (const command of [["inspect"], ["evaluate", "--data", "motion"]])
		expect((await run(command[0]!, "old.pt", ...command.slice(1))).stderr).toMatch(
			/^error: old\.pt is a PyTorch file .*python3 -c "import torch.*'old-weights\.pt'\)"\n$/,
		);
	expect((await run("simulate", MOTION)).stderr).toMatch(/^error: .*a float checkpoint.*edge-ssm quantize/);
	expect(readFileSync(join(folder, "old.pt"), "latin1")).toMatch(/ and more$/);
});

test("flags that speak of a checkpoint need one", async () => {
	const train = (...args: string[]) => run("train", "--data", "motion", "-o", "x.safetensors", ...args);
	expect((await train("--eps", "0.1")).stderr).toMatch(/^error: --eps .*--from/);
	expect((await train("--norm", "none", "--norm-kind", "rms")).stderr).toMatch(
		/^error: .*normKind rms .*norm is none/,
	);
});

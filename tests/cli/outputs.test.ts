// What a command writes never replaces what it reads, and a place that cannot be written is refused before any work.
import { spawnSync } from "node:child_process";
import {
	copyFileSync,
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
import { projectPath } from "../../host-tools/files/project";
import { makeFolder } from "../../host-tools/files/write";
import { buildCli, runCli } from "../support/cli-run";

let cli: Awaited<ReturnType<typeof buildCli>>;
let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
	cli = await buildCli();
	folder = mkdtempSync(join(tmpdir(), "edge-ssm-outputs-"));
	copyFileSync(projectPath("models/motion.safetensors"), at("motion.safetensors"));
	copyFileSync(projectPath("models/motion.essm"), at("motion.essm"));
	copyFileSync(projectPath("recipes/motion.json"), at("motion.json"));
	writeFileSync(at("table.csv"), "sequence,label,x\n1,a,0\n1,a,1\n2,b,2\n2,b,3\n");
	mkdirSync(at("table"));
	for (const label of ["a", "b"]) writeFileSync(at(`table/${label}.csv`), "x\n1\n2\n3\n4\n");
});
afterAll(() => {
	cli.remove();
	rmSync(folder, { recursive: true, force: true });
});

const QUANTIZE = ["quantize", "motion.safetensors", "--data", "motion", "-o"];
const TRAIN = ["train", "--from", "motion.safetensors", "--data"];

test.each([
	["the checkpoint of quantize", [...QUANTIZE, "motion.safetensors"], "motion.safetensors"],
	["the same by another path", [...QUANTIZE, "./table/../motion.safetensors"], "motion.safetensors"],
	["the checkpoint of search", ["search", ...QUANTIZE.slice(1), "motion.safetensors"], "motion.safetensors"],
	[
		"the network that train continues",
		[...TRAIN, "motion", "-o", "motion.safetensors"],
		"motion.safetensors",
	],
	[
		"the same, next to a blob",
		[...TRAIN, "motion", "--quantize", "w8x16", "-o", "motion.essm"],
		"motion.safetensors",
	],
	[
		"the teacher",
		["train", "--teacher", "motion.safetensors", "--data", "motion", "-o", "motion.safetensors"],
		"motion.safetensors",
	],
	[
		"the recipe",
		["train", "--data", "motion", "--recipe", "motion.json", "-o", "motion.json"],
		"motion.json",
	],
	["the data", ["train", "--data", "table.csv", "-o", "table.csv"], "table.csv"],
	["the data of --auto", ["train", "--data", "motion.essm", "--auto", "-o", "motion.essm"], "motion.essm"],
	["the data that are shown", ["data", "table.csv", "-o", "table.csv"], "table.csv"],
	[
		"an inspected checkpoint",
		["inspect", "motion.safetensors", "-o", "motion.safetensors"],
		"motion.safetensors",
	],
	[
		"the model of measure",
		["measure", "--target", "host", "motion.essm", "-o", "motion.essm"],
		"motion.essm",
	],
])("not replaced: %s", async (_, args, file) => {
	const before = readFileSync(at(file));
	const { code, stdout, stderr } = await runCli(cli.file, args, folder);
	expect(stderr).toMatch(
		/error: .* is read by this command and would be overwritten; give another name\.\n$/,
	);
	expect(code).toBe(1);
	expect(stdout).toBe("");
	expect(readFileSync(at(file)).equals(before)).toBe(true);
	expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("a folder that cannot be created is refused, also where mkdir's own recursion never ends", () => {
	makeFolder(at("one/two"));
	makeFolder(at("one/two"));
	expect(existsSync(at("one/two"))).toBe(true);
	expect(() => makeFolder(at("table.csv"))).toThrow(/table\.csv is a file; give the name of a folder\.$/);
	expect(() => makeFolder(at("table.csv/under"))).toThrow(/under could not be created: ENOTDIR/);
	expect(() => makeFolder("/proc/edge-ssm/report")).toThrow(/could not be created: ENOENT/);
});

test("sensitivity refuses its folder before it measures", async () => {
	const args = ["sensitivity", "motion.safetensors", "--data", "nowhere", "-o", "table.csv"];
	const { code, stderr } = await runCli(cli.file, args, folder);
	expect(code).toBe(1);
	expect(stderr).toMatch(/error: table\.csv is a file; give the name of a folder\.\n$/);
});

test("sensitivity --study has no folder to write to", async () => {
	const args = ["sensitivity", "motion.safetensors", "--data", "motion", "--study", "-o", "out"];
	const { code, stderr } = await runCli(cli.file, args, folder);
	expect(code).toBe(1);
	expect(stderr).toContain("--output takes the losses of single components");
	expect(existsSync(at("out"))).toBe(false);
});

test.each(["table", "table/windows", "./table/../table"])(
	"window does not write among its recordings: %s",
	async (output) => {
		const before = readdirSync(at("table"));
		const { code, stderr } = await runCli(
			cli.file,
			["window", "table", "--length", "2", "-o", output],
			folder,
		);
		expect(stderr).toBe(
			`error: ${output} would be among the recordings of table; give a folder elsewhere.\n`,
		);
		expect(code).toBe(1);
		expect(readdirSync(at("table"))).toEqual(before);
	},
);

test("quantize says that devices refuse a blob without golden vectors", async () => {
	const args = [...QUANTIZE, "bare.essm", "--calibrate", "4", "--golden"];
	expect((await runCli(cli.file, [...args, "0"], folder)).stdout).toContain(
		"no golden vectors: devices refuse this blob",
	);
	expect((await runCli(cli.file, [...args, "1"], folder)).stdout).not.toContain("no golden vectors");
});

test.skipIf(!existsSync("/dev/full"))("results that cannot be printed are an error in one sentence", () => {
	const { status, stderr } = spawnSync(
		"sh",
		["-c", `"${process.execPath}" "${cli.file}" inspect motion.essm > /dev/full`],
		{
			cwd: folder,
			encoding: "utf8",
		},
	);
	expect(stderr).toMatch(/^error: The results cannot be printed: ENOSPC: [^\n]*\n$/);
	expect(status).toBe(1);
});

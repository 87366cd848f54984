// The package as npm delivers it: packed, installed into an empty folder outside the checkout without running any install
// script, and used there. Needs the npm registry or a warm cache.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { type Ended, runCli } from "../support/cli-run";

const INSTALL = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
const MINUTES = 60_000;
let folder: string;
const run = (...args: string[]): Promise<Ended> =>
	runCli(join(folder, "node_modules/edge-ssm/dist/cli.js"), args, folder);

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "edge-ssm-package-"));
	const npm = (cwd: string, ...args: string[]) => execFileSync("npm", args, { cwd, stdio: "pipe" });
	npm(projectPath("."), "pack", "--pack-destination", folder);
	const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
	writeFileSync(join(folder, "package.json"), '{ "private": true }');
	// Compiler options of whoever installs it are not ours.
	writeFileSync(
		join(folder, "tsconfig.json"),
		'{ "compilerOptions": { "verbatimModuleSyntax": 1, "extends": ',
	);
	npm(folder, ...INSTALL, `./${tarball}`);
	mkdirSync(join(folder, "bin"));
	symlinkSync(process.execPath, join(folder, "bin/node"));
}, 10 * MINUTES);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command with nothing but Node on the PATH. */
async function runBare(...args: string[]): Promise<Ended> {
	const path = process.env.PATH;
	try {
		process.env.PATH = join(folder, "bin");
		return await run(...args);
	} finally {
		process.env.PATH = path;
	}
}

test(
	"without a compiler a checkpoint is quantized and evaluated, inspected and searched",
	async () => {
		const motion = "node_modules/edge-ssm/models/motion.safetensors";
		for (const args of [
			["quantize", motion, "--data", "motion", "--calibrate", "64", "-o", "bare.essm"],
			["evaluate", "bare.essm", "--data", "motion", "--limit", "200"],
			["inspect", "bare.essm"],
			["sensitivity", motion, "--data", "motion", "--sequences", "16", "--calibrate", "16"],
		]) {
			const { code, stderr } = await runBare(...args);
			expect(stderr, args[0]!).not.toContain("error");
			expect(code).toBe(0);
		}
	},
	5 * MINUTES,
);

test(
	"without a compiler each native part is refused in a sentence with the remedy",
	async () => {
		for (const args of [["demo"], ["train", "--data", "motion", "-o", "x.safetensors"]]) {
			const { code, stderr } = await runBare(...args);
			expect(stderr).toMatch(/^error: .*make.* is not .*apt install build-essential/m);
			expect(code).toBe(1);
		}
	},
	5 * MINUTES,
);

test(
	"the demo goes the whole way",
	async () => {
		const { code, stdout, stderr } = await run("demo");
		expect(stderr).not.toContain("error");
		expect(stdout).toContain("XS = kernel, every byte of logits: 200 of 200 sequences");
		expect(code).toBe(0);
	},
	10 * MINUTES,
);

test(
	"a network is trained, quantized and evaluated",
	async () => {
		const small = ["--heads", "4", "--modes", "2", "--layers", "1", "--epochs", "1"];
		const steps = [
			["train", "--data", "motion", ...small, "-o", "small.safetensors"],
			["quantize", "small.safetensors", "--data", "motion", "--calibrate", "32", "-o", "small.essm"],
			["evaluate", "small.essm", "--data", "motion", "--limit", "100"],
		];
		for (const args of steps) {
			const { code, stderr } = await run(...args);
			expect(stderr).not.toContain("error");
			expect(code).toBe(0);
		}
	},
	5 * MINUTES,
);

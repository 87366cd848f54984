// The package as npm delivers it: packed, installed into an empty folder outside the checkout without running any install
// script, and used there. Needs the npm registry or a warm cache.
import { execFileSync, spawnSync } from "node:child_process";
import {
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
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

/** Bytes of files under a folder. */
const bytesUnder = (root: string): number =>
	readdirSync(root, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.reduce((sum, { parentPath, name }) => sum + lstatSync(join(parentPath, name)).size, 0);

test("the installation is small: at most 30 MB and 70 packages", () => {
	const listed = execFileSync("npm", ["ls", "--all", "--parseable"], { cwd: folder, encoding: "utf8" });
	const packages = listed.trim().split("\n").length - 1;
	const bytes = bytesUnder(join(folder, "node_modules"));
	console.info(`installed: ${packages} packages, ${(bytes / 1e6).toFixed(1)} MB`);
	expect(packages).toBeLessThanOrEqual(70);
	expect(bytes).toBeLessThanOrEqual(30e6);
});

test(
	"a TypeScript program imports it, with types by either way of resolving, and runs",
	async () => {
		const program = `
import { evaluate, openDataset, openModel, quantize, type StreamResult, UserError } from "edge-ssm";
const { blob } = await quantize("node_modules/edge-ssm/models/motion.safetensors", "motion", { calibrate: 32 });
const data = await openDataset("motion", "test", { limit: 100, seed: 1 });
const { metrics } = await evaluate(blob, data);
const model = openModel(blob);
const values = data.values.subarray(0, data.T * data.channels);
const outputs: Float64Array = model.run(values);
const results: StreamResult[] = [];
model.stream({ onResult: (result) => results.push(result) }).write(model.samples(values).buffer);
await Promise.resolve();
const refused = await evaluate("none.essm", data).catch((error: unknown) => error instanceof UserError);
// @ts-expect-error: a blob is bytes or a path
if (Math.random() > 2) openModel(5);
console.log(JSON.stringify([metrics, [...outputs].indexOf(Math.max(...outputs)), results[0]!.index, refused]));
`;
		writeFileSync(join(folder, "program.mts"), program);
		symlinkSync(projectPath("node_modules/@types"), join(folder, "node_modules/@types"));
		for (const [module, resolution] of [
			["nodenext", "nodenext"],
			["esnext", "bundler"],
		] as const) {
			const options = ["--strict", "--target", "es2022", "--types", "node", "--skipLibCheck", "false"];
			const how = ["--module", module, "--moduleResolution", resolution, "--ignoreConfig"];
			const tsc = spawnSync(
				process.execPath,
				[projectPath("node_modules/typescript/bin/tsc"), ...options, ...how, "program.mts"],
				{ cwd: folder, encoding: "utf8" },
			);
			expect(tsc.stdout).toBe("");
			expect(tsc.status).toBe(0);
		}
		const { code, stdout, stderr } = await runCli(join(folder, "program.mjs"), [], folder);
		expect(stderr).toBe("");
		expect(code).toBe(0);
		const [metrics, largest, index, refused] = JSON.parse(stdout);
		expect(metrics.accuracy).toBeGreaterThan(0.9);
		expect(index).toBe(largest);
		expect(refused).toBe(true);
	},
	5 * MINUTES,
);

test(
	"charts are drawn though vega is not installed, and its licence is there",
	async () => {
		const { code, stderr } = await run("report", "bare.essm", "-o", "report");
		expect(stderr).not.toContain("error");
		expect(code).toBe(0);
		expect(readFileSync(join(folder, "report/memory.svg"), "utf8")).toContain("<svg");
		expect(existsSync(join(folder, "node_modules/vega"))).toBe(false);
		const licences = readFileSync(join(folder, "node_modules/edge-ssm/dist/LICENCES.txt"), "utf8");
		expect(licences).toMatch(/^vega 6.*\(BSD-3-Clause\)\n\nCopyright/m);
	},
	5 * MINUTES,
);

test(
	"the demo goes the whole way",
	async () => {
		const { code, stdout, stderr } = await run("demo");
		expect(stderr).not.toContain("error");
		expect(stdout).toContain("XS = kernel, every byte of outputs: 200 of 200 sequences");
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

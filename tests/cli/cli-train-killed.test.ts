// What is left of a training run that was killed while it wrote, or that could not write any more: the last good checkpoint and
// state, and a run that goes on from them to the very end an unbroken one has. The process really dies (SIGKILL, by its own
// hand, so that the moment is exact) and the system really refuses the bytes (a limit on the size of files stands for a full disk).
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { readState } from "../../host-tools/training/state";
import { buildCli, runCli } from "../support/cli-run";

/** Loaded before the command line: dies at the third time that DIE_AT happens to the file that ends in DIE_FILE. */
const KILLER = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const { DIE_FILE, DIE_AT } = process.env;
const [write, rename] = [fs.writeFileSync, fs.renameSync];
const concerns = (path) => String(path).replace(/\\.\\d+\\.tmp$/, "").endsWith(DIE_FILE);
let times = 0;
const die = () => process.kill(process.pid, "SIGKILL");
fs.writeFileSync = (path, bytes, ...rest) => {
	if (concerns(path) && ++times === 3 && DIE_AT === "half written") {
		write(path, bytes.subarray(0, bytes.length >> 1), ...rest);
		die();
	}
	write(path, bytes, ...rest);
	if (concerns(path) && times === 3 && DIE_AT === "not renamed") die();
};
fs.renameSync = (from, to) => {
	rename(from, to);
	if (concerns(to) && times === 3 && DIE_AT === "renamed") die();
};
syncBuiltinESMExports();
`;
const EPOCHS = 5;
const RUN = [
	"train",
	"--data",
	"data.csv",
	"--heads",
	"4",
	"--modes",
	"2",
	"--layers",
	"1",
	"--threads",
	"1",
];
const FLAGS = [...RUN, "--epochs", String(EPOCHS), "--validation", "0", "--averaging", "0.5", "--json"];

let cli: { file: string; remove: () => void };
let folder: string;
let unbroken: Buffer;
const at = (name: string) => join(folder, name);
const train = (...more: string[]) => runCli(cli.file, [...FLAGS, "-o", "m.safetensors", ...more], folder);

/** Starts `command` in the folder and tells how it ended. */
function ended(command: string, args: string[], env: Record<string, string> = {}) {
	return new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve, reject) => {
		const child = spawn(command, args, {
			cwd: folder,
			env: { ...process.env, ...env },
			stdio: ["ignore", "ignore", "pipe"],
		});
		let stderr = "";
		child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
		child.on("error", reject);
		child.on("close", (code, signal) => resolve({ code, signal, stderr }));
	});
}

/** The epochs of the checkpoint and of the state; both files must be whole. */
function epochsKept() {
	const { content } = readState(at("m.safetensors.state"));
	return {
		checkpoint: Number(importCheckpoint(at("m.safetensors")).metadata.epoch),
		state: (content as { epoch: number }).epoch,
	};
}

beforeAll(async () => {
	cli = await buildCli();
	folder = mkdtempSync(join(tmpdir(), "cli-train-killed-"));
	const lines = ["sequence,label,x"];
	for (let i = 0; i < 40; i++)
		for (let t = 0; t < 8; t++) lines.push(`${i},${i % 2 ? "a" : "b"},${Math.sin(i + t * (1 + (i % 2)))}`);
	writeFileSync(at("data.csv"), lines.join("\n"));
	writeFileSync(at("killer.mjs"), KILLER);
	const { code, stderr } = await train();
	expect(code, stderr).toBe(0);
	unbroken = readFileSync(at("m.safetensors"));
});
beforeEach(() => {
	for (const file of readdirSync(folder)) if (file.startsWith("m.safetensors")) rmSync(at(file));
});
afterAll(() => {
	cli.remove();
	rmSync(folder, { recursive: true });
});

test.each([
	["half of the checkpoint is written", "m.safetensors", "half written", 2, 2],
	["the checkpoint is written, but has not its name yet", "m.safetensors", "not renamed", 2, 2],
	["the checkpoint is there and the state is not", "m.safetensors", "renamed", 3, 2],
	["half of the state is written", "m.safetensors.state", "half written", 3, 2],
	["the state is written, but has not its name yet", "m.safetensors.state", "not renamed", 3, 2],
	["both are there", "m.safetensors.state", "renamed", 3, 3],
] as const)("killed when %s", async (_, file, moment, checkpoint, state) => {
	const killed = await ended(
		process.execPath,
		["--import", at("killer.mjs"), cli.file, ...FLAGS, "-o", "m.safetensors"],
		{ DIE_FILE: file, DIE_AT: moment },
	);
	expect(killed).toMatchObject({ code: null, signal: "SIGKILL" });
	expect(epochsKept()).toEqual({ checkpoint, state });
	const { code, stdout, stderr } = await train("--resume");
	expect(code, stderr).toBe(0);
	expect(JSON.parse(stdout)).toMatchObject({ stopped: "finished", epoch: EPOCHS });
	expect(readFileSync(at("m.safetensors")).equals(unbroken)).toBe(true);
	expect(readdirSync(folder).filter((name) => /m\.safetensors\./.test(name))).toEqual([]);
});

test("a disk that takes no more leaves what was good, and one sentence", async () => {
	await ended(process.execPath, ["--import", at("killer.mjs"), cli.file, ...FLAGS, "-o", "m.safetensors"], {
		DIE_FILE: "m.safetensors.state",
		DIE_AT: "renamed",
	});
	const before = ["m.safetensors", "m.safetensors.state"].map((name) => readFileSync(at(name)));
	// No file of more than one block may be written any more; Node has the system say so instead of dying of it.
	const command = `ulimit -f 1; exec "$0" "$@" --resume -o m.safetensors`;
	const { code, signal, stderr } = await ended("sh", ["-c", command, process.execPath, cli.file, ...FLAGS]);
	expect({ code, signal }).toEqual({ code: 1, signal: null });
	expect(stderr.trim().split("\n")).toHaveLength(1);
	expect(stderr).toMatch(/m\.safetensors could not be written: .*(EFBIG|ENOSPC).*--resume/);
	["m.safetensors", "m.safetensors.state"].forEach((name, i) => {
		expect(readFileSync(at(name)).equals(before[i]!), name).toBe(true);
	});
	expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
	const again = await train("--resume");
	expect(again.code, again.stderr).toBe(0);
	expect(readFileSync(at("m.safetensors")).equals(unbroken)).toBe(true);
	expect(existsSync(at("m.safetensors.state"))).toBe(false);
});

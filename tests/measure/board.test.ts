// edge-ssm board as a person uses it: it runs in one terminal, the other commands work on its port.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import type { Evidence } from "../../host-tools/measure/evidence";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { readBlob } from "../../src/blob/read";
import { Reference } from "../../src/reference/reference";
import { buildCli, runCli } from "../support/cli-run";
import { until } from "../support/until";
import { temporaryFolder } from "../support/xs-run";

const missing = await missingRv32Tools();
if (missing !== undefined) console.warn(`the board on rv32 is left out: ${missing} not installed`);

const MOTION = projectPath("models/motion.essm");
const OTHER = projectPath("models/uci-har.essm");
let cli: Awaited<ReturnType<typeof buildCli>>;

beforeAll(async () => {
	cli = await buildCli();
});
afterAll(() => cli.remove());

/** Powers a board on and waits for its port. */
async function powerOn(...args: string[]) {
	const port = join(temporaryFolder(), "port");
	const child = spawn(process.execPath, [cli.file, "board", "--port", port, ...args]);
	onTestFinished(() => void child.kill("SIGTERM"));
	const said = { out: "", log: "" };
	child.stdout.on("data", (text) => (said.out += text));
	child.stderr.on("data", (text) => (said.log += text));
	await until(() => expect(said.out).toContain(`on ${port}; Ctrl-C ends it`));
	const run = (...command: string[]) => runCli(cli.file, [...command, "--port", port]);
	const end = async () => {
		child.kill("SIGINT");
		return once(child, "close");
	};
	return { port, child, said, run, end };
}

/** Outputs of the motion model over the window that ends at `step`: its sensor plays all golden vectors, again and again. */
function expectedOutputs(step: number): Int32Array {
	const network = readBlob(readFileSync(MOTION));
	const played = network.golden.flatMap(({ samples }) => [...samples]);
	const first = (step - network.steps) * network.input.length;
	const window = Int16Array.from(
		{ length: network.steps * network.input.length },
		(_, i) => played[(first + i) % played.length]!,
	);
	const reference = new Reference(network);
	reference.write(window);
	return reference.outputs();
}

test("a board with a model and a sensor: monitor, measure, flash, a crash, Ctrl-C", async () => {
	const { port, child, said, run, end } = await powerOn(MOTION);
	const monitored = await run("monitor", "--count", "1", "--json");
	const result = monitored.stdout.split("\n").find((line) => line.includes('"result"'));
	const { step, index, outputs } = JSON.parse(result!);
	expect(outputs).toEqual([...expectedOutputs(step)]);
	expect(index).toBe(outputs.indexOf(Math.max(...outputs)));

	const page = join(temporaryFolder(), "report.md");
	const measured = await run("measure", MOTION, "--json", "--report", page);
	expect(measured.stderr).not.toContain("error");
	const report = readFileSync(page, "utf8");
	expect(report).toMatch(/^\| this machine \| host \| edge-ssm 0\.1\.0, XS .* \| [\d.]+, [\d.]+ \| /m);
	expect(report).toContain("RAM by purpose\n  kernel arena");
	expect(JSON.parse(/^```json\n(.*)^```$/ms.exec(report)![1]!)).toEqual(JSON.parse(measured.stdout));
	const { kind, measurement } = JSON.parse(measured.stdout) as Evidence;
	expect(kind).toBe("this machine");
	expect(measurement.compared.slice(0, 2).map(({ difference }) => difference)).toEqual([0, 0]);

	const flashed = await run("flash", OTHER, "--json");
	expect(JSON.parse(flashed.stdout)).toMatchObject({ via: "link", slot: "model_b", sequence: 2 });
	expect((await run("monitor", "--count", "1")).stdout).toMatch(/^step 128 {2}[A-Z_]+ {2}margin/m);

	const second = await runCli(cli.file, ["board", "--port", port]);
	expect(second).toMatchObject({ code: 1, stdout: "" });
	expect(second.stderr).toMatch(/^error: .*port exists, perhaps as the port of another board; give another/m);

	// the device is killed, as by a fault of the firmware: it starts again, with its model
	const [device] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ");
	process.kill(Number(device), "SIGKILL");
	await until(() => expect(said.out.match(/Ctrl-C ends it/g)).toHaveLength(2));
	expect(said.log).toContain("killed: the board starts again");
	expect((await run("flash", OTHER)).stdout).toMatch(/^model_b of host already runs this model$/m);

	expect(await end()).toEqual([0, null]);
	expect(lstatSync(port, { throwIfNoEntry: false })).toBeUndefined();
	expect(said.log).not.toContain("error");
});

test("a flash file keeps the model while the board is off; a name that is a file is refused and left", async () => {
	const flash = join(temporaryFolder(), "flash.bin");
	const first = await powerOn("--flash", flash);
	expect((await first.run("flash", MOTION)).code).toBe(0);
	expect(await first.end()).toEqual([0, null]);
	expect(existsSync(flash)).toBe(true);
	const second = await powerOn("--flash", flash);
	expect((await second.run("flash", MOTION)).stdout).toContain("already runs this model");
	expect(await second.end()).toEqual([0, null]);

	const file = join(temporaryFolder(), "notes");
	writeFileSync(file, "mine");
	const { code, stderr } = await runCli(cli.file, ["board", "--port", file]);
	expect(code).toBe(1);
	expect(stderr).toMatch(/^error: .*notes exists/m);
	expect(readFileSync(file, "utf8")).toBe("mine");
});

test.skipIf(missing !== undefined)("a board on rv32 counts instructions and has no sensor", async () => {
	const { port, run, end } = await powerOn(MOTION, "--target", "rv32");
	const { stdout, stderr } = await run("measure", MOTION, "--json");
	expect(stderr).not.toContain("error");
	expect(JSON.parse(stdout)).toMatchObject({ kind: "emulated", measurement: { counted: "instructions" } });
	expect((await run("flash", OTHER)).stdout).toContain("now running model number 2");
	expect(await end()).toEqual([0, null]);
	expect(lstatSync(port, { throwIfNoEntry: false })).toBeUndefined();
});

// The commands of a board, driven as a person types them, on a simulated device behind a pseudo-terminal: the firmware on XS
// on this machine, and on emulated RV32IMC. What they say of a chip in its ROM loader is in flash-port.test.ts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildFirmware, SIMULATED, type SimulatedTarget } from "../../host-tools/evaluation/device";
import { NativeKernel } from "../../host-tools/kernel/native";
import type { Evidence } from "../../host-tools/measure/evidence";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { Simulator } from "../../host-tools/simulator/simulator";
import { readContainer } from "../../src/blob/container";
import { buildCli, runCli } from "../support/cli-run";
import { modelOf } from "../support/rom-loader/models";
import { openTerminal } from "../support/rom-loader/pty";
import { until } from "../support/until";
import { temporaryFolder } from "../support/xs-run";

const missing = await missingRv32Tools();
if (missing !== undefined) {
	const left = `commands on rv32 are left out: ${missing} not installed`;
	if (process.env.CI) throw new Error(left);
	console.warn(left);
}

const model = modelOf(1);
let cli: Awaited<ReturnType<typeof buildCli>>;

beforeAll(async () => {
	cli = await buildCli();
});
afterAll(() => cli.remove());

/** Switches a device on with an empty flash and puts its serial port behind a pty. @returns the pty's path */
async function powerOn(target: SimulatedTarget): Promise<string> {
	const firmware = await buildFirmware(target);
	const simulator = new Simulator(firmware.command(join(temporaryFolder(), "flash.bin")));
	onTestFinished(() => void simulator.kill());
	const { path } = await openTerminal({
		receive: (bytes) => void simulator.input.write(bytes),
		set send(send: (bytes: Uint8Array) => void) {
			simulator.output.on("data", send);
		},
	});
	await until(() => expect(simulator.log).toContain("no slot holds a runnable model"));
	return path;
}

describe.each(SIMULATED)("%s behind a pty", (target) => {
	test.skipIf(target === "rv32" && missing !== undefined)("flash, measure, monitor", async () => {
		const port = await powerOn(target);
		const folder = temporaryFolder();
		writeFileSync(join(folder, "model.essm"), model.bytes);
		const run = (...args: string[]) => runCli(cli.file, [...args, "--port", port], folder);

		const empty = await run("measure");
		expect(empty).toMatchObject({ code: 1, stdout: "" });
		expect(empty.stderr).toContain("no model to measure");

		const flashed = await run("flash", "model.essm", "--json");
		expect(flashed.stderr).toContain(`loading through edge-ssm 0.1.0 on ${target}`);
		expect(flashed.code).toBe(0);
		expect(JSON.parse(flashed.stdout)).toEqual({
			via: "link",
			bytes: model.bytes.length,
			target,
			slot: "model_a",
			sequence: 1,
			already: false,
		});
		expect((await run("flash", "model.essm")).stdout).toMatch(/^model_a of .* already runs this model$/m);

		const { code, stdout, stderr } = await run("measure", "model.essm", "--json", "-o", "evidence.json");
		expect(stderr).not.toContain("error");
		expect(code).toBe(0);
		const evidence = JSON.parse(stdout) as Evidence;
		expect(JSON.parse(readFileSync(join(folder, "evidence.json"), "utf8"))).toEqual(evidence);
		expect(readdirSync(folder).sort()).toEqual(["evidence.json", "model.essm"]);
		const emulated = target === "rv32";
		expect(evidence).toMatchObject({
			format: "edge-ssm measurement 1",
			command: ["edge-ssm", "measure", "model.essm", "--json", "-o", "evidence.json", "--port", port],
			kind: emulated ? "emulated" : "this machine",
			setup: { firmwareFiles: null, emulator: null, rom: null },
		});
		const { measurement } = evidence;
		expect(measurement).toMatchObject({
			target,
			firmware: "edge-ssm 0.1.0",
			toolchain: expect.stringMatching(/^XS 13\.3\.0, /),
			counted: emulated ? "instructions" : null,
			model: {
				identity: Buffer.from(readContainer(model.bytes).identity).toString("hex"),
				blobBytes: model.bytes.length,
				slot: 0,
				sequence: 1,
			},
		});
		expect(measurement.memory.arena.total).toBe(new NativeKernel(model.bytes).arena.length);
		expect(measurement.memory.slotBytes).toBe(emulated ? 16 : 32);
		expect(measurement.compared.slice(0, 2)).toMatchObject([
			{ what: "arena", difference: 0 },
			{ what: "blob", difference: 0 },
		]);
		expect(measurement.raw.timings.every(({ values }) => values.length >= 100)).toBe(true);

		const unknown = await run("measure");
		expect(unknown.code).toBe(0);
		expect(unknown.stdout).toContain(`edge-ssm 0.1.0 on ${target}`);
		expect(unknown.stdout).toMatch(/by component unknown: give the blob/);
		expect(unknown.stdout).toMatch(/95 %/);

		// neither target has a sensor
		const child = spawn(process.execPath, [cli.file, "monitor", "--port", port]);
		onTestFinished(() => void child.kill("SIGKILL"));
		let shown = "";
		child.stdout.on("data", (text) => (shown += text));
		child.stderr.on("data", (text) => (shown += text));
		await until(() => expect(shown).toContain("no results, only the log: "));
		expect(shown).toContain(`edge-ssm 0.1.0 on ${target}`);
		expect(shown).toContain("this target has no sensor");
		child.kill("SIGINT");
		expect(await once(child, "close")).toEqual([0, null]);
		expect(shown.trim().split("\n").at(-1)).toBe("0 results");
	});
});

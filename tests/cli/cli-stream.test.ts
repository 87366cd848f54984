// A stream's settings from the command line: thresholds by quantize, the best of a recording by evaluate --stream --tune -o, and what the
// blob states used without flags.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sequence } from "../../host-tools/datasets/dataset";
import { motion } from "../../host-tools/datasets/motion";
import { targetKind } from "../../host-tools/datasets/targets";
import { taskOf } from "../../host-tools/task/fit";
import { buildCli, runCli } from "../support/cli-run";

const folder = mkdtempSync(join(tmpdir(), "cli-stream-"));
const MODEL = "models/motion.safetensors";
const blob = join(folder, "m.essm");
const long = join(folder, "long.csv");
let cli: Awaited<ReturnType<typeof buildCli>>;

beforeAll(async () => {
	cli = await buildCli();
	const data = motion({ split: "test", count: 48 });
	const names = taskOf(data).goal(data.targets).labels;
	const strata = targetKind(data.targets).strata(data.targets);
	const lines = ["t (ms),label,a,b,c,d,e,f"];
	for (let i = 0; i < data.count; i++)
		for (let t = 0; t < 128; t++)
			lines.push(
				[20 * (lines.length - 1), names[strata[i]!], ...sequence(data, i).subarray(6 * t, 6 * t + 6)].join(
					",",
				),
			);
	writeFileSync(long, lines.join("\n"));
}, 120_000);
afterAll(() => {
	cli?.remove();
	rmSync(folder, { recursive: true, force: true });
});

async function run(...args: string[]) {
	const { code, stdout, stderr } = await runCli(cli.file, args);
	return { code, stderr, stdout, json: () => JSON.parse(stdout) };
}

test("quantize writes thresholds and background; tuned settings are used without flags", async () => {
	const made = await run(
		...["quantize", MODEL, "--data", "motion", "--background", "rest", "-o", blob, "--json"],
	);
	expect(made.stderr).not.toMatch(/error/);
	const { stream } = made.json();
	expect(stream).toHaveLength(8);
	for (const one of stream) expect(one.falseAlarms).toBeLessThanOrEqual(0.01 * one.others);
	const settings = (await run("inspect", blob, "--json")).json().stream;
	expect(settings).toMatchObject({ window: 128, hop: 0, smoothing: 0, hold: 1 });
	expect(settings.thresholds[0]).toBe(2 ** 32 - 1);
	expect((await run("inspect", blob)).stdout).toMatch(/stream +window 128, hop the window.*background rest/);

	const tuned = join(folder, "tuned.essm");
	const judge = ["evaluate", "--data", long, "--stream", "--json"];
	const found = (await run(...judge, blob, "--tune", "-o", tuned)).json();
	const again = (await run(...judge, tuned)).json();
	for (const key of ["f1", "falseAlarms", "detected", "hop", "smoothing", "hold", "thresholds", "background"])
		expect(again[key], key).toEqual(found[key]);
	expect(found.background).toEqual(["rest"]);
	const before = (await run(...judge, blob)).json();
	expect(found.f1).toBeGreaterThanOrEqual(before.f1);
	const quiet = (await run(...judge, blob, "--tune", "--false-alarms", "20")).json();
	expect(quiet.falseAlarmRate).toBeLessThanOrEqual(20);
	const raw = (await run(...judge, tuned, "--threshold", "0", "--hold", "1", "--window", "64")).json();
	expect(raw).toMatchObject({ window: 64, hop: 0, hold: 1 });
}, 300_000);

test("what does not go together is refused", async () => {
	const refused = async (sentence: RegExp, ...args: string[]) => {
		const { code, stderr } = await run(...args);
		expect(stderr).toMatch(sentence);
		expect(code).toBe(1);
	};
	const to = join(folder, "no.essm");
	await refused(
		/no label "walking"/,
		"quantize",
		MODEL,
		"--data",
		"motion",
		"--background",
		"walking",
		"-o",
		to,
	);
	await refused(
		/cannot tell a rate of false alarms of 0.00001; 100000 are the fewest/,
		...["quantize", MODEL, "--data", "motion", "--false-alarms", "0.00001", "--calibrate", "8", "-o", to],
	);
	await refused(/--tune finds; give both/, "evaluate", blob, "--data", long, "--stream", "-o", to);
}, 120_000);

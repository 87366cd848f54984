// The recorder on a port: a simulated board whose sensor plays known samples, as a person uses both.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
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
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openDataset } from "../../host-tools/datasets/open";
import { projectPath } from "../../host-tools/files/project";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { runSequence } from "../../src/network/run";
import { Reference } from "../../src/reference/reference";
import { buildCli, runCli } from "../support/cli-run";
import { canMount, onSmallDisk } from "../support/small-disk";
import { until } from "../support/until";

const MOTION = projectPath("models/motion.essm");
const { input, golden } = readBlob(readFileSync(MOTION));
const root = mkdtempSync(join(tmpdir(), "record-port-"));
const port = join(root, "port");
/** A range that holds all of an int16 of the model's scaling. */
const ranges = input.map(({ scale, offset }) => 33_000 * scale + Math.abs(offset));
const WITH = [
	...["--port", port, "--channels", "a (g),b (g),c (g),d,e,f", "--ranges", ranges.join(",")],
	...["--rate", "50", "--countdown", "0.1"],
];
let cli: Awaited<ReturnType<typeof buildCli>>;

beforeAll(async () => {
	cli = await buildCli();
});
afterAll(() => {
	cli?.remove();
	rmSync(root, { recursive: true, force: true });
});

/** Powers the board on with a model, whose golden vectors the sensor plays, and waits for its port. */
async function powerOn(model = MOTION) {
	const board = spawn(process.execPath, [cli.file, "board", "--port", port, model]);
	onTestFinished(() => void board.kill("SIGTERM"));
	let out = "";
	board.stdout.on("data", (text) => (out += text));
	await until(() => expect(out).toContain(`on ${port}; Ctrl-C ends it`));
	return async () => {
		board.kill("SIGINT");
		await once(board, "close");
	};
}

/** What the sensor plays, in physical values, over and over. */
const playedOf = (vectors: readonly { samples: Int16Array }[]) =>
	vectors.flatMap(({ samples }) =>
		Array.from({ length: samples.length / input.length }, (_, t) =>
			input.map(({ scale, offset }, c) => samples[t * input.length + c]! * scale + offset),
		),
	);
const played = playedOf(golden);

/**
 * Whether the values of a clip are played one after the other, each within the rounding of its channel. Where time was missed the sensor
 * plays on from where it was, where an event was lost it is that much further.
 */
function isPlayed(lines: readonly number[][], of = played): boolean {
	const equal = (values: readonly number[], at: number) =>
		values.every(
			(value, c) =>
				Math.abs(value - of[at % of.length]![c]!) <= (0.51 * ranges[c]!) / 32_767 + 1e-6 * Math.abs(value),
		);
	const step = ([time]: readonly number[]) => Math.round(50 * time!);
	const follows = (first: number) => {
		let at = first;
		return lines.every((line, i) => {
			const passed = i ? step(line) - step(lines[i - 1]!) : 0;
			for (let more = i ? 1 : 0; more <= passed; more++)
				if (equal(line.slice(1), at + more)) {
					at += more;
					return true;
				}
			return false;
		});
	};
	return of.some((_, first) => follows(first));
}

const clipsIn = (folder: string) =>
	readdirSync(folder)
		.filter((name) => name.endsWith(".csv"))
		.map((name) => readFileSync(join(folder, name), "utf8").trim().split("\n"));
const numbers = (lines: readonly string[]) => lines.slice(1).map((line) => line.split(",").map(Number));

test("clips are what the sensor measured, labels take turns, and the folder is a data set; the same command goes on", async () => {
	const off = await powerOn();
	const folder = join(root, "gestures");
	const record = (count: number) =>
		runCli(cli.file, [
			...["record", ...WITH, "--labels", "wave,rest", "--length", "0.4"],
			...["--count", String(count), "-o", folder, "--json"],
		]);
	const first = await record(2);
	expect(first.stderr).not.toContain("error");
	expect(JSON.parse(first.stdout)).toMatchObject({ counts: { wave: 2, rest: 2 }, clipped: 0 });
	const more = await record(3);
	expect(JSON.parse(more.stdout).counts).toEqual({ wave: 3, rest: 3 });
	for (const label of ["wave", "rest"]) {
		const clips = clipsIn(join(folder, label));
		expect(clips).toHaveLength(3);
		for (const clip of clips) {
			expect(clip[0]).toBe("time (s),a (g),b (g),c (g),d,e,f");
			expect(clip).toHaveLength(21);
			expect(isPlayed(numbers(clip))).toBe(true);
		}
	}
	const altered = numbers(clipsIn(join(folder, "wave"))[0]!);
	altered[7]![1]! += (3 * ranges[0]!) / 32_767;
	expect(isPlayed(altered)).toBe(false);
	expect(existsSync(join(folder, ".recording"))).toBe(false);
	const data = await openDataset(folder, "train");
	expect(data).toMatchObject({ rate: 50, channels: 6 });
	await off();
}, 600_000);

test("a board that vanishes ends the recording with a sentence, and what there is of the clip is kept", async () => {
	const off = await powerOn();
	const folder = join(root, "cut");
	const args = ["record", ...WITH, "--labels", "wave", "--count", "1", "-o", folder];
	const child = spawn(process.execPath, [cli.file, ...args, "--length", "3000"]);
	let said = "";
	child.stderr.on("data", (text) => (said += text));
	await until(() => expect(said).toMatch(/wave, clip 1 of 1: .*recording/));
	const other = await runCli(cli.file, args);
	expect(other.stderr).toMatch(/Another recorder \(process \d+\) writes to/);
	const ended = once(child, "close");
	await off();
	expect((await ended)[0]).toBe(1);
	expect(said).toMatch(/error: .*port/);
	const [, kept] = /the clip that was being recorded is in (.*)/.exec(said)!;
	const lines = numbers(readFileSync(kept!, "utf8").trim().split("\n"));
	expect(lines.length).toBeGreaterThan(1);
	expect(isPlayed(lines)).toBe(true);
	expect(readdirSync(folder).filter((name) => !name.startsWith("."))).toEqual([]);

	const gone = await runCli(cli.file, args);
	expect(gone.code).toBe(1);
	expect(gone.stderr).toMatch(/error: .*port/);
}, 600_000);

test.skipIf(!canMount)(
	"a disk that gets full keeps its clips, and the one that did not fit is elsewhere",
	async () => {
		const off = await powerOn();
		const [disk, home, kept] = ["disk", "home", "kept"].map((name) => join(root, name)) as [
			string,
			string,
			string,
		];
		for (const folder of [disk, home]) mkdirSync(folder);
		const words = [
			"record",
			...WITH,
			...["--labels", "wave", "--length", "0.4", "--count", "9", "-o", join(disk, "clips")],
		];
		const command = [process.execPath, cli.file, ...words].map((word) => `'${word}'`).join(" ");
		// Room for some clips; temporary files are on the same disk.
		const { code, said } = await onSmallDisk(
			disk,
			5 * 4096,
			`TMPDIR='${disk}' HOME='${home}' ${command}; code=$?; cp -r '${disk}/clips' '${kept}'; exit $code`,
		);
		await off();
		expect(code).toBe(1);
		expect(said.match(/^error: .*$/gm)).toHaveLength(1);
		const [, last] = /error: .*ENOSPC: no space left on device.*; the clip is in (\S+)\./.exec(said)!;
		expect(last).toContain(home);
		const clips = [...clipsIn(join(kept, "wave")), readFileSync(last!, "utf8").trim().split("\n")];
		expect(clips.length).toBeGreaterThan(1);
		expect(clips.length).toBeLessThan(9);
		for (const clip of clips) {
			expect(clip).toHaveLength(21);
			expect(isPlayed(numbers(clip))).toBe(true);
		}
	},
	600_000,
);

/** Recorder on a terminal, so that it takes keys, which `script` gives it. */
function onTerminal(args: readonly string[]) {
	const words = [process.execPath, cli.file, ...args].map((word) => `'${word}'`).join(" ");
	// Wide enough for the longest line, which is cut otherwise.
	const command = `stty columns 120; ${words}`;
	const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"]);
	onTestFinished(() => void child.kill("SIGKILL"));
	const seen = { text: "" };
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (seen.text += text));
	return { seen, press: (key: string) => child.stdin.write(key), ended: once(child, "close") };
}

const clipNames = (folder: string) =>
	existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".csv")) : [];

test.skipIf(!existsSync("/usr/bin/script"))(
	"u takes the last clip back and its label has its turn again; q ends; the same command goes on, also after a kill",
	async () => {
		const off = await powerOn();
		const folder = join(root, "keys");
		const wave = join(folder, "wave");
		const record = (count: number) => [
			...["record", ...WITH, "--labels", "wave,rest", "--length", "0.4"],
			...["--count", String(count), "-o", folder],
		];
		const first = onTerminal(record(500));
		await until(() => expect(clipNames(wave)).toContain("0001.csv"));
		const taken = readFileSync(join(wave, "0001.csv"), "utf8");
		first.press("u");
		await until(() => expect(first.seen.text).toMatch(/undid the last clip of (wave|rest)/));
		const [, undone] = /undid the last clip of (wave|rest)/.exec(first.seen.text)!;
		const kept = clipNames(join(folder, ".undone", undone!));
		expect(kept).toHaveLength(1);
		if (undone === "wave")
			expect(readFileSync(join(folder, ".undone", "wave", kept[0]!), "utf8")).toBe(taken);
		await until(() => {
			expect(clipNames(wave).length).toBeGreaterThan(0);
			expect(clipNames(join(folder, "rest")).length).toBeGreaterThan(0);
		});
		first.press("q");
		expect((await first.ended)[0]).toBe(0);
		expect(first.seen.text).toMatch(/: \d+ of wave, \d+ of rest/);

		const had = clipNames(wave).map((name) => readFileSync(join(wave, name), "utf8"));
		const killed = spawn(process.execPath, [cli.file, ...record(500)]);
		await until(() => expect(clipNames(wave).length).toBeGreaterThan(had.length));
		const dead = once(killed, "close");
		killed.kill("SIGKILL");
		await dead;
		expect(existsSync(join(folder, ".recording"))).toBe(true);
		const left = Math.max(clipNames(wave).length, clipNames(join(folder, "rest")).length);
		const last = await runCli(cli.file, [...record(left + 1), "--json"]);
		expect(JSON.parse(last.stdout).counts).toEqual({ wave: left + 1, rest: left + 1 });
		// Nothing that was there was written over.
		for (const [i, text] of had.entries())
			expect(readFileSync(join(wave, clipNames(wave)[i]!), "utf8")).toBe(text);
		expect(existsSync(join(folder, ".recording"))).toBe(false);
		for (const clip of clipsIn(wave)) expect(isPlayed(numbers(clip))).toBe(true);
		await off();
	},
	600_000,
);

const [REST, MOVES, SIZE] = [150, 40, 12_000];

/** A model whose sensor is still for most of the time, and then moves. */
function movesModel() {
	const network = readBlob(readFileSync(MOTION));
	const samples = Int16Array.from({ length: (REST + MOVES) * input.length }, (_, i) => {
		const t = Math.floor(i / input.length);
		return (t % 2 ? 1 : -1) * (t < REST ? 20 : SIZE);
	});
	network.golden = [{ samples, outputs: runSequence(new Reference(network), network, samples) }];
	const model = join(root, "moves.essm");
	writeFileSync(
		model,
		writeBlob(network, (bytes) => createHash("sha256").update(bytes).digest()),
	);
	return { model, vectors: network.golden };
}

test.skipIf(!existsSync("/usr/bin/script"))(
	"the live trace is low where the sensor is still and high where it moves",
	async () => {
		const off = await powerOn(movesModel().model);
		const recorder = onTerminal([
			...["record", ...WITH, "--labels", "wave", "--length", "3000", "--count", "1"],
			...["-o", join(root, "trace")],
		]);
		const traces = () => [...recorder.seen.text.matchAll(/, recording ([▁-█]+)/g)].map(([, bars]) => bars!);
		// At rest first, then the movement comes in from the right and leaves on the left.
		await until(() => expect(traces().some((bars) => /▁{3}█/.test(bars))).toBe(true));
		await until(() => expect(traces().some((bars) => /█▁{3}/.test(bars))).toBe(true));
		recorder.press("q");
		expect((await recorder.ended)[0]).toBe(0);
		for (const bars of traces()) {
			expect(bars.length).toBeLessThanOrEqual(24);
			expect(bars, "the largest of what is shown has the full bar").toContain("█");
		}
		await off();
	},
	600_000,
);

test("a movement begins a clip, which holds what came just before it", async () => {
	const { model, vectors } = movesModel();
	const off = await powerOn(model);
	const folder = join(root, "moves");
	const done = await runCli(cli.file, [
		...["record", ...WITH, "--labels", "wave", "--length", "0.4", "--trigger", "8"],
		...["--count", "2", "-o", folder, "--json"],
	]);
	expect(JSON.parse(done.stdout)).toMatchObject({ counts: { wave: 2 } });
	for (const clip of clipsIn(join(folder, "wave"))) {
		const lines = numbers(clip);
		expect(isPlayed(lines, playedOf(vectors))).toBe(true);
		const large = lines.map((line) => {
			const { scale, offset } = input[0]!;
			return Math.abs(line[1]! - offset) > (SIZE / 2) * scale;
		});
		// A fifth of the clip, and at most half as much again, is from before: 4 to 6 of 20 steps, the first that moves among them.
		expect(large[0]).toBe(false);
		const onset = large.indexOf(true);
		expect(onset).toBeGreaterThan(0);
		expect(onset).toBeLessThanOrEqual(6);
		expect(large.slice(onset)).not.toContain(false);
	}
	await off();
}, 600_000);

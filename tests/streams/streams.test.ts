// Streams judged as streams: decoding and matching worked out by hand, and a recording that says exactly what the kernel says of each of
// its windows.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { sequence } from "../../host-tools/datasets/dataset";
import { motion } from "../../host-tools/datasets/motion";
import { evaluate } from "../../host-tools/evaluation/evaluate";
import { parseBlob } from "../../host-tools/evaluation/model-file";
import { projectPath } from "../../host-tools/files/project";
import { pack } from "../../host-tools/packing/pack";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { openRecording } from "../../host-tools/recordings/open";
import { compareEvents, decode } from "../../host-tools/streams/events";
import { judge, tune } from "../../host-tools/streams/judge";
import { runStream } from "../../host-tools/streams/run";
import { counted } from "../../host-tools/task/classify-metrics";
import { openModel } from "../../src/classifier/model";

const root = mkdtempSync(join(tmpdir(), "streams-"));
afterAll(() => rmSync(root, { recursive: true }));

const reports = (text: string, margin = 9) =>
	[...text].map((label, i) => ({ step: 10 * (i + 1), label, margin }));
const background = new Set(["."]);

test("results in a row make one detection; background, another label and weak results end it", () => {
	const steps = (text: string, hold: number) =>
		decode(reports(text), { background, hold, threshold: 5 }).map(({ label, step }) => `${label}${step}`);
	expect(steps("..aa.ab.bb", 1)).toEqual(["a30", "a60", "b70", "b90"]);
	expect(steps("..aa.ab.bb", 2)).toEqual(["a40", "b100"]);
	expect(steps("aaaa", 3)).toEqual(["a30"]);
	const weak = [...reports("a"), ...reports("a", 4), ...reports("a")];
	expect(decode(weak, { background, hold: 1, threshold: 5 })).toHaveLength(2);
});

test("events, repeats, false alarms and delays by hand", () => {
	const events = [
		{ label: "a", start: 0, end: 50 },
		{ label: "b", start: 100, end: 150 },
		{ label: "a", start: 200, end: 250 },
	];
	const detections = [
		...[
			{ label: "a", step: 20 },
			{ label: "a", step: 40 },
			{ label: "a", step: 120 },
		], // found, again, false: it is b
		...[
			{ label: "b", step: 160 },
			{ label: "b", step: 190 },
		], // late but tolerated, too late
	];
	expect(compareEvents(events, detections, 10)).toEqual({
		...{ events: 3, detected: 2, repeated: 1, falseAlarms: 2, delays: [20, 60] },
		...{ precision: 0.5, recall: 2 / 3, f1: 4 / 7 },
		byLabel: {
			a: { events: 2, detected: 1, falseAlarms: 1 },
			b: { events: 1, detected: 1, falseAlarms: 1 },
		},
	});
	expect(compareEvents([], [], 0)).toMatchObject({ precision: null, recall: null, f1: 0 });
});

test("a recording of test sequences one after another gives the kernel's answers, window by window", async () => {
	const checkpoint = projectPath("models/motion.safetensors");
	const model = importCheckpoint(checkpoint);
	const precision = choosePrecision(floatShape(model), "w8a8x8", "");
	const { blob } = pack(model, motion({ split: "train", count: 64 }), {
		...{ checkpointHash: "", precision, preset: "w8a8x8", calibrate: 64, how: { method: "minmax" as const } },
		...{ golden: 1, goldenSteps: 8, steps: 128 },
	});
	const test_ = motion({ split: "test", count: 24 });
	const names = test_.targets.kind === "classes" ? test_.targets.names : [];
	const of = test_.targets.kind === "classes" ? test_.targets.of : [];
	const path = join(root, "long.csv");
	const lines = ["label,a,b,c,d,e,f"];
	for (let i = 0; i < test_.count; i++) {
		const row = sequence(test_, i);
		for (let t = 0; t < 128; t++) lines.push([names[of[i]!], ...row.subarray(6 * t, 6 * t + 6)].join(","));
	}
	writeFileSync(path, lines.join("\n"));
	const opened = openModel(new Uint8Array(blob));
	const run = runStream(opened, openRecording(path, { hz: 50 }), undefined, {
		window: 0,
		hop: 0,
		smoothings: [0, 2],
	});
	expect(run.steps).toBe(24 * 128);
	expect(run.reports[0]!.map(({ step }) => step)).toEqual(
		Array.from({ length: 24 }, (_, i) => 128 * (i + 1)),
	);
	const { metrics } = await evaluate(parseBlob(blob, "it"), test_, "kernel", { threads: 1 });
	const right = run.reports[0]!.filter(({ label }, i) => label === names[of[i]!]).length;
	expect(right).toBe(counted(metrics).right);
	expect(run.reports[1]!.map(({ label }) => label)).not.toEqual(run.reports[0]!.map(({ label }) => label));
	const options = { background: new Set(["rest"]), tolerance: 128, rate: 50 };
	const plain = judge([run], 0, 0, { hold: 1, threshold: 0 }, options);
	expect(plain.hours).toBeCloseTo((24 * 128) / 50 / 3600, 9);
	expect(plain.falseAlarmRate).toBeCloseTo(plain.falseAlarms / plain.hours!, 9);
	expect(tune([run], [0, 2], options).f1).toBeGreaterThanOrEqual(plain.f1);
	// another rate is brought to the model's
	writeFileSync(path, readFileSync(path, "utf8"));
	const slow = runStream(opened, openRecording(path, { hz: 25 }), undefined, {
		window: 0,
		hop: 64,
		smoothings: [0],
	});
	expect(slow.steps).toBe(2 * 24 * 128 - 1);
	expect(() =>
		runStream(opened, openRecording(path, { hz: 50 }), undefined, { window: 64, hop: 65, smoothings: [0] }),
	).toThrow(/cannot run like this: invalid hop: longer than the window \(--window, --hop\)/);
	expect(() =>
		runStream(opened, openRecording(path, { ignore: ["f"] }), undefined, {
			window: 0,
			hop: 0,
			smoothings: [0],
		}),
	).toThrow(/has 5 channels, but the model takes 6/);
}, 120_000);

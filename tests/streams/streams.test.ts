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
import { toSamples } from "../../host-tools/quantization/network";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { openRecording } from "../../host-tools/recordings/open";
import { backgroundOf } from "../../host-tools/streams/background";
import { compareEvents, decode } from "../../host-tools/streams/events";
import { judge, tune } from "../../host-tools/streams/judge";
import { kernelFor, runStream } from "../../host-tools/streams/run";
import { attachStream, labelThresholds, thresholdsIn } from "../../host-tools/streams/thresholds";
import { counted } from "../../host-tools/task/classify-metrics";
import { readBlob } from "../../src/blob/read";
import { Classifier } from "../../src/classifier/classifier";
import { type KernelClass, openModel } from "../../src/classifier/model";
import { BACKGROUND } from "../../src/network/stream";

const root = mkdtempSync(join(tmpdir(), "streams-"));
afterAll(() => rmSync(root, { recursive: true }));

const reports = (text: string, margin = 9) =>
	[...text].map((label, i) => ({ step: 10 * (i + 1), label, margin, segment: 0 }));
const background = new Set(["."]);

test("results in a row make one detection; background, another label and weak results end it", () => {
	const steps = (text: string, hold: number) =>
		decode(reports(text), { background, hold, threshold: () => 5 }).map(
			({ label, step }) => `${label}${step}`,
		);
	expect(steps("..aa.ab.bb", 1)).toEqual(["a30", "a60", "b70", "b90"]);
	expect(steps("..aa.ab.bb", 2)).toEqual(["a40", "b100"]);
	expect(steps("aaaa", 3)).toEqual(["a30"]);
	const weak = [...reports("a"), ...reports("a", 4), ...reports("a")];
	expect(decode(weak, { background, hold: 1, threshold: () => 5 })).toHaveLength(2);
	expect(decode(weak, { background, hold: 1, threshold: (label) => (label === "a" ? 4 : 9) })).toHaveLength(
		1,
	);
	expect(steps("aab.a", 0)).toEqual(["a10", "a20", "b30", "a50"]);
	const gap = reports("aa").map((report, segment) => ({ ...report, segment }));
	expect(decode(gap, { background, hold: 1, threshold: () => 0 })).toHaveLength(2);
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
	const recording = () => openRecording(path, { hz: 50 });
	const run = runStream(opened, recording(), undefined, 128, [
		{ hop: 0, smoothing: 0 },
		{ hop: 64, smoothing: 2 },
	]);
	expect(run.steps).toBe(24 * 128);
	const [windows, smooth] = run.reports.map(({ results }) => results);
	expect(windows!.map(({ step }) => step)).toEqual(Array.from({ length: 24 }, (_, i) => 128 * (i + 1)));
	const { metrics } = await evaluate(parseBlob(blob, "it"), test_, "kernel", { threads: 1 });
	const right = windows!.filter(({ label }, i) => label === names[of[i]!]).length;
	expect(right).toBe(counted(metrics).right);
	const options = { background: new Set(["rest"]), tolerance: 128, rate: 50 };
	const plain = judge([run], { hop: 0, smoothing: 0, hold: 1, thresholds: {} }, options);
	expect(plain.hours).toBeCloseTo((24 * 128) / 50 / 3600, 9);
	expect(plain.falseAlarmRate).toBeCloseTo(plain.falseAlarms / plain.hours!, 9);
	const tuned = tune([run], names, options);
	expect(tuned.f1).toBeGreaterThanOrEqual(plain.f1);
	// A limit of false alarms is kept where any settings keep it: thresholds of all that is said keep none.
	expect(tune([run], names, options, 0).falseAlarms).toBeLessThanOrEqual(tuned.falseAlarms);

	// What is written into the blob makes the device's classifier report what was judged.
	for (const { hop, smoothing } of run.reports)
		for (const hold of [0, 1, 2]) {
			const margins = smooth!.map(({ margin }) => margin).sort((a, b) => a - b);
			const thresholds = Uint32Array.from(names, (name, k) =>
				name === "rest" ? BACKGROUND : margins[(3 * k) % margins.length]!,
			);
			const written = attachStream(readBlob(blob), { window: 128, hop, smoothing, hold, thresholds });
			const reported: { label: string; step: number }[] = [];
			const classifier = new Classifier({
				model: openModel(written),
				kernel: kernelFor(6) as unknown as KernelClass,
				schedule: (callback) => callback(),
				onResult: ({ label, step }) => reported.push({ label, step }),
			});
			const values = Array.from({ length: test_.count }, (_, i) => [...sequence(test_, i)]).flat();
			classifier.write(toSamples(opened.input, values).buffer as ArrayBuffer);
			const results = run.reports.find((one) => one.hop === hop)!.results;
			const threshold = (label: string) => thresholds[names.indexOf(label)]!;
			expect(reported).toEqual(decode(results, { background: options.background, hold, threshold }));
			if (hold < 2) expect(reported.length).toBeGreaterThan(0);
		}

	// another rate is brought to the model's
	const slow = runStream(opened, openRecording(path, { hz: 25 }), undefined, 128, [
		{ hop: 64, smoothing: 0 },
	]);
	expect(slow.steps).toBe(2 * 24 * 128 - 1);
	expect(() => runStream(opened, recording(), undefined, 64, [{ hop: 65, smoothing: 0 }])).toThrow(
		/cannot run like this: invalid hop: longer than the window \(--window, --hop\)/,
	);
	expect(() => runStream(opened, recording(), undefined, 0, [{ hop: 0, smoothing: 0 }])).toThrow(
		/any length/,
	);
	expect(() =>
		runStream(opened, openRecording(path, { ignore: ["f"] }), undefined, 128, [{ hop: 0, smoothing: 0 }]),
	).toThrow(/has 5 channels, but the model takes 6/);
}, 120_000);

test("each label has a threshold of its own, by the count of what is taken for it", () => {
	const answer = (is: number, taken: number, margin: number) => ({ is, taken, margin });
	const answers = [
		...Array.from({ length: 40 }, (_, i) => answer(0, 0, i / 10)),
		...Array.from({ length: 60 }, (_, i) => answer(1, i < 4 ? 0 : 1, i)),
		...Array.from({ length: 40 }, () => answer(2, 1, 0.5)),
	];
	const found = labelThresholds(answers, ["a", "b", "rest"], ["rest"], 0.02);
	// Of 100 others 4 are taken for a, margins 0 to 3; two may be. Of 80 others 40 are taken for b, one may be.
	expect(found.map(({ margin }) => margin)).toEqual([1, 0.5, null]);
	expect(found.map(({ own, kept, others, falseAlarms }) => [own, kept, others, falseAlarms])).toEqual([
		[40, 29, 100, 2],
		[60, 56, 80, 0],
		[40, 0, 100, 0],
	]);
	const network = readBlob(readFileSync(projectPath("models/smnist-h16-n2.essm")));
	const unit = network.head.kind === "classes" ? 2 ** network.head.fraction : 0;
	expect([...thresholdsIn(network, found)]).toEqual([unit + 1, unit / 2 + 1, BACKGROUND]);
	expect(() => labelThresholds(answers, ["a", "b", "rest"], [], 0.005)).toThrow(
		/100 held-out sequences that are not a cannot tell .* 200 are the fewest/,
	);
	expect(backgroundOf(["wave", "Rest", "background"])).toEqual(["Rest", "background"]);
	expect(() => backgroundOf(["wave"], ["walk"])).toThrow(/There is no label "walk"; there are wave/);
});

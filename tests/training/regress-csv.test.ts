// Targets of steps in columns of CSV files: from a folder to a blob, through windows too, and what is refused.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { evaluateStream } from "../../host-tools/cli/evaluate-stream";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { Random } from "../../host-tools/datasets/random";
import { evaluate } from "../../host-tools/evaluation/evaluate";
import { parseBlob } from "../../host-tools/evaluation/model-file";
import { pack } from "../../host-tools/packing/pack";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { openForHead, openForTask } from "../../host-tools/task/open";
import type { RegressMetrics } from "../../host-tools/task/regress-metrics";
import { train } from "../../host-tools/training/train";
import { makeWindows } from "../../host-tools/windows/make";
import { openSources } from "../../host-tools/windows/sources";

const root = mkdtempSync(join(tmpdir(), "edge-ssm-regress-csv-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

function folder(files: Record<string, string>): string {
	const path = join(root, `set${made++}`);
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(dirname(join(path, name)), { recursive: true });
		writeFileSync(join(path, name), content);
	}
	return path;
}

const HEAD = "time (ms),acc (m/s2),target level (V),target slope";
/** A noisy wave, its moving mean and how that changes, at 100 Hz. */
function wave(seed: number, steps: number, head = HEAD): string {
	const random = new Random(9, seed);
	const [turns, height] = [random.uniform(0.02, 0.1), random.uniform(0.5, 2)];
	let mean = 0;
	const lines = Array.from({ length: steps }, (_, t) => {
		const value = height * Math.sin(2 * Math.PI * turns * t + seed) + 0.02 * random.bell();
		const change = (value - mean) / 4;
		mean += change;
		return `${10 * t},${value},${100 + 10 * mean},${change}`;
	});
	return `${head}\n${lines.join("\n")}\n`;
}

const targetsOf = ({ targets }: Dataset) => {
	if (targets.kind !== "values") throw new Error(`these are ${targets.kind}`);
	return targets;
};
const files = (count: number, split: string, from: number) =>
	Object.fromEntries(
		Array.from({ length: count }, (_, i) => [`${split}/${i}.csv`, wave(from + i, 40 + (i % 5))]),
	);

test("a folder without labels: trained, packed and evaluated", async () => {
	const home = folder({ ...files(100, "train", 0), ...files(40, "test", 500) });
	const { dataset: data } = await openForTask("regress", home, "train");
	expect(data).toMatchObject({ channels: 1, channelNames: ["acc (m/s2)"], rate: 100, T: 44, count: 100 });
	expect(targetsOf(data)).toMatchObject({ names: ["level", "slope"], units: ["V", ""], steps: { T: 44 } });
	// Nothing asked for: the columns tell the task.
	expect((await openForTask(undefined, home, "train")).dataset.targets.kind).toBe("values");

	const { model } = await train({
		data,
		...{ heads: 8, modes: 4, layers: 2, epochs: 8, pooling: "last", threads: 1 },
		...{ rate: 0.02, dtMin: 0.02, dtMax: 0.5 },
	});
	const held = await openForHead(model.head, home, "test");
	const scored = async (of: Parameters<typeof evaluate>[0], target: "float" | "kernel") =>
		(await evaluate(of, held, target, { threads: 1 })).metrics as RegressMetrics;
	const float = await scored({ kind: "checkpoint", model }, "float");
	expect(float.mean.nrmse).toBeLessThan(0.15);
	const { blob, network } = pack(model, data, {
		...{ checkpointHash: "", preset: "w8x16", calibrate: 64, golden: 2, goldenSteps: 20 },
		precision: choosePrecision(floatShape(model), "w8x16"),
	});
	expect(network.labels).toEqual(["level", "slope"]);
	expect(network.golden[0]!.outputs.length).toBe(20 * 2);
	const integers = await scored(parseBlob(blob, "waves"), "kernel");
	expect(integers.values).toBe(held.lengths.reduce((a, b) => a + b));
	expect(integers.mean.nrmse).toBeLessThan(float.mean.nrmse! + 0.02);
});

describe("reading", () => {
	const rows = "1,5,x\n2,6,x\n3,7,x\n";

	test("a table needs no labels, and each step keeps its targets", async () => {
		const lines = Array.from(
			{ length: 10 },
			(_, i) => `${i},${i},${5 + i}
${i},${i + 0.5},${6 + i}
`,
		);
		const path = join(
			folder({
				"t.csv": `sequence,x,Target speed (m/s)
${lines.join("")}`,
			}),
			"t.csv",
		);
		const both = [await openDataset(path, "train", { targets: "values" }), await openDataset(path, "test")];
		const read = both.flatMap((data) => {
			const { of, names, units, steps } = targetsOf(data);
			expect([names, units]).toEqual([["speed"], ["m/s"]]);
			return Array.from({ length: data.count }, (_, i) => [
				...sequence(data, i),
				...of.subarray(i * steps!.T, i * steps!.T + data.lengths[i]!),
			]);
		});
		expect(read).toHaveLength(10);
		for (let i = 0; i < 10; i++) expect(read).toContainEqual([i, i + 0.5, 5 + i, 6 + i]);
	});

	test("classes where they are asked for: labels count, and targets are not channels", async () => {
		const home = folder({
			"a/1.csv": `x,target y,label\n${rows.replaceAll(",x", ",a")}`,
			"b/1.csv": "x,target y,label\n1,2,b\n",
		});
		const classes = await openDataset(home, "train", { targets: "classes" });
		expect(classes).toMatchObject({ channels: 1, targets: { kind: "classes", names: ["a", "b"] } });
		// Labels may change within a sequence whose targets are values.
		const changing = folder({
			"a/1.csv": "x,target y,label\n1,2,p\n1,3,q\n",
			"a/2.csv": "x,target y,label\n1,2,p\n",
		});
		expect(targetsOf(await openDataset(changing, "train", { targets: "values" })).names).toEqual(["y"]);
	});

	test("forecasts need neither labels nor targets", async () => {
		const home = folder({ "1.csv": "x,target y\n1,5\n2,6\n3,7\n", "2.csv": "x,target y\n4,5\n5,6\n6,7\n" });
		const { dataset } = await openForTask("forecast", home, "train", { ahead: 1 });
		expect(dataset).toMatchObject({ channels: 1, targets: { kind: "future", names: ["x"] } });
		const some = folder({ "1.csv": "x\n1\n2\n", "a/2.csv": "x\n1\n2\n" });
		await expect(openForTask("detect", some, "train")).rejects.toThrow(
			/1\.csv has no label, but other sequences of set\d+ have one/,
		);
	});

	test.each<[string, Record<string, string>, RegExp]>([
		[
			"a target that is missing at a step",
			{ "1.csv": "x,target y\n1,2\n3,\n" },
			/Line 3 of .*1\.csv: is empty where a number is expected \(column "target y"\)/,
		],
		[
			"a target that is NaN",
			{ "1.csv": "x,target y\n1,NaN\n" },
			/Line 2 of .*1\.csv: "NaN" is not a finite float32 \(column "target y"\)/,
		],
		[
			"a line without its target",
			{ "1.csv": "x,target y\n1,2\n3\n" },
			/Line 3 of .*1\.csv has 1 columns where the first line has 2/,
		],
		[
			"other targets",
			{ "1.csv": "x,target y\n1,2\n", "2.csv": "x,target z (m)\n1,2\n" },
			/2\.csv has the targets z \(m\) where .*1\.csv has y/,
		],
		[
			"targets in one file only",
			{ "1.csv": "x,target y\n1,2\n", "2.csv": "x\n1\n" },
			/2\.csv has neither a label nor targets: put it/,
		],
		["only targets", { "1.csv": "target y\n1\n" }, /1\.csv has no channel column/],
	])("refuses %s", async (_, content, message) => {
		await expect(openForTask("regress", folder(content), "train")).rejects.toThrow(message);
	});
});

test("streams are scored by labels, also next to targets, and not for a model of values", () => {
	const home = folder({ "1.csv": "x,target y,label\n1,2,a\n1,2,b\n" });
	expect(openSources([home], { labelled: true }).labels).toBe("column");
	const flags = { hz: 200 } as Parameters<typeof evaluateStream>[2];
	expect(() => evaluateStream("models/rotor.essm", home, flags)).toThrow(
		"The model outputs values, but streams are scored by labels; evaluate it without --stream.",
	);
});

describe("windows", () => {
	const options = {
		length: { value: 20, unit: "steps" as const },
		hop: { value: 10, unit: "steps" as const },
		...{ test: 0.25, seed: 1 },
	};

	test("carry the targets of their steps, resampled as the channels are", async () => {
		const line = (i: number) => `${10 * i},${i},${1000 + i}`;
		const long = (from: number) =>
			`time (ms),x,target y (m)\n${Array.from({ length: 100 }, (_, i) => line(from + i)).join("\n")}\n`;
		const home = folder(Object.fromEntries([0, 200, 400, 600].map((from) => [`${from}.csv`, long(from)])));
		for (const rate of [undefined, 50]) {
			const to = join(root, `windows${rate}`);
			const { sources, labels } = openSources([home], {});
			expect(labels).toBe("targets");
			const { counts } = makeWindows(sources, to, { ...options, rate });
			expect([...counts.keys()]).toEqual(["y (m)"]);
			const { dataset } = await openForTask("regress", to, "train");
			const { of, names, units, steps } = targetsOf(dataset);
			expect({ names, units, T: steps!.T, width: of.length }).toEqual({
				...{ names: ["y"], units: ["m"], T: 20, width: 20 * dataset.count },
			});
			expect(dataset.count).toBe(3 * (rate === undefined ? 9 : 4));
			dataset.values.forEach((value, i) => {
				expect(of[i]! - value).toBeCloseTo(1000, 2);
			});
		}
		const meta = JSON.parse(readFileSync(join(root, "windowsundefined", "meta.json"), "utf8"));
		expect(meta).toMatchObject({ targets: ["y (m)"], targets_of: "step" });
		expect(meta.splits.train.sha256_raw_targets).toMatch(/^[0-9a-f]{64}$/);
		writeFileSync(
			join(root, "windowsundefined", "train.targets.bin.gz"),
			gzipSync(Buffer.alloc(4 * 27 * 21)),
		);
		await expect(openForTask("regress", join(root, "windowsundefined"), "train")).rejects.toThrow(
			/unpacks to 2268 bytes, but meta\.json requires 2160 \(1 targets at each of 20 steps of 27 sequences, float32; it has values for 21 steps of a sequence\)/,
		);
	});

	test("refuse labels next to them, and recordings of other targets", () => {
		const home = folder({ "1.csv": "x,target y\n1,2\n", "2.csv": "x,target y\n1,2\n" });
		expect(() => openSources([home], { labels: "name" })).toThrow(
			/1\.csv has targets of steps \(y\), which are used in place of labels; leave --labels out/,
		);
		expect(() => openSources([home], { background: "rest" })).toThrow(/leave --background out/);
		expect(openSources([home], { ignore: ["target y"], labels: "folder" }).labels).toBe("folder");
		const mixed = folder({ "1.csv": "x,target y\n1,2\n", "2.csv": "x\n1\n" });
		expect(() => openSources([mixed], {})).toThrow(/2\.csv has the targets none where .*1\.csv has y; leave/);
	});
});

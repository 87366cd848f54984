// From recordings to windows: the resampling filter against sines, gaps and wandering times, labels, and splits in which no two windows
// share a sample.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { splitValidation } from "../../host-tools/datasets/split";
import { openRecording } from "../../host-tools/recordings/open";
import { resample } from "../../host-tools/recordings/resample";
import { evenSteps, newEvenness, type Step } from "../../host-tools/recordings/steps";
import { makeWindows, type WindowOptions } from "../../host-tools/windows/make";
import { openSources } from "../../host-tools/windows/sources";

const root = mkdtempSync(join(tmpdir(), "windows-"));
afterAll(() => rmSync(root, { recursive: true }));
let made = 0;

function folder(files: Record<string, string>): string {
	const path = join(root, String(made++));
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(dirname(join(path, name)), { recursive: true });
		writeFileSync(join(path, name), content);
	}
	return path;
}

describe("another rate", () => {
	const sine = (rate: number, hz: number, count: number): Step[] =>
		Array.from({ length: count }, (_, i) => ({
			values: Float64Array.of(Math.sin((2 * Math.PI * hz * i) / rate), 7),
		}));
	const steps = (from: number, to: number, given: Iterable<Step | undefined>) => [
		...resample(given, from, to),
	];

	test.each([
		[100, 50, 8],
		[100, 30, 6],
		[50, 100, 8],
		[44.1, 16, 3],
	])("from %d to %d Hz a sine of %d Hz stays what it is", (from, to, hz) => {
		const out = steps(from, to, sine(from, hz, 1000));
		expect(out.length).toBe(Math.floor((999 * to) / from + 1e-9) + 1);
		const inner = out.slice(200 * (to / from), 800 * (to / from));
		const first =
			Math.ceil(200 * (to / from)) - (Math.ceil(200 * (to / from)) - Math.floor(200 * (to / from)));
		inner.forEach((step, i) => {
			expect(step!.values[0]).toBeCloseTo(Math.sin((2 * Math.PI * hz * (first + i)) / to), 2);
			expect(step!.values[1]).toBeCloseTo(7, 9);
		});
	});

	test("what the new rate cannot hold is gone, not folded back", () => {
		// At 50 Hz each second sample of 40 Hz would look like 10 Hz at full strength.
		const out = steps(100, 50, sine(100, 40, 1000)).slice(100, 400);
		expect(Math.max(...out.map((step) => Math.abs(step!.values[0]!)))).toBeLessThan(0.001);
	});

	test("segments do not reach into each other; the ends keep a constant", () => {
		const level = (value: number): Step[] =>
			Array.from({ length: 40 }, () => ({ values: Float64Array.of(value) }));
		const out = steps(100, 50, [...level(1), undefined, ...level(-1)]);
		expect(out).toHaveLength(41);
		out.forEach((step, i) => {
			if (i === 20) expect(step).toBeUndefined();
			else expect(step!.values[0]).toBeCloseTo(i < 20 ? 1 : -1, 9);
		});
	});
});

test("times that wander are straightened, short holes filled, long ones end a segment", () => {
	const times = [0, 0.021, 0.039, 0.06, 0.08, 0.14, 0.16, 0.1601, 5, 5.02];
	const path = join(folder({ "a.csv": `t (s),x\n${times.map((t, i) => `${t},${i}\n`).join("")}` }), "a.csv");
	const evenness = newEvenness();
	const steps = [...evenSteps(openRecording(path), evenness)];
	const values = steps.map((step) => step && Number(step.values[0]!.toFixed(3)));
	expect(values).toEqual([0, 1, 2, 3, 4, 4.333, 4.667, 5, 6, undefined, 8, 9]);
	expect(evenness).toMatchObject({ steps: 10, filled: 2, dropped: 1, gaps: 1 });
	expect(evenness.longest).toEqual({ seconds: expect.closeTo(4.84, 6), where: `Line 10 of ${path}` });
});

const OPTIONS: WindowOptions = {
	length: { value: 10, unit: "steps" },
	hop: { value: 5, unit: "steps" },
	...{ test: 0.2, seed: 1 },
};

function make(files: Record<string, string>, options: Partial<WindowOptions> = {}, read = {}) {
	const from = folder(files);
	const { sources, labels } = openSources([from], read);
	const to = join(root, `set${made++}`);
	const result = makeWindows(sources, to, { ...OPTIONS, ...options });
	return { to, from, labelsFrom: labels, ...result };
}

/** A recording whose every value is its own, so that windows that share a sample share a number. */
const recording = (first: number, steps: number) =>
	`x\n${Array.from({ length: steps }, (_, i) => first + i).join("\n")}\n`;

const shared = (a: Dataset, b: Dataset) => {
	const numbers = new Set(Array.from({ length: a.count }, (_, i) => [...sequence(a, i)]).flat());
	return Array.from({ length: b.count }, (_, i) => [...sequence(b, i)])
		.flat()
		.filter((x) => numbers.has(x)).length;
};

test("recordings are divided whole, and validation likewise", async () => {
	const files: Record<string, string> = {};
	for (let i = 0; i < 10; i++)
		for (const [k, label] of ["wave", "rest"].entries())
			files[`${label}/${i}.csv`] = recording(1000 * (2 * i + k), 40);
	const { to, divided, counts, leftOut } = make(files);
	expect(divided).toEqual({ by: "groups", warnings: [] });
	// 40 steps: windows at 0, 5, ..., 30
	expect([...counts]).toEqual([
		["rest", { train: 56, test: 14 }],
		["wave", { train: 56, test: 14 }],
	]);
	expect(leftOut.overlapping).toBe(0);
	const [train, test] = [await openDataset(to, "train"), await openDataset(to, "test")];
	expect(shared(train, test)).toBe(0);
	const { train: rest, validation } = splitValidation(train, 0.2, 3);
	expect(validation.count).toBeGreaterThan(10);
	expect(shared(rest, validation)).toBe(0);
	expect([...sequence(train, 0)]).toHaveLength(10);
	expect(train.T).toBe(10);
});

test("one long recording of each label is divided by time, with a warning, and nothing overlaps", async () => {
	const { to, divided, labelsFrom } = make({
		"wave-1.csv": recording(0, 500),
		"rest_2.csv": recording(5000, 500),
	});
	expect(labelsFrom).toBe("name");
	expect(divided.by).toBe("time");
	expect(divided.warnings[0]).toMatch(/"rest", "wave" have only one recording.*last fifth/);
	const [train, test] = [await openDataset(to, "train"), await openDataset(to, "test")];
	expect(shared(train, test)).toBe(0);
	expect(test.count / (train.count + test.count)).toBeCloseTo(0.2, 1);
	const { train: rest, validation } = splitValidation(train, 0.25, 1);
	expect(validation.count).toBeGreaterThan(20);
	expect(shared(rest, validation)).toBe(0);
});

test("people are kept together, by a column or by the path", async () => {
	const files: Record<string, string> = {};
	for (let i = 0; i < 12; i++)
		files[`p${i % 3}-${i}.csv`] =
			`x,label,who\n${Array.from({ length: 40 }, (_, t) => `${100 * i + t},${t < 20 ? "a" : "b"},p${i % 3}\n`).join("")}`;
	for (const [read, names] of [
		[{ group: "who" }, ["p0", "p1", "p2"]],
		[{ ignore: ["who"], groupFrom: /(p\d)-/ }, ["p0", "p1", "p2"]],
	] as const) {
		const { to, groups, leftOut } = make(files, {}, read);
		expect(groups).toBe(3);
		expect(leftOut.mixed).toBe(12); // the one at 15 of each
		const [train, test] = [await openDataset(to, "train"), await openDataset(to, "test")];
		const people = ({ groups: g }: Dataset) => [...new Set(Array.from(g!.of, (i) => g!.names[i]!))].sort();
		expect([...people(train), ...people(test)].sort()).toEqual(names);
	}
});

test("names that are numbers leave the folder to tell the label, folders of splits leave the name", () => {
	const numbered = make({ "a/1.csv": recording(0, 40), "a/2.csv": recording(0, 40) });
	expect([numbered.labelsFrom, ...numbered.counts.keys()]).toEqual(["folder", "a"]);
	const split = make({
		...{ "train/up-1.csv": recording(0, 40), "train/down-1.csv": recording(0, 40) },
		...{ "test/up-2.csv": recording(0, 40), "test/down-2.csv": recording(0, 40) },
	});
	expect([split.labelsFrom, ...split.counts.keys()]).toEqual(["name", "down", "up"]);
});

test("what has no label is background, whole recordings too, as much as of all else and spread evenly", async () => {
	const labelled = (first: number) =>
		`x,label\n${Array.from({ length: 200 }, (_, t) => `${first + t},${t >= 100 && t < 140 ? "wave" : ""}`).join("\n")}\n`;
	const files: Record<string, string> = {};
	for (let i = 0; i < 5; i++) files[`day-${i}.csv`] = labelled(1000 * i);
	files["night.csv"] = recording(90_000, 400);
	const { to, counts, leftOut, labelsFrom } = make(
		files,
		{ background: "background" },
		{ background: "background" },
	);
	expect(labelsFrom).toBe("column");
	const wave = counts.get("wave")!;
	expect(counts.get("background")).toEqual(wave);
	expect(wave.train + wave.test).toBe(5 * 7);
	// 5 recordings have 19 + 11 windows of nothing, the long one 79
	expect(leftOut).toMatchObject({ surplus: 5 * 30 + 79 - 35, unlabelled: 0 });
	const train = await openDataset(to, "train");
	const from = new Set(
		Array.from({ length: train.count }, (_, i) => Math.floor(sequence(train, i)[0]! / 1000)),
	);
	expect(from.has(90)).toBe(true);
	expect(() =>
		make({ "a/1.csv": recording(0, 40), "b/1.csv": recording(0, 40) }, { background: "none" }),
	).toThrow(/No window is none: every step has a label; there are a, b/);
});

test("labels and groups that were stated go over those of the lines", async () => {
	const lines = (label: string) => `x,label,person\n${`1,${label},p\n`.repeat(40)}`;
	const files: Record<string, string> = {};
	for (let i = 0; i < 6; i++) files[`${i % 2 ? "up" : "down"}/q${i}.csv`] = lines("wrong");
	const { counts, labelsFrom, groups } = make(files, {}, { labels: "folder", groupFrom: /q\d/ });
	expect(labelsFrom).toBe("folder");
	expect([...counts.keys()]).toEqual(["down", "up"]);
	expect(groups).toBe(6);
	expect([...make(files).counts.keys()]).toEqual(["wrong"]);
});

test("names, units, rate, times in other units, folders that state the split", async () => {
	const text = (first: number) =>
		`time (ms);acc x\n${Array.from({ length: 60 }, (_, i) => `${10 * i};${first + i},5\n`).join("")}`;
	const files: Record<string, string> = {};
	for (const split of ["training", "testing"])
		for (const label of ["a", "b,\u001b"]) files[`${split}/${label}/1.csv`] = text(7);
	const { to, rate, length, divided } = make(
		files,
		{ rate: 50, length: { value: 0.4, unit: "s" }, hop: { value: 0.2, unit: "s" } },
		{ units: ["g"] },
	);
	expect({ rate, length, by: divided.by }).toEqual({ rate: 50, length: 20, by: "files" });
	const test = await openDataset(to, "test");
	expect(test).toMatchObject({ rate: 50, channelNames: ["acc x (g)"], T: 20, count: 4 });
	expect(test.targets.names).toEqual(["a", "b,\u001b"]);
	expect([...sequence(test, 0)][5]).toBeCloseTo(17.5, 2);
});

test.each<[string, Record<string, string>, Partial<WindowOptions>, object, RegExp]>([
	[
		"mixed rates",
		{ "a/1.csv": "t (s),x\n0,1\n0.1,1\n", "b/1.csv": "t (s),x\n0,1\n0.2,1\n" },
		{},
		{},
		/b.1\.csv has 5 samples per second where .*a.1\.csv has 10; give --rate/,
	],
	[
		"mixed channels",
		{ "a/1.csv": "x\n1\n", "b/1.csv": "x,y\n1,2\n" },
		{},
		{},
		/b.1\.csv has the channels x \[\], y \[\] where/,
	],
	[
		"seconds without a rate",
		{ "a/1.csv": "x\n1\n" },
		{ length: { value: 1, unit: "s" } },
		{},
		/state no rate/,
	],
	[
		"another rate without one",
		{ "a/1.csv": "x\n1\n" },
		{ rate: 50 },
		{},
		/states no rate; give it with --hz/,
	],
	[
		"what is too short",
		{ "a/1.csv": "x\n1\n2\n" },
		{},
		{},
		/no window of 10 steps.*2 steps are in shorter pieces/,
	],
	[
		"a pattern that is not there",
		{ "a/1.csv": "x\n1\n" },
		{},
		{ groupFrom: /zz/ },
		/--group-from zz does not occur/,
	],
	["nothing", { "a.txt": "" }, {}, {}, /no recordings in/],
	[
		"labels in a column that one file has not",
		{ "a/1.csv": "x,label\n1,a\n", "b/1.csv": "x\n1\n" },
		{},
		{ labels: "column" },
		/b.1\.csv has no column of labels; name it with --label/,
	],
	[
		"labels in names that are numbers",
		{ "a/1.csv": "x\n1\n" },
		{},
		{ labels: "name" },
		/a.1\.csv has a name without a label/,
	],
	[
		"labels that files do not state",
		{ "a/1.csv": "x\n1\n" },
		{},
		{ labels: "file" },
		/a.1\.csv has no label of its own/,
	],
])("refuses %s, and writes nothing", (_, files, options, read, message) => {
	const before = readdirSync(root).filter((name) => name.startsWith("set"));
	expect(() => make(files, options, read)).toThrow(message);
	for (const name of readdirSync(root).filter((n) => n.startsWith("set") && !before.includes(n)))
		expect(readdirSync(join(root, name))).toEqual([]);
});

test("a bad line late in a recording leaves the data set that was there as it was", async () => {
	const good = {
		"a/1.csv": recording(0, 60),
		"a/2.csv": recording(100, 60),
		"b/1.csv": recording(0, 60),
		"b/2.csv": recording(0, 60),
	};
	const { to } = make(good);
	const before = await openDataset(to, "train");
	const bad = folder({ ...good, "b/3.csv": `${recording(0, 60)}oops\n` });
	expect(() => makeWindows(openSources([bad], {}).sources, to, OPTIONS)).toThrow(
		/Line 62 of .*3\.csv: "oops"/,
	);
	expect(await openDataset(to, "train")).toEqual(before);
	expect(readdirSync(to).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

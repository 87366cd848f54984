// Recordings as people have them: separators, decimal commas, quotes, times in several units, sound, JSON lines. Bad files are refused
// with file and line.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { firstOf } from "../../host-tools/recordings/chunks";
import { openRecording } from "../../host-tools/recordings/open";
import type { ReadOptions } from "../../host-tools/recordings/recording";
import { isoSeconds, rateOf } from "../../host-tools/recordings/times";

const root = mkdtempSync(join(tmpdir(), "recordings-"));
afterAll(() => rmSync(root, { recursive: true }));

function read(name: string, content: string | Uint8Array, options: ReadOptions = {}) {
	const path = join(root, name);
	writeFileSync(path, content);
	const { blocks, ...rest } = openRecording(path, options);
	const all = [...blocks()];
	return {
		...rest,
		values: all.flatMap(({ values }) => [...values]),
		times: all.flatMap(({ times }) => [...(times ?? [])]),
		labels: all.flatMap(({ labels }) => labels ?? []),
		groups: all.flatMap(({ groups }) => groups ?? []),
	};
}

describe("CSV", () => {
	test.each([
		["commas", "x,y\n1.5,-2\n3,4e-1\n"],
		["semicolons and decimal commas", "x;y\n1,5;-2\n3;0,4\n"],
		["tabs", "x\ty\n1.5\t-2\n3\t.4\n"],
		["tabs and decimal commas", "x\ty\n1,5\t-2,0\n3,0\t,4\n"],
		[
			"quotes, blanks, CR LF, a byte order mark, blank lines",
			'\ufeff"x","y"\r\n\r\n "1.5" , -2\r\n3,"0.4"\r\n\r\n',
		],
		["no line break at the end", "x,y\n1.5,-2\n3,0.4"],
	])("%s", (_, text) => {
		const { values, channels } = read("a.csv", text);
		expect(channels).toEqual([
			{ name: "x", unit: "" },
			{ name: "y", unit: "" },
		]);
		expect(values).toEqual([1.5, -2, 3, 0.4]);
	});

	test("names with separators and line breaks in quotes; units from names or stated", () => {
		const { channels } = read("a.csv", '"acc, x (m/s2)","two\nlines"\n1,2\n', { units: ["g"] });
		expect(channels).toEqual([
			{ name: "acc, x", unit: "m/s2" },
			{ name: "two\nlines", unit: "g" },
		]);
	});

	test.each([
		["time (ms)", ["0", "20", "40", "60"], 50, []],
		["time_us", ["0", "10000", "20000"], 100, []],
		["t", ["0", "0.0625", "0.125"], 16, ['"t" is read as seconds']],
		["timestamp", ["0", "10", "20"], 100, ['"timestamp" is read as milliseconds']],
		[
			"timestamp",
			["1700000000000", "1700000000010"],
			100,
			['"timestamp" is read as milliseconds since 1970'],
		],
		["time", ["2024-03-31T01:59:59.990Z", "2024-03-31T02:00:00.000Z", "2024-03-31T02:00:00.010Z"], 100, []],
		[
			"date",
			["2024-05-01 10:00:00", "2024-05-01 10:00:01"],
			1,
			['times in "date" without a zone are read as UTC'],
		],
		// 16 Hz in whole milliseconds: 62 and 63 by turns
		["time (ms)", ["0", "62", "125", "187", "250"], 16, []],
		// a gap does not change the rate
		["time (s)", ["0", "0.02", "0.04", "9", "9.02"], 50, []],
	])("times in %s are a rate and no channel: %j", (name, times, rate, assumed) => {
		const got = read("a.csv", `${name},x\n${times.map((time) => `${time},1\n`).join("")}`);
		expect(got).toMatchObject({ rate, assumed, channels: [{ name: "x", unit: "" }] });
		expect(got.times).toHaveLength(times.length);
		expect(got.times[1]! - got.times[0]!).toBeCloseTo(1 / rate, 2);
	});

	test("columns of labels, people and line numbers are no channels", () => {
		const got = read("a.csv", ",subject,x,Label\n0,ann,5,wave\n1,ann,6,rest\n");
		expect(got).toMatchObject({ values: [5, 6], labels: ["wave", "rest"], groups: ["ann", "ann"] });
		expect(got.assumed).toEqual(['column "" is ignored']);
		const stated = read("b.csv", "who,what,x,class\na,b,1,2\n", { group: "who", label: "what" });
		expect(stated).toMatchObject({ labels: ["b"], groups: ["a"], values: [1, 2] });
		expect(read("c.csv", "x,note\n1,hello\n", { ignore: ["note"] }).values).toEqual([1]);
	});

	test("a stated rate goes over times that do not increase", () => {
		const text = "time,x\n2024-01-01 00:00:01,1\n2024-01-01 00:00:01,2\n";
		expect(read("a.csv", text, { hz: 50 })).toMatchObject({ rate: 50, times: [], values: [1, 2] });
	});

	test("files longer than a piece in memory are read whole, with right line numbers at their end", () => {
		const count = 80_000;
		const lines = Array.from({ length: count }, (_, i) => `${i},"${i % 7}.5",${-i}`);
		const { values } = read("long.csv", `a,b,c\n${lines.join("\n")}\n`);
		expect(values).toHaveLength(3 * count);
		expect(values.slice(-3)).toEqual([count - 1, ((count - 1) % 7) + 0.5, 1 - count]);
		lines.push("oops,1,2");
		expect(() => read("long.csv", `a,b,c\n${lines.join("\n")}\n`)).toThrow(
			/Line 80002 of .*long\.csv: "oops" is not a number \(column "a"\)/,
		);
	});

	test.each<[string, string, ReadOptions, RegExp]>([
		[
			"times that go back",
			"t (s),x\n0,1\n1,1\n0.5,1\n",
			{},
			/Line 4 of .*a\.csv: the time "0.5" is not after/,
		],
		["no time", "time,x\n2024-01-01T00:00:00,1\nyesterday,1\n", {}, /Line 3 .*"yesterday" is not a time/],
		[
			"times of unknown unit",
			"time,x\n0,1\n5000,1\n",
			{},
			/unit of the times in "time" cannot be determined/,
		],
		["a column that is not there", "x\n1\n", { label: "y" }, /no column "y"; its columns are "x"/],
		["no channel", "time,label\n1,a\n2,b\n", {}, /no channel column/],
		["an open quote", 'x,y\n1,2\n3,"4\n', {}, /Line \d of .*a\.csv is not CSV/],
		[
			"text in a channel",
			"x,y\n1,2\n1,b\u001b[2J\n",
			{},
			/Line 3 .*"b\\u001b\[2J" is not a number \(column "y"\)/,
		],
		[
			"times under another name",
			"Zeitstempel;x\n2026-03-01T08:00:00.000;1,5\n",
			{},
			/Line 2 .*"2026-03-01T08:00:00.000" is not a number \(column "Zeitstempel"\); if these are times, .* --time/,
		],
		["UTF-16", "\u0000x\u0000", {}, /not text in UTF-8/],
	])("refuses %s", (_, text, options, message) => {
		expect(() => read("a.csv", text, options)).toThrow(message);
	});
});

test("JSON lines: lists are channels; the same fields in every line", () => {
	const text = '{"time":0,"acc":[1,2],"label":"a"}\n\n{"time":0.5,"acc":[3,4],"label":"b"}\n';
	expect(read("a.jsonl", text)).toMatchObject({
		...{ rate: 2, values: [1, 2, 3, 4], labels: ["a", "b"] },
		channels: [
			{ name: "acc 0", unit: "" },
			{ name: "acc 1", unit: "" },
		],
	});
	expect(() => read("a.jsonl", '{"x":1}\n{"y":1}\n')).toThrow(/Line 2 of .* has the fields y where .* x/);
	expect(() => read("a.jsonl", '{"x":1}\n{"x":\n')).toThrow(/Line 2 of .* is not JSON/);
	expect(() => read("a.jsonl", '{"x":{"y":1}}\n')).toThrow(/Line 1 of .* is not an object of numbers/);
});

/** A WAV file by the book. */
function wavFile(format: number, bits: number, channels: number, data: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(44 + data.length);
	const view = new DataView(bytes.buffer);
	const text = (at: number, s: string) =>
		bytes.set(
			[...s].map((c) => c.charCodeAt(0)),
			at,
		);
	text(0, "RIFF");
	view.setUint32(4, 36 + data.length, true);
	text(8, "WAVEfmt ");
	view.setUint32(16, 16, true);
	view.setUint16(20, format, true);
	view.setUint16(22, channels, true);
	view.setUint32(24, 8000, true);
	view.setUint32(28, (8000 * channels * bits) / 8, true);
	view.setUint16(32, (channels * bits) / 8, true);
	view.setUint16(34, bits, true);
	text(36, "data");
	view.setUint32(40, data.length, true);
	bytes.set(data, 44);
	return bytes;
}

test.each<[string, number, number, number[]]>([
	["8 bits", 1, 8, [0, 128, 192]],
	["16 bits", 1, 16, [0, 0x80, 0, 0, 0, 0x40]],
	["24 bits", 1, 24, [0, 0, 0x80, 0, 0, 0, 0, 0, 0x40]],
	["32 bits", 1, 32, [0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x40]],
	["floats", 3, 32, [0, 0, 0x80, 0xbf, 0, 0, 0, 0, 0, 0, 0, 0x3f]],
])("WAV of %s: fractions of full scale", (_, format, bits, data) => {
	const got = read("a.wav", wavFile(format, bits, 1, Uint8Array.from(data)));
	expect(got).toMatchObject({ rate: 8000, channels: [{ name: "sound", unit: "FS" }], values: [-1, 0, 0.5] });
});

test("WAV: channels, refusals", () => {
	const two = Uint8Array.from([0, 0x40, 0, 0xc0]);
	expect(read("a.wav", wavFile(1, 16, 2, two)).values).toEqual([0.5, -0.5]);
	expect(() => read("a.wav", wavFile(6, 8, 1, two))).toThrow(/WAV encoding 6 with 8 bits/);
	expect(() => read("a.wav", wavFile(1, 16, 2, two).slice(0, 30))).toThrow(/without samples, or truncated/);
	expect(() => read("a.wav", "RIFF")).toThrow(/not a WAV file/);
	expect(() => read("a.wav", wavFile(1, 16, 2, two), { hz: 4000 })).toThrow(
		/states 8000 samples per second, not 4000/,
	);
});

test("what is no recording", () => {
	expect(() => openRecording(join(root, "x.mp3"))).toThrow(/not a supported recording; supported are \.csv/);
	expect(() => openRecording(join(root, "x.csv"))).toThrow(/There is no file/);
	expect(() => read("a.json", "{}")).toThrow(/not a sample of Edge Impulse: payload/);
	expect(() => read("a.json", "{}")).toThrow(/received nothing\.$/);
	expect(() => read("a.json", "3")).toThrow(/not a sample of Edge Impulse: Invalid input/);
});

test("times and rates", () => {
	expect(isoSeconds("1970-01-01T00:00:01.000250Z")).toBeCloseTo(1.00025, 9);
	expect(isoSeconds("1970-01-01 02:00:00+02:00")).toBe(0);
	expect(isoSeconds("1970-01-01T00:00+0100")).toBe(-3600);
	expect(isoSeconds("12:00")).toBeNaN();
	expect(rateOf([1])).toBeUndefined();
	expect(rateOf([0, 0.0201, 0.04, 0.0601])).toBe(50);
	expect(rateOf([0, 0.0123, 0.0246])).toBe(81.3);
});

test("files are closed again, also by what looks at the first line alone", () => {
	for (const [name, content] of [
		["a.csv", "x\n1\n"],
		["a.jsonl", '{"x": 1}\n'],
	] as const) {
		read(name, content);
		const open = readdirSync("/dev/fd").length;
		for (let i = 0; i < 5; i++) read(name, content);
		expect(readdirSync("/dev/fd").length).toBe(open);
		const { blocks } = openRecording(join(root, name));
		expect(firstOf(blocks())?.count).toBe(1);
		expect(readdirSync("/dev/fd").length).toBe(open);
	}
});

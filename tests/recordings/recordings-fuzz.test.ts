// Readers of recordings against damaged files of each format.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { openRecording } from "../../host-tools/recordings/open";
import { evenSteps, newEvenness } from "../../host-tools/recordings/steps";
import { damageBytes, damageJson, fuzz, type Target } from "../support/fuzz";

const root = mkdtempSync(join(tmpdir(), "edge-ssm-fuzz-"));
afterAll(() => rmSync(root, { recursive: true }));

/** More steps than any small file has are the reader's own: gaps that it fills. */
const MOST_STEPS = 1_000_000;

function readAs(extension: string): Target["read"] {
	const path = join(root, `a.${extension}`);
	return (bytes) => {
		writeFileSync(path, bytes);
		const recording = openRecording(path);
		const { channels, rate } = recording;
		if (rate !== undefined && !(rate > 0 && rate < Number.POSITIVE_INFINITY)) throw new Error(`rate ${rate}`);
		for (const { count, values, times } of recording.blocks()) {
			if (!count || values.length !== count * channels.length || !values.every(Number.isFinite))
				throw new Error("a block that is not well-formed");
			if (times && !(times.length === count && times.every(Number.isFinite))) throw new Error("times");
		}
		let steps = 0;
		for (const _ of evenSteps(recording, newEvenness()))
			if (++steps > MOST_STEPS) throw new Error("steps without end");
	};
}

const text = (...texts: string[]) => texts.map((one) => new Uint8Array(Buffer.from(one)));
const reader = (...names: string[]) =>
	[...names, "chunks", "columns", "numbers", "table", "times", "steps"].map(
		(name) => `host-tools/recordings/${name}.ts`,
	);

const FIELDS = [
	",",
	";",
	"\t",
	"\n",
	"\r\n",
	'"',
	'""',
	"1,5",
	"-2.5e3",
	"1e39",
	"nan",
	"inf",
	"\0",
	"\ufeff",
	"é",
	"\xff",
];
const NAMES = [
	"time (ms)",
	"time",
	"t_us",
	"label",
	"group",
	"2024-01-01T00:00:00Z",
	"2024-01-01 25:61",
	"1700000000000",
];

test("CSV", () =>
	fuzz({
		name: "csv",
		files: reader("csv"),
		seeds: text(
			"x,y\n1.5,-2\n3,4e-1\n",
			"time (ms);x;label\n0;1,5;a\n20;-2,0;a\n40;3;b\n200;3;b\n",
			'\ufeff"acc, x (m/s2)","two\nlines"\r\n1,2\r\n"3" , 4\r\n',
			"timestamp\tgyro\n2024-01-01T00:00:00.00Z\t1\n2024-01-01T00:00:00.02Z\t2\n2024-01-01T00:00:00.04Z\t3\n",
			"1,2,3\n4,5,6\n",
		),
		damage: (bytes, random, others) => damageBytes(bytes, random, others, [...FIELDS, ...NAMES]),
		read: readAs("csv"),
	}));

test("JSON lines", () =>
	fuzz({
		name: "json-lines",
		files: reader("json-lines"),
		seeds: text(
			'{"time": 0, "acc": [0.1, 0.2], "label": "wave"}\n{"time": 0.02, "acc": [1, 2], "label": "rest"}\n{"time": 0.04, "acc": [1, 2], "label": "rest"}\n',
			'{"x": 1}\n\n{"x": 2.5}\n',
		),
		damage: (bytes, random, others) => {
			if (random.chance(0.5))
				return damageBytes(bytes, random, others, [...FIELDS, ...NAMES, "[", "]", "{}", ":"]);
			const lines = Buffer.from(bytes).toString().split("\n");
			const at = random.below(lines.length);
			try {
				lines[at] = JSON.stringify(damageJson(JSON.parse(lines[at]!), random)) ?? "";
			} catch {
				lines.splice(at, 1);
			}
			return new Uint8Array(Buffer.from(lines.join("\n")));
		},
		read: readAs("jsonl"),
	}));

test("samples of Edge Impulse", () =>
	fuzz({
		name: "edge-impulse",
		files: ["host-tools/recordings/edge-impulse.ts"],
		seeds: text(
			JSON.stringify({
				payload: {
					interval_ms: 10,
					sensors: [{ name: "x", units: "m/s2" }, { name: "y" }],
					values: [
						[1, 2],
						[3, 4.5],
					],
				},
			}),
			JSON.stringify({
				payload: { interval_ms: 0.0625, sensors: [{ name: "a", units: "N/A" }], values: [1, 2, 3] },
			}),
		),
		damage: (bytes, random, others) => {
			if (random.chance(0.2)) return damageBytes(bytes, random, others, FIELDS);
			try {
				const json: unknown = JSON.parse(Buffer.from(bytes).toString());
				return new Uint8Array(Buffer.from(JSON.stringify(damageJson(json, random)) ?? ""));
			} catch {
				return damageBytes(bytes, random, others, FIELDS);
			}
		},
		read: readAs("json"),
	}));

/** A WAV file of 40 bytes of samples. */
function wav(kind: number, channels: number, bits: number, extra = 0): Uint8Array {
	const format = 16 + extra;
	const bytes = Buffer.alloc(12 + 8 + format + 8 + 40);
	bytes.write("RIFF", 0);
	bytes.writeUInt32LE(bytes.length - 8, 4);
	bytes.write("WAVEfmt ", 8);
	bytes.writeUInt32LE(format, 16);
	bytes.writeUInt16LE(kind, 20);
	bytes.writeUInt16LE(channels, 22);
	bytes.writeUInt32LE(16_000, 24);
	bytes.writeUInt16LE(bits, 34);
	if (extra) bytes.writeUInt16LE(1, 44);
	bytes.write("data", 20 + format);
	bytes.writeUInt32LE(40, 24 + format);
	for (let i = 0; i < 40; i++) bytes[28 + format + i] = (i * 37) & 63;
	return new Uint8Array(bytes);
}

test("WAV", () =>
	fuzz({
		name: "wav",
		files: ["host-tools/recordings/wav.ts"],
		seeds: [wav(1, 1, 16), wav(1, 2, 8), wav(1, 1, 24), wav(1, 1, 32), wav(3, 2, 32), wav(0xfffe, 1, 16, 24)],
		damage: (bytes, random, others) =>
			damageBytes(bytes, random, others, ["RIFF", "WAVE", "fmt ", "data", "LIST"]),
		read: readAs("wav"),
	}));

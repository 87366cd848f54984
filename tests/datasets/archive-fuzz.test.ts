// Readers of public data sets against damage: zip archives whose fields are changed where they are, and .ts files.
import { type Zippable, zipSync } from "fflate";
import { test } from "vitest";
import { readZip } from "../../host-tools/datasets/archive";
import { parseTs } from "../../host-tools/datasets/ts";
import { damageBytes, fuzz, pick } from "../support/fuzz";

const texts = (files: Record<string, string>): Zippable =>
	Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
const inner = zipSync(texts({ "in/b.txt": "1 2 3\n".repeat(20) }));
const SIGNATURES = ["PK\x03\x04", "PK\x01\x02", "PK\x05\x06", "PK\x06\x07", "PK\x06\x06", "PK\x07\x08"];
/** Sizes, offsets, names and methods in the headers of entries and of the archive. */
const FIELDS: Record<string, readonly number[]> = {
	"PK\x03\x04": [6, 8, 18, 22, 26, 28],
	"PK\x01\x02": [8, 10, 20, 24, 28, 30, 32, 42],
	"PK\x05\x06": [8, 10, 12, 16, 20],
};
const VALUES = [0, 1, 8, 9, 20, 0x7fff, 0xffff];

test("zip archives", () =>
	fuzz({
		name: "zip",
		files: ["host-tools/datasets/archive.ts"],
		seeds: [
			zipSync(texts({ "a.txt": "hello\n".repeat(50), "no.bin": "x", "d/c.txt": "" })),
			zipSync(texts({ "a.txt": "stored", "b.txt": "also" }), { level: 0 }),
			zipSync({ "inner.zip": inner, "a.txt": Buffer.from("1") }),
			zipSync({ "a.txt": Buffer.alloc(60_000, 0x20) }, { level: 9 }),
		],
		damage: (bytes, random, others) => {
			if (random.chance(0.4)) return damageBytes(bytes, random, others, SIGNATURES);
			const copy = Buffer.from(bytes);
			for (let n = 1 + random.below(3); n > 0; n--) {
				const signature = pick(random, Object.keys(FIELDS));
				const places: number[] = [];
				for (
					let at = copy.indexOf(signature, 0, "latin1");
					at >= 0;
					at = copy.indexOf(signature, at + 1, "latin1")
				)
					places.push(at);
				if (!places.length) continue;
				const at = pick(random, places) + pick(random, FIELDS[signature]!);
				const value = random.chance(0.3) ? random.below(copy.length) : pick(random, VALUES);
				if (at + 2 <= copy.length) copy.writeUInt16LE(value & 0xffff, at);
			}
			return new Uint8Array(copy);
		},
		read: (bytes) => {
			const files = readZip(bytes, "a.zip", (path) => path.endsWith(".txt"));
			for (const [path, text] of files)
				if (!path.endsWith(".txt") || typeof text !== "string") throw new Error("not what was wanted");
		},
	}));

test(".ts files", () =>
	fuzz({
		name: "ts",
		files: ["host-tools/datasets/ts.ts"],
		seeds: [
			"# a set\n@problemName A\n@timestamps false\n@classLabel true a b\n@data\n1,2,3:4,5,6:a\n7,8:9,1e3:b\n",
			"@data\n1:0\n",
		].map((text) => new Uint8Array(Buffer.from(text))),
		damage: (bytes, random, others) =>
			damageBytes(bytes, random, others, [
				":",
				",",
				"\n",
				"@data\n",
				"@missing true\n",
				"@",
				"?",
				"nan",
				"1e39",
				"\0",
				"é",
			]),
		read: (bytes) => {
			for (const { label, channels, values } of parseTs(Buffer.from(bytes).toString(), "a.ts"))
				if (!label || values.length % channels !== 0 || !values.every(Number.isFinite))
					throw new Error("a bad row");
		},
	}));

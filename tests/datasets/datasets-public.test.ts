// Public sets from their archives: .ts and UCI-HAR text, zip, packing, and the known sums. Archives are made here: of sequences
// that are written down by hand, and of the real ones where ../shared has them.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { strToU8, zipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";
import { readZip } from "../../host-tools/datasets/archive";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { isHarFile, parseHar } from "../../host-tools/datasets/har";
import { openDataset } from "../../host-tools/datasets/open";
import { writePackedFolder } from "../../host-tools/datasets/packed";
import { ARCHIVE_SETS, unpackSet } from "../../host-tools/datasets/public-classes";
import { parseTs } from "../../host-tools/datasets/ts";
import { UserError } from "../../host-tools/terminal/errors";
import { sharedPath } from "../support/shared";
import { toTs } from "../support/ts-files";

const folder = mkdtempSync(join(tmpdir(), "datasets-public-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What `make` throws, which must be a sentence for a person. */
function refusal(make: () => unknown): string {
	try {
		make();
	} catch (error) {
		expect(error).toBeInstanceOf(UserError);
		expect((error as Error).message).not.toContain("\n");
		return (error as Error).message;
	}
	throw new Error("nothing was refused");
}

describe(".ts", () => {
	it("has channels apart by colons, steps by commas, the label last", () => {
		const text =
			"# about\n\n@problemName X\r\n@timeStamps false\n@classLabel true b a\n@data\n1,2,-3e-1:4,5,6:b\r\n# no\n7:8:a\n";
		expect(parseTs(text, "X.ts")).toEqual([
			{ label: "b", where: "Line 7 of X.ts", channels: 2, values: [1, 4, 2, 5, Math.fround(-0.3), 6] },
			{ label: "a", where: "Line 9 of X.ts", channels: 2, values: [7, 8] },
		]);
	});

	it.each([
		["time stamps", "@timeStamps true\n@data\n", /X\.ts has time stamps/],
		["missing values", "@missing TRUE\n", /has missing values/],
		["no classes", "@classLabel false\n", /has no class labels/],
		["regression", "@targetlabel true\n", /is for regression/],
		["another format", "1,2,3\n", /Line 1 of X\.ts is not a @tag/],
		["a missing value", "@data\n1,?:a", /Line 2 of X\.ts: "\?" at step 1, channel 0 is not a number/],
		["channels of other lengths", "@data\n1,2:1:a", /2 steps in channel 0, but 1 in channel 1/],
		["no label", "@data\n1,2:", /needs at least one channel and, after a colon, a label/],
		["no channel", "@data\na", /needs at least one channel/],
	])("refuses %s", (_, text, message) => {
		expect(refusal(() => parseTs(text, "X.ts"))).toMatch(message);
	});
});

describe("a zip archive", () => {
	const wanted = (path: string) => path.endsWith(".txt");
	const inner = zipSync({ "b/two.txt": strToU8("2"), "b/__two.doc": strToU8("no") });
	const archive = zipSync({ "one.txt": strToU8("1"), "inner.zip": inner, "x.bin": strToU8("no") });

	it("gives the wanted texts, of an archive within it too", () => {
		expect(readZip(archive, "A", wanted)).toEqual(
			new Map([
				["one.txt", "1"],
				["b/two.txt", "2"],
			]),
		);
	});

	it("is refused when cut off anywhere or when it is none", () => {
		for (let length = 0; length < archive.length; length++)
			expect(refusal(() => readZip(archive.subarray(0, length), "A", wanted))).toMatch(/not a valid zip/);
	});

	const text = strToU8("1");
	/** An archive of `count` short texts that are stated to unpack to `size` bytes each (APPNOTE 4.3.12). */
	const stating = (count: number, size: number) => {
		const names = Array.from({ length: count }, (_, i) => `${i}.txt`);
		const bytes = zipSync(Object.fromEntries(names.map((name) => [name, new Uint8Array(100)])));
		const view = new DataView(bytes.buffer);
		for (let at = 0; at < bytes.length - 4; at++)
			if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, size, true);
		return bytes;
	};
	it.each<[string, () => Uint8Array, RegExp]>([
		[
			"many archives",
			() => zipSync(Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`${i}.zip`, zipSync({ "a.txt": text })]))),
			/^A holds more than 4 archives/,
		],
		[
			"a long text",
			() => stating(1, 2 ** 25 + 1),
			/^A holds "0\.txt", which unpacks to more than 33554432 bytes/,
		],
		["long texts", () => stating(13, 2 ** 25), /^A unpacks to more than 402653184 bytes/],
		[
			"a text in two archives",
			() => zipSync({ "1.zip": zipSync({ "a.txt": text }), "2.zip": zipSync({ "a.txt": text }) }),
			/^2\.zip in A holds "a\.txt" a second time/,
		],
		[
			"very many files",
			() => zipSync(Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`${i}`, text]))),
			/^A has more than 10000 entries/,
		],
	])("with %s is refused", (_, make, message) => {
		expect(refusal(() => readZip(make(), "A", wanted))).toMatch(message);
	});
	const crafted = sharedPath("repro/nested.zip");
	it.skipIf(!crafted)("of 20 archives that hold 9 GB is refused before any is opened", () => {
		expect(refusal(() => unpackSet("basicmotions", readFileSync(crafted!)))).toMatch(/more than 4 archives/);
	});

	it("gives texts or a sentence, whatever byte is wrong", () => {
		fc.assert(
			fc.property(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
				const damaged = archive.slice();
				damaged[at]! ^= change;
				try {
					readZip(damaged, "A", wanted);
				} catch (error) {
					expect(error).toBeInstanceOf(UserError);
				}
			}),
			{ numRuns: 500 },
		);
	});
});

describe("UCI-HAR", () => {
	const CHANNELS = [
		"body_acc_x",
		"body_acc_y",
		"body_acc_z",
		"body_gyro_x",
		"body_gyro_y",
		"body_gyro_z",
	].concat(["total_acc_x", "total_acc_y", "total_acc_z"]);
	/** Two windows of three steps; a value tells window, step and channel. */
	const files = () =>
		new Map([
			["UCI HAR Dataset/train/y_train.txt", "5\n1\n"],
			...CHANNELS.map((channel, c): [string, string] => [
				`UCI HAR Dataset/train/Inertial Signals/${channel}_train.txt`,
				[0, 1]
					.map((i) => [0, 1, 2].map((t) => `  ${(100 * i + 10 * t + c).toExponential(7)}`).join(""))
					.join("\n"),
			]),
		]);

	/** As unpackSet looks files up. */
	const from = (texts: Map<string, string>) => (path: string) => {
		expect(isHarFile(path), path).toBe(true);
		return texts.get(path)!;
	};

	it("is read from the files of its archive", () => {
		for (const path of files().keys()) expect(isHarFile(path), path).toBe(true);
		expect(isHarFile("UCI HAR Dataset/train/X_train.txt")).toBe(false);
		expect(isHarFile("__MACOSX/UCI HAR Dataset/train/._y_train.txt")).toBe(false);
		const rows = parseHar(from(files()), "train");
		expect(rows.map(({ label }) => label)).toEqual(["STANDING", "WALKING"]);
		expect(rows[1]!.channelNames).toEqual(CHANNELS);
		expect(rows[1]!.values).toEqual([0, 1, 2].flatMap((t) => CHANNELS.map((_, c) => 100 + 10 * t + c)));
	});

	it.each([
		["a window too few", "total_acc_z", "1 2 3", /1 windows where there are 2 labels/],
		["a step too few", "body_acc_y", "1 2\n1 2 3", /Window 0 of train has 2 steps in body_acc_y/],
		["a text", "body_acc_x", "1 2 3\n1 x 3", /Window 1 of train: "x" at step 1, channel 0/],
	])("refuses %s", (_, channel, text, message) => {
		const changed = files();
		const path = `UCI HAR Dataset/train/Inertial Signals/${channel}_train.txt`;
		changed.set(path, text);
		expect(refusal(() => parseHar(from(changed), "train"))).toMatch(message);
	});

	it("refuses a label that there is not", () => {
		const changed = files().set("UCI HAR Dataset/train/y_train.txt", "5\n7\n");
		expect(refusal(() => parseHar(from(changed), "train"))).toMatch(/Window 1 of train has the label "7"/);
	});
});

it("a set written as packed arrays reads as it was, lengths and all", async () => {
	const made = (split: string, T: number, lengths: number[]): Dataset => {
		const values = new Float32Array(lengths.length * T * 2);
		lengths.forEach((length, i) => {
			for (let k = 0; k < length * 2; k++) values[i * T * 2 + k] = Math.fround(Math.sin(100 * i + k));
		});
		return {
			name: "made",
			split,
			channels: 2,
			T,
			count: lengths.length,
			values,
			targets: { kind: "classes", names: ["a", "b"], of: Uint8Array.from(lengths, (_, i) => i % 2) },
			lengths: Uint32Array.from(lengths),
			rate: 12.5,
			channelNames: ["x", "y"],
			groups: { names: ["ann", "bob", "cy"], of: Uint32Array.from(lengths, (_, i) => (2 * i) % 3) },
		};
	};
	const sets = { train: made("train", 5, [5, 1, 3]), test: made("test", 7, [7, 7]) };
	writePackedFolder(join(folder, "made"), sets, { origin: "here" });
	for (const split of ["train", "test"] as const) {
		const read = await openDataset(join(folder, "made"), split);
		const { name, channels, count, targets, lengths, rate, channelNames, groups } = sets[split];
		expect(read).toMatchObject({ name, channels, count, targets, lengths, rate, channelNames, groups, T: 7 });
		for (let i = 0; i < count; i++) expect(sequence(read, i)).toEqual(sequence(sets[split], i));
	}
});

describe("an archive of timeseriesclassification.com", () => {
	it("is refused when it has other sequences than the published set", () => {
		const archive = zipSync({
			"Epilepsy_TRAIN.ts": strToU8("@data\n1:EPILEPSY\n2:SAWING"),
			"Epilepsy_TEST.ts": strToU8("@data\n1:EPILEPSY\n2:SAWING"),
		});
		expect(refusal(() => unpackSet("epilepsy", archive))).toMatch(/has 1, 1 sequences .* has 34, 36, 30, 37/);
		expect(refusal(() => unpackSet("racketsports", archive))).toMatch(/no file "RacketSports_TRAIN\.ts"/);
		expect(refusal(() => unpackSet("epilepsy", zipSync({ "Epilepsy_TRAIN.ts": strToU8("@data") })))).toMatch(
			/no file "Epilepsy_TEST\.ts"/,
		);
	});

	it.skipIf(!sharedPath("data")).each(["BasicMotions", "Epilepsy", "JapaneseVowels", "RacketSports"])(
		"%s has the known values, and not with one other digit (needs ../shared)",
		async (file) => {
			const source = sharedPath(`data/${file}`)!;
			const name = file.toLowerCase();
			const [train, test] = [await openDataset(source, "train"), await openDataset(source, "test")];
			const pack = (text: string) =>
				zipSync({ [`${file}_TRAIN.ts`]: strToU8(text), [`${file}_TEST.ts`]: strToU8(toTs(test)) });
			const unpacked = unpackSet(name, pack(toTs(train)));
			expect(unpacked.known).toBe(true);
			expect(unpacked.train.targets.of).toEqual(train.targets.of);
			expect(unpacked.train.targets.names).toEqual(train.targets.names);
			expect(sequence(unpacked.test, 7)).toEqual(sequence(test, 7));
			const { sha256_raw_bin } = JSON.parse(readFileSync(join(source, "meta.json"), "utf8")).splits.test;
			expect(ARCHIVE_SETS[name]!.values!.test).toBe(sha256_raw_bin);
			const other = toTs(train).replace(/(@data\n-?)\d/, "$17");
			expect(other).not.toBe(toTs(train));
			expect(unpackSet(name, pack(other)).known).toBe(false);
		},
	);
});

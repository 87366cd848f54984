// Data sets: every format from good and bad files, the real sets where they are present, and the built-in generator against
// physics.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";
import { motion } from "../../host-tools/datasets/motion";
import { openDataset } from "../../host-tools/datasets/open";
import { writePackedFolder } from "../../host-tools/datasets/packed";
import { Random } from "../../host-tools/datasets/random";
import { calibrationRows, splitValidation } from "../../host-tools/datasets/split";
import { UserError } from "../../host-tools/terminal/errors";
import { sharedPath } from "../support/shared";

/** A new folder with these files. */
function folder(files: Record<string, string | Uint8Array>): string {
	const root = mkdtempSync(join(tmpdir(), "dataset-"));
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(dirname(join(root, name)), { recursive: true });
		writeFileSync(join(root, name), content);
	}
	return root;
}

function labelCounts({ targets: { of: labels, names } }: Dataset): number[] {
	const counts = new Array<number>(names.length).fill(0);
	for (const label of labels) counts[label]!++;
	return counts;
}

/** Asserts that opening is refused with one sentence for the user. */
async function refuses(source: string, message: RegExp, split: "train" | "test" = "train"): Promise<void> {
	const error = await openDataset(source, split).then(
		() => undefined,
		(e) => e,
	);
	expect(error).toBeInstanceOf(UserError);
	expect(error.message).toMatch(message);
	expect(error.message).not.toContain("\n");
}

/** SHA-256 of the first 800 training and 400 test rows of "motion", seed 1. A change of the generator changes every figure made with it. */
const PINNED_TRAIN = "e381f3703243d0696719097e77e564709e90dd1ff4889c223d98ccddd4b42092";
const PINNED_TEST = "c65817a9c338cad1555b049d88c2d1739e95f0fba7577589ba09aa12db96ad89";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("Random", () => {
	it("is sfc32: the words of an implementation by the published algorithm in 64-bit integers", () => {
		// PractRand's raw32 step on BigInt, mod 2^32, seeded alike.
		const M = 0xffffffffn;
		let [a, b, c, n] = [5n, 6n, 7n, 1n];
		const next = () => {
			const t = (a + b + n) & M;
			n = (n + 1n) & M;
			a = b ^ (b >> 9n);
			b = (c + (c << 3n)) & M;
			c = ((((c << 21n) | (c >> 11n)) & M) + t) & M;
			return Number(t);
		};
		for (let i = 0; i < 15; i++) next();
		const random = new Random(5, 6, 7);
		for (let i = 0; i < 1000; i++) expect(random.bits()).toBe(next());
	});
	it("draws a bell of mean 0 and variance 1", () => {
		const random = new Random(1);
		const draws = Array.from({ length: 20000 }, () => random.bell());
		const mean = draws.reduce((a, b) => a + b) / draws.length;
		expect(Math.abs(mean)).toBeLessThan(0.03);
		expect(draws.reduce((a, b) => a + b * b, 0) / draws.length).toBeCloseTo(1, 1);
	});
});

describe("motion", () => {
	const train = motion({ split: "train", count: 800 });
	const test = motion({ split: "test", count: 400 });
	it("is the same bytes on every machine", () => {
		expect(sha256(new Uint8Array(train.values.buffer))).toBe(PINNED_TRAIN);
		expect(sha256(new Uint8Array(test.values.buffer))).toBe(PINNED_TEST);
	});
	it("makes row i alike for every count, and another population for another seed", () => {
		const few = motion({ split: "train", count: 13 });
		expect(few.values).toEqual(train.values.slice(0, few.values.length));
		expect(few.targets.of).toEqual(train.targets.of.slice(0, 13));
		expect(motion({ split: "train", count: 13, seed: 2 }).values).not.toEqual(few.values);
		expect(test.values.slice(0, 768)).not.toEqual(train.values.slice(0, 768));
	});
	it("holds all eight classes equally often", () => {
		expect(train.targets.names).toHaveLength(8);
		expect(labelCounts(train)).toEqual(new Array(8).fill(100));
		expect(labelCounts(test)).toEqual(new Array(8).fill(50));
		expect(new Set(train.targets.of.slice(0, 8)).size).toBe(8);
	});
	/** Per row of a class: mean |acc|, and the spread of |acc| and of |gyro|. */
	const features = (name: string) => {
		const rows: { gravity: number; acc: number; gyro: number }[] = [];
		for (let i = 0; i < train.count; i++) {
			if (train.targets.names[train.targets.of[i]!] !== name) continue;
			const values = sequence(train, i);
			const steps = Array.from({ length: 128 }, (_, t) => values.subarray(t * 6, t * 6 + 6));
			const acc = steps.map(([x, y, z]) => Math.hypot(x!, y!, z!));
			const gravity = acc.reduce((a, b) => a + b) / 128;
			rows.push({
				gravity,
				acc: Math.sqrt(acc.reduce((a, b) => a + (b - gravity) ** 2, 0) / 128),
				gyro: Math.sqrt(steps.reduce((a, [, , , x, y, z]) => a + x! * x! + y! * y! + z! * z!, 0) / 128),
			});
		}
		return rows;
	};
	const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
	it("feels gravity at rest, in any direction", () => {
		for (const { gravity, gyro } of features("rest")) {
			expect(Math.abs(gravity - 9.80665)).toBeLessThan(0.8);
			expect(gyro).toBeLessThan(2);
		}
		const up = new Set<string>();
		for (let i = 0; i < train.count; i++)
			if (train.targets.of[i] === 0) {
				const [x, y, z] = sequence(train, i) as unknown as number[];
				up.add([x! > 4, x! < -4, y! > 4, y! < -4, z! > 4, z! < -4].join());
			}
		expect(up.size).toBeGreaterThan(5);
	});
	it("moves more when running than when walking, and turns most when twisting", () => {
		const acc = (name: string) => median(features(name).map((row) => row.acc));
		const gyro = (name: string) => median(features(name).map((row) => row.gyro));
		expect(acc("rest")).toBeLessThan(0.6);
		expect(acc("walk")).toBeGreaterThan(2 * acc("rest"));
		expect(acc("run")).toBeGreaterThan(1.5 * acc("walk"));
		expect(gyro("twist")).toBeGreaterThan(5 * gyro("rest"));
	});
	it("turns gravity as the gyroscope says: integrated rates predict the accelerometer at rest", () => {
		// While the hand only wanders, acc is gravity in the device's axes, and d(acc)/dt = acc x rate.
		let rows = 0;
		for (let i = 0; i < train.count; i++) {
			if (train.targets.of[i] !== 0) continue;
			const values = sequence(train, i);
			let [x, y, z] = [0, 0, 0];
			for (let t = 0; t < 5; t++) {
				x += values[t * 6]! / 5;
				y += values[t * 6 + 1]! / 5;
				z += values[t * 6 + 2]! / 5;
			}
			const first = [x, y, z];
			for (let t = 2; t < 125; t++) {
				const [p, q, r] = values.subarray(t * 6 + 3, t * 6 + 6) as unknown as [number, number, number];
				[x, y, z] = [x + (y * r - z * q) / 50, y + (z * p - x * r) / 50, z + (x * q - y * p) / 50];
			}
			const last = [0, 1, 2].map((c) =>
				[123, 124, 125, 126, 127].reduce((sum, t) => sum + values[t * 6 + c]! / 5, 0),
			);
			const moved = Math.hypot(last[0]! - first[0]!, last[1]! - first[1]!, last[2]! - first[2]!);
			if (moved < 3) continue;
			rows++;
			// What bias, drift and the push of the hand leave is a fraction of what the turn explains.
			expect(Math.hypot(last[0]! - x, last[1]! - y, last[2]! - z)).toBeLessThan(0.5 * moved);
		}
		expect(rows).toBeGreaterThan(5);
	});
	it("turns left for a swipe to the left", () => {
		// The peak of the rate about the device's axes nearest to up: positive is left. Wind-up and return oppose, so: mostly.
		const leftward = (name: string) => {
			let [left, all] = [0, 0];
			for (let i = 0; i < train.count; i++) {
				if (train.targets.names[train.targets.of[i]!] !== name) continue;
				const values = sequence(train, i);
				let peak = 0;
				for (let t = 0; t < 128; t++) {
					const [ax, ay, az, p, q, r] = values.subarray(t * 6, t * 6 + 6) as unknown as number[];
					const rate = (ax! * p! + ay! * q! + az! * r!) / Math.hypot(ax!, ay!, az!);
					if (Math.abs(rate) > Math.abs(peak)) peak = rate;
				}
				all++;
				if (peak > 0) left++;
			}
			return left / all;
		};
		expect(leftward("swipe left")).toBeGreaterThan(0.75);
		expect(leftward("swipe right")).toBeLessThan(0.25);
	});
	it("is opened by name and refuses absurd sizes", async () => {
		const opened = await openDataset("motion", "test", { limit: 16 });
		expect(opened).toMatchObject({ T: 128, channels: 6, count: 16, rate: 50 });
		expect(opened.drawn).toEqual({ from: 1000, seed: 1 });
		expect(labelCounts(opened)).toEqual(Array(8).fill(2));
		// They are rows of the split, in their order, and of more people than the first 16.
		const all = motion({ split: "test" });
		const rows = Array.from({ length: all.count }, (_, i) => sequence(all, i).join());
		const found = Array.from({ length: 16 }, (_, i) => rows.indexOf(sequence(opened, i).join()));
		expect(found).toEqual([...found].sort((a, b) => a - b));
		expect(found.map((row) => all.targets.of[row])).toEqual([...opened.targets.of]);
		expect(new Set(found.map((row) => Math.floor(row / 8) % 10)).size).toBeGreaterThan(4);
		expect(() => motion({ split: "train", count: 0 })).toThrow(UserError);
		await expect(openDataset("motion", "test", { limit: -1 })).rejects.toThrow(/limit/);
	});
});

describe("stratified parts", () => {
	const dataset = motion({ split: "train", count: 80 });
	it("share the classes fairly, lose no row and are the same every time", () => {
		const { train, validation } = splitValidation(dataset, 0.25, 3);
		expect(labelCounts(validation)).toEqual(labelCounts(train).map((n) => 10 - n));
		for (const n of labelCounts(validation)) expect([2, 3]).toContain(n);
		expect([train.count, validation.count, validation.split]).toEqual([60, 20, "validation"]);
		const key = (d: Dataset) => Array.from({ length: d.count }, (_, i) => sequence(d, i).join());
		expect([...key(train), ...key(validation)].sort()).toEqual(key(dataset).sort());
		expect(splitValidation(dataset, 0.25, 3).validation.values).toEqual(validation.values);
		expect(splitValidation(dataset, 0.25, 4).validation.values).not.toEqual(validation.values);
	});
	it("limits every format to the same rows: each class in its proportion, others by another seed", async () => {
		// A folder for each class: the first rows are all of one class.
		const files: Record<string, string> = {};
		for (const [label, n] of [["a", 30] as const, ["b", 20] as const, ["c", 10] as const])
			for (let i = 0; i < n; i++) files[`train/${label}/${i}.csv`] = `${label.charCodeAt(0) + i}\n`;
		const root = folder(files);
		const all = await openDataset(root, "train");
		expect([all.count, all.drawn]).toEqual([60, undefined]);
		const csv = await openDataset(root, "train", { limit: 12 });
		expect(labelCounts(csv)).toEqual([6, 4, 2]);
		expect(csv.drawn).toEqual({ from: 60, seed: 1 });
		expect((await openDataset(root, "train", { limit: 60 })).drawn).toBeUndefined();
		const other = await openDataset(root, "train", { limit: 12, seed: 2 });
		expect(labelCounts(other)).toEqual([6, 4, 2]);
		expect(other.drawn).toEqual({ from: 60, seed: 2 });
		expect(other.values).not.toEqual(csv.values);

		const packed = folder({});
		writePackedFolder(packed, { train: all, test: { ...all, split: "test" } }, {});
		const images = folder({
			"train-images-idx3-ubyte": idx([60, 1, 1], [...all.values]),
			"train-labels-idx1-ubyte": idx([60], [...all.targets.of]),
		});
		for (const [source, unit] of [
			[packed, 1],
			[images, 255],
		] as const) {
			const limited = await openDataset(source, "train", { limit: 12 });
			expect(limited.targets.of).toEqual(csv.targets.of);
			expect(limited.values).toEqual(csv.values.map((v) => Math.fround(v / unit)));
			expect(limited.drawn).toEqual(csv.drawn);
		}
	});
	it("never moves a row of CSV from training to test by a seed", async () => {
		const files: Record<string, string> = {};
		for (let i = 0; i < 40; i++) files[`${i % 2 ? "a" : "b"}/${i}.csv`] = `${i}\n`;
		const root = folder(files);
		const test = (await openDataset(root, "test")).values;
		for (const seed of [2, 3]) {
			const drawn = (await openDataset(root, "test", { limit: 7, seed })).values;
			expect([...drawn].filter((v) => !test.includes(v))).toEqual([]);
		}
	});
	it("gives calibration every class", () => {
		const rows = calibrationRows(dataset, 16);
		expect(rows).toHaveLength(16);
		expect(new Set(rows).size).toBe(16);
		const labels = Array.from(rows, (row) => dataset.targets.of[row]!);
		for (let label = 0; label < 8; label++) expect(labels.filter((l) => l === label)).toHaveLength(2);
		expect(calibrationRows(dataset, 1000)).toHaveLength(80);
	});
});

/** An idx file: big-endian sizes and bytes. */
function idx(sizes: number[], data: number[]): Buffer {
	const header = Buffer.alloc(4 + 4 * sizes.length);
	header.writeUInt32BE(0x0800 + sizes.length);
	sizes.forEach((size, i) => {
		header.writeUInt32BE(size, 4 + 4 * i);
	});
	return Buffer.concat([header, Buffer.from(data)]);
}

describe("idx", () => {
	it("reads the same images by rows as FOLDER/rows", async () => {
		const data = folder({
			"train-images-idx3-ubyte": idx([2, 2, 3], [0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6]),
			"train-labels-idx1-ubyte": idx([2], [7, 9]),
		});
		const pixels = await openDataset(data, "train");
		const rows = await openDataset(join(data, "rows"), "train");
		expect([pixels.T, pixels.channels, rows.T, rows.channels]).toEqual([6, 1, 2, 3]);
		expect(rows.values).toEqual(pixels.values);
		expect(rows.name).toBe(`${pixels.name}-rows`);
		expect([...rows.lengths]).toEqual([2, 2]);
		mkdirSync(join(data, "rows"));
		await expect(openDataset(join(data, "rows"), "train")).rejects.toThrow();
	});

	const images = idx([2, 2, 3], [0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6]);
	const files = {
		"train-images-idx3-ubyte.gz": gzipSync(images),
		"train-labels-idx1-ubyte": idx([2], [7, 9]),
	};
	it("reads images as sequences of pixels", async () => {
		const dataset = await openDataset(folder(files), "train");
		expect(dataset).toMatchObject({ T: 6, channels: 1, count: 2, targets: { names: { length: 10 } } });
		expect([...dataset.targets.of]).toEqual([7, 9]);
		expect([...sequence(dataset, 0)]).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1].map(Math.fround));
		expect((await openDataset(folder(files), "train", { limit: 1 })).count).toBe(1);
	});
	it.each<[string, Record<string, Uint8Array | undefined>, RegExp]>([
		["absent labels", { "train-labels-idx1-ubyte": undefined }, /no train-labels-idx1-ubyte/],
		["another magic", { "train-labels-idx1-ubyte": idx([2, 1], [7, 9]) }, /not an idx file/],
		[
			"a file cut off",
			{ "train-images-idx3-ubyte.gz": gzipSync(images.subarray(0, 20)) },
			/has 20 bytes, but its header \(2 x 2 x 3\) requires 28/,
		],
		[
			"gzip cut off",
			{ "train-images-idx3-ubyte.gz": gzipSync(images).subarray(0, 30) },
			/not a complete gzip/,
		],
		["fewer labels than images", { "train-labels-idx1-ubyte": idx([1], [7]) }, /2 images.*1 labels/],
		[
			"a label out of range",
			{ "train-labels-idx1-ubyte": idx([2], [7, 10]) },
			/Sequence 1 .* label 10, but there are only 10 classes/,
		],
		[
			"no images",
			{ "train-images-idx3-ubyte.gz": gzipSync(idx([0, 2, 3], [])), "train-labels-idx1-ubyte": idx([0], []) },
			/no sequences/,
		],
		["images of no pixels", { "train-images-idx3-ubyte.gz": gzipSync(idx([2, 0, 3], [])) }, /0 steps/],
		[
			"a header that asks for all memory",
			{ "train-images-idx3-ubyte.gz": gzipSync(idx([2 ** 32 - 1, 2 ** 32 - 1, 1], [])) },
			/requires 18446744065119617000/,
		],
	])("refuses %s", async (_, change, message) => {
		const changed = Object.entries({ ...files, ...change }).filter(([, content]) => content);
		await refuses(folder(Object.fromEntries(changed) as Record<string, Uint8Array>), message);
	});
});

describe("meta.json", () => {
	const values = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0]);
	const raw = new Uint8Array(values.buffer);
	const meta = {
		name: "tiny",
		T: 3,
		C: 2,
		classes: ["a", "b"],
		fs_hz: 20,
		unit: "kept out",
		channels: ["x", "y"],
		splits: {
			train: {
				n: 2,
				label_counts: [1, 1],
				sha256_raw_bin: sha256(raw),
				sha256_raw_labels: sha256(Uint8Array.of(1, 0)),
				len: "uint16",
			},
		},
	};
	const good = {
		"meta.json": JSON.stringify(meta),
		"train.bin.gz": gzipSync(raw),
		"train.labels.bin.gz": gzipSync(Uint8Array.of(1, 0)),
		"train.len.bin.gz": gzipSync(Uint8Array.of(3, 0, 2, 0)),
		"train.subject.bin.gz": "not looked at",
	};
	it("reads rows, labels and lengths", async () => {
		const dataset = await openDataset(folder(good), "train");
		expect(dataset).toMatchObject({
			name: "tiny",
			T: 3,
			channels: 2,
			count: 2,
			rate: 20,
			channelNames: ["x", "y"],
		});
		expect([...dataset.targets.of]).toEqual([1, 0]);
		expect([...sequence(dataset, 0)]).toEqual([1, 2, 3, 4, 5, 6]);
		expect([...sequence(dataset, 1)]).toEqual([7, 8, 9, 10]);
	});
	/** meta.json without sums, changed. */
	const withMeta = (change: object, split: object = {}) => ({
		"meta.json": JSON.stringify({ ...meta, ...change, splits: { train: { n: 2, ...split } } }),
	});
	const numbers = (...list: number[]) => gzipSync(new Uint8Array(Float32Array.from(list).buffer));
	it.each<[string, Record<string, string | Uint8Array | undefined>, RegExp]>([
		["no JSON", { "meta.json": "{" }, /meta\.json is not JSON/],
		["a missing key", { "meta.json": '{"name":"x"}' }, /meta\.json is wrong at "T"/],
		["a size that is no size", withMeta({ T: -3 }), /wrong at "T"/],
		["too many values", withMeta({ T: 1_000_000, C: 256 }, { n: 9999 }), /more than the \d+ values/],
		["a split of no rows", withMeta({}, { n: 0 }), /no sequences/],
		["a missing array", { "train.bin.gz": undefined }, /train\.bin\.gz is missing/],
		["too few values", { "train.bin.gz": numbers(1, 2) }, /unpacks to 8 bytes, but meta\.json requires 48/],
		["a gzip bomb", { "train.bin.gz": gzipSync(new Uint8Array(1e6)) }, /unpacks to more than the 48 bytes/],
		["changed values", { "train.bin.gz": gzipSync(raw.map((b, i) => (i ? b : 1))) }, /SHA-256/],
		["changed labels", { "train.labels.bin.gz": gzipSync(Uint8Array.of(0, 1)) }, /labels.*SHA-256/],
		[
			"other counts of labels",
			withMeta({}, { label_counts: [2, 0] }),
			/1 rows with the label 0, but meta\.json states 2/,
		],
		["absent lengths", { "train.len.bin.gz": undefined }, /train\.len\.bin\.gz is missing/],
		[
			"a length of 0",
			{ ...withMeta({}), "train.len.bin.gz": gzipSync(Uint8Array.of(3, 0, 0, 0)) },
			/Sequence 1 .* length of 0/,
		],
		[
			"a length over T",
			{ "train.len.bin.gz": gzipSync(Uint8Array.of(4, 0, 1, 0)) },
			/Sequence 0 .* length of 4/,
		],
		[
			"a label out of range",
			{ ...withMeta({}), "train.labels.bin.gz": gzipSync(Uint8Array.of(1, 2)) },
			/Sequence 1 .* label 2/,
		],
		[
			"NaN",
			{ ...withMeta({}), "train.bin.gz": numbers(1, 2, 3, Number.NaN, 5, 6, 7, 8, 9, 10, 0, 0) },
			/Sequence 0 .* NaN at step 1, channel 1/,
		],
		["names for other channels", withMeta({ channels: ["x"] }), /names 1 channels, but C is 2/],
	])("refuses %s", async (_, change, message) => {
		const changed = Object.entries({ ...good, ...change }).filter(([, content]) => content !== undefined);
		await refuses(folder(Object.fromEntries(changed) as Record<string, string>), message);
	});
	it("does not read padding", async () => {
		const padded = numbers(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, Number.NaN, 0);
		expect(
			(await openDataset(folder({ ...good, ...withMeta({}), "train.bin.gz": padded }), "train")).count,
		).toBe(2);
	});
	it("refuses a split that is not there", async () => {
		await refuses(folder(good), /no split "test"/, "test");
	});
});

describe("CSV", () => {
	it("reads a folder for each class below train and test", async () => {
		const root = folder({
			"train/wave/1.csv": "x,y\n1,2\n3,-4e-1\n",
			"train/rest/2.csv": "x,y\r\n.5,6\r\n",
			"test/rest/1.csv": "7,8\n9,10\n11,12",
			"train/rest/notes.txt": "not looked at",
		});
		const train = await openDataset(root, "train");
		expect(train).toMatchObject({
			targets: { names: ["rest", "wave"] },
			channels: 2,
			T: 2,
			count: 2,
			channelNames: ["x", "y"],
		});
		expect([...train.targets.of]).toEqual([0, 1]);
		expect([...sequence(train, 0)]).toEqual([0.5, 6]);
		expect([...sequence(train, 1)]).toEqual([1, 2, 3, -0.4].map(Math.fround));
		const test = await openDataset(root, "test");
		expect(test).toMatchObject({ targets: { names: ["rest", "wave"] }, T: 3, count: 1 });
	});
	it("divides what has no split by class, always alike", async () => {
		const files: Record<string, string> = {};
		for (let i = 0; i < 20; i++) for (const label of ["b", "a"]) files[`${label}/${i}.csv`] = `${i}\n`;
		const root = folder(files);
		const [train, test] = [await openDataset(root, "train"), await openDataset(root, "test")];
		expect(labelCounts(test)).toEqual([4, 4]);
		expect(labelCounts(train)).toEqual([16, 16]);
		const all = [train, test].flatMap((d) =>
			Array.from(d.targets.of, (label, i) => `${label} ${sequence(d, i)[0]}`),
		);
		expect(new Set(all).size).toBe(40);
		expect((await openDataset(folder(files), "test")).values).toEqual(test.values);
	});
	it("reads a table with a label column, one or one for each split", async () => {
		const table = "sequence,label,x,y\n1,10,1,2\n1,10,3,4\n2,9,5,6\n";
		const root = folder({
			"train.csv": table,
			"test.csv": "sequence,label,x,y\n9,2,0,0\n",
			"alone.csv": table,
		});
		const train = await openDataset(root, "train");
		expect(train).toMatchObject({
			targets: { names: ["2", "9", "10"] },
			channels: 2,
			T: 2,
			count: 2,
			channelNames: ["x", "y"],
		});
		expect([...train.targets.of]).toEqual([2, 1]);
		expect([...sequence(train, 0)]).toEqual([1, 2, 3, 4]);
		expect((await openDataset(root, "test")).count).toBe(1);
		expect((await openDataset(join(root, "alone.csv"), "train")).targets.names).toEqual(["9", "10"]);
	});
	it("has the sampling rate that is given for it; one that a set states is not contradicted", async () => {
		const table = folder({ "t.csv": "sequence,label,x\n1,a,1\n2,a,2\n3,b,3\n4,b,4\n" });
		const source = join(table, "t.csv");
		expect((await openDataset(source, "train")).rate).toBeUndefined();
		expect((await openDataset(source, "train", { rate: 62.5 })).rate).toBe(62.5);
		expect((await openDataset("motion", "train", { limit: 1, rate: 50 })).rate).toBe(50);
		await expect(openDataset("motion", "train", { limit: 1, rate: 60 })).rejects.toThrow(
			/motion states 50 samples per second, not 60; leave --hz out/,
		);
	});
	it("takes rate and groups from columns, and keeps groups apart", async () => {
		const lines = ["time (ms);sequence;label;subject;acc x (m/s2)"];
		for (let i = 0; i < 20; i++)
			for (let t = 0; t < 3; t++)
				lines.push(`${1000 * i + 20 * t};${i};${i % 2 ? "a" : "b"};p${i >> 2};${i},5`);
		const source = join(folder({ "t.csv": lines.join("\n") }), "t.csv");
		const [train, test] = [await openDataset(source, "train"), await openDataset(source, "test")];
		expect(train).toMatchObject({ rate: 50, channelNames: ["acc x (m/s2)"], channels: 1, T: 3 });
		const people = ({ groups }: Dataset) => new Set(Array.from(groups!.of, (g) => groups!.names[g]));
		expect([train.count, test.count]).toEqual([16, 4]);
		expect([people(train).size, people(test).size]).toEqual([4, 1]);
		expect(people(train)).not.toContain([...people(test)][0]);
		const { validation } = splitValidation(train, 0.25, 1);
		expect([validation.count, people(validation).size]).toEqual([4, 1]);
		expect([...sequence(test, 0)][0]! % 1).toBe(0.5);
	});
	it("reads what Edge Impulse exports, and sound", async () => {
		const sample = (values: number[][]) =>
			JSON.stringify({
				payload: {
					...{ device_type: "X", interval_ms: 10 },
					sensors: ["x", "y"].map((name) => ({ name, units: "g" })),
					values,
				},
			});
		const root = folder({
			"training/wave.a.json": sample([[1, 2], [3, 4]]), // biome-ignore format: a matrix
			"training/rest.b.json": sample([[5, 6]]),
			"testing/wave.c.json": sample([[7, 8]]),
		});
		const train = await openDataset(root, "train");
		expect(train).toMatchObject({ rate: 100, channelNames: ["x (g)", "y (g)"], count: 2 });
		expect(train.targets.names).toEqual(["rest", "wave"]);
		expect((await openDataset(root, "test")).count).toBe(1);
	});
	it.each<[string, Record<string, string>, RegExp]>([
		[
			"a gap",
			{ "train/a/1.csv": "time (s),x\n0,1\n0.1,1\n0.2,2\n0.3,1\n1.5,1\n" },
			/Line 6 of .*1\.csv: 1\.20 s are missing/,
		],
		[
			"mixed rates",
			{ "train/a/1.csv": "time (s),x\n0,1\n0.1,1\n", "train/a/2.csv": "time (s),x\n0,1\n0.2,1\n" },
			/2\.csv has 5 samples per second where .*1\.csv has 10/,
		],
		[
			"a recording of several labels",
			{ "train/a/1.csv": "x,label\n0,a\n1,b\n" },
			/Line 3 of .*1\.csv has the label "b".*edge-ssm window/,
		],
		["a file without a label", { "1.csv": "1\n" }, /1\.csv has no label/],
		[
			"NaN",
			{ "train/a/1.csv": "1,2\n3,nan\n" },
			/Line 2 of .*1\.csv: "nan" is not a finite float32 \(column 2\)/,
		],
		[
			"infinity",
			{ "train/a/1.csv": "x\n1\ninf\n" },
			/Line 3 of .*: "inf" is not a finite float32 \(column "x"\)/,
		],
		["a number too great", { "train/a/1.csv": "1e39\n" }, /Line 1 of .*: "1e39" is not a finite float32/],
		["a text", { "train/a/1.csv": "1\n0x10\n" }, /Line 2 of .*: "0x10" is not a number/],
		[
			"an empty field",
			{ "train/a/1.csv": "1,2\n3,\n" },
			/Line 2 of .* is empty where a number is expected \(column 2\)/,
		],
		[
			"ragged lines",
			{ "train/a/1.csv": "1,2\n3\n" },
			/Line 2 of .*1\.csv has 1 columns where the first line has 2/,
		],
		[
			"ragged files",
			{ "train/a/1.csv": "1,2\n", "train/a/2.csv": "1\n" },
			/2\.csv has 1 channels where .*1\.csv has 2/,
		],
		[
			"columns in another order",
			{ "train/a/1.csv": "x,y\n1,2\n", "train/a/2.csv": "y,x\n1,2\n" },
			/columns y, x/,
		],
		["an empty file", { "train/a/1.csv": "" }, /contains no step/],
		["a header alone", { "train/a/1.csv": "x,y\n" }, /contains no step/],
		["an empty split", { "test/a/1.csv": "1\n" }, /no sequences in this split/],
		["a folder without data", { "readme.txt": "hello" }, /no sequences; docs\/DATASETS\.md/],
		[
			"a table without its columns",
			{ "train.csv": "a,b,c\n1,2,3\n" },
			/must name the columns "sequence" and "label"/,
		],
		[
			"a sequence in two places",
			{ "train.csv": "sequence,label,x\n1,a,0\n2,a,0\n1,a,0\n" },
			/Line 4 .* goes back to the sequence "1"/,
		],
		[
			"two labels for a sequence",
			{ "train.csv": "sequence,label,x\n1,a,0\n1,b,0\n" },
			/Line 3 .* "b", but it began as "a"/,
		],
		["a table of ragged lines", { "train.csv": "sequence,label,x\n1,a\n" }, /Line 2 .* 2 columns/],
		["an empty label", { "train.csv": "sequence,label,x\n1,,5\n" }, /Line 2 .* no label/],
	])("refuses %s", async (_, files, message) => {
		await refuses(folder(files), message);
	});
	it("refuses what is not there or no data set", async () => {
		await refuses("/nowhere/at/all", /no data set at \/nowhere/);
		await refuses(join(folder({ "a.bin": "x" }), "a.bin"), /not a table of sequences/);
		await refuses(folder({ "train.csv/in-the-way": "" }), /There is no file .*train\.csv/);
	});
});

const real = [
	"BasicMotions",
	"ECG5000",
	"Epilepsy",
	"JapaneseVowels",
	"RacketSports",
	"fsdd_logmel",
	"uci_har",
	"wisdm",
];
describe("real data (needs ../shared)", () => {
	const mnist = sharedPath("data/mnist");
	it.skipIf(!mnist)("MNIST has its canonical counts and first digits", async () => {
		const test = await openDataset(mnist!, "test");
		expect(labelCounts(test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
		expect([...test.targets.of.slice(0, 5)]).toEqual([7, 2, 1, 0, 4]);
		expect(test).toMatchObject({ T: 784, channels: 1, count: 10000 });
		const train = await openDataset(mnist!, "train");
		expect(labelCounts(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
	});
	for (const name of real)
		it.skipIf(!sharedPath(`data/${name}`))(
			`${name} opens whole, with the counts its README states`,
			async () => {
				const path = sharedPath(`data/${name}`)!;
				// "Train counts [..], test [..]" of the README that describes the sets.
				const line = readFileSync(sharedPath("data/README.md")!, "utf8").match(
					new RegExp(`^- \\*\\*${name}\\*\\*.*Train counts (\\[.*?\\]), test (\\[.*?\\])`, "m"),
				)!;
				for (const [i, split] of (["train", "test"] as const).entries()) {
					const dataset = await openDataset(path, split);
					expect(labelCounts(dataset)).toEqual(JSON.parse(line[i + 1]!));
				}
			},
		);
	const vowels = sharedPath("data/JapaneseVowels");
	it.skipIf(!vowels)("JapaneseVowels keeps the lengths of its rows", async () => {
		const { lengths } = await openDataset(vowels!, "train");
		expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([7, 26]);
	});
});

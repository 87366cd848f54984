// Sequences of tokens and of bytes in packed folders, ListOps by its grammar, and batches divided by length.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { COMPUTED_SETS } from "../../host-tools/datasets/computed-sets";
import { sequence } from "../../host-tools/datasets/dataset";
import { LISTOPS_TOKENS, listops, listopsText } from "../../host-tools/datasets/listops";
import { openDataset } from "../../host-tools/datasets/open";
import { writeTokenFolder } from "../../host-tools/datasets/write-tokens";
import { epochOrder } from "../../host-tools/training/epoch";
import { classTargetsOf } from "../support/classes";
import { sharedPath } from "../support/shared";

const folder = mkdtempSync(join(tmpdir(), "edge-ssm-tokens-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let next = 0;
const fresh = () => join(folder, String(next++));

/** Value of a list as text, by a reader of its own. */
function worth(text: string): number {
	const symbols = text.split(" ");
	let at = 0;
	const read = (): number => {
		const symbol = symbols[at++]!;
		if (/^\d$/.test(symbol)) return Number(symbol);
		const list: number[] = [];
		while (symbols[at] !== "]") list.push(read());
		at++;
		expect(list.length).toBeGreaterThanOrEqual(2);
		expect(list.length).toBeLessThanOrEqual(10);
		list.sort();
		const half = (list.length - 1) / 2;
		if (symbol === "[MIN") return list[0]!;
		if (symbol === "[MAX") return list.at(-1)!;
		if (symbol === "[MED") return Math.floor((list[Math.floor(half)]! + list[Math.ceil(half)]!) / 2);
		expect(symbol).toBe("[SM");
		return Number(String(list.reduce((a, b) => a + b, 0)).at(-1));
	};
	const value = read();
	expect(at).toBe(symbols.length);
	return value;
}

describe("ListOps", () => {
	const rows = listops(400, 1);

	test("values are those of the lists, which are of 501 to 1,999 tokens and none twice", () => {
		for (const { tokens, value } of rows) {
			expect(tokens.length).toBeGreaterThan(500);
			expect(tokens.length).toBeLessThan(2000);
			expect(Math.max(...tokens)).toBeLessThan(LISTOPS_TOKENS);
			expect(worth(listopsText(tokens))).toBe(value);
		}
		expect(new Set(rows.map(({ tokens }) => tokens.join())).size).toBe(rows.length);
	});

	test("lists nest to depth 9 at most, and lengths and values are spread as those that are published", () => {
		let deepest = 0;
		for (const { tokens } of rows) {
			let depth = 0;
			for (const token of tokens) {
				if (token >= 10) depth += token < 14 ? 1 : -1;
				deepest = Math.max(deepest, depth);
			}
		}
		expect(deepest).toBe(9);
		const lengths = rows.map(({ tokens }) => tokens.length).sort((a, b) => a - b);
		expect(lengths[200]).toBeGreaterThan(850); // a median of 971 of 2,000
		expect(lengths[200]).toBeLessThan(1100);
		const share = (value: number) => rows.filter((row) => row.value === value).length / rows.length;
		for (const value of [0, 9]) expect(share(value)).toBeGreaterThan(0.11); // .17
		for (const value of [2, 3, 6, 7]) expect(share(value)).toBeLessThan(0.13); // .06 to .08
	});

	test("the same seed gives the same rows, the first of them whatever their number; another gives others", () => {
		expect(listops(3, 1)).toEqual(rows.slice(0, 3));
		expect(listops(3, 2)).not.toEqual(rows.slice(0, 3));
	});

	test("as a data set: the test split is the same beside any number of training sequences", async () => {
		const made = COMPUTED_SETS.listops!.make(30, 1, () => {});
		const path = fresh();
		writeTokenFolder(path, made, { origin: "a test" });
		const train = await openDataset(path, "train");
		expect(train).toMatchObject({ channels: 1, count: 30, T: 2000, tokens: 15 });
		const held = await openDataset(path, "test");
		expect(held.count).toBe(2000);
		expect([...sequence(held, 7)]).toEqual([...rows[7]!.tokens]);
		expect(classTargetsOf(held).of[7]).toBe(rows[7]!.value);
		expect([...sequence(train, 0)].length).toBe(train.lengths[0]);
	});
});

describe("folders of tokens", () => {
	const rows = [[1, 2, 3], [4], [0, 4, 4, 4, 4, 4]].map((row) => Uint8Array.from(row));
	const labels = Uint8Array.of(0, 1, 1);
	const set = {
		name: "few",
		T: 5,
		tokens: 5,
		labels: ["a", "b"],
		train: { rows, labels },
		test: { rows, labels },
	};
	const written = (changed: object = {}) => {
		const path = fresh();
		writeTokenFolder(path, { ...set, ...changed }, {});
		return path;
	};
	const changeMeta = (path: string, change: (meta: Record<string, unknown>) => void) => {
		const meta = JSON.parse(readFileSync(join(path, "meta.json"), "utf8"));
		change(meta);
		writeFileSync(join(path, "meta.json"), JSON.stringify(meta));
		return path;
	};

	test("are read as they were written; what is longer than T ends there", async () => {
		const data = await openDataset(written(), "train");
		expect(data).toMatchObject({ T: 5, tokens: 5, count: 3 });
		expect([0, 1, 2].map((i) => [...sequence(data, i)])).toEqual([[1, 2, 3], [4], [0, 4, 4, 4, 4]]);
		expect([...classTargetsOf(data).of]).toEqual([0, 1, 1]);
		const limited = await openDataset(written(), "train", { limit: 2 });
		expect(limited.count).toBe(2);
		expect(limited.drawn).toEqual({ from: 3, seed: 1 });
	});

	test("without T sequences end after 4,096 tokens", async () => {
		const long = [new Uint8Array(5000), ...rows.slice(1)];
		const path = written({ train: { rows: long, labels } });
		const data = await openDataset(
			changeMeta(path, (meta) => delete meta.T),
			"train",
		);
		expect(data.T).toBe(4096);
		expect([...data.lengths]).toEqual([4096, 1, 6]);
	});

	test("what is wrong is refused in one sentence", async () => {
		const refused = (path: string, error: RegExp) =>
			expect(openDataset(path, "train")).rejects.toThrow(error);
		await refused(
			written({ tokens: 4 }),
			/^Sequence 1 of few \(train\) holds 4 at step 0, .*tokens are 0 to 3\.$/,
		);
		await refused(
			written({ train: { rows: [rows[0]!, new Uint8Array(0), rows[1]!], labels } }),
			/offsets\.bin\.gz: sequence 1 has no tokens/,
		);
		const cut = written();
		writeFileSync(join(cut, "train.txt.gz"), gzipSync(Uint8Array.of(1, 2)));
		await refused(cut, /train\.txt\.gz unpacks to 2 bytes, but meta\.json requires 10/);
		const other = written();
		writeFileSync(join(other, "train.txt.gz"), gzipSync(new Uint8Array(10)));
		await refused(other, /train\.txt\.gz does not have the SHA-256/);
		const back = written();
		writeFileSync(
			join(back, "train.offsets.bin.gz"),
			gzipSync(new Uint8Array(Uint32Array.of(0, 4, 2, 10).buffer)),
		);
		await refused(back, /sequence 1 has no tokens/);
		await refused(
			changeMeta(written(), (meta) => {
				meta.tokens = 257;
			}),
			/meta\.json is wrong at "tokens"/,
		);
	});

	test("a folder of bytes that measure something has the bytes as values", async () => {
		const path = fresh();
		mkdirSync(path);
		const bytes = Uint8Array.from({ length: 2 * 3 * 2 }, (_, i) => 21 * i);
		writeFileSync(join(path, "train.bin.gz"), gzipSync(bytes));
		writeFileSync(join(path, "train.labels.bin.gz"), gzipSync(Uint8Array.of(1, 0)));
		const meta = {
			name: "grey",
			T: 3,
			C: 2,
			dtype: "uint8",
			classes: ["a", "b"],
			splits: { train: { n: 2 } },
		};
		writeFileSync(join(path, "meta.json"), JSON.stringify(meta));
		const data = await openDataset(path, "train");
		expect(data.tokens).toBeUndefined();
		expect([...data.values]).toEqual([...bytes]);
		changeMeta(path, (all) => delete all.T);
		await expect(openDataset(path, "train")).rejects.toThrow(/meta\.json is wrong at "T"/);
	});
});

describe("batches by length", () => {
	const count = 1003;
	const lengths = Uint32Array.from({ length: count }, (_, i) => 1 + ((i * 7919) % 997));
	const padding = (order: Uint32Array, batch: number) => {
		const batches = Math.ceil(count / batch);
		let steps = 0;
		for (let b = 0; b < batches; b++) {
			const of = order.subarray(Math.floor((b * count) / batches), Math.floor(((b + 1) * count) / batches));
			steps += of.length * Math.max(...Array.from(of, (row) => lengths[row]!));
		}
		return steps / lengths.reduce((a, b) => a + b, 0) - 1;
	};

	test("hold every row once, in another order each epoch, with little padding", () => {
		const order = (buckets: number, epoch: number) =>
			epochOrder({ lengths, count }, { seed: 3, buckets }, 16, epoch);
		for (const buckets of [0, 1, 8, 63, 1000]) {
			expect([...order(buckets, 1)].sort((a, b) => a - b)).toEqual(
				Array.from({ length: count }, (_, i) => i),
			);
			expect(order(buckets, 1)).toEqual(order(buckets, 1));
			expect(order(buckets, 1)).not.toEqual(order(buckets, 2));
		}
		expect(padding(order(0, 1), 16)).toBeGreaterThan(0.7);
		expect(padding(order(8, 1), 16)).toBeLessThan(0.15);
		expect(padding(order(63, 1), 16)).toBeLessThan(0.04);
		// Batches are not in the order of their lengths.
		const longest = Array.from({ length: 62 }, (_, b) => lengths[order(63, 1)[b * 16]!]!);
		const rises = longest.filter((length, b) => b > 0 && length > longest[b - 1]!).length;
		expect(rises).toBeGreaterThan(15);
		expect(rises).toBeLessThan(47);
	});
});

const reviews = sharedPath("data/imdb");
const images = sharedPath("data/cifar10_gray");

test.skipIf(!reviews)("film reviews as bytes (needs ../shared)", async () => {
	const text = await openDataset(reviews!, "test", { limit: 100 });
	expect(text).toMatchObject({ T: 4096, tokens: 256, channels: 1, count: 100 });
	expect(classTargetsOf(text).names).toEqual(["negative", "positive"]);
	expect(Buffer.from(sequence(text, 0)).toString("utf8")).toMatch(/\b(the|a|is)\b/);
});

test.skipIf(!images)("grey images as bytes (needs ../shared)", async () => {
	const grey = await openDataset(images!, "test", { limit: 50 });
	expect(grey).toMatchObject({ T: 1024, channels: 1, count: 50 });
	expect(grey.tokens).toBeUndefined();
	expect(grey.values.reduce((most, value) => Math.max(most, value), 0)).toBeLessThanOrEqual(255);
});

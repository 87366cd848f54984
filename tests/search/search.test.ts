// The search's parts against independent truth: brute force, hand-worked figures, bytes of real blobs; and the whole on the
// built-in data.
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { Pool } from "../../host-tools/evaluation/pool";
import { projectPath } from "../../host-tools/files/project";
import type { FloatModel } from "../../host-tools/float/model";
import { parameterBytes, saving } from "../../host-tools/packing/components";
import { origin } from "../../host-tools/packing/pack";
import { quantize } from "../../host-tools/quantization/network";
import { highestPrecision } from "../../host-tools/quantization/precision";
import { precisionOf } from "../../host-tools/quantization/precision-of";
import { shapeOf, shapeText, shapeType } from "../../host-tools/quantization/shape";
import { compensatedModel } from "../../host-tools/quantization/start";
import { Cache, comparisonKey } from "../../host-tools/search/cache";
import { type Budget, front, type Place, type Plan } from "../../host-tools/search/candidates";
import { componentsOf } from "../../host-tools/search/components";
import { costOf } from "../../host-tools/search/cost";
import { explain } from "../../host-tools/search/explain";
import { BARE, Bench, rangesFor, snr } from "../../host-tools/search/measure";
import { memoryParts } from "../../host-tools/search/memory";
import { searchPlan } from "../../host-tools/search/places";
import { trainFor } from "../../host-tools/search/qat";
import type { Sensitivity } from "../../host-tools/search/reading";
import { type Limits, search } from "../../host-tools/search/search";
import { measureSensitivity, plan } from "../../host-tools/search/sensitivity";
import { type SearchInput, setUp } from "../../host-tools/search/setup";
import { classify } from "../../host-tools/task/classify";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { arenaLayout } from "../../src/network/arena";
import type { Linear } from "../../src/network/linear";
import { randomNetwork, type S4dNetwork } from "../support/random-network";
import { s4dShape } from "../support/s4d-shape";

const folder = mkdtempSync(join(tmpdir(), "edge-ssm-search-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const compare = (of: number[], float: Float64Array, given: Float64Array) =>
	classify.compare({ kind: "classes", names: [], of: Uint8Array.from(of) }, float, given);

describe("comparing logits", () => {
	test("equal logits lose nothing, and a constant added to all does not count", () => {
		const float = Float64Array.of(1, 2, 3, 0, 5, 1);
		expect(compare([2, 1], float, float)).toEqual({ count: 2, right: 2, kl: 0, noise: 0 });
		const shifted = compare(
			[2, 0],
			float,
			float.map((v) => v + 7),
		);
		expect(shifted.right).toBe(1);
		expect(shifted.kl).toBeCloseTo(0, 12);
		expect(shifted.noise).toBeCloseTo(0, 12);
	});

	test("two classes by hand: softmax of (0, ln 3) is (1/4, 3/4), of (0, 0) is (1/2, 1/2)", () => {
		const { right, kl, noise } = compare([0], Float64Array.of(0, Math.log(3)), Float64Array.of(0, 0));
		expect(right).toBe(1);
		expect(kl).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 12);
		expect(noise).toBeCloseTo(1, 12);
		expect(snr(noise)).toBeCloseTo(0, 12);
		expect(snr(0.001)).toBeCloseTo(30, 12);
	});
});

describe("the front", () => {
	const choice = fc.record({
		bits: fc.constant(""),
		flash: fc.integer({ min: -20, max: 5 }),
		arena: fc.constantFrom(0, -8),
		instructions: fc.integer({ min: 0, max: 9 }),
		loss: fc.integer({ min: 0, max: 40 }).map((n) => n / 8),
	});
	const places = fc.array(
		fc.record({
			name: fc.constant("C"),
			layer: fc.constant(0),
			choices: fc.array(choice, { minLength: 1, maxLength: 4 }),
		}),
		{ minLength: 1, maxLength: 5 },
	);
	const every = (of: readonly Place[]): Omit<Plan, "picks">[] =>
		of.reduce<Omit<Plan, "picks">[]>(
			(all, { choices }) =>
				all.flatMap((a) =>
					choices.map((b) => ({
						flash: a.flash + b.flash,
						arena: a.arena + b.arena,
						instructions: a.instructions + b.instructions,
						loss: a.loss + b.loss,
					})),
				),
			[{ flash: 0, arena: 0, instructions: 0, loss: 0 }],
		);
	const within = (budget: Budget) => (p: Omit<Plan, "picks">) =>
		p.flash <= budget.flash && p.arena <= budget.arena && p.instructions <= budget.instructions;

	test("is what trying everything finds", () => {
		fc.assert(
			fc.property(
				places,
				fc.integer({ min: -60, max: 5 }),
				fc.constantFrom(0, -8, -16),
				(of, flash, arena) => {
					const budget = { flash, arena, instructions: Infinity };
					const all = every(of).filter(within(budget));
					const found = front(of, budget);
					const sizes = [...new Set(all.map((p) => p.flash))].sort((a, b) => a - b);
					const best = sizes
						.map((size) => ({
							flash: size,
							loss: Math.min(...all.filter((p) => p.flash === size).map((p) => p.loss)),
						}))
						.filter(({ loss }, i, list) => list.slice(0, i).every((smaller) => smaller.loss > loss));
					expect(found.map(({ flash, loss }) => ({ flash, loss }))).toEqual(best);
					for (const p of found) {
						const sum = (of_: "flash" | "loss" | "arena") =>
							p.picks.reduce((s, pick, i) => s + of[i]!.choices[pick]![of_], 0);
						expect([sum("flash"), sum("loss"), sum("arena")]).toEqual([p.flash, p.loss, p.arena]);
					}
				},
			),
			{ numRuns: 200 },
		);
	});

	test("keeps a limit of instructions, and is empty only when nothing is found within it", () => {
		fc.assert(
			fc.property(places, fc.integer({ min: 0, max: 30 }), (of, instructions) => {
				const budget = { flash: Infinity, arena: Infinity, instructions };
				const found = front(of, budget);
				for (const p of found) expect(p.instructions).toBeLessThanOrEqual(instructions);
				if (every(of).every((p) => p.instructions <= instructions)) expect(found.length).toBeGreaterThan(0);
			}),
			{ numRuns: 100 },
		);
	});
});

test("the plan has every width of every component once", () => {
	const components = componentsOf(s4dShape({ L: 2 }));
	const readings = plan(components, { together: true });
	expect(new Set(readings.map((r) => `${r.component} ${r.width} ${r.layer}`)).size).toBe(readings.length);
	for (const { name, layers, widths } of components)
		expect(readings.filter((r) => r.component === name)).toHaveLength(widths.length * (layers ? 3 : 1));
});

test("sizes are a block's own: blocks of different N cost what their blob takes, and the shape says both", () => {
	const networks = Array.from({ length: 200 }, (_, seed) => randomNetwork(seed));
	const [a, b] = networks.flatMap((one) => {
		const other = networks.find((two) => two.H === one.H && two.blocks[0]!.mixer.N > one.blocks[0]!.mixer.N);
		return other ? [one, other] : [];
	}) as [S4dNetwork, S4dNetwork];
	// As the quantizer makes them: all biases of a kind in as many bits.
	const wide = <T extends Linear>(map: T): T => ({ ...map, biasBits: 16, biasShift: 0 });
	const blocks = [a.blocks[0]!, b.blocks[0]!].map(({ channel, ...block }) => ({
		...block,
		channel: { ...channel, value: wide(channel.value), gate: wide(channel.gate) },
	}));
	const encoder = { ...a.encoder, map: wide(a.encoder.map) };
	const network = { ...a, encoder, blocks, head: { ...a.head, map: wide(a.head.map) } };
	const shape = shapeOf(network);
	const [small, large] = shape.blocks.map(({ mixer }) => (mixer.kind === "s4d" ? mixer.N : 0));
	expect(large).toBeGreaterThan(small!);
	const blob = writeBlob(network, () => new Uint8Array(32));
	const cost = costOf(shape, precisionOf(network));
	expect(cost.parameters).toBe(parameterBytes(blob));
	expect(cost.arena).toBe(arenaLayout(network).total);
	expect(shapeText(shape, true)).toContain(`N ${small}, ${large} modes per head, L 2 layers`);
	expect(shapeType.parse(JSON.parse(JSON.stringify(shape)))).toEqual(shape);
	expect(() =>
		shapeType.parse({ ...shape, blocks: [{ ...shape.blocks[0], mixer: { kind: "s4d" } }] }),
	).toThrow();
});

describe("the cache", () => {
	const measurement = { count: 3, right: 2, kl: 0.1, noise: 0.2 };
	const blob = Uint8Array.of(1, 2, 3);

	test("finds by content what an earlier run left, half a line at its end or not", () => {
		const cache = new Cache(folder, "a".repeat(64));
		expect(cache.get(blob)).toBeUndefined();
		cache.put(blob, measurement);
		const path = join(folder, readdirSync(folder).find((name) => name.includes("aaaa"))!);
		writeFileSync(path, `${readFileSync(path, "utf8")}{"blob":"12`);
		const again = new Cache(folder, "a".repeat(64));
		expect(again.get(blob)).toEqual(measurement);
		again.put(Uint8Array.of(9), measurement);
		expect(new Cache(folder, "a".repeat(64)).get(Uint8Array.of(9))).toEqual(measurement);
		expect(new Cache(folder, "b".repeat(64)).get(blob)).toBeUndefined();
	});

	test.skipIf(!existsSync("/dev/full"))("a full disk under the cache is told with its remedy", () => {
		const cache = new Cache(folder, "f".repeat(64));
		symlinkSync("/dev/full", join(folder, `measured-${"f".repeat(32)}.jsonl`));
		expect(() => cache.put(Uint8Array.of(1), { count: 1, right: 1, kl: 0, noise: 0 })).toThrow(
			/^The cache .* cannot be written: ENOSPC.*--cache/,
		);
	});

	test("other labels, values or float logits have another key", () => {
		const targets = { kind: "classes", names: ["a", "b"], of: Uint8Array.of(0) } as const;
		const rows = {
			values: Float32Array.of(1, 2),
			targets,
			lengths: Uint32Array.of(2),
		} as unknown as Parameters<typeof comparisonKey>[0];
		const key = comparisonKey(rows, Float64Array.of(1));
		expect(
			comparisonKey(
				{ ...rows, targets: { ...targets, names: ["a", "b"], of: Uint8Array.of(1) } },
				Float64Array.of(1),
			),
		).not.toBe(key);
		expect(comparisonKey({ ...rows, values: Float32Array.of(1, 3) }, Float64Array.of(1))).not.toBe(key);
		expect(comparisonKey(rows, Float64Array.of(2))).not.toBe(key);
	});
});

describe("on the built-in data", () => {
	let setup: SearchInput;
	let screen: Bench;
	let validation: Bench;
	let sensitivity: Sensitivity;
	const pool = new Pool(1);
	const cacheFolder = join(folder, "cache");
	beforeAll(async () => {
		setup = await setUp(importCheckpoint(projectPath("models/motion.safetensors")), {
			data: "motion",
			seed: 1,
			calibrate: 64,
			screen: 24,
			validation: 90,
			how: { method: "minmax" },
		});
		const { model, ranges } = setup;
		screen = await Bench.open(model, ranges, setup.screen, { pool, cacheFolder });
		validation = await Bench.open(model, ranges, setup.validation, { pool, cacheFolder });
		sensitivity = await measureSensitivity(screen, setup.shape, searchPlan(setup.shape));
	});
	afterAll(() => pool.close());

	const run = (limits: Limits) =>
		search({ shape: setup.shape, sensitivity, screen, validation, limits, overhead: 500 });

	test("calibration, screening and validation share no sequence, and none is of the test split", () => {
		const rows = [setup.calibration, setup.screen, setup.validation].flatMap((part) => {
			expect(part.split).not.toBe("test");
			const width = part.T * part.channels;
			return Array.from({ length: part.count }, (_, i) =>
				part.values.subarray(i * width, (i + 1) * width).join(),
			);
		});
		expect(new Set(rows).size).toBe(rows.length);
	});

	test.each(["", "A=3+7,x=8d,B=4,C=3,D=2,W=4", "0.A=12,1.x=8n,value=6,gate=2,decoder=3,encoder=6"])(
		"costs of %s are those of its blob",
		(bits) => {
			const precision = highestPrecision(setup.shape, bits);
			const blob = screen.blob(precision);
			const network = readBlob(blob);
			const cost = costOf(setup.shape, precision);
			expect(cost.parameters).toBe(parameterBytes(blob));
			expect(cost.arena).toBe(arenaLayout(network).total);
			const noted = { ...network, notes: JSON.stringify(origin(setup.model)) };
			const parts = memoryParts(blob, noted);
			const saved = saving(blob, noted)!;
			expect(parts.reduce((sum, part) => sum + part.float, 0)).toBe(saved.floatBytes);
			expect(parts.reduce((sum, part) => sum + part.integer, 0)).toBe(
				saved.parameterBytes + saved.stateBytes,
			);
			for (const part of parts) expect(part.integer).toBeGreaterThan(0);
		},
	);

	test("fewer bits cost fewer bytes and more instructions", () => {
		const high = costOf(setup.shape, highestPrecision(setup.shape));
		const low = costOf(setup.shape, highestPrecision(setup.shape, "A=3+7,x=8d,C=4,W=4"));
		expect(low.parameters).toBeLessThan(high.parameters);
		expect(low.arena).toBeLessThan(high.arena);
		expect(low.instructions).toBeGreaterThan(high.instructions);
	});

	test("readings show that 2 bits of C lose more than 8, and a second run measures nothing anew", async () => {
		const of = (width: string) =>
			sensitivity.readings.find((r) => r.component === "C" && r.layer === 0 && r.width === width)!
				.measurement!;
		expect(of("2").noise).toBeGreaterThan(4 * of("8").noise);
		const { model, ranges } = setup;
		const again = await Bench.open(model, ranges, setup.screen, { pool, cacheFolder });
		expect(await measureSensitivity(again, setup.shape, searchPlan(setup.shape))).toEqual(sensitivity);
		expect(again.measured).toBe(0);
	});

	test("without a limit of flash: the loss is kept by a smaller blob, twice the same, in words", async () => {
		const limits = { maxLoss: 3 };
		const { candidates, chosen, loss } = await run(limits);
		const best = candidates[chosen]!;
		expect(loss).toBeLessThanOrEqual(3);
		expect(loss).toBeCloseTo((100 * (validation.float.right - best.validated!.right)) / validation.count, 9);
		const high = costOf(setup.shape, highestPrecision(setup.shape)).parameters + 500;
		expect(best.blobBytes).toBeLessThan(0.85 * high);
		expect(await run(limits)).toEqual({ candidates, chosen, loss });
		const tell = (limits: Limits, of = best) =>
			explain(setup.shape, undefined, limits, of, loss, sensitivity).join(" ");
		const text = tell(limits);
		expect(text).toContain("the smallest blob found that loses at most 3.00 points: ");
		expect(tell({ maxLoss: 1, ram: 600 })).toContain(
			"that loses at most 1 point, with an arena of at most 600 bytes: ",
		);
		const coarse = { ...best, bits: "A=1+6" };
		expect(tell(limits, coarse)).toContain("1 bit of radius and 6 of phase");
		expect(text).toContain(`${best.blobBytes} bytes`);
		expect(text).toContain("without training");
	});

	test("with limits of flash, RAM and instructions: all are kept", async () => {
		// The instructions leave no room for Abar in polar form in both layers.
		const { instructions: least } = costOf(setup.shape, highestPrecision(setup.shape));
		const limits = { flash: 2600, ram: 620, instructions: Math.round(1.1 * least) };
		const { candidates, chosen } = await run(limits);
		const { blobBytes, cost, bits } = candidates[chosen]!;
		expect(blobBytes).toBeLessThanOrEqual(limits.flash);
		expect(cost.arena).toBeLessThanOrEqual(limits.ram);
		expect(cost.instructions).toBeLessThanOrEqual(limits.instructions);
		expect(parameterBytes(screen.blob(highestPrecision(setup.shape, bits)))).toBe(blobBytes - 500);
	});

	test("training begins where compensated rounding ends: rounded to nearest, its weights are those codes", () => {
		const precision = highestPrecision(setup.shape, "A=3+7,C=3,W=3");
		const ranges = rangesFor(setup.ranges, precision);
		const packed = readBlob(screen.blob(precision));
		const start = compensatedModel(setup.model, ranges, precision);
		const rounded = (model: FloatModel) => {
			const { blocks, head } = quantize(model, ranges, precision, BARE, false);
			const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
				Array.from(a).filter((code, i) => code === b[i]).length / a.length;
			return blocks.flatMap(({ mixer, channel }, l) => {
				const there = packed.blocks[l]!;
				if (channel.kind !== "glu" || there.channel.kind !== "glu") throw new Error("not the network's GLU");
				return [
					same(mixer.C.codes, there.mixer.C.codes),
					same(channel.value.weights, there.channel.value.weights),
					same(channel.gate.weights, there.channel.gate.weights),
					same(head.map.weights, packed.head.map.weights),
				];
			});
		};
		for (const part of rounded(start)) expect(part).toBeGreaterThan(0.97);
		expect(Math.min(...rounded(setup.model))).toBeLessThan(0.9);
	});

	test("trains as often as it is told, downwards while the loss is kept, and takes the smallest that keeps it", async () => {
		// In place of a training: what the highest precision computes, or nonsense.
		const good = screen.blob(highestPrecision(setup.shape));
		const bad = screen.blob(highestPrecision(setup.shape, "x=4n,A=6,act=4"));
		const sizes = async (blob: Uint8Array, limits: Limits) => {
			const asked: string[] = [];
			const train = async (bits: string) => {
				asked.push(bits);
				return blob;
			};
			const input = { shape: setup.shape, sensitivity, screen, validation, limits, overhead: 500 };
			const { candidates, chosen } = await search({ ...input, qat: { runs: 3, epochs: 2, train } });
			const trained = candidates.filter((candidate) => candidate.trained === 2);
			expect(trained.map(({ bits }) => bits)).toEqual(asked);
			return { bytes: trained.map(({ blobBytes }) => blobBytes), chosen: candidates[chosen]! };
		};
		const kept = await sizes(good, { maxLoss: 3 });
		expect(kept.bytes).toHaveLength(3);
		expect(kept.bytes).toEqual([...kept.bytes].sort((a, b) => b - a));
		expect(kept.chosen.trained).toBe(2);
		expect(kept.chosen.blobBytes).toBe(kept.bytes[2]);
		const lost = await sizes(bad, { maxLoss: 3 });
		expect(lost.bytes).toEqual([...lost.bytes].sort((a, b) => a - b));
		expect(lost.chosen.trained).toBeUndefined();
		const within = await sizes(good, { flash: 2300 });
		expect(within.bytes).toHaveLength(3);
		expect(Math.max(...within.bytes)).toBeLessThanOrEqual(2300);
	});

	test("an epoch is chosen on training sequences of its own: short training gives a blob of the size that was asked", async () => {
		const bits = "A=3+7,x=8d,B=4,C=3,D=3,W=3";
		const { model, training } = setup;
		const make = await trainFor(model, bits, training, { epochs: 1, seed: 1, threads: 1 });
		const blob = writeBlob(make(BARE), () => new Uint8Array(32));
		expect(blob.length).toBe(screen.blob(highestPrecision(setup.shape, bits)).length);
		const { right, count } = await validation.measureBlob(blob);
		expect(right / count).toBeGreaterThan(0.7);
	});

	test("what cannot be kept is said in a sentence with the least that there is", async () => {
		await expect(run({ flash: 700 })).rejects.toThrow(
			/Nothing fits these limits: the smallest blob .* \d+ bytes/,
		);
		const { message } = await run({ ram: 100 }).then(
			() => expect.fail("an arena of 100 bytes"),
			(error: Error) => error,
		);
		const least = Number(/smallest arena (\d+) bytes/.exec(message)![1]);
		await expect(run({ ram: least - 1 })).rejects.toThrow(/smallest arena/);
		const { candidates, chosen } = await run({ ram: least, maxLoss: 100 });
		expect(candidates[chosen]!.cost.arena).toBe(least);
		await expect(run({ maxLoss: -50 })).rejects.toThrow(/loses -?[\d.]+ points on 90 validation sequences/);
	});
});

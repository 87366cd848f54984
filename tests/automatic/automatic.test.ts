// A network under a budget, unattended: what is foreseen is what the blob has, the limits hold, the log tells why, and what cannot be
// done is refused.
import { describe, expect, test } from "vitest";
import { automatic } from "../../host-tools/automatic/automatic";
import { contenders } from "../../host-tools/automatic/contenders";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";
import { labelledTargets } from "../../host-tools/datasets/targets";
import { readBlob } from "../../src/blob/read";
import { arenaLayout } from "../../src/network/arena";
import { BACKGROUND } from "../../src/network/stream";

/** Two tempos of a noisy sine. */
function tempos(count: number): Dataset {
	const random = new Random(5);
	const [T, values] = [24, new Float32Array(count * 24)];
	for (let i = 0; i < count; i++) {
		const phase = random.uniform();
		for (let t = 0; t < T; t++)
			values[i * T + t] = Math.sin(6.283 * (phase + (t * (1 + (i % 2))) / 12)) + 0.3 * random.bell();
	}
	const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
	return {
		...{ name: "tempos", split: "train", count, T, channels: 1, values },
		targets: labelledTargets("tempos", ["slow", "fast"], labels),
		lengths: new Uint32Array(count).fill(T),
	};
}

describe("what fits", () => {
	const data = tempos(40);
	test("each shape has the most precise preset that fits, and the limits hold", () => {
		const free = contenders(data, {}, {});
		expect(new Set(free.map(({ preset }) => preset))).toEqual(new Set(["w8x16"]));
		const tight = contenders(data, {}, { flash: 2500, ram: 500, instructions: 20_000 });
		expect(tight.length).toBeGreaterThan(2);
		for (const { flash, ram, instructions } of tight) {
			expect(flash).toBeLessThanOrEqual(2500);
			expect(ram).toBeLessThanOrEqual(500);
			expect(instructions).toBeLessThanOrEqual(20_000);
		}
		expect(tight.some(({ preset }) => preset !== "w8x16")).toBe(true);
	});
	test("nothing is a sentence with the least that is needed", () => {
		expect(() => contenders(data, {}, { flash: 300 })).toThrow(
			/Nothing fits: the smallest network tried .* bytes of flash.*allow more/,
		);
	});
});

test("the blob has the bytes that were foreseen, computes on the arena that was foreseen, and the log says why", async () => {
	const said: string[] = [];
	const { blob, chosen, how, judged, log } = await automatic({
		data: tempos(60),
		budget: { flash: 1300, ram: 300 },
		given: { seed: 1, threads: 1 },
		threads: 1,
		onLog: (sentence) => said.push(sentence),
	});
	const network = readBlob(blob);
	expect(blob.length).toBe(chosen.flash);
	expect(blob.length).toBeLessThanOrEqual(1300);
	expect(arenaLayout(network).total).toBe(chosen.ram);
	expect(network.labels).toEqual(["slow", "fast"]);
	expect(chosen[how]!.right / chosen[how]!.count).toBeGreaterThan(0.9);
	expect(judged).toContain(chosen);
	expect(said).toEqual(log);
	expect(log.at(-1)).toMatch(/^chosen: \d+ heads.* of held-out sequences right; now trained on all 60$/);
}, 600_000);

test("with a label that is background the blob says how a stream is reported, within its flash", async () => {
	const data = tempos(60);
	data.targets = labelledTargets(
		"tempos",
		["rest", "fast"],
		Uint8Array.from({ length: 60 }, (_, i) => i % 2),
	);
	const run = (falseAlarms?: number) =>
		automatic({
			...{ data, budget: { flash: 1300, ram: 300 }, given: { seed: 1, threads: 1, epochs: 2 }, threads: 1 },
			falseAlarms,
		});
	const { blob, chosen, sure, log } = await run(0.1);
	const { stream, steps } = readBlob(blob);
	expect(blob.length).toBe(chosen.flash);
	expect(stream).toMatchObject({ window: steps, hop: 0, hold: 1 });
	expect(stream!.thresholds[0]).toBe(BACKGROUND);
	expect(sure![1]!.falseAlarms).toBeLessThanOrEqual(0.1 * sure![1]!.others);
	expect(log).toContain("background, which a stream does not report: rest");
	// The usual rate cannot be told by so few: it is said, and nothing is lost.
	const few = await run();
	expect(few.sure).toBeUndefined();
	expect(few.log.at(-1)).toMatch(
		/nothing for a stream is in the blob: .* held-out sequences that are not fast cannot tell/,
	);
}, 600_000);

test("too few to judge on is refused before anything is trained; Ctrl-C ends it", async () => {
	const run = (data: Dataset, signal?: AbortSignal) =>
		automatic({
			data,
			budget: { flash: 1300 },
			given: { threads: 1 },
			threads: 1,
			...(signal && { signal }),
		});
	const few = tempos(8);
	few.groups = { names: ["p"], of: new Uint32Array(8) };
	await expect(run(few)).rejects.toThrow(/too few sequences or groups to hold some out for judging networks/);
	const numbers = labelledTargets("tempos", ["0.5", "1"], new Uint8Array(40), "values");
	await expect(run({ ...tempos(40), targets: numbers })).rejects.toThrow(
		/tempos has values, and --auto makes only classifiers/,
	);
	await expect(run(tempos(40), AbortSignal.abort())).rejects.toThrow(/Stopped; nothing was written/);
});

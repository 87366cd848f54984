// The built-in set "rotor": its targets are the speed of what shakes its channel.
import { expect, test } from "vitest";
import { sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";

const NOMINAL = 20;

/** How much of a row turns `times` as fast as its targets say, in units of unbalance. */
function turning(row: Float32Array, speed: Float32Array, rate: number, times: number): number {
	const mean = row.reduce((a, b) => a + b) / row.length;
	let [turns, re, im, weight] = [0, 0, 0, 0];
	row.forEach((value, t) => {
		turns += (times * speed[t]!) / rate;
		const fast = (speed[t]! / NOMINAL) ** 2;
		re += fast * (value - mean) * Math.cos(2 * Math.PI * turns);
		im += fast * (value - mean) * Math.sin(2 * Math.PI * turns);
		weight += fast ** 2;
	});
	return (2 * Math.hypot(re, im)) / weight;
}

test("each channel shakes once per turn of its target", async () => {
	const rotor = await openDataset("rotor", "test");
	expect(rotor).toMatchObject({ count: 128, T: 256, channels: 1, rate: 200 });
	const { targets, T } = rotor;
	if (targets.kind !== "values") throw new Error(targets.kind);
	expect(targets).toMatchObject({ names: ["speed"], units: ["Hz"], steps: { T } });
	let [at, beside] = [0, 0];
	for (let i = 0; i < rotor.count; i++) {
		const speed = targets.of.subarray(i * T, (i + 1) * T);
		expect(Math.min(...speed)).toBeGreaterThanOrEqual(5);
		expect(Math.max(...speed)).toBeLessThan(40);
		const own = turning(sequence(rotor, i), speed, 200, 1);
		if (speed.some((now) => now > NOMINAL)) expect(own).toBeGreaterThan(0.4);
		at += own / rotor.count;
		beside += turning(sequence(rotor, i), speed, 200, 1.3) / rotor.count;
	}
	// Unbalance is 0.5 to 3.
	expect(at).toBeCloseTo(1.75, 0);
	expect(beside).toBeLessThan(at / 4);
});

test("a row is the same wherever it is drawn, other rows are others, and classes are refused", async () => {
	const [all, few] = [await openDataset("rotor", "train"), await openDataset("rotor", "train", { limit: 5 })];
	expect(few.drawn).toEqual({ from: 512, seed: 1 });
	const rows = new Set(Array.from({ length: all.count }, (_, i) => sequence(all, i).join()));
	expect(rows.size).toBe(512);
	for (let i = 0; i < few.count; i++) expect(rows.has(sequence(few, i).join())).toBe(true);
	const test = await openDataset("rotor", "test");
	for (let i = 0; i < test.count; i++) expect(rows.has(sequence(test, i).join())).toBe(false);
	await expect(openDataset("rotor", "train", { targets: "classes" })).rejects.toThrow(
		"The data set rotor has values to predict and no labels; train --task regress.",
	);
});

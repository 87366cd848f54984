// Jitter of training sequences: each channel moves as a straight line does, padding and the data themselves stay.
import { expect, test } from "vitest";
import type { Dataset } from "../host-tools/datasets/dataset";
import { jitter } from "../host-tools/training/jitter";

const [count, T, channels] = [400, 5, 2];
const data: Dataset = {
	name: "lines",
	split: "train",
	classes: ["a", "b"],
	channels,
	T,
	count,
	values: Float32Array.from(
		{ length: count * T * channels },
		(_, k) => (k % 2 ? 100 : 1) * (k % (T * channels)),
	),
	labels: new Uint8Array(count),
	lengths: Uint32Array.from({ length: count }, (_, i) => 3 + (i % 3)),
};
const std = [1, 100];

test("gains and offsets have the size that was asked for; padding and the original are as they were", () => {
	const before = data.values.slice();
	const { values } = jitter(data, 0.1, std, 7, 1);
	expect(data.values).toEqual(before);
	const gains: number[] = [];
	const offsets: number[] = [];
	for (let i = 0; i < count; i++)
		for (let c = 0; c < channels; c++) {
			const at = (t: number) => (i * T + t) * channels + c;
			const gain = (values[at(1)]! - values[at(0)]!) / (before[at(1)]! - before[at(0)]!);
			const offset = values[at(0)]! - gain * before[at(0)]!;
			for (let t = 0; t < T; t++) {
				const expected = t < data.lengths[i]! ? gain * before[at(t)]! + offset : before[at(t)]!;
				expect(Math.abs(values[at(t)]! - expected)).toBeLessThan(1e-5 * Math.abs(expected) + 1e-4);
			}
			gains.push(gain - 1);
			offsets.push(offset / std[c]!);
		}
	for (const drawn of [gains, offsets]) {
		const size = Math.sqrt(drawn.reduce((sum, v) => sum + v * v, 0) / drawn.length);
		expect(size).toBeGreaterThan(0.09);
		expect(size).toBeLessThan(0.11);
	}
});

test("every epoch and seed has its own, the same again when asked again", () => {
	const one = jitter(data, 0.1, std, 7, 1).values;
	expect(jitter(data, 0.1, std, 7, 1).values).toEqual(one);
	expect(jitter(data, 0.1, std, 7, 2).values).not.toEqual(one);
	expect(jitter(data, 0.1, std, 8, 1).values).not.toEqual(one);
});

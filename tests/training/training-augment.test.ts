// Changed training sequences: jitter moves each channel as a straight line does, a rotation keeps lengths and angles, a warp keeps
// the ends and the order of what happens; padding and the data themselves stay.
import { expect, test } from "vitest";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { type Augmentation, augment } from "../../host-tools/training/augment";

const [count, T, channels] = [400, 5, 2];
const data: Dataset = {
	name: "lines",
	split: "train",
	channels,
	T,
	count,
	values: Float32Array.from(
		{ length: count * T * channels },
		(_, k) => (k % 2 ? 100 : 1) * (k % (T * channels)),
	),
	targets: { kind: "classes", names: ["a", "b"], of: new Uint8Array(count) },
	lengths: Uint32Array.from({ length: count }, (_, i) => 3 + (i % 3)),
};
const std = [1, 100];
const NONE: Augmentation = { jitter: 0, rotation: 0, warp: 0 };
const jitter = (seed: number, epoch: number) => augment(data, { ...NONE, jitter: 0.1 }, std, seed, epoch);

test("jitter: gains and offsets have the size that was asked for; padding and the original are as they were", () => {
	const before = data.values.slice();
	const { values } = jitter(7, 1);
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
	const one = jitter(7, 1).values;
	expect(jitter(7, 1).values).toEqual(one);
	expect(jitter(7, 2).values).not.toEqual(one);
	expect(jitter(8, 1).values).not.toEqual(one);
});

/** A data set of one channel layout with these values. */
function made(
	channels: number,
	T: number,
	lengths: number[],
	value: (i: number, t: number, c: number) => number,
): Dataset {
	const values = new Float32Array(lengths.length * T * channels);
	for (let k = 0; k < values.length; k++) {
		const [c, t] = [k % channels, Math.floor(k / channels) % T];
		values[k] = value(Math.floor(k / (channels * T)), t, c);
	}
	return {
		...data,
		channels,
		T,
		count: lengths.length,
		values,
		targets: { kind: "classes", names: ["a", "b"], of: new Uint8Array(lengths.length) },
		lengths: Uint32Array.from(lengths),
	};
}

test("a rotation turns both sensors of a sequence alike, by angles of the size asked for", () => {
	const still = made(6, 3, new Array(300).fill(3), (_, t, c) => [1, 0, 0, 0, 2, 0][c]! * (t + 1));
	const { values } = augment(still, { ...NONE, rotation: 0.2 }, [], 7, 1);
	const cosines: number[] = [];
	for (let k = 0; k < values.length; k += 6) {
		const [a, b] = [values.subarray(k, k + 3), values.subarray(k + 3, k + 6)];
		const scale = (Math.floor(k / 6) % 3) + 1;
		const dot = (u: Float32Array, v: Float32Array) => u[0]! * v[0]! + u[1]! * v[1]! + u[2]! * v[2]!;
		expect(dot(a, a)).toBeCloseTo(scale ** 2, 4);
		expect(dot(b, b)).toBeCloseTo(4 * scale ** 2, 4);
		expect(dot(a, b)).toBeCloseTo(0, 4); // they were at right angles and are
		cosines.push((a[0]! / scale + b[1]! / (2 * scale)) / 2);
		if (k % 18) expect(a[0]! / scale).toBeCloseTo(values[k - 6]! / (scale - 1), 4); // one turn a sequence
	}
	// About a random axis an angle w moves a direction by 1 - cos = w^2 / 2 * 2 / 3 in the mean.
	const mean = cosines.reduce((sum, v) => sum + (1 - v), 0) / cosines.length;
	expect(Math.sqrt(3 * mean)).toBeGreaterThan(0.17);
	expect(Math.sqrt(3 * mean)).toBeLessThan(0.23);
});

test("channels that are not in threes are not rotated, in a sentence", () => {
	expect(() => augment(data, { ...NONE, rotation: 0.1 }, std, 7, 1)).toThrow(/threes .* there are 2/);
});

test.each([0.3, 5])("a warp of %f keeps beginning, end, order and padding", (warp) => {
	const T = 40;
	const lengths = Array.from({ length: 200 }, (_, i) => 1 + (i % T));
	const rising = made(2, T, lengths, (i, t, c) => (t < lengths[i]! ? t * (c + 1) : -99));
	const { values } = augment(rising, { ...NONE, warp }, [], 7, 1);
	let moved = 0;
	lengths.forEach((length, i) => {
		const at = (t: number, c: number) => values[(i * T + t) * 2 + c]!;
		expect(at(0, 0)).toBe(0);
		expect(at(length - 1, 0)).toBe(length - 1);
		for (let t = 0; t < T; t++) {
			if (t >= length) expect(at(t, 0)).toBe(-99);
			else expect(at(t, 1)).toBeCloseTo(2 * at(t, 0), 4); // both channels by the same clock
			if (t > 0 && t < length) expect(at(t, 0)).toBeGreaterThan(at(t - 1, 0));
			if (t < length) moved = Math.max(moved, Math.abs(at(t, 0) - t));
		}
	});
	expect(moved).toBeGreaterThan(2);
});

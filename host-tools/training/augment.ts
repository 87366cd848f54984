// Augmentation: sequences as another sensor, mounting or tempo would have produced them. Training only, redrawn every epoch,
// determined by the seed.

import type { Dataset } from "../datasets/dataset";
import { Random } from "../datasets/random";
import { UserError } from "../terminal/errors";

/** Strength of each augmentation; 0: none. */
export interface Augmentation {
	/** Standard deviation of each channel's gain around 1, and of its offset in units of the channel's `std`. */
	jitter: number;
	/** Standard deviation of the rotation angle, in radians, about a random axis; channels in threes are x, y, z. */
	rotation: number;
	/** Standard deviation of the local tempo around 1 (time warping); start and end stay. */
	warp: number;
}

/** Changes one sequence in place: (length, channels), row-major. */
type Change = (sequence: Float32Array) => void;

function jitterBy(amount: number, channels: number, std: ArrayLike<number>, random: Random): Change {
	return (sequence) => {
		for (let c = 0; c < channels; c++) {
			const gain = 1 + amount * random.bell();
			const offset = amount * random.bell() * std[c]!;
			for (let k = c; k < sequence.length; k += channels) sequence[k] = sequence[k]! * gain + offset;
		}
	};
}

function rotateBy(amount: number, channels: number, random: Random): Change {
	if (channels % 3)
		throw new UserError(
			`Rotation needs channels in threes (x, y, z of a sensor), and there are ${channels}; train without it.`,
		);
	return (sequence) => {
		const axis = [random.bell(), random.bell(), random.bell()];
		const length = Math.hypot(...axis) || 1;
		const [x, y, z] = axis.map((a) => a / length) as [number, number, number];
		const angle = amount * random.bell();
		const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
		for (let k = 0; k < sequence.length; k += 3) {
			const [a, b, c] = [sequence[k]!, sequence[k + 1]!, sequence[k + 2]!];
			// Rodrigues' rotation formula.
			const along = (a * x + b * y + c * z) * (1 - cos);
			sequence[k] = a * cos + (y * c - z * b) * sin + x * along;
			sequence[k + 1] = b * cos + (z * a - x * c) * sin + y * along;
			sequence[k + 2] = c * cos + (x * b - y * a) * sin + z * along;
		}
	};
}

function warpBy(amount: number, channels: number, random: Random): Change {
	return (sequence) => {
		const last = sequence.length / channels - 1;
		// Two slow tempo waves, together at sum 0.9, so that time never runs backwards.
		const drawn = [amount * random.bell(), amount * random.bell()];
		const sum = Math.abs(drawn[0]!) + Math.abs(drawn[1]!);
		const [first, second] = drawn.map((a) => (sum > 0.9 ? (a * 0.9) / sum : a)) as [number, number];
		const before = sequence.slice();
		for (let t = 1; t < last; t++) {
			const phase = (Math.PI * t) / last;
			const moved = (first * Math.sin(phase)) / Math.PI + (second * Math.sin(2 * phase)) / (2 * Math.PI);
			const from = Math.min(Math.max(t + last * moved, 0), last);
			const step = Math.min(Math.floor(from), last - 1);
			const part = from - step;
			for (let c = 0; c < channels; c++) {
				const [a, b] = [before[step * channels + c]!, before[(step + 1) * channels + c]!];
				sequence[t * channels + c] = a + part * (b - a);
			}
		}
	};
}

/**
 * A copy of the data with every sequence augmented at random; padding is unchanged.
 *
 * @param std of each channel over the data
 * @param epoch selects the random draws
 * @throws UserError when the channels cannot be rotated
 */
export function augment(
	dataset: Dataset,
	{ jitter, rotation, warp }: Augmentation,
	std: ArrayLike<number>,
	seed: number,
	epoch: number,
): Dataset {
	const { T, channels, count, lengths } = dataset;
	// Separate generators, so that one augmentation does not affect the others.
	const random = (stream: number) => new Random(seed, stream, epoch);
	const changes: Change[] = [];
	if (warp) changes.push(warpBy(warp, channels, random(0x77)));
	if (rotation) changes.push(rotateBy(rotation, channels, random(0x72)));
	if (jitter) changes.push(jitterBy(jitter, channels, std, random(0x6a)));
	const values = dataset.values.slice(0, count * T * channels);
	for (let i = 0; i < count; i++) {
		const start = i * T * channels;
		const sequence = values.subarray(start, start + lengths[i]! * channels);
		for (const change of changes) change(sequence);
	}
	return { ...dataset, values };
}

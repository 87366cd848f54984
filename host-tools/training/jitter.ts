// Sequences as a sensor of another make, mounted a little differently, would have given them: for training only.
import type { Dataset } from "../datasets/dataset";
import { Random } from "../datasets/random";

/**
 * A copy in which every channel of every sequence has a gain and an offset of its own, drawn from a bell curve.
 *
 * @param amount standard deviation of the gain around 1, and of the offset in units of the channel's own (`std`)
 * @param epoch others are drawn for each, the same for the same seed
 */
export function jitter(
	dataset: Dataset,
	amount: number,
	std: ArrayLike<number>,
	seed: number,
	epoch: number,
): Dataset {
	const { T, channels, count, lengths } = dataset;
	const random = new Random(seed, 0x6a, epoch);
	const values = dataset.values.slice(0, count * T * channels);
	for (let i = 0; i < count; i++)
		for (let c = 0; c < channels; c++) {
			const gain = 1 + amount * random.bell();
			const offset = amount * random.bell() * std[c]!;
			for (let t = 0, k = i * T * channels + c; t < lengths[i]!; t++, k += channels)
				values[k] = values[k]! * gain + offset;
		}
	return { ...dataset, values };
}

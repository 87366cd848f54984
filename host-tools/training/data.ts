// Statistics of the data before training: input scaling and class weights.

import type { Dataset } from "../datasets/dataset";
import { UserError } from "../terminal/errors";

/**
 * Mean and standard deviation of each channel over all valid steps; 0 and 1 of tokens, which are taken as they are.
 *
 * @throws UserError naming a channel that is constant or not finite
 */
export function inputScaling(dataset: Dataset): { mean: Float64Array; std: Float64Array } {
	const { T, channels, count, values, lengths, tokens } = dataset;
	if (tokens !== undefined)
		return { mean: new Float64Array(channels), std: new Float64Array(channels).fill(1) };
	const mean = new Float64Array(channels);
	const square = new Float64Array(channels);
	let steps = 0;
	for (let i = 0; i < count; i++) steps += lengths[i]!;
	const each = (visit: (channel: number, value: number) => void) => {
		for (let i = 0; i < count; i++) {
			const start = i * T * channels;
			for (let k = 0; k < lengths[i]! * channels; k++) visit(k % channels, values[start + k]!);
		}
	};
	each((channel, value) => {
		mean[channel]! += value / steps;
	});
	each((channel, value) => {
		square[channel]! += (value - mean[channel]!) ** 2 / steps;
	});
	const std = square.map(Math.sqrt);
	for (let c = 0; c < channels; c++) {
		const name = `Channel ${c}${dataset.channelNames?.[c] ? ` (${dataset.channelNames[c]})` : ""} of ${dataset.name}`;
		if (!Number.isFinite(std[c]!))
			throw new UserError(`${name} contains non-finite numbers; clean the data.`);
		// Rounding the mean of equal values leaves a few float64 ulps.
		if (std[c]! <= 1e-10 * Math.abs(mean[c]!))
			throw new UserError(
				`${name} is constant (${mean[c]!.toPrecision(4)}) in all training sequences and carries no information; remove it from the data.`,
			);
	}
	return { mean, std };
}

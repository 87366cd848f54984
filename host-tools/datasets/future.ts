// Forecasting data sets: the sequences of any data set, with the channels some steps later as targets.
import { UserError } from "../terminal/errors";
import { channelsOf, type Dataset } from "./dataset";

/** The sequences that a forecasting data set was made from, including their last steps. */
export function wholeSequences(dataset: Dataset): Dataset {
	const { targets } = dataset;
	if (targets.kind !== "future") return dataset;
	return { ...dataset, lengths: dataset.lengths.map((length) => length + targets.ahead) };
}

/**
 * The same sequences without their last `ahead` steps; targets are the channels that many steps later.
 * @throws UserError when a sequence is too short
 */
export function forecasting(dataset: Dataset, ahead: number): Dataset {
	const { name, split, channels, T, count, values } = dataset;
	const short = dataset.lengths.findIndex((length) => length <= ahead);
	if (short >= 0)
		throw new UserError(
			`Sequence ${short} of ${name} (${split}) has ${dataset.lengths[short]} steps; a forecast of ${ahead} steps ahead needs at least ${ahead + 1}.`,
		);
	const lengths = dataset.lengths.map((length) => length - ahead);
	const of = new Float32Array(values.length);
	for (let row = 0; row < count; row++) {
		const start = row * T * channels;
		of.set(values.subarray(start + ahead * channels, start + dataset.lengths[row]! * channels), start);
	}
	const named = channelsOf(dataset);
	return {
		...dataset,
		lengths,
		targets: {
			kind: "future",
			ahead,
			names: Array.from({ length: channels }, (_, c) => named[c]?.name || `channel ${c}`),
			units: Array.from({ length: channels }, (_, c) => named[c]?.unit ?? ""),
			steps: { lengths, T },
			of,
		},
	};
}

// The steps of a recording, evenly spaced: jitter is removed, short gaps are filled, and longer ones end a segment.
import { grouped } from "../terminal/output";
import type { Block, Recording } from "./recording";
import { GAP } from "./times";

export interface Step {
	values: Float64Array;
	/** Values to predict, where the recording has them. */
	targets?: Float64Array | undefined;
	label?: string | undefined;
	group?: string | undefined;
}

/** Changes made to the steps of a recording. */
export interface Evenness {
	steps: number;
	/** Steps interpolated, and steps dropped because two came almost at once. */
	filled: number;
	dropped: number;
	/** Gaps, and the longest one. */
	gaps: number;
	longest: { seconds: number; where: string } | undefined;
}

export const newEvenness = (): Evenness => ({ steps: 0, filled: 0, dropped: 0, gaps: 0, longest: undefined });

/** In words; empty when nothing was cut, filled or dropped. */
export function evennessText({ gaps, longest, filled, dropped }: Evenness): string {
	return [
		...(longest
			? [
					`cut at ${grouped(gaps)} gaps, the longest ${longest.seconds.toPrecision(3)} s before ${longest.where.replace(/ of .*/s, "").toLowerCase()}`,
				]
			: []),
		...(filled ? [`${grouped(filled)} missing steps filled`] : []),
		...(dropped ? [`${grouped(dropped)} steps dropped that nearly coincide with another`] : []),
	].join("; ");
}

function stepOf({ count, values, targets, labels, groups }: Block, i: number): Step {
	const at = (of: Float64Array) => of.subarray((i * of.length) / count, ((i + 1) * of.length) / count);
	return {
		values: at(values),
		...(targets && { targets: at(targets) }),
		label: labels?.[i],
		group: groups?.[i],
	};
}

/** Linear interpolation between two steps, with the label and group of the first. */
function* between(before: Step, after: Step, count: number): Generator<Step> {
	const mixed = (from: Float64Array, to: Float64Array, k: number) =>
		from.map((value, c) => value + ((to[c]! - value) * k) / count);
	for (let k = 1; k < count; k++)
		yield {
			...before,
			values: mixed(before.values, after.values, k),
			...(before.targets && { targets: mixed(before.targets, after.targets!, k) }),
		};
}

/**
 * Steps at the recording's rate; undefined between segments. Each is assigned to the nearest grid point, counted from the
 * previous step.
 */
export function* evenSteps(recording: Recording, evenness: Evenness): Generator<Step | undefined> {
	const { rate } = recording;
	let before: { step: Step; time: number } | undefined;
	for (const block of recording.blocks())
		for (let i = 0; i < block.count; i++) {
			evenness.steps++;
			const step = stepOf(block, i);
			const time = block.times?.[i];
			if (time === undefined || rate === undefined) {
				yield step;
				continue;
			}
			const periods = before ? (time - before.time) * rate : 1;
			const count = Math.round(periods);
			if (count === 0) {
				evenness.dropped++;
				continue;
			}
			if (before && periods > GAP) {
				evenness.gaps++;
				const seconds = time - before.time;
				if (seconds > (evenness.longest?.seconds ?? 0)) evenness.longest = { seconds, where: block.where(i) };
				yield undefined;
			} else if (before && count > 1) {
				evenness.filled += count - 1;
				yield* between(before.step, step, count);
			}
			yield step;
			before = { step, time };
		}
}

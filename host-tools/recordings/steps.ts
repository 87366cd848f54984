// The steps of a recording, evenly spaced: times that wander are straightened, what is missing for a moment is filled, and what is missing
// for longer ends a segment.
import { grouped } from "../terminal/output";
import type { Block, Recording } from "./recording";
import { GAP } from "./times";

export interface Step {
	values: Float64Array;
	label?: string | undefined;
	group?: string | undefined;
}

/** What became of the steps of a recording. */
export interface Evenness {
	steps: number;
	/** Steps put in between two, and left out because two came almost at once. */
	filled: number;
	dropped: number;
	/** Gaps, and where the longest is. */
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
		...(dropped ? [`${grouped(dropped)} steps left out that came with another`] : []),
	].join("; ");
}

function stepOf({ values, labels, groups }: Block, i: number, channels: number): Step {
	return {
		values: values.subarray(i * channels, (i + 1) * channels),
		label: labels?.[i],
		group: groups?.[i],
	};
}

/** Points between two steps, on the straight line, with what the first is. */
function* between(before: Step, after: Step, count: number): Generator<Step> {
	for (let k = 1; k < count; k++)
		yield {
			...before,
			values: before.values.map((value, c) => value + ((after.values[c]! - value) * k) / count),
		};
}

/** Steps at the recording's rate; undefined between segments. Each belongs to the nearest step of the grid that the one before it sets. */
export function* evenSteps(recording: Recording, evenness: Evenness): Generator<Step | undefined> {
	const { rate, channels } = recording;
	let before: { step: Step; time: number } | undefined;
	for (const block of recording.blocks())
		for (let i = 0; i < block.count; i++) {
			evenness.steps++;
			const step = stepOf(block, i, channels.length);
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

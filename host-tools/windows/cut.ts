// Windows of a stream of steps: one of `length` every `hop` steps, within a segment, of one label and one group.
import type { Step } from "../recordings/steps";

export interface Window {
	/** (length, channels) */
	values: Float32Array;
	label: string;
	group: string | undefined;
	/** Number of its first step in the recording. */
	start: number;
}

/** Windows left out, and why. */
export interface LeftOut {
	/** The label or group changes within it. */
	mixed: number;
	/** It has steps without a label. */
	unlabelled: number;
	/** Steps of segments shorter than a window. */
	short: number;
}

export const newLeftOut = (): LeftOut => ({ mixed: 0, unlabelled: 0, short: 0 });

/** @param label for steps without their own */
export function* cut(
	steps: Iterable<Step | undefined>,
	{ length, hop }: { length: number; hop: number },
	label: string | undefined,
	leftOut: LeftOut,
): Generator<Window> {
	let kept: Step[] = [];
	let [number, segment, skip] = [0, 0, 0]; // steps so far, first of the segment, steps outside all windows
	const endSegment = () => {
		if (number - segment < length) leftOut.short += number - segment;
		[kept, segment, skip] = [[], number, 0];
	};
	for (const step of steps) {
		if (!step) {
			endSegment();
			continue;
		}
		number++;
		if (skip > 0) {
			skip--;
			continue;
		}
		kept.push({ ...step, values: step.values.slice() });
		if (kept.length < length) continue;
		const first = kept[0]!;
		const own = first.label || label;
		const same = kept.every((one) => one.label === first.label && one.group === first.group);
		if (!same) leftOut.mixed++;
		else if (!own) leftOut.unlabelled++;
		else {
			const channels = first.values.length;
			const values = new Float32Array(length * channels);
			for (const [i, { values: at }] of kept.entries()) values.set(at, i * channels);
			yield { values, label: own, group: first.group, start: number - length };
		}
		kept = kept.slice(hop);
		skip = Math.max(0, hop - length);
	}
	endSegment();
}

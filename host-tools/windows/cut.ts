// Windows of a stream of steps: one of `length` every `hop` steps, within a segment, of one label and one group.
import type { Step } from "../recordings/steps";

export interface Window {
	/** (length, channels) */
	values: Float32Array;
	/** (length, targets), where the recordings have targets of steps. */
	targets: Float32Array | undefined;
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

function joined(rows: readonly Float64Array[]): Float32Array {
	const width = rows[0]!.length;
	const all = new Float32Array(rows.length * width);
	for (const [i, row] of rows.entries()) all.set(row, i * width);
	return all;
}

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
		const { values, targets } = step;
		kept.push({ ...step, values: values.slice(), targets: targets?.slice() });
		if (kept.length < length) continue;
		const first = kept[0]!;
		const own = first.label || label;
		const same = kept.every((one) => one.label === first.label && one.group === first.group);
		if (!same) leftOut.mixed++;
		else if (!own) leftOut.unlabelled++;
		else {
			const [values, targets] = [kept.map((one) => one.values), kept.flatMap((one) => one.targets ?? [])];
			yield {
				values: joined(values),
				targets: targets.length ? joined(targets) : undefined,
				...{ label: own, group: first.group, start: number - length },
			};
		}
		kept = kept.slice(hop);
		skip = Math.max(0, hop - length);
	}
	endSegment();
}

// From recordings to a data set of windows, in two passes so that recordings need not fit in memory: the first counts windows
// and divides them, the second writes them.
import { basename, resolve } from "node:path";
import { PackedWriter } from "../datasets/packed-stream";
import { nameOf, sortNames } from "../datasets/sequences";
import { resample, SAME_RATE } from "../recordings/resample";
import { type Evenness, evenSteps, newEvenness } from "../recordings/steps";
import { UserError } from "../terminal/errors";
import { cut, type LeftOut, newLeftOut, type Window } from "./cut";
import { type Divided, divide, type Place, thinBackground } from "./divide";
import type { Source } from "./sources";

/** Steps, or seconds where the rate is known. */
export interface Span {
	value: number;
	unit: "s" | "steps";
}

export interface WindowOptions {
	length: Span;
	hop: Span;
	/** Samples per second of the windows; undefined: as recorded. */
	rate?: number | undefined;
	/** Label of steps that have none; its windows are at most as many as all others. */
	background?: string | undefined;
	/** Fraction for testing. */
	test: number;
	seed: number;
	onProgress?: ((done: number, of: number, path: string) => void) | undefined;
}

export interface Made {
	length: number;
	hop: number;
	rate: number | undefined;
	labels: string[];
	/** Windows by label, then split. */
	counts: Map<string, { train: number; test: number }>;
	groups: number;
	divided: Pick<Divided, "by" | "warnings">;
	leftOut: LeftOut & { overlapping: number; surplus: number };
	/** Per recording. */
	evenness: { path: string; evenness: Evenness }[];
	assumed: string[];
}

const MAX_LABELS = 256;
const MAX_GROUPS = 2 ** 16;

/** The common rate of all recordings. @throws UserError when they differ */
function commonRate(sources: readonly Source[]): number | undefined {
	const [first] = sources;
	for (const { recording } of sources)
		if (
			Math.abs((recording.rate ?? 0) - (first!.recording.rate ?? 0)) >
			SAME_RATE * (first!.recording.rate ?? 0)
		)
			throw new UserError(
				`${recording.path} has ${recording.rate ?? "no known number of"} samples per second where ${first!.recording.path} has ${first!.recording.rate ?? "no known number"}; give --rate to resample all to one, and --hz for those that state none.`,
			);
	return first!.recording.rate;
}

function stepsOf({ value, unit }: Span, rate: number | undefined, what: string): number {
	if (unit === "s" && rate === undefined)
		throw new UserError(
			`The recordings state no rate, so ${what} in seconds is undefined: give it in steps, or the rate with --hz.`,
		);
	const steps = Math.round(unit === "s" ? value * rate! : value);
	if (steps >= 1) return steps;
	throw new UserError(`${what} of ${value} ${unit} is less than one step.`);
}

/** Cuts `sources` into windows and writes them to `folder`. @throws UserError naming file and line */
export function makeWindows(sources: readonly Source[], folder: string, options: WindowOptions): Made {
	const { background } = options;
	const rate = options.rate ?? commonRate(sources);
	for (const { recording } of sources)
		if (options.rate !== undefined && recording.rate === undefined)
			throw new UserError(
				`${recording.path} states no rate; give it with --hz, so that --rate can change it.`,
			);
	const length = stepsOf(options.length, rate, "A window");
	const hop = stepsOf(options.hop, rate, "A hop");
	const windows = function* (source: Source, evenness: Evenness, leftOut: LeftOut): Generator<Window> {
		const steps = evenSteps(source.recording, evenness);
		const { rate: own } = source.recording;
		yield* cut(
			own && rate ? resample(steps, own, rate) : steps,
			{ length, hop },
			source.label ?? background,
			leftOut,
		);
	};

	const places: Place[] = [];
	const leftOut = newLeftOut();
	const evenness = sources.map((source, i) => {
		const { path } = source.recording;
		options.onProgress?.(i, 2 * sources.length, path);
		const found = newEvenness();
		for (const { label, group, start } of windows(source, found, leftOut))
			places.push({ recording: path, label, group: group ?? source.group, start, given: source.given });
		return { path, evenness: found };
	});
	if (!places.length)
		throw new UserError(
			`There is no window of ${length} steps with a label in these recordings${leftOut.short ? `: ${leftOut.short} steps are in shorter pieces` : ""}.`,
		);
	const labels = sortNames(new Set(places.map(({ label }) => label)));
	const { split, group, by, warnings } = divide(places, length, options.test, options.seed);
	if (background !== undefined && !labels.includes(background))
		throw new UserError(
			`No window is ${background}: every step has a label; there are ${labels.join(", ")}.`,
		);
	const overlapping = split.filter((to) => !to).length;
	const surplus = background === undefined ? 0 : thinBackground(places, split, background);
	const groups = [...new Set(group)];
	if (labels.length > MAX_LABELS || groups.length > MAX_GROUPS)
		throw new UserError(
			`There are ${labels.length} labels and ${groups.length} groups; at most ${MAX_LABELS} and ${MAX_GROUPS} are supported. Check the column used for labels (--label).`,
		);

	const { channels, targets } = sources[0]!.recording;
	const named = channels.some(({ name }) => name);
	const writer = new PackedWriter(folder, {
		name: basename(resolve(folder)),
		T: length,
		channels: named ? channels.map(nameOf) : undefined,
		channelCount: channels.length,
		rate,
		labels,
		targets,
		groups,
	});
	const counts = new Map(labels.map((label) => [label, { train: 0, test: 0 }]));
	try {
		const [label, of] = [
			new Map(labels.map((name, i) => [name, i])),
			new Map(groups.map((name, i) => [name, i])),
		];
		let row = 0;
		sources.forEach((source, i) => {
			options.onProgress?.(sources.length + i, 2 * sources.length, source.recording.path);
			for (const window of windows(source, newEvenness(), newLeftOut())) {
				const to = split[row];
				if (to) {
					const target = window.targets ?? label.get(window.label)!;
					writer.add(to, window.values, target, of.get(group[row]!)!);
					counts.get(window.label)![to]++;
				}
				row++;
			}
		});
		writer.finish({ windows: { length, hop, recordings: sources.length, divided: by } });
	} catch (error) {
		writer.discard();
		throw error;
	}
	return {
		...{ length, hop, rate, labels, counts, evenness, groups: groups.length, divided: { by, warnings } },
		leftOut: { ...leftOut, overlapping, surplus },
		assumed: [...new Set(sources.flatMap(({ recording }) => recording.assumed))],
	};
}

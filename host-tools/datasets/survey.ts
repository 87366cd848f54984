// Statistics of a data set and what looks wrong: counts, lengths, ranges; clipped and constant channels, duplicates, rare
// labels, and training data that are also in the test split.
import { createHash } from "node:crypto";
import { type Dataset, sequence } from "./dataset";
import { emptyLabels } from "./recorded";
import { targetKind } from "./targets";

export interface SplitSummary {
	split: string;
	count: number;
	/** Rows of each stratum of the targets. */
	strata: number[];
	shortest: number;
	longest: number;
	groups: number | null;
}

export interface ChannelSummary {
	name: string;
	min: number;
	max: number;
	mean: number;
	std: number;
	/** Fraction of values at the minimum or maximum, where these are reached repeatedly. */
	clipped: number;
	/** Fraction of rows in which the channel never changes. */
	still: number;
}

export interface Survey {
	name: string;
	rate: number | null;
	channels: ChannelSummary[];
	splits: SplitSummary[];
	/** One sentence each. */
	warnings: string[];
}

/** Fractions of values at a range end, and of constant rows, from which a warning is due. */
const CLIPPED = 0.005;
const STILL = 0.2;
/** Ratio of most to least frequent label; number of rows of a label below which little can be learned. */
const UNBALANCED = 10;
const FEW = 10;
/** Length of a run that two recordings do not share by chance, and minimum of distinct values in it: rest repeats itself. */
const RUN = 16;
const DISTINCT = 8;

function summarizeSplit(dataset: Dataset, labels: number): SplitSummary {
	const { split, count, targets, lengths, groups } = dataset;
	const strata = new Array<number>(labels).fill(0);
	for (const stratum of Array.from(targetKind(targets).strata(targets)))
		strata[stratum] = (strata[stratum] ?? 0) + 1;
	return {
		...{ split, count, strata },
		shortest: lengths.reduce((a, b) => Math.min(a, b)),
		longest: lengths.reduce((a, b) => Math.max(a, b)),
		groups: groups ? new Set(groups.of).size : null,
	};
}

function summarizeChannel(datasets: readonly Dataset[], channel: number): ChannelSummary {
	let [min, max, sum, n, rows, still] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0, 0];
	const each = (visit: (value: number) => void) => {
		for (const data of datasets)
			for (let i = 0; i < data.count; i++) {
				const row = sequence(data, i);
				for (let k = channel; k < row.length; k += data.channels) visit(row[k]!);
			}
	};
	for (const data of datasets)
		for (let i = 0; i < data.count; i++) {
			const row = sequence(data, i);
			rows++;
			let same = true;
			for (let k = channel; k < row.length; k += data.channels) if (row[k] !== row[channel]) same = false;
			if (same) still++;
		}
	each((value) => {
		[min, max] = [Math.min(min, value), Math.max(max, value)];
		sum += value;
		n++;
	});
	let [squares, least, greatest] = [0, 0, 0];
	each((value) => {
		squares += (value - sum / n) ** 2;
		if (value === min) least++;
		if (value === max) greatest++;
	});
	// Any data reach an end once or twice; a clipping sensor stays there.
	const ends = (least > 2 ? least : 0) + (greatest > 2 ? greatest : 0);
	return {
		name: datasets[0]!.channelNames?.[channel] ?? `channel ${channel}`,
		...{ min, max, mean: sum / n, std: Math.sqrt(squares / n) },
		clipped: min === max ? 0 : ends / n,
		still: still / rows,
	};
}

const hashOf = (row: Float32Array) =>
	createHash("sha256")
		.update(new Uint8Array(row.buffer, row.byteOffset, row.byteLength))
		.digest("base64");

/** Duplicate rows, and those among them whose labels differ. */
function findDuplicates(datasets: readonly Dataset[]): {
	within: number;
	across: number;
	contradicting: number;
} {
	const seen = new Map<string, { split: string; stratum: number }>();
	let [within, across, contradicting] = [0, 0, 0];
	for (const data of datasets) {
		const strata = targetKind(data.targets).strata(data.targets);
		for (let i = 0; i < data.count; i++) {
			const hash = hashOf(sequence(data, i));
			const first = seen.get(hash);
			if (!first) seen.set(hash, { split: data.split, stratum: strata[i]! });
			else if (first.split === data.split) within++;
			else across++;
			if (first && first.stratum !== strata[i]) contradicting++;
		}
	}
	return { within, across, contradicting };
}

/** Visits a hash of every run of RUN steps in a row with enough change. */
function runs(row: Float32Array, channels: number, visit: (hash: number) => void): void {
	const bits = new Uint32Array(row.buffer, row.byteOffset, row.length);
	const steps = new Uint32Array(row.length / channels);
	for (let t = 0; t < steps.length; t++) {
		let h = 2166136261;
		for (let c = 0; c < channels; c++) h = Math.imul(h ^ bits[t * channels + c]!, 16777619) ^ (h >>> 15);
		steps[t] = h;
	}
	for (let t = 0; t + RUN <= steps.length; t++) {
		const run = steps.subarray(t, t + RUN);
		if (new Set(run).size < DISTINCT) continue;
		let [low, high] = [0, 0];
		for (const h of run) {
			low = Math.imul(low, 31) + h;
			high = Math.imul(high, 1000003) ^ h;
		}
		visit((low >>> 0) * 2 ** 20 + ((high >>> 0) & 0xfffff));
	}
}

/** Number of rows of `test` that share a run with `train`. */
function findOverlaps(train: Dataset, test: Dataset): number {
	const known = new Set<number>();
	for (let i = 0; i < train.count; i++) {
		let at = 0;
		// Runs at every RUN-th step of one side are enough: the other side has them at every step.
		runs(sequence(train, i), train.channels, (hash) => {
			if (at++ % RUN === 0) known.add(hash);
		});
	}
	let count = 0;
	for (let i = 0; i < test.count; i++) {
		let found = false;
		runs(sequence(test, i), test.channels, (hash) => {
			found ||= known.has(hash);
		});
		if (found) count++;
	}
	return count;
}

const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
const list = (items: readonly string[], most = 5) =>
	items.slice(0, most).join(", ") + (items.length > most ? ` and ${items.length - most} more` : "");

function channelWarnings(channels: readonly ChannelSummary[]): string[] {
	return channels.flatMap(({ name, min, max, clipped, still }) => [
		...(min === max ? [`${name} is constant (${min}): leave it out`] : []),
		...(clipped > CLIPPED
			? [`${name} is clipped: ${percent(clipped)} of its values are exactly ${min} or ${max}`]
			: []),
		...(min !== max && still > STILL ? [`${name} never changes in ${percent(still)} of the sequences`] : []),
	]);
}

function balanceWarnings(splits: readonly SplitSummary[], labels: readonly string[]): string[] {
	return splits.flatMap(({ split, strata }) => {
		const present = strata.filter((n) => n > 0);
		const ratio = Math.max(...present) / Math.min(...present);
		const missing = labels.filter((_, k) => !strata[k]);
		const few = labels.filter((_, k) => strata[k]! > 0 && strata[k]! < FEW);
		return [
			...(missing.length ? [`${split} has no sequence of ${list(missing)}`] : []),
			...(split === "train" && few.length
				? [`${split} has fewer than ${FEW} sequences of ${list(few)}`]
				: []),
			...(ratio > UNBALANCED
				? [
						`${split} is unbalanced: the most frequent label has ${Math.round(ratio)} times the sequences of the rarest`,
					]
				: []),
		];
	});
}

/** Labels without a clip, by their folders. */
export const emptyWarnings = (source: string) =>
	emptyLabels(source).map((folder) => `${folder} holds no recording: there is no label of this name`);

/** What looks wrong with the labels to train on. @param source where `training` was read from */
export const labelWarnings = (source: string, training: Dataset, labels: readonly string[]): string[] => [
	...emptyWarnings(source),
	...balanceWarnings([summarizeSplit(training, labels.length)], labels),
];

function leakWarnings(datasets: readonly Dataset[]): string[] {
	const { within, across, contradicting } = findDuplicates(datasets);
	const [train, test] = datasets;
	const both =
		train?.groups && test?.groups
			? [...new Set(train.groups.of)]
					.map((g) => train.groups!.names[g]!)
					.filter((name) => new Set(Array.from(test.groups!.of, (g) => test.groups!.names[g])).has(name))
			: [];
	// Of tokens, sequences have runs in common by chance, as texts have words.
	const overlaps = train && test && train.tokens === undefined ? findOverlaps(train, test) : 0;
	return [
		...(within ? [`sequences that a split has more than once: ${within}`] : []),
		...(across ? [`leak: sequences of one split that are also in the other: ${across}`] : []),
		...(contradicting ? [`sequences that occur again with a different label: ${contradicting}`] : []),
		...(both.length ? [`leak: groups in training and test: ${list(both)}`] : []),
		...(overlaps > across
			? [
					`leak: ${overlaps} of ${test!.count} test sequences share ${RUN} steps or more with training sequences: overlapping windows were split at random; cut the recordings with "edge-ssm window"`,
				]
			: []),
		...(train && !train.groups
			? [
					"no groups are known: sequences of one person or recording may be in both training and validation, which inflates accuracy",
				]
			: []),
	];
}

/** @param datasets training split first @param labels names of the strata; none for unlabelled rows */
export function surveyData(datasets: readonly Dataset[], labels: readonly string[]): Survey {
	const [first] = datasets;
	const channels = Array.from({ length: first!.channels }, (_, c) => summarizeChannel(datasets, c));
	const splits = datasets.map((data) => summarizeSplit(data, labels.length));
	const measured = first!.tokens === undefined;
	return {
		name: first!.name,
		rate: first!.rate ?? null,
		channels,
		splits,
		warnings: [
			...(measured ? channelWarnings(channels) : []),
			...balanceWarnings(splits, labels),
			...leakWarnings(datasets),
			...(measured && first!.rate === undefined
				? [
						"no sampling rate is known: a blob can classify data sent over the link, but not sample a sensor; pass --hz",
					]
				: []),
		],
	};
}

// Metrics of streams: events over all recordings, and the settings that detect them best.
import { compareEvents, decode, type EventMetrics } from "./events";
import type { StreamRun } from "./run";

/** How results become detections: those of runs with one hop and smoothing. */
export interface Decoding {
	hop: number;
	smoothing: number;
	hold: number;
	/** Minimum margin per label; labels not listed need none. */
	thresholds: Record<string, number>;
}

export interface Judgement extends EventMetrics, Decoding {
	/** Total hours of recordings; null without a rate. */
	hours: number | null;
	/** Per hour, or per 1,000 results without a rate. */
	falseAlarmRate: number;
	/** Seconds, or steps without a rate: median and maximum delay; null when nothing was detected. */
	delay: { median: number; greatest: number } | null;
}

export interface JudgeOptions {
	/** Labels that are no events. */
	background: ReadonlySet<string>;
	tolerance: number;
	rate: number | undefined;
}

function sum(all: readonly EventMetrics[]): EventMetrics {
	const add = (pick: (metrics: EventMetrics) => number) => all.reduce((total, one) => total + pick(one), 0);
	const byLabel: EventMetrics["byLabel"] = Object.create(null);
	for (const one of all)
		for (const [label, counts] of Object.entries(one.byLabel)) {
			const into = (byLabel[label] ??= { events: 0, detected: 0, falseAlarms: 0 });
			into.events += counts.events;
			into.detected += counts.detected;
			into.falseAlarms += counts.falseAlarms;
		}
	const [events, detected, falseAlarms] = [
		add((m) => m.events),
		add((m) => m.detected),
		add((m) => m.falseAlarms),
	];
	return {
		...{ events, detected, falseAlarms, repeated: add((m) => m.repeated), byLabel },
		precision: detected + falseAlarms ? detected / (detected + falseAlarms) : null,
		recall: events ? detected / events : null,
		f1: detected ? (2 * detected) / (events + detected + falseAlarms) : 0,
		delays: all.flatMap(({ delays }) => delays),
	};
}

/** Runs of all recordings with the hop and smoothing of `decoding`, judged. */
export function judge(
	runs: readonly StreamRun[],
	decoding: Decoding,
	{ background, tolerance, rate }: JudgeOptions,
): Judgement {
	const { hop, smoothing, hold, thresholds } = decoding;
	const reportsOf = ({ reports }: StreamRun) =>
		reports.find((one) => one.hop === hop && one.smoothing === smoothing)!.results;
	const threshold = (label: string) => thresholds[label] ?? 0;
	const all = runs.map((run) =>
		compareEvents(
			run.events.filter(({ label }) => !background.has(label)),
			decode(reportsOf(run), { background, hold, threshold }),
			tolerance,
		),
	);
	const total = sum(all);
	const hours = rate ? runs.reduce((steps, run) => steps + run.steps, 0) / rate / 3600 : null;
	const results = runs.reduce((count, run) => count + reportsOf(run).length, 0);
	const delays = total.delays.map((steps) => (rate ? steps / rate : steps)).sort((a, b) => a - b);
	return {
		...total,
		...{ hop, smoothing, hold, thresholds, hours },
		falseAlarmRate: hours ? total.falseAlarms / hours : (1000 * total.falseAlarms) / Math.max(1, results),
		delay: delays.length ? { median: delays[delays.length >> 1]!, greatest: delays.at(-1)! } : null,
	};
}

const HOLDS = [1, 2, 3, 4, 6];
/** Quantiles of the margins of all labels' results, or of one's, tried as thresholds. */
const PARTS = [0, 0.05, 0.1, 0.2, 0.3, 0.5];
const PARTS_OF_LABEL = [0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7];

function quantiles(margins: number[], parts: readonly number[]): number[] {
	margins.sort((a, b) => a - b);
	return [
		...new Set(
			parts.map((part) => (part && margins.length ? margins[Math.floor(part * margins.length)]! : 0)),
		),
	];
}

/**
 * Order of results: by F1, then fewer false alarms, then shorter delay; with a limit of false alarms, those within it come
 * first, by recall.
 */
function order(most: number | undefined) {
	const keeps = ({ falseAlarmRate }: Judgement) => most !== undefined && falseAlarmRate <= most;
	return (a: Judgement, b: Judgement) =>
		Number(keeps(b)) - Number(keeps(a)) ||
		(most !== undefined && !keeps(a) ? a.falseAlarmRate - b.falseAlarmRate : 0) ||
		(keeps(a) ? (b.recall ?? 0) - (a.recall ?? 0) : 0) ||
		b.f1 - a.f1 ||
		a.falseAlarms - b.falseAlarms ||
		(a.delay?.median ?? 0) - (b.delay?.median ?? 0);
}

/**
 * The best of many settings: first with one threshold for all labels, then each label's own.
 * @param most maximum false alarms, as counted by falseAlarmRate
 */
export function tune(
	runs: readonly StreamRun[],
	labels: readonly string[],
	options: JudgeOptions,
	most?: number,
): Judgement {
	const better = order(most);
	const best = (tried: readonly Judgement[]) => [...tried].sort(better)[0]!;
	const events = labels.filter((label) => !options.background.has(label));
	const tried = runs[0]!.reports.flatMap(({ hop, smoothing }, which) => {
		const margins = runs.flatMap(({ reports }) => reports[which]!.results.map(({ margin }) => margin));
		return HOLDS.flatMap((hold) =>
			quantiles(margins, PARTS).map((threshold) => {
				const thresholds = Object.fromEntries(events.map((label) => [label, threshold]));
				return judge(runs, { hop, smoothing, hold, thresholds }, options);
			}),
		);
	});
	let found = best(tried);
	const which = runs[0]!.reports.findIndex(
		({ hop, smoothing }) => hop === found.hop && smoothing === found.smoothing,
	);
	for (const label of events) {
		const margins = runs.flatMap(({ reports }) =>
			reports[which]!.results.filter((one) => one.label === label).map(({ margin }) => margin),
		);
		const others = quantiles(margins, PARTS_OF_LABEL).map((threshold) =>
			judge(runs, { ...found, thresholds: { ...found.thresholds, [label]: threshold } }, options),
		);
		found = best([found, ...others]);
	}
	return found;
}

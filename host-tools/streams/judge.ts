// Streams judged as streams: events of all recordings, and the settings that find them best.
import { compareEvents, type DecodeSettings, decode, type EventMetrics } from "./events";
import type { StreamRun } from "./run";

export interface Judgement extends EventMetrics {
	smoothing: number;
	hold: number;
	threshold: number;
	/** Hours of all recordings; null without a rate. */
	hours: number | null;
	/** Per hour, or per 1,000 results without a rate. */
	falseAlarmRate: number;
	/** Seconds, or steps without a rate: middle and greatest delay; null when nothing was detected. */
	delay: { median: number; greatest: number } | null;
}

export interface JudgeOptions extends Omit<DecodeSettings, "hold" | "threshold"> {
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

/** @param which index of the smoothing */
export function judge(
	runs: readonly StreamRun[],
	which: number,
	smoothing: number,
	decoding: { hold: number; threshold: number },
	{ background, tolerance, rate }: JudgeOptions,
): Judgement {
	const all = runs.map(({ events, reports }) =>
		compareEvents(
			events.filter(({ label }) => !background.has(label)),
			decode(reports[which]!, { background, ...decoding }),
			tolerance,
		),
	);
	const total = sum(all);
	const hours = rate ? runs.reduce((steps, run) => steps + run.steps, 0) / rate / 3600 : null;
	const results = runs.reduce((count, { reports }) => count + reports[which]!.length, 0);
	const delays = total.delays.map((steps) => (rate ? steps / rate : steps)).sort((a, b) => a - b);
	return {
		...total,
		...{ smoothing, ...decoding, hours },
		falseAlarmRate: hours ? total.falseAlarms / hours : (1000 * total.falseAlarms) / Math.max(1, results),
		delay: delays.length ? { median: delays[delays.length >> 1]!, greatest: delays.at(-1)! } : null,
	};
}

const HOLDS = [1, 2, 3, 4, 6];
/** Thresholds tried: margins below which these parts of all results are. */
const PARTS = [0, 0.05, 0.1, 0.2, 0.3, 0.5];

/** The best of many settings: by F1, then fewer false alarms, then less delay. */
export function tune(
	runs: readonly StreamRun[],
	smoothings: readonly number[],
	options: JudgeOptions,
): Judgement {
	const tried = smoothings.flatMap((smoothing, which) => {
		const margins = runs
			.flatMap(({ reports }) => reports[which]!.map(({ margin }) => margin))
			.sort((a, b) => a - b);
		const thresholds = new Set(PARTS.map((part) => (part ? margins[Math.floor(part * margins.length)]! : 0)));
		return HOLDS.flatMap((hold) =>
			[...thresholds].map((threshold) => judge(runs, which, smoothing, { hold, threshold }, options)),
		);
	});
	return tried.sort(
		(a, b) => b.f1 - a.f1 || a.falseAlarms - b.falseAlarms || (a.delay?.median ?? 0) - (b.delay?.median ?? 0),
	)[0]!;
}

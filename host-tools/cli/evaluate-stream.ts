// edge-ssm evaluate --stream: long recordings through a blob as on the device; events, delay and false alarms.
import { openModel } from "../../src/classifier/model";
import { readBlobFile } from "../evaluation/model-file";
import { type Judgement, judge, tune } from "../streams/judge";
import { runStream } from "../streams/run";
import { UserError } from "../terminal/errors";
import { grouped, heading, percent, print, printJson, table } from "../terminal/output";
import { printable } from "../terminal/printable";
import { Progress } from "../terminal/progress";
import { openSources } from "../windows/sources";

export interface StreamFlags {
	stream?: boolean;
	window?: number;
	hop?: number;
	smoothing?: number;
	hold?: number;
	threshold?: number;
	background?: string[];
	tolerance?: number;
	tune?: boolean;
	hz?: number;
	json?: boolean;
}

/** Names that are no event where nobody says which are. */
const BACKGROUND = /^(background|none|null|rest|idle|noise|other|unknown|silence)$/i;
const SMOOTHINGS = [0, 1, 2, 3];

const part = (value: number | null) => (value === null ? "none there" : percent(value));

function show(judged: Judgement, background: readonly string[], rate: number | undefined): void {
	const { events, detected, falseAlarms, repeated, precision, recall, f1, delay, hours } = judged;
	const unit = rate ? "s" : "steps";
	print(
		`${heading(`${detected} of ${grouped(events)} events detected`)}: precision ${part(precision)}, recall ${part(recall)}, F1 ${percent(f1)}`,
	);
	print(
		`false alarms: ${falseAlarms}, ${judged.falseAlarmRate.toFixed(2)} per ${hours ? `hour of ${hours.toPrecision(3)}` : "1,000 results; no rate is known"}; ${repeated} repeated detections of an event`,
	);
	if (delay)
		print(
			`delay from the start of an event: median ${delay.median.toPrecision(3)} ${unit}, greatest ${delay.greatest.toPrecision(3)} ${unit}`,
		);
	print(
		table([
			["", "events", "detected", "false alarms"],
			...Object.entries(judged.byLabel).map(([label, counts]) => [
				printable(label),
				counts.events,
				counts.detected,
				counts.falseAlarms,
			]),
		]),
	);
	print(`no event: ${background.map(printable).join(", ") || "nothing; name such labels with --background"}`);
}

export function evaluateStream(path: string, data: string, flags: StreamFlags): void {
	const { window = 0, hop = 0, smoothing = 0, hold = 1, threshold = 0, hz, json } = flags;
	const blob = readBlobFile(path);
	const model = openModel(blob.bytes);
	const { sources } = openSources([data], { hz });
	const smoothings = flags.tune ? SMOOTHINGS : [smoothing];
	const progress = new Progress("streaming", sources.length, "recordings");
	const runs = sources.map(({ recording, label }, i) => {
		const run = runStream(model, recording, label, { window, hop, smoothings });
		progress.update(i + 1);
		return run;
	});
	progress.done();
	const there = new Set([
		...model.labels,
		...runs.flatMap(({ events }) => events.map((event) => event.label)),
	]);
	const background = flags.background ?? [...there].filter((label) => BACKGROUND.test(label));
	const unknown = background.find((label) => !there.has(label));
	if (unknown !== undefined)
		throw new UserError(`There is no label "${unknown}"; there are ${[...there].join(", ")}.`);
	const rate = model.rate || sources[0]!.recording.rate;
	const tolerance = flags.tolerance ?? (window || model.steps || hop);
	const options = { background: new Set(background), tolerance, rate };
	const judged = flags.tune
		? tune(runs, smoothings, options)
		: judge(runs, 0, smoothing, { hold, threshold }, options);
	if (json) {
		printJson({
			...judged,
			window,
			hop,
			tolerance,
			background,
			rate: rate ?? null,
			steps: runs.map(({ steps }) => steps),
		});
		return;
	}
	if (flags.tune)
		print(
			`best of those tried, on these very recordings: --smoothing ${judged.smoothing} --hold ${judged.hold} --threshold ${judged.threshold}`,
		);
	show(judged, background, rate);
}

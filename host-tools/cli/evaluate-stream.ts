// edge-ssm evaluate --stream: long recordings through a blob as on the device; events, delay and false alarms.
import { readContainer } from "../../src/blob/container";
import { settingsFor } from "../../src/classifier/classifier";
import { type Model, openModel } from "../../src/classifier/model";
import { BACKGROUND, type Reporting } from "../../src/network/stream";
import { readBlobFile } from "../evaluation/model-file";
import { checkWritable, writeWhole } from "../files/write";
import { evennessText } from "../recordings/steps";
import { backgroundOf } from "../streams/background";
import { type Judgement, judge, tune } from "../streams/judge";
import { checkStreamed, runStream, type StreamRun } from "../streams/run";
import { attachStream } from "../streams/thresholds";
import { UserError } from "../terminal/errors";
import { grouped, heading, percent, print, printJson, table } from "../terminal/output";
import { printable } from "../terminal/printable";
import { Progress } from "../terminal/progress";
import { openSources } from "../windows/sources";
import { streamText } from "./thresholds";

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
	falseAlarms?: number;
	output?: string;
	hz?: number;
	json?: boolean;
}

const SMOOTHINGS = [0, 1, 2, 3];

const part = (value: number | null) => (value === null ? "none there" : percent(value));

function show(judged: Judgement, background: readonly string[], rate: number | undefined): void {
	const { events, detected, falseAlarms, repeated, precision, recall, f1, delay, hours } = judged;
	const unit = rate ? "s" : "steps";
	print(
		`${heading(`${detected} of ${grouped(events)} events detected`)}: precision ${part(precision)}, recall ${part(recall)}, F1 ${percent(f1)}`,
	);
	print(
		`false alarms: ${falseAlarms}, ${judged.falseAlarmRate.toFixed(2)} per ${hours ? `hour of ${hours.toPrecision(3)}` : "1,000 results; rate unknown"}; ${repeated} repeated detections of an event`,
	);
	if (delay)
		print(
			`delay from the start of an event: median ${delay.median.toPrecision(3)} ${unit}, maximum ${delay.greatest.toPrecision(3)} ${unit}`,
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
	print(
		`not events: ${background.map(printable).join(", ") || "nothing; name such labels with --background"}`,
	);
}

/** What the flags say, over the blob's own settings, over the usual ones. */
function settingsOf(model: Model, flags: StreamFlags) {
	const own = settingsFor(model, {});
	const window = flags.window ?? own.window;
	return {
		window,
		hop: flags.hop ?? (flags.window === undefined ? own.hop : 0),
		smoothing: flags.smoothing ?? own.smoothing,
		hold: flags.hold ?? (own.hold || 1),
		thresholds: Object.fromEntries(
			model.labels.flatMap((label, k) => {
				const least = model.stream?.thresholds[k] ?? 0;
				return least === BACKGROUND ? [] : [[label, flags.threshold ?? least]];
			}),
		),
	};
}

/** Labels that are no event: as flags say, as the blob says, or by their names. */
function findBackground(model: Model, runs: readonly StreamRun[], given?: readonly string[]): string[] {
	const there = [...model.labels, ...runs.flatMap(({ events }) => events.map(({ label }) => label))];
	if (given || !model.stream) return backgroundOf(there, given);
	const { thresholds } = model.stream;
	// A label that the network does not have cannot be told from its background.
	return [...new Set(there)].filter((label) => {
		const k = model.labels.indexOf(label);
		return k < 0 ? backgroundOf([label]).length > 0 : thresholds[k] === BACKGROUND;
	});
}

/** What was judged, as a blob has it. */
function inBlob(
	labels: readonly string[],
	window: number,
	judged: Judgement,
	background: readonly string[],
): Reporting {
	const { hop, smoothing, hold, thresholds } = judged;
	const least = labels.map((label) => (background.includes(label) ? BACKGROUND : (thresholds[label] ?? 0)));
	return { window, hop, smoothing, hold, thresholds: Uint32Array.from(least) };
}

export function evaluateStream(path: string, data: string, flags: StreamFlags): void {
	const { hz, json, output } = flags;
	if (output !== undefined) {
		if (!flags.tune) throw new UserError("-o writes the settings that --tune finds; give both.");
		checkWritable(output, data);
	}
	if (flags.falseAlarms !== undefined && !flags.tune)
		throw new UserError("--false-alarms is a limit of --tune; give both.");
	const blob = readBlobFile(path);
	const model = openModel(blob.bytes);
	checkStreamed(model);
	const { sources } = openSources([data], { hz, labelled: true });
	const settings = settingsOf(model, flags);
	const { window } = settings;
	const hops =
		flags.hop === undefined
			? new Set([1, 2, 4].map((part) => Math.ceil(window / part)).filter(Boolean))
			: [flags.hop];
	const variants = flags.tune
		? [...hops].flatMap((hop) => SMOOTHINGS.map((smoothing) => ({ hop, smoothing })))
		: [{ hop: settings.hop, smoothing: settings.smoothing }];
	const progress = new Progress("streaming", sources.length, "recordings");
	const runs = sources.map(({ recording, label }, i) => {
		const run = runStream(model, recording, label, window, variants);
		progress.update(i + 1);
		return run;
	});
	progress.done();
	const background = findBackground(model, runs, flags.background);
	const rate = model.rate || sources[0]!.recording.rate;
	const tolerance = flags.tolerance ?? (window || settings.hop);
	const options = { background: new Set(background), tolerance, rate };
	const judged = flags.tune
		? tune(runs, model.labels, options, flags.falseAlarms)
		: judge(runs, settings, options);
	const stream = inBlob(model.labels, window, judged, background);
	if (output !== undefined) writeWhole(output, attachStream(blob.network, stream));
	if (json) {
		printJson({
			...judged,
			...{ window, tolerance, background, rate: rate ?? null },
			steps: runs.map(({ steps }) => steps),
			...(output !== undefined && { output }),
		});
		return;
	}
	if (flags.tune) print(`best of those tried, on these same recordings: ${streamText(stream, model.labels)}`);
	show(judged, background, rate);
	for (const [i, { evenness }] of runs.entries()) {
		const text = evennessText(evenness);
		if (text) print(`${sources[i]!.recording.path}: ${text}`);
	}
	if (output !== undefined)
		print(
			`${output}: the same network with these settings; judge it on other recordings${readContainer(blob.bytes, { checked: true }).signature ? "; its signature is gone, sign it again (edge-ssm sign)" : ""}`,
		);
}

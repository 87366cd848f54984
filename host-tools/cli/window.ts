// edge-ssm window: recordings to a data set of windows.
import { resolve, sep } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { evennessText } from "../recordings/steps";
import { UserError } from "../terminal/errors";
import { grouped, print, printJson, table } from "../terminal/output";
import { printable } from "../terminal/printable";
import { Progress } from "../terminal/progress";
import { type Made, makeWindows, type Span } from "../windows/make";
import { LABELS, LABELS_TEXT, type LabelsFrom, openSources } from "../windows/sources";
import { above, hzOption, jsonOption, list, whole } from "./options";

interface Options {
	output: string;
	length: Span;
	hop?: Span;
	rate?: number;
	hz?: number;
	units?: string[];
	time?: string;
	label?: string;
	group?: string;
	ignore?: string[];
	labels?: LabelsFrom;
	background?: string;
	groupFrom?: RegExp;
	test: number;
	seed: number;
	json?: boolean;
}

/** 2s, 500ms, or 128 steps. */
function span(text: string): Span {
	const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*(s|ms)?$/.exec(text.trim()) ?? [];
	const value = Number(number);
	if (!(value > 0) || (!unit && !Number.isInteger(value)))
		throw new InvalidArgumentError(
			"Expected seconds or milliseconds, such as 2s or 500ms, or a whole number of steps.",
		);
	return unit ? { value: unit === "ms" ? value / 1000 : value, unit: "s" } : { value, unit: "steps" };
}

function pattern(text: string): RegExp {
	try {
		return new RegExp(text);
	} catch (error) {
		throw new InvalidArgumentError(`${(error as Error).message}.`);
	}
}

export function windowCommand(): Command {
	return new Command("window")
		.description(
			"Cuts long recordings into windows of one length and writes them as a data set, divided for training and testing so that no recording or group is in both. Times give the rate, gaps end a piece, resampling uses an anti-alias filter.",
		)
		.argument(
			"<recordings...>",
			"files (.csv, .tsv, .jsonl, .json of Edge Impulse, .wav) and folders of them",
		)
		.requiredOption("-o, --output <folder>", "data set to write")
		.requiredOption("--length <span>", "length of a window: 2s, 500ms, or steps", span)
		.option("--hop <span>", "step from one window to the next (default: half a window)", span)
		.option("--rate <hz>", "samples per second of the windows (default: as recorded)", above(0, 1_000_000))
		.addOption(hzOption())
		.option("--units <list>", "units of all channels, or of each, if their names state none", list)
		.option("--time <column>", "column of times (default: by its name)")
		.option("--label <column>", "column of labels (default: by its name)")
		.option(
			"--group <column>",
			"column of groups to keep together, such as the person (default: by its name)",
		)
		.option(
			"--group-from <pattern>",
			"groups by path instead: a regular expression, or its first capture group",
			pattern,
		)
		.option("--ignore <list>", "columns that are not channels", list)
		.addOption(
			new Option(
				"--labels <from>",
				"source of labels (default: the first of these that all recordings have)",
			).choices(LABELS),
		)
		.option(
			"--background <label>",
			"label of unlabelled steps, such as background; as many of its windows are kept as of all others",
		)
		.option("--test <fraction>", "fraction of windows for testing", above(0, 0.9), 0.2)
		.option("--seed <n>", "seed for choosing the test groups", whole(0, 0xffffffff), 1)
		.addOption(jsonOption())
		.addHelpText(
			"after",
			`
Recordings in folders named train and test stay what they are.

Example:
  edge-ssm window recordings/*.csv --rate 50 --length 2s --hop 0.5s -o data`,
		)
		.action(run);
}

/** Summary of the data set just made. */
function report(made: Made, output: string, sources: number, labels: keyof typeof LABELS_TEXT): void {
	const { length, hop, rate, counts, divided, leftOut, evenness, assumed, groups } = made;
	const seconds = (steps: number) => (rate ? ` (${Number((steps / rate).toPrecision(3))} s)` : "");
	print(
		`${output}: windows of ${length} steps${seconds(length)} every ${hop}${seconds(hop)}${rate ? `, ${rate} samples per second` : ", rate unknown"}, from ${grouped(sources)} recordings`,
	);
	print(
		table([
			[labels === "targets" ? "targets" : "label", "train", "test"],
			...[...counts].map(([label, { train, test }]) => [printable(label), train, test]),
		]),
	);
	const by = { files: "as their folders say", groups: `by ${grouped(groups)} groups`, time: "by time" }[
		divided.by
	];
	print(`divided ${by}`);
	print(LABELS_TEXT[labels]);
	for (const sentence of assumed) print(`assumed: ${sentence}`);
	for (const { path, evenness: even } of evenness) {
		const text = evennessText(even);
		if (text) print(`${path}: ${text}`);
	}
	const left: [number, string][] = [
		[leftOut.mixed, "windows with two labels or groups"],
		[leftOut.unlabelled, "windows without a label"],
		[leftOut.overlapping, "windows between training and test"],
		[leftOut.surplus, "windows of background beyond as many as of all else"],
		[leftOut.short, "steps of pieces shorter than a window"],
	];
	const lost = left.filter(([count]) => count > 0).map(([count, what]) => `${grouped(count)} ${what}`);
	if (lost.length) print(`left out: ${lost.join(", ")}`);
	for (const warning of divided.warnings) print(`warning: ${warning}`);
}

function run(paths: string[], options: Options): void {
	const {
		output,
		length,
		hop = { ...length, value: length.unit === "s" ? length.value / 2 : Math.ceil(length.value / 2) },
		json,
		...how
	} = options;
	const around = paths.find((path) => `${resolve(output)}${sep}`.startsWith(`${resolve(path)}${sep}`));
	if (around !== undefined)
		throw new UserError(`${output} would be among the recordings of ${around}; give a folder elsewhere.`);
	const { sources, labels } = openSources(paths, how);
	let progress: Progress | undefined;
	const made = makeWindows(sources, output, {
		...how,
		length,
		hop,
		onProgress: (done, of) => {
			progress ??= new Progress("cutting", of, "files");
			progress.update(done);
		},
	});
	progress?.done();
	if (json) printJson({ output, labelsFrom: labels, ...made, counts: Object.fromEntries(made.counts) });
	else report(made, output, sources.length, labels);
}

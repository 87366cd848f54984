// edge-ssm data: statistics of a data set, and suspicious findings.
import { Command } from "commander";
import type { Dataset } from "../datasets/dataset";
import { openDataset } from "../datasets/open";
import { emptyWarnings, type Survey, surveyData } from "../datasets/survey";
import { checkWritable, writeWhole } from "../files/write";
import { surveyPage } from "../report/survey-page";
import { taskOf } from "../task/fit";
import { UserError } from "../terminal/errors";
import { heading, print, printJson, table } from "../terminal/output";
import { printable } from "../terminal/printable";
import { DATA_HELP, hzOption, jsonOption } from "./options";

interface Options {
	hz?: number;
	output?: string;
	json?: boolean;
}

export function dataCommand(): Command {
	return new Command("data")
		.description(
			"Counts, lengths, rate and ranges of a data set; clipped and constant channels, duplicates, rare labels, and test data that also occur in training.",
		)
		.argument("<source>", DATA_HELP)
		.addOption(hzOption())
		.option("-o, --output <file>", "also write a page (.html)")
		.addOption(jsonOption())
		.addHelpText("after", "\nExample:\n  edge-ssm data data/ -o data.html")
		.action(run);
}

/** Both splits, or the one that exists. */
async function openSplits(source: string, rate: number | undefined) {
	const datasets: Dataset[] = [];
	const missing: string[] = [];
	for (const split of ["train", "test"] as const)
		try {
			datasets.push(await openDataset(source, split, { rate, unlabelled: true }));
		} catch (error) {
			if (!(error instanceof UserError)) throw error;
			missing.push(error.message);
		}
	if (!datasets.length) throw new UserError(missing[0]!);
	return { datasets, missing };
}

const short = (x: number) => String(Number(x.toPrecision(4)));

function show({ name, rate, channels, splits, warnings }: Survey, labels: readonly string[]): void {
	print(
		`${heading(name)}: ${channels.length} channels, ${rate === null ? "no known rate" : `${short(rate)} samples per second`}`,
	);
	print(
		table([
			["", ...splits.map(({ split }) => split)],
			["sequences", ...splits.map(({ count }) => count)],
			[
				"steps",
				...splits.map(({ shortest, longest }) =>
					shortest === longest ? String(longest) : `${shortest} to ${longest}`,
				),
			],
			["groups", ...splits.map(({ groups }) => (groups === null ? "unknown" : groups))],
			...labels.map((label, k) => [printable(label), ...splits.map(({ strata }) => strata[k] ?? 0)]),
		]),
	);
	print(
		table([
			["channel", "min", "max", "mean", "std", "at range end", "constant"],
			...channels.map(({ name: channel, min, max, mean, std, clipped, still }) => [
				...[printable(channel), short(min), short(max), short(mean), short(std)],
				`${(100 * clipped).toFixed(1)} %`,
				`${(100 * still).toFixed(1)} %`,
			]),
		]),
	);
	for (const warning of warnings) print(`warning: ${warning}`);
	if (!warnings.length) print("nothing looks wrong");
}

async function run(source: string, { hz, output, json }: Options): Promise<void> {
	if (output !== undefined) checkWritable(output, source);
	const { datasets, missing } = await openSplits(source, hz);
	const [first] = datasets;
	const task = taskOf(first!);
	const labels = task.counts ? task.goal(first!.targets).labels : [];
	const survey = surveyData(datasets, labels);
	survey.warnings.push(...emptyWarnings(source), ...missing);
	if (output !== undefined) writeWhole(output, Buffer.from(surveyPage(survey, labels)));
	if (json) printJson({ ...survey, labels });
	else show(survey, labels);
}

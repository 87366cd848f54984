// edge-ssm evaluate: how often a model is right on a data set, on any target.
import { Command, Option } from "commander";
import { openDataset } from "../datasets/open";
import { drawnText } from "../datasets/split";
import { defaultTarget, type Evaluation, evaluate, TARGETS, type Target } from "../evaluation/evaluate";
import { defaultThreads } from "../evaluation/pool";
import { grouped, heading, percent, print, printJson, table } from "../terminal/output";
import { Progress, quantity } from "../terminal/progress";
import { addCheckpointOptions, type CheckpointFlags, readModel } from "./checkpoint";
import { DATA_HELP, jsonOption, limitOption, limitSeedOption, splitOption, whole } from "./options";

interface Options extends CheckpointFlags {
	data: string;
	split: "train" | "test";
	limit?: number;
	seed?: number;
	on?: Target;
	threads: number;
	json?: boolean;
}

export function evaluateCommand(): Command {
	const command = new Command("evaluate")
		.summary("measure a model's accuracy on a data set")
		.description(
			"Classifies a data set with a blob or a float checkpoint; prints accuracy, recall of each class and the confusion matrix.",
		)
		.argument("<model>", "blob (.essm) or float checkpoint (.safetensors, .pt)")
		.requiredOption("--data <source>", DATA_HELP)
		.addOption(splitOption())
		.addOption(limitOption())
		.addOption(limitSeedOption())
		.addOption(
			new Option(
				"--on <target>",
				"what runs it: float network, integer reference, C kernel, firmware on XS",
			).choices(TARGETS),
		)
		.option("--threads <n>", "threads for float, reference and kernel", whole(1, 64), defaultThreads())
		.addOption(jsonOption())
		.addHelpText(
			"after",
			`
Without --on a blob runs on the kernel and a checkpoint in float.

Example:
  edge-ssm evaluate motion.essm --data motion --on host --limit 100`,
		)
		.action(run);
	return addCheckpointOptions(command);
}

async function run(path: string, options: Options): Promise<void> {
	const { data, split, limit, seed, on, threads, json } = options;
	const model = readModel(path, options, json);
	const dataset = await openDataset(data, split, { limit, seed });
	const target = on ?? defaultTarget(model);
	let progress: Progress | undefined; // begins with the first sequence: a build may come before
	const result = await evaluate(model, dataset, target, {
		threads,
		onProgress: (done) => {
			progress ??= new Progress(`evaluating on ${target}`, dataset.count, "sequences");
			progress.update(done);
		},
	});
	progress?.done();
	const { accuracy, count, right, seconds, recall, confusion, labels, macsPerStep, steps } = result;
	const rate = count / seconds;
	const macsPerSecond = (macsPerStep * steps) / seconds;
	if (json)
		printJson({
			accuracy,
			count,
			target,
			seconds,
			right,
			rate,
			data: dataset.name,
			split,
			drawn: dataset.drawn ?? null,
			labels,
			recall,
			confusion,
			macsPerStep,
			macsPerSecond,
			...(model.kind === "checkpoint" && { checkpoints: [model.interpretation] }),
		});
	else {
		print(
			`${heading(percent(accuracy))} of ${grouped(count)} sequences of ${dataset.name} (${split}${drawnText(dataset.drawn)}) are right: ${grouped(right)}, on ${target}`,
		);
		print(
			`${seconds.toFixed(1)} s, ${quantity(rate)} sequences/s, ${quantity(steps / seconds)} steps/s, ${quantity(macsPerSecond)}MAC/s`,
		);
		printClasses(result);
	}
}

function printClasses({ labels, recall, confusion }: Evaluation): void {
	print(heading("recall, and what each class (row) was taken for (column)"));
	print(
		table([
			["", "recall", ...labels.map((_, k) => String(k))],
			...labels.map((label, k) => [
				label === String(k) ? label : `${k} ${label}`,
				recall[k] === null ? "none there" : percent(recall[k]!),
				...confusion[k]!.map((n) => (n === 0 ? "." : grouped(n))),
			]),
		]),
	);
}

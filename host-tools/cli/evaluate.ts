// edge-ssm evaluate: how often a model is right on a data set, on any target.
import { Command, Option } from "commander";
import { openDataset } from "../datasets/open";
import { drawnText } from "../datasets/split";
import { defaultTarget, evaluate, TARGETS, type Target } from "../evaluation/evaluate";
import { defaultThreads } from "../evaluation/pool";
import { taskOf } from "../task/fit";
import { grouped, print, printJson } from "../terminal/output";
import { Progress, quantity } from "../terminal/progress";
import { addCheckpointOptions, type CheckpointFlags, readModel } from "./checkpoint";
import { evaluateStream, type StreamFlags } from "./evaluate-stream";
import {
	DATA_HELP,
	hzOption,
	jsonOption,
	limitOption,
	limitSeedOption,
	list,
	splitOption,
	whole,
} from "./options";

interface Options extends CheckpointFlags, StreamFlags {
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
			"Classifies a data set with a blob or a float checkpoint; prints accuracy, plain and balanced, recall, precision and F1 of each class, and the confusion matrix.",
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
		.optionsGroup("Streams:")
		.option("--stream", "--data are long recordings: judge events, delay and false alarms")
		.option(
			"--window <steps>",
			"steps after which the network starts anew (default: the model's own)",
			whole(1),
		)
		.option("--hop <steps>", "steps between results (default: the window)", whole(1))
		.option("--smoothing <n>", "0 to 8, as on the device (default: 0)", whole(0, 8))
		.option("--hold <n>", "results in a row that make a detection (default: 1)", whole(1, 1000))
		.option("--threshold <margin>", "lowest margin of a result that counts (default: 0)", whole(0))
		.option(
			"--background <list>",
			"labels that are no events (default: background, rest, idle and the like)",
			list,
		)
		.option(
			"--tolerance <steps>",
			"after the end of an event, for its detection (default: the window)",
			whole(0),
		)
		.option("--tune", "find the best smoothing, hold and threshold on these recordings")
		.addOption(hzOption())
		.optionsGroup("Options:")
		.addHelpText(
			"after",
			`
Without --on a blob runs on the kernel and a checkpoint in float.

Example:
  edge-ssm evaluate motion.essm --data motion --on host --limit 100
  edge-ssm evaluate gesture.essm --data long.csv --stream --hop 25`,
		)
		.action(run);
	return addCheckpointOptions(command);
}

async function run(path: string, options: Options): Promise<void> {
	const { data, split, limit, seed, on, threads, json, stream } = options;
	if (stream) return evaluateStream(path, data, options);
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
	const { metrics, count, seconds, checked, labels, macsPerStep, steps } = result;
	const task = taskOf(dataset);
	const rate = count / seconds;
	const macsPerSecond = (macsPerStep * steps) / seconds;
	if (json)
		printJson({
			...metrics,
			count,
			target,
			seconds,
			checked,
			rate,
			data: dataset.name,
			split,
			drawn: dataset.drawn ?? null,
			labels,
			macsPerStep,
			macsPerSecond,
			...(model.kind === "checkpoint" && { checkpoints: [model.interpretation] }),
		});
	else {
		const what = `${grouped(count)} sequences of ${dataset.name} (${split}${drawnText(dataset.drawn)})`;
		print(`${task.headline(metrics, what)}, on ${target}`);
		print(
			`${seconds.toFixed(1)} s, ${quantity(rate)} sequences/s, ${quantity(steps / seconds)} steps/s, ${quantity(macsPerSecond)}MAC/s`,
		);
		if (checked !== null)
			print(
				`many sequences at once, ${checked} of them also one by one on ${target}: ${target === "float" ? "equal to a thousandth" : "the same outputs"}`,
			);
		print(task.table(metrics, labels));
	}
}

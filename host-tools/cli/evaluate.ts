// edge-ssm evaluate: accuracy of a model on a data set, on any target.

import { Command, Option } from "commander";
import { openDataset } from "../datasets/open";
import { drawnText } from "../datasets/split";
import { detect } from "../detection/detect";
import type { DetectMetrics } from "../detection/detect-metrics";
import { defaultTarget, evaluate, TARGETS, type Target } from "../evaluation/evaluate";
import { type BlobModel, headOf, type ReadModel } from "../evaluation/model-file";
import { defaultThreads } from "../evaluation/pool";
import { normality, normalOf } from "../task/classify-normal";
import { taskOf } from "../task/fit";
import { openForHead } from "../task/open";
import { grouped, heading, percent, print, printJson, table } from "../terminal/output";
import { printable } from "../terminal/printable";
import { Progress, quantity } from "../terminal/progress";
import { addCheckpointOptions, type CheckpointFlags, readModel } from "./checkpoint";
import { evaluateStream, type StreamFlags } from "./evaluate-stream";
import {
	above,
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
	normal?: string;
	json?: boolean;
}

export function evaluateCommand(): Command {
	const command = new Command("evaluate")
		.description(
			"Runs a blob or a float checkpoint over a data set and prints accuracy, plain and balanced, recall, precision and F1 of each class, and the confusion matrix; errors of values and forecasts; AUC, alarms and delay of a detector.",
		)
		.argument("<model>", "blob (.essm) or float checkpoint (.safetensors, .pt)")
		.requiredOption("--data <source>", DATA_HELP)
		.addOption(splitOption())
		.addOption(limitOption())
		.addOption(limitSeedOption())
		.addOption(
			new Option(
				"--on <target>",
				"what to run: float network, integer reference, C kernel, firmware on XS",
			).choices(TARGETS),
		)
		.option("--threads <n>", "threads for float, reference and kernel", whole(1, 64), defaultThreads())
		.option("--normal <label>", "for a detector: the normal label (default: as trained)")
		.addOption(jsonOption())
		.optionsGroup("Streams:")
		.option("--stream", "treat --data as long recordings: score events, delay and false alarms")
		.option("--window <steps>", "steps after which the network restarts (default: the model's own)", whole(1))
		.option("--hop <steps>", "steps between results (default: the model's own)", whole(1))
		.option("--smoothing <n>", "0 to 8 (default: the blob's, else 0)", whole(0, 8))
		.option("--hold <n>", "consecutive results for a detection (default: the blob's, else 1)", whole(1, 255))
		.option(
			"--threshold <margin>",
			"minimum margin of a result (default: the blob's of each label, else 0)",
			whole(0),
		)
		.option(
			"--background <list>",
			"labels that are not events (default: the blob's, else background, rest, idle and the like)",
			list,
		)
		.option(
			"--tolerance <steps>",
			"time after an event's end in which a detection still counts (default: the window)",
			whole(0),
		)
		.option("--tune", "find the best hop, smoothing, hold and thresholds on these recordings")
		.option("--false-alarms <rate>", "most of them an hour that --tune accepts, if it can", above(0, 1e6))
		.option("-o, --output <blob>", "write the blob with the settings that --tune finds")
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

/** For a blob with a detector and labelled data: all sequences, and which are normal; else undefined. */
async function openDetected(
	model: BlobModel | ReadModel,
	data: string,
	split: "train" | "test",
	{ limit, seed, normal: asked }: Options,
) {
	if (model.kind !== "blob" || !model.network.detector) return undefined;
	const dataset = await openDataset(data, split, { limit, seed, unlabelled: true });
	const found = normality(dataset, asked ?? normalOf(model.network.notes));
	return found && { model, dataset, ...found };
}

function printDetection(
	{ count, normal, auc, falseAlarms, detected, delay }: DetectMetrics,
	name: string,
	label: string,
) {
	const part = (value: number | null) => (value === null ? "none there" : percent(value));
	print(
		heading(
			`detection: ${printable(label)} is normal, ${grouped(normal)} of ${grouped(count)} sequences of ${printable(name)}`,
		),
	);
	print(
		table([
			["AUC of the maximum scores", auc === null ? "only one kind present" : auc.toFixed(4)],
			["alarms on normal sequences", part(falseAlarms)],
			["alarms on others", part(detected)],
			["steps to the alarm, median", delay === null ? "no alarm" : String(delay)],
		]),
	);
}

async function run(path: string, options: Options): Promise<void> {
	const { data, split, limit, seed, on, threads, json, stream } = options;
	if (stream) return evaluateStream(path, data, options);
	const model = readModel(path, options, json);
	const watched = await openDetected(model, data, split, options);
	const normal = watched?.normal;
	const dataset = await openForHead(headOf(model), data, split, { limit, seed, normal });
	const target = on ?? defaultTarget(model);
	let progress: Progress | undefined; // starts with the first sequence: a build may come first
	const result = await evaluate(model, dataset, target, {
		threads,
		onProgress: (done) => {
			progress ??= new Progress(`evaluating on ${target}`, dataset.count, "sequences");
			progress.update(done);
		},
	});
	progress?.done();
	const detected =
		watched &&
		(await detect(watched.model, watched.dataset, watched.isNormal, {
			target: target === "reference" ? target : "kernel",
			threads,
		}));
	const { metrics, count, seconds, checked, labels, macsPerStep, steps } = result;
	const task = taskOf(dataset);
	const rate = count / seconds;
	const macsPerSecond = (macsPerStep * steps) / seconds;
	if (json)
		printJson({
			...metrics,
			...(detected && { detection: { ...detected, normalLabel: normal } }),
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
				`many sequences at once, ${checked} of them checked one by one on ${target}: ${target === "float" ? "equal to a thousandth" : "the same outputs"}`,
			);
		print(task.table(metrics, labels));
		if (detected) printDetection(detected, watched!.dataset.name, normal!);
	}
}

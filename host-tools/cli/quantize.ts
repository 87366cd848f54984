// edge-ssm quantize: a float checkpoint to a blob.

import { Command } from "commander";
import type { Dataset } from "../datasets/dataset";
import { wholeSequences } from "../datasets/future";
import { heldOut } from "../datasets/held-out";
import { attachDetector } from "../detection/attach";
import { aheadOf } from "../detection/scores";
import type { FoundThreshold } from "../detection/threshold";
import { hashFile } from "../files/hash";
import { checkWritable, writeWhole } from "../files/write";
import { choosePacking } from "../packing/choose";
import { blobComponents } from "../packing/components";
import { namedComponents } from "../packing/names";
import { type Packed, pack } from "../packing/pack";
import { DEFAULT_PRESET, EXAMPLES, formatBits, PRESETS } from "../quantization/precision";
import { readPrivateKey, signBlob } from "../signing/keys";
import { backgroundOf } from "../streams/background";
import {
	answersOf,
	attachStream,
	byWindow,
	FALSE_ALARMS,
	type LabelThreshold,
	labelThresholds,
	thresholdsIn,
} from "../streams/thresholds";
import { countsFor } from "../task/fit";
import { openForHead } from "../task/open";
import { UserError } from "../terminal/errors";
import { byteTable, heading, percent, print, printJson } from "../terminal/output";
import { Progress } from "../terminal/progress";
import { addCheckpointOptions, type CheckpointFlags, readFloat } from "./checkpoint";
import { above, DATA_HELP, hzOption, jsonOption, list, modelVersion, whole } from "./options";
import { thresholdTable } from "./thresholds";

interface Options extends CheckpointFlags {
	data: string;
	hz?: number;
	preset?: string;
	bits?: string;
	calibrate: number;
	percentile?: number;
	smoothing: number;
	falseAlarms?: number;
	background?: string[];
	golden: number;
	goldenSteps: number;
	steps?: number;
	output: string;
	sign?: string;
	modelVersion?: number;
	json?: boolean;
}

const presets = Object.entries(PRESETS).map(
	([name, { bits, about }]) => `  ${name.padEnd(8)}${about}\n          ${bits}`,
);

export function quantizeCommand(): Command {
	const command = new Command("quantize")
		.description(
			"Calibrates a float checkpoint (.safetensors, .pt) on training data, quantizes it and packs it into a blob (.essm).",
		)
		.argument("<checkpoint>", "float checkpoint (docs/CHECKPOINTS.md)")
		.requiredOption("--data <source>", `training data: ${DATA_HELP}`)
		.requiredOption("-o, --output <file>", "blob to write")
		.option(
			"--preset <name>",
			`precision of every component (default: as the checkpoint was trained, else ${DEFAULT_PRESET})`,
		)
		.option("--bits <list>", `widths that override the preset's, such as ${EXAMPLES.short}`)
		.addOption(hzOption())
		.option("--calibrate <n>", "training sequences to calibrate on", whole(1), 256)
		.option(
			"--percentile <p>",
			"clip ranges at this percentile, 100: the extremes (default: the best of seven)",
			above(50, 100),
		)
		.option(
			"--smoothing <k>",
			"for a forecast: a new error moves the score by 2^-k of the difference",
			whole(0, 12),
			2,
		)
		.option(
			"--false-alarms <fraction>",
			"for a forecast: fraction of normal sequences that may raise an alarm (default: 0.02); for labels: fraction of others that may be reported as each (default with --background: 0.01)",
			above(0, 0.5),
		)
		.option("--background <list>", "labels that are never reported in a stream", list)
		.option("--golden <n>", "golden vectors in the blob", whole(0, 100), 2)
		.option("--golden-steps <n>", "maximum steps of a golden vector", whole(1, 65536), 64)
		.option("--steps <n>", "steps per sequence, 0 for any (default: as in the data)", whole(0, 2 ** 31 - 1))
		.option("--sign <key>", "private key to sign the blob with, from edge-ssm keygen")
		.option("--model-version <n>", "version to state when signing; default: 0", modelVersion)
		.addOption(jsonOption())
		.addHelpText(
			"after",
			`
Presets:
${presets.join("\n")}

Example:
  edge-ssm quantize models/motion.safetensors --data motion --preset w8a8x8 -o motion.essm`,
		)
		.action(run);
	return addCheckpointOptions(command);
}

/** The blob with a detector, when the network forecasts and training held out normal sequences; else the reason. */
function detectorOf(
	{ blob, network }: Packed,
	training: Dataset,
	metadata: Record<string, string>,
	{ smoothing, falseAlarms = 0.02 }: Options,
): { blob: Uint8Array; found?: FoundThreshold; none?: string } {
	if (aheadOf(network) === 0) return { blob };
	try {
		return attachDetector(blob, network, wholeSequences(heldOut(training, metadata)), {
			...{ smoothing, falseAlarms },
		});
	} catch (error) {
		if (!(error instanceof UserError)) throw error;
		return { blob, none: error.message };
	}
}

/** The blob with thresholds for a stream, where they are asked for. */
function thresholdsOf(
	{ blob, network }: Packed,
	training: Dataset,
	metadata: Record<string, string>,
	{ falseAlarms, background }: Options,
): { blob: Uint8Array; sure?: LabelThreshold[] } {
	if (falseAlarms === undefined && background === undefined) return { blob };
	const names = backgroundOf(network.labels, background);
	const answers = answersOf(blob, network, heldOut(training, metadata));
	const sure = labelThresholds(answers, network.labels, names, falseAlarms ?? FALSE_ALARMS);
	return { blob: attachStream(network, byWindow(network, thresholdsIn(network, sure))), sure };
}

async function run(checkpoint: string, options: Options): Promise<void> {
	const { data, output } = options;
	const { model, interpretation } = readFloat(checkpoint, options, options.json);
	const choice = choosePacking(model, options);
	const { preset, precision } = choice;
	const counts = countsFor(model.head);
	if (options.background && !counts)
		throw new UserError("Background is one of several labels, and this network gives values; leave it out.");
	checkWritable(output, checkpoint, data, options.sign);
	if (options.modelVersion !== undefined && options.sign === undefined)
		throw new UserError("--model-version counts only for signed models: give the key too, with --sign.");
	const key = options.sign === undefined ? undefined : readPrivateKey(options.sign);
	const { normal } = model.metadata;
	const training = await openForHead(model.head, data, "train", { rate: options.hz, normal });
	const progress = new Progress("calibrating", Math.min(options.calibrate, training.count), "sequences");
	const packed = pack(model, training, {
		checkpointHash: hashFile(checkpoint),
		...choice,
		calibrate: options.calibrate,
		golden: options.golden,
		goldenSteps: options.goldenSteps,
		...(options.steps !== undefined && { steps: options.steps }),
		onProgress: (done) => progress.update(done),
	});
	progress.done();
	const { network, how, calibrated, floatAccuracy } = packed;
	const { blob: detecting, found, none } = detectorOf(packed, training, model.metadata, options);
	const { blob: unsigned, sure } = counts
		? thresholdsOf(packed, training, model.metadata, options)
		: { blob: detecting };
	const blob = key === undefined ? unsigned : signBlob(unsigned, key, options.modelVersion);
	writeWhole(output, blob);

	const components = blobComponents(blob, network);
	if (options.json) {
		printJson({
			output,
			bytes: components,
			preset,
			bits: formatBits(precision),
			calibration: { count: calibrated, ...how, floatAccuracy },
			rate: network.rate || null,
			golden: network.golden.length,
			...(found && {
				threshold: {
					...found.detector,
					weights: [...found.detector.weights],
					from: found.count,
					outliers: found.outliers,
				},
			}),
			...(sure && { stream: sure }),
			checkpoints: [interpretation],
		});
		return;
	}
	print(`${output}: ${formatBits(precision)}`);
	if (how.method === "trained") print("using the integers and ranges the checkpoint was trained with");
	else
		print(
			`ranges (${how.method}${how.method === "percentile" ? ` ${how.percentile}` : ""}) from ${calibrated} training sequences${floatAccuracy === null ? "" : `, of which the float network gets ${percent(floatAccuracy)} right`}`,
		);
	if (found) {
		const { detector, count, outliers } = found;
		print(
			`detector: alarm at a score of ${detector.threshold} (256: the usual error), from ${count} normal sequences held out in training`,
		);
		if (outliers.length > 0)
			print(
				`warning: ${outliers.length} of them are outliers, numbers ${outliers.slice(0, 10).join(", ")} of those held out: anomalies among them raise the threshold`,
			);
	} else if (none !== undefined) print(`no detector: ${none}`);
	if (sure) print(thresholdTable(sure));
	if (!network.rate)
		print(
			`no sampling rate, because ${training.name} states none: it can classify data sent over the link, but not sample a sensor (--hz)`,
		);
	if (network.golden.length === 0)
		print("no golden vectors: devices refuse this blob, which cannot prove itself (--golden)");
	print(heading("bytes by component"));
	print(byteTable(namedComponents(components)));
}

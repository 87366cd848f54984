// edge-ssm train: a data set to a float checkpoint or, with --quantize, to the blob that was trained. Reads flags and files and
// shows progress; host-tools/training does the training.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { Command, Option } from "commander";
import type { Budget } from "../automatic/contenders";
import type { Checkpoint } from "../checkpoints/import";
import type { Dataset } from "../datasets/dataset";
import { hashFile } from "../files/hash";
import { checkWritable, writeWhole } from "../files/write";
import { pack, TRAINED_PRESET } from "../packing/pack";
import { openForTask, TASK_NAMES, type TaskName } from "../task/open";
import { UserError } from "../terminal/errors";
import { grouped, percent, print, printJson, say, table } from "../terminal/output";
import { printable } from "../terminal/printable";
import { Progress } from "../terminal/progress";
import { drawCurves } from "../training/curves";
import { type Choice, chooseSettings } from "../training/defaults";
import { completeSettings, type TrainInput } from "../training/settings";
import { type TrainResult, train } from "../training/train";
import { runAuto } from "./auto";
import { addScalingOptions, type CheckpointFlags, readFloat, readSecondFloat } from "./checkpoint";
import { warnOfLabels } from "./label-warnings";
import { above, bytes, DATA_HELP, hzOption, jsonOption, list, whole } from "./options";
import { addSettingFlags, settingsOf } from "./setting-flags";

/** Flags other than settings. */
interface Options extends Flags {
	data: string;
	task?: TaskName;
	ahead?: number;
	normal?: string;
	hz?: number;
	recipe?: string;
	auto?: boolean;
	flash?: number;
	ram?: number;
	instructions?: number;
	background?: string[];
	falseAlarms?: number;
	from?: string;
	teacher?: string;
	resume?: boolean;
	log?: string;
	output: string;
	json?: boolean;
}

/** Flags that state something about --from, and settings. */
interface Flags extends Omit<CheckpointFlags, "norm"> {
	norm?: "before" | "after" | "none";
}

export function trainCommand(): Command {
	const command = new Command("train")
		.description(
			"Trains an S4D or S5 network on the training split of a data set and writes the checkpoint that is best on held-out data, or the last without any. Settings given by neither flags nor a recipe are chosen from the data. With --quantize it trains in the integers of the device. Ctrl-C keeps the best so far; --resume continues.",
		)
		.requiredOption("--data <source>", DATA_HELP)
		.requiredOption(
			"-o, --output <file>",
			"checkpoint (.safetensors), or with --quantize blob (.essm) and the checkpoint next to it",
		)
		.addOption(
			new Option("--task <name>", "what to learn").choices(TASK_NAMES).default(undefined, "from the data"),
		)
		.addOption(
			new Option("--ahead <steps>", "steps that a forecast looks ahead")
				.argParser(whole(1, 65_535))
				.default(undefined, "1"),
		)
		.option("--normal <label>", "normal label that detect learns (default: the most frequent)")
		.addOption(hzOption())
		.option(
			"--recipe <file>",
			"JSON file of settings, such as recipes/uci-har.json; flags override it, the rest are defaults",
		)
		.option(
			"--auto",
			"choose shape, widths and training under the limits below; writes one blob and the reasons",
		)
		.option("--flash <bytes>", "with --auto: maximum bytes of the blob, such as 4K", bytes)
		.option("--ram <bytes>", "with --auto: maximum bytes of the arena", bytes)
		.option("--instructions <n>", "with --auto: maximum instructions per step on RV32IMC", whole(1))
		.option(
			"--background <list>",
			"with --auto: labels that are never reported in a stream (default: background, rest, idle and the like)",
			list,
		)
		.option(
			"--false-alarms <fraction>",
			"with --auto: held-out sequences of others that may be reported as each label (default where there is background: 0.01)",
			above(0, 0.5),
		)
		.option("--from <checkpoint>", "continue from this model, keeping its shape")
		.option("--teacher <checkpoint>", "learn from this model, which may be larger")
		.option("--resume", "resume a stopped run: same settings, same --output")
		.option("--log <file>", "write one line of JSON per epoch, and the curves next to it (.svg)");
	addSettingFlags(command);
	return addScalingOptions(
		command.optionsGroup("Properties that --from does not state, also --activation, --pooling and --norm:"),
	)
		.optionsGroup("Options:")
		.addOption(jsonOption())
		.addHelpText(
			"after",
			`
Without --recipe settings that no flag gives are chosen from the data; the defaults above are for what a recipe leaves out.

Example:
  edge-ssm train --data gestures -o gestures.safetensors
  edge-ssm train --data gestures --auto --flash 4K --ram 1K -o gestures.essm
  edge-ssm train --data motion --recipe recipes/motion.json -o motion.safetensors
  edge-ssm train --data motion --from motion.safetensors --quantize w4a6x8 --epochs 8 -o small.essm`,
		)
		.action(run);
}

/** Settings in a file; the trainer checks names and ranges. */
function readRecipe(path: string): TrainInput {
	let recipe: unknown;
	try {
		recipe = JSON.parse(readFileSync(path, "utf8"));
	} catch (error) {
		throw new UserError(`The recipe ${path} cannot be read: ${(error as Error).message}.`);
	}
	if (typeof recipe !== "object" || recipe === null || Array.isArray(recipe))
		throw new UserError(`The recipe ${path} is not a JSON object of settings.`);
	return recipe as TrainInput;
}

/**
 * Separates the flags: those about the checkpoint to continue from, and settings. The network's activation, pooling and norm
 * placement are both.
 *
 * @throws UserError when flags about a checkpoint are given without one
 */
function splitFlags(
	{ eps, inputMean, inputStd, labels, ignore, metadata, norm, ...flags }: Flags,
	goesOn: boolean,
) {
	const ofFile = { eps, inputMean, inputStd, labels, ignore, metadata };
	if (!goesOn) {
		const key = Object.entries(ofFile).find(([, value]) => value !== undefined)?.[0];
		if (key !== undefined)
			throw new UserError(
				`--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} describes a checkpoint to continue from; give one (--from).`,
			);
	}
	const { activation, pooling } = flags;
	return {
		ofStart: { ...ofFile, activation, pooling, norm: norm === "none" ? undefined : norm } as CheckpointFlags,
		settings: settingsOf({ ...flags, norm }),
	};
}

/** A model to continue or learn from, with its file's checksum in the metadata so that the run can be repeated. */
function withSum(path: string, { model }: Checkpoint) {
	return { ...model, metadata: { ...model.metadata, from: hashFile(path) } };
}

/** Next to `path`, with another extension. */
function beside(path: string, extension: string): string {
	return path.replace(/\.[^./\\]*$/, "") + extension;
}

/** Progress of a phase of the run that may recur: shown until it is done. */
function part(label: string) {
	let progress: Progress | undefined;
	const end = () => {
		progress?.done();
		progress = undefined;
	};
	const show = (done: number, of: number) => {
		progress ??= new Progress(label, of, "sequences");
		progress.update(done);
		if (done >= of) end();
	};
	return { show, end };
}

/** Trains with a live line on stderr; Ctrl-C stops the run after the current batch. */
async function trainShown(options: Parameters<typeof train>[0]): Promise<TrainResult> {
	const stop = new AbortController();
	const abort = () => stop.abort();
	process.once("SIGINT", abort);
	let progress: Progress | undefined;
	const calibrating = part("calibrating");
	const teaching = part("running the teacher");
	let before = 0; // sequences of epochs that a resumed run skips
	let validated = "";
	try {
		return await train({
			...options,
			signal: stop.signal,
			onCalibrate: calibrating.show,
			onTeach: teaching.show,
			onProgress: ({ epoch, epochs, done, of, loss, accuracy }) => {
				if (!progress) {
					before = (epoch - 1) * of;
					progress = new Progress("training", epochs * of - before, "sequences");
				}
				progress.update(
					(epoch - 1) * of + done - before,
					`epoch ${epoch} of ${epochs}, loss ${loss.toPrecision(3)}, ${accuracy === null ? "" : `accuracy ${percent(accuracy)}`}${validated}`,
				);
			},
			onEpoch: ({ validationAccuracy, validationLoss }) => {
				if (validationAccuracy !== null) validated = `, held out ${percent(validationAccuracy)}`;
				else if (validationLoss !== null) validated = `held out ${validationLoss.toPrecision(3)}`;
			},
		});
	} finally {
		process.removeListener("SIGINT", abort);
		calibrating.end();
		teaching.end();
		progress?.done();
	}
}

/** Prints the chosen settings and why. */
function showChoices(choices: Choice[]): void {
	if (!choices.length) return;
	say("settings chosen from the data (flags and --recipe override them):");
	const text = (settings: TrainInput) =>
		Object.entries(settings)
			.map(([name, value]) => `${name} ${value}`)
			.join(", ");
	say(table(choices.map(({ settings, why }) => [text(settings), why])));
}

/** Packs the trained network; returns its bytes. */
function packTrained(result: TrainResult, data: Dataset, checkpoint: string): Uint8Array {
	const { quantization, model } = result;
	if (!quantization)
		throw new UserError(
			`${result.message} So there is no blob: continue with --resume, or pack ${checkpoint} with "edge-ssm quantize".`,
		);
	const { blob } = pack(model, data, {
		checkpointHash: hashFile(checkpoint),
		quantization,
		precision: quantization.precision,
		preset: TRAINED_PRESET,
		calibrate: 256,
		golden: 2,
		goldenSteps: 64,
	});
	return blob;
}

async function run(options: Options): Promise<void> {
	const { auto, flash, ram, instructions, background, falseAlarms, ...plain } = options;
	if (!auto) {
		if ([flash, ram, instructions, background, falseAlarms].some((one) => one !== undefined))
			throw new UserError(
				"--flash, --ram, --instructions, --background and --false-alarms are for --auto; give it, or leave them out.",
			);
		return runPlain(plain);
	}
	const { data, task, ahead, normal, hz, recipe, from, teacher, resume, log, output, json, ...flags } = plain;
	if (task !== undefined && task !== "classify")
		throw new UserError(`--auto makes only classifiers; train for --task ${task} without --auto.`);
	const other = Object.entries({ ahead, normal, recipe, from, teacher, resume, log }).find(
		([, value]) => value !== undefined,
	);
	if (other) throw new UserError(`--auto cannot be combined with --${other[0]}; leave one of them out.`);
	const given = splitFlags(flags, false).settings;
	return runAuto({ data, hz, output, json, given, flash, ram, instructions, background, falseAlarms });
}

async function runPlain({
	data,
	task,
	ahead,
	normal,
	hz,
	recipe,
	from,
	teacher,
	resume,
	log,
	output,
	json,
	...flags
}: Omit<Options, "auto" | "background" | "falseAlarms" | keyof Budget>): Promise<void> {
	const { ofStart, settings: given } = splitFlags(flags, from !== undefined);
	const settings = { ...(recipe !== undefined && readRecipe(recipe)), ...given };
	if (ahead !== undefined && task !== "forecast" && task !== "detect")
		throw new UserError("--ahead needs a forecast: give --task forecast or detect, or leave --ahead out.");
	if (normal !== undefined && task !== "detect")
		throw new UserError("--normal needs --task detect; leave --normal out.");
	const start = from === undefined ? undefined : readFloat(from, ofStart, json);
	completeSettings(settings, start?.model); // refused before any work is done
	const toBlob = output.endsWith(".essm");
	if (toBlob && settings.quantize === undefined)
		throw new UserError(
			`A blob needs training through the quantizer: give --quantize, or write a checkpoint (${beside(output, ".safetensors")}).`,
		);
	if (hz !== undefined && !toBlob)
		throw new UserError("A checkpoint holds no sampling rate; give --hz to quantize, which writes the blob.");
	const checkpoint = toBlob ? beside(output, ".safetensors") : output;
	const state = `${checkpoint}.state`;
	for (const path of [output, checkpoint, ...(log === undefined ? [] : [log])])
		checkWritable(path, data, recipe, from, teacher);
	const taught = teacher === undefined ? undefined : readSecondFloat(teacher, json);
	const { dataset: training, normality: found } = await openForTask(task, data, "train", {
		rate: hz,
		ahead,
		normal,
	});
	if (found && !json)
		print(
			`normal: ${printable(found.normal)}, ${grouped(training.count)} sequences; the others are left out`,
		);
	if (!json) warnOfLabels(data, training);
	const chosen = recipe === undefined ? chooseSettings(training, settings, start !== undefined) : [];
	if (!json) showChoices(chosen);
	const result = await trainShown({
		...Object.assign({}, ...chosen.map((choice) => choice.settings)),
		...settings,
		data: training,
		...(start && { from: withSum(from!, start) }),
		...(taught && { teacher: withSum(teacher!, taught) }),
		output: checkpoint,
		state,
		...(found && { record: { normal: found.normal } }),
		...(resume && { resume }),
		...(log !== undefined && { log }),
	});
	const { stopped, message, epoch, validationAccuracy, history } = result;
	// Keep what a run can resume from; remove it once the run is done or diverged.
	if (stopped !== "aborted") rmSync(state, { force: true });
	if (log !== undefined && history.length > 0)
		writeWhole(beside(log, ".svg"), Buffer.from(drawCurves(history, epoch)));
	if (stopped === "diverged") throw new UserError(message);
	const blob = toBlob ? packTrained(result, training, checkpoint) : undefined;
	if (blob) writeWhole(output, blob);

	if (json) {
		printJson({
			output,
			checkpoint,
			stopped,
			epoch,
			validationAccuracy,
			untrained: result.untrained,
			chosen,
			...(blob && { bytes: blob.length }),
			settings: result.settings,
			checkpoints: [start, taught].flatMap((one) => one?.interpretation ?? []),
		});
		return;
	}
	print(message);
	print(
		`${checkpoint}: epoch ${epoch}${validationAccuracy === null ? "" : `, ${percent(validationAccuracy)} of the held-out sequences right${result.quantization ? " in integers" : ""}`}`,
	);
	if (blob) print(`${output}: ${grouped(blob.length)} bytes, the integers that were trained`);
	if (existsSync(state)) print("the same command with --resume continues");
}

// edge-ssm train: a data set to a float checkpoint.
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { openDataset } from "../datasets/open";
import type { TrainInput } from "../training/settings";
import { train } from "../training/train";
import { UserError } from "./errors";
import { checkWritable } from "./files";
import { DATA_HELP, jsonOption, whole } from "./options";
import { percent, print, printJson } from "./output";
import { Progress } from "./progress";

interface Options {
	data: string;
	recipe?: string;
	heads?: number;
	modes?: number;
	layers?: number;
	epochs?: number;
	seed?: number;
	threads?: number;
	log?: string;
	output: string;
	json?: boolean;
}

export function trainCommand(): Command {
	return new Command("train")
		.summary("train a float checkpoint")
		.description(
			"Trains an S4D network on the training split of a data set and writes the checkpoint that is best on a part held out of it. Ctrl-C keeps the best so far.",
		)
		.requiredOption("--data <source>", DATA_HELP)
		.requiredOption("-o, --output <file>", "checkpoint to write (.safetensors)")
		.option("--recipe <file>", "JSON file of settings, such as models/motion.json; flags go before it")
		.option("--heads <n>", "H (default 16)", whole(1, 1024))
		.option("--modes <n>", "N, complex modes a head (default 8)", whole(1, 256))
		.option("--layers <n>", "L (default 3)", whole(1, 32))
		.option("--epochs <n>", "passes over the data (default 10)", whole(1, 100_000))
		.option("--seed <n>", "of everything random (default 1)", whole(0, 0xffffffff))
		.option("--threads <n>", "the same number repeats a run to the bit (default: all cores)", whole(1, 256))
		.option("--log <file>", "write a line of JSON an epoch")
		.addOption(jsonOption())
		.addHelpText(
			"after",
			"\nExample:\n  edge-ssm train --data motion --recipe models/motion.json -o motion.safetensors",
		)
		.action(run);
}

/** Settings in a file; what they are and their ranges is checked by the trainer. */
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

async function run({ data, recipe, output, log, json, ...flags }: Options): Promise<void> {
	checkWritable(output);
	const settings = { ...(recipe === undefined ? {} : readRecipe(recipe)), ...flags };
	const training = await openDataset(data, "train");
	const stop = new AbortController();
	process.once("SIGINT", () => stop.abort());
	let progress: Progress | undefined;
	const result = await train({
		...settings,
		data: training,
		output,
		...(log !== undefined && { log }),
		signal: stop.signal,
		onProgress: ({ epoch, epochs, done, of, loss, accuracy }) => {
			progress ??= new Progress("training", epochs * of, "sequences");
			progress.update(
				(epoch - 1) * of + done,
				`epoch ${epoch} of ${epochs}, loss ${loss.toFixed(3)}, accuracy ${percent(accuracy)}`,
			);
		},
	});
	progress?.done();
	const { stopped, message, epoch, validationAccuracy } = result;
	if (json) printJson({ output, stopped, epoch, validationAccuracy, settings: result.settings });
	else {
		print(message);
		print(
			`${output}: epoch ${epoch}${validationAccuracy === null ? "" : `, ${percent(validationAccuracy)} of the held-out part right`}`,
		);
	}
	if (stopped === "diverged") throw new UserError(message);
}

// Shared by all commands that read a float checkpoint: flags that state what its file does not, and the display of how it
// was interpreted.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ImportOverrides, Interpretation } from "../checkpoints/import";
import { UnstatedError } from "../checkpoints/metadata";
import type { Setting } from "../checkpoints/setting";
import { type BlobModel, type ReadModel, readFloatFile, readModelFile } from "../evaluation/model-file";
import { ACTIVATION_NAMES } from "../float/activation-name";
import { UserError } from "../terminal/errors";
import { say } from "../terminal/output";
import { printable } from "../terminal/printable";
import { above, list } from "./options";

/** The flags' values, by commander's names. */
export interface CheckpointFlags extends Omit<ImportOverrides, "normPlacement"> {
	norm?: "before" | "after";
}

const activationOption = () =>
	new Option("--activation <name>", "overrides the metadata").choices(ACTIVATION_NAMES);
const poolingOption = () => new Option("--pooling <name>", "likewise").choices(["mean", "last"]);

function numbers(text: string): number[] {
	const values = list(text).map((item) => (item === "" ? Number.NaN : Number(item)));
	if (values.every(Number.isFinite)) return values;
	throw new InvalidArgumentError("Expected numbers separated by commas.");
}

/** Metadata missing from the file: key=value. */
function pairs(text: string): Record<string, string> {
	return Object.fromEntries(
		list(text).map((item) => {
			const [, key, value] = /^([^=]+)=(.*)$/s.exec(item) ?? [];
			if (!key || value === undefined)
				throw new InvalidArgumentError("Expected key=value pairs separated by commas.");
			return [key, value];
		}),
	);
}

/** Adds the flags under their own heading. */
export function addCheckpointOptions(command: Command): Command {
	return addScalingOptions(
		command
			.optionsGroup("Float checkpoint (docs/CHECKPOINTS.md):")
			.addOption(activationOption())
			.addOption(poolingOption())
			.addOption(
				new Option("--norm <place>", "norm placement: before the layer, or after the residual").choices([
					"before",
					"after",
				]),
			),
	).optionsGroup("Options:");
}

/** The flags that are not also settings of new networks. */
export function addScalingOptions(command: Command): Command {
	return command
		.option("--eps <eps>", "epsilon of the norms", above(0, 1))
		.option("--input-mean <list>", "one number per channel: the encoder sees (x - mean) / std", numbers)
		.option("--input-std <list>", "likewise", numbers)
		.option("--labels <list>", "class names", list)
		.option("--metadata <pairs>", "key=value missing from the file, such as real_transform=softplus", pairs)
		.option("--ignore <keys>", "metadata keys to ignore", list);
}

/** The flags given. */
function overridesOf(flags: CheckpointFlags): ImportOverrides {
	const { activation, pooling, norm, eps, inputMean, inputStd, labels, ignore, metadata } = flags;
	const all = {
		activation,
		pooling,
		normPlacement: norm,
		eps,
		inputMean,
		inputStd,
		labels,
		ignore,
		metadata,
	};
	return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Reads a blob, or a checkpoint by its flags, and shows how it was interpreted unless `quiet`. @throws UserError */
export function readModel(path: string, flags: CheckpointFlags, quiet = false): BlobModel | ReadModel {
	const overrides = overridesOf(flags);
	const read = readModelFile(path, overrides);
	if (read.kind === "blob" && Object.keys(overrides).length > 0)
		throw new UserError(`${path} is a blob, which is self-contained; checkpoint flags do not apply.`);
	if (read.kind === "checkpoint" && !quiet) announce(read.interpretation);
	return read;
}

/** The same for a path that must be a checkpoint. */
export function readFloat(path: string, flags: CheckpointFlags, quiet = false) {
	const read = readFloatFile(path, overridesOf(flags));
	if (!quiet) announce(read.interpretation);
	return read;
}

/** A command's second checkpoint, to which its flags do not apply. */
export function readSecondFloat(path: string, quiet = false) {
	try {
		return readFloat(path, {}, quiet);
	} catch (error) {
		if (!(error instanceof UnstatedError)) throw error;
		throw new UserError(
			`${error.message} Flags here apply to the other checkpoint: give them to "edge-ssm inspect ${path} -o FILE", and use the file it writes.`,
		);
	}
}

function show(value: unknown): string {
	if (Array.isArray(value)) return value.map(show).join(" ");
	return typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value);
}

/** Longer lists of channels or classes, and long notes, would hide the rest. */
const shortened = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

/** Shape, settings by source, and metadata without effect, one line each. */
export function describe({ file, family, shape, settings, ignored }: Interpretation): string {
	const { head, outputs, ...sizes } = shape;
	const from = (source: Setting["from"]) =>
		Object.entries(settings)
			.filter(([, setting]) => setting.from === source)
			.map(([key, { value }]) => shortened(`${key} ${show(value)}`));
	const lines: [string, string[]][] = [
		["by flag", from("flag")],
		["by its metadata", from("metadata")],
		["by its tensors", from("tensors")],
		["assumed", from("assumed")],
		["ignored", Object.entries(ignored).map(([key, text]) => shortened(`${key} "${text}"`))],
	];
	return [
		`${file}: ${family}, ${Object.entries(sizes)
			.map(([name, size]) => `${name} ${size}`)
			.join(", ")}, ${head} ${outputs}`,
		...lines.filter(([, items]) => items.length > 0).map(([name, items]) => `  ${name}: ${items.join(", ")}`),
	]
		.map(printable)
		.join("\n");
}

/** On stderr, before work that may take long; stdout has results only. */
function announce(interpretation: Interpretation): void {
	say(describe(interpretation));
}

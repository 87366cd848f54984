// Turns a checkpoint file into a FloatModel, recording the source of every property. Closed: anything unknown, missing,
// misshapen, or without an integer operation is refused by name.
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { activationOf } from "../float/activation-name";
import { type FloatBlock, type FloatModel, floatHeadKind, floatMixerKind } from "../float/model";
import { UserError } from "../terminal/errors";
import { FAMILIES } from "./families/index";
import {
	type ImportOverrides,
	type Interpretation,
	keysOf,
	Settings,
	settle,
	settlePlacement,
} from "./metadata";
import { isPytorch, readPytorch } from "./pytorch";
import { readSafetensors } from "./safetensors";
import type { Setting } from "./setting";
import { settleHead } from "./settle-head";
import { Tensors } from "./tensors";

export type { ImportOverrides, Interpretation } from "./metadata";

const MAX_FILE = 2 ** 28;

/** The kinds of norms that blocks have. */
function kindsOf(blocks: readonly FloatBlock[]): string {
	return [...new Set(blocks.map(({ norm }) => norm.kind))].join(" ");
}

export interface Checkpoint {
	model: FloatModel;
	interpretation: Interpretation;
}

/** A list that must have `length` elements. */
function sized<T>(values: T[] | undefined, length: number, what: string, file: string): T[] | undefined {
	if (values && values.length !== length)
		throw new UserError(`${what} of ${file} has ${values.length} elements; ${length} are needed.`);
	return values;
}

/**
 * Reads a float checkpoint (names, shapes and metadata: docs/CHECKPOINTS.md).
 *
 * @param path a file of safetensors or torch.save
 * @param overrides settings that override the file's metadata
 * @throws UserError naming the tensor or key, what was expected and what was found
 */
export function readCheckpoint(path: string, overrides: ImportOverrides = {}): Checkpoint {
	const size = statSync(path, { throwIfNoEntry: false })?.size;
	if (size === undefined) throw new UserError(`There is no checkpoint at ${path}.`);
	if (size > MAX_FILE)
		throw new UserError(`The checkpoint ${path} has ${size} bytes; at most ${MAX_FILE} are read.`);
	let bytes: Uint8Array;
	try {
		bytes = readFileSync(path);
	} catch (error) {
		throw new UserError(`The checkpoint ${path} cannot be read: ${(error as Error).message}.`);
	}
	return parseCheckpoint(bytes, basename(path), overrides);
}

/** Only the model, for files that state everything. */
export function importCheckpoint(path: string, overrides: ImportOverrides = {}): FloatModel {
	return readCheckpoint(path, overrides).model;
}

/** The same from bytes; `file` is the name for messages. */
export function parseCheckpoint(
	bytes: Uint8Array,
	file: string,
	overrides: ImportOverrides = {},
): Checkpoint {
	const read = isPytorch(bytes)
		? { ...readPytorch(bytes, file), metadata: {} }
		: { ...readSafetensors(bytes, file), ignored: {} };
	const tensors = new Tensors(read.tensors, file);
	const family = FAMILIES.find((one) => one.matches(tensors));
	if (!family)
		throw new UserError(
			`${file} has no tensor s4_layers.0.… or encoder.layers_0.…: it is not a network of the state-spaces/s4 or S5 family.`,
		);
	const translate = family.translate ?? ((metadata: Record<string, string>) => metadata);
	const flags = translate(overrides.metadata ?? {});
	const metadata = { ...translate(read.metadata), ...flags };
	const settings = new Settings(metadata, { ...overrides, metadata: flags }, file);
	const set = settle(settings, overrides, family, metadata);
	const network = family.read(
		tensors,
		{ eps: set.eps, encoder: set.encoder, norm: set.normKind, channel: set.channel },
		set.chosen,
	);
	const { channels, H, blocks, encoder } = network;
	const head = settleHead(settings, network.decoder, set.pooling);
	const outputs = floatHeadKind(head).outputs(head);
	const hasNorms = blocks.some(({ norm }) => norm.kind !== "none");
	const placement = settlePlacement(settings, overrides, hasNorms, file);
	if (hasNorms) settings.recorded.norm_kind ??= { value: kindsOf(blocks), from: "tensors" };
	else {
		delete settings.recorded.eps;
		if (set.normKind !== undefined)
			throw new UserError(
				`The metadata of ${file} say that it has norms of kind ${set.normKind}, but it has no tensor norms.0.…; save the norms with their weights, 1 (and biases 0) if untrained, or pass --ignore with that key.`,
			);
	}
	const inputMean = sized(set.inputMean, channels, "The input_mean", file);
	const inputStd = sized(set.inputStd, channels, "The input_std", file);
	const bad = inputStd?.findIndex((value) => !(value > 0)) ?? -1;
	if (bad >= 0)
		throw new UserError(
			`The input_std of ${file} is ${inputStd![bad]} for channel ${bad}; it must be above 0.`,
		);
	const labels =
		sized(set.labels, outputs, "The list of labels", file) ??
		Array.from({ length: outputs }, (_, i) => String(i));
	const twice = labels.find((label, i) => labels.indexOf(label) !== i);
	if (twice !== undefined)
		throw new UserError(
			`The label ${twice} of ${file} stands for two outputs; pass --labels with a different one for each.`,
		);
	// After the required tensors, so that a different kind of checkpoint is told what it lacks before what it has in excess.
	tensors.finish();
	const ignored = { ...read.ignored, ...settings.finish() };
	const mean = inputMean ?? new Array<number>(channels).fill(0);
	const std = inputStd ?? new Array<number>(channels).fill(1);
	if (encoder.kind === "embedding" && (mean[0] !== 0 || std[0] !== 1))
		throw new UserError(
			`${file} has an embedding, which takes tokens as they are, but states input_mean or input_std; pass --ignore with that key.`,
		);
	settings.recorded.input_mean ??= { value: mean, from: "assumed" };
	settings.recorded.input_std ??= { value: std, from: "assumed" };
	// Most relevant first.
	const { activation, pooling, norm, ...others } = settings.recorded as typeof settings.recorded &
		Record<"activation" | "pooling" | "norm", Setting>;
	const { mixer } = blocks[0]!;
	// Properties of a family's names do not apply to the names that export writes.
	const dropped = new Set([
		...Object.keys({ ...family.choices, ...family.shown }).flatMap(keysOf),
		...(overrides.ignore ?? []),
	]);
	return {
		model: {
			H,
			channels,
			encoder,
			blocks: blocks.map((block) => ({
				...block,
				placement,
				activation: activationOf(set.activation),
				channel: "gateTable" in block.channel ? { ...block.channel, gateTable: set.gate } : block.channel,
			})),
			head,
			inputMean: Float64Array.from(mean),
			inputStd: Float64Array.from(std),
			labels,
			metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !dropped.has(key))),
		},
		interpretation: {
			file,
			family: family.name,
			shape: {
				...{ channels, H, ...floatMixerKind(mixer).shape(mixer), L: blocks.length },
				...{ head: head.kind, outputs },
			},
			settings: { activation, pooling, norm, ...others },
			ignored,
		},
	};
}

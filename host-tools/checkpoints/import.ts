// Turns a safetensors checkpoint of the state-spaces/s4 family into a FloatModel and back. Closed: a tensor that is unknown,
// missing or misshapen is refused by name, and so is whatever the integer arithmetic has no operation for.
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { UserError } from "../terminal/errors";
import type { Activation, BatchNorm, FloatLayer, FloatModel, Pooling } from "./model";
import { readSafetensors, type Tensor, writeSafetensors } from "./safetensors";

/** What a person may state about a checkpoint whose metadata do not say it, or to say it differently. */
export interface ImportOverrides {
	activation?: Activation;
	pooling?: Pooling;
	normPlacement?: "before" | "after";
	inputMean?: number[];
	inputStd?: number[];
	labels?: string[];
	/** BatchNorm's eps. */
	eps?: number;
}

const MAX_FILE = 2 ** 28;
const MAX_LAYERS = 64;
/** exp of more than this is no dt or decay that a network could have learned. */
const MAX_LOG = 50;
const PREFIXES = ["module.", "model."];

/** Spellings of metadata, in lower case. The first of each is what export writes. */
const ACTIVATIONS: Record<Activation, string[]> = {
	gelu: ["gelu", "gelu_exact", "gelu_erf"],
	gelu_tanh: ["gelu_tanh", "gelu_new", "gelu_pytorch_tanh"],
	gelu_sigmoid: ["gelu_sigmoid", "gelu_sigmoid_1.702", "quick_gelu"],
};
const POOLINGS: Record<Pooling, string[]> = { mean: ["mean", "avg", "average"], last: ["last", "last_step"] };
/** "prenorm" may also name the kind of norm that stands before. */
const PLACEMENTS = {
	before: ["before", "true", "1", "pre", "batchnorm", "batchnorm1d"],
	after: ["after", "false", "0", "post"],
};

/** The choice whose spellings include `text`. */
function choose<K extends string>(choices: Record<K, string[]>, key: string, text: string, file: string): K {
	for (const choice in choices) if (choices[choice].includes(text.trim().toLowerCase())) return choice;
	throw new UserError(
		`The metadata of ${file} say ${key} = "${text}"; supported are ${Object.keys(choices).join(", ")}.`,
	);
}

/** A JSON value of the metadata, checked. */
function metadataJson<T>(type: z.ZodType<T>, key: string, text: string, file: string): T {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		json = undefined;
	}
	const parsed = type.safeParse(json);
	if (parsed.success) return parsed.data;
	throw new UserError(
		`The metadata of ${file} say ${key} = "${text.slice(0, 60)}", which is not the JSON expected.`,
	);
}

/** Tensors handed out by name; what nobody asked for is an unknown key. */
class Tensors {
	readonly #tensors: Map<string, Tensor>;
	readonly #unused: Set<string>;
	readonly file: string;

	constructor(tensors: Map<string, Tensor>, file: string) {
		let entries = [...tensors];
		for (let prefix: string | undefined; ; ) {
			prefix = PREFIXES.find((p) => entries.length && entries.every(([name]) => name.startsWith(p)));
			if (!prefix) break;
			const { length } = prefix;
			entries = entries.map(([name, tensor]) => [name.slice(length), tensor]);
		}
		this.#tensors = new Map(entries);
		this.#unused = new Set(this.#tensors.keys());
		this.file = file;
	}

	has(name: string): boolean {
		return this.#tensors.has(name);
	}

	names(): Iterable<string> {
		return this.#tensors.keys();
	}

	/** The shape of a tensor that must be there. */
	shape(name: string): number[] {
		const tensor = this.#tensors.get(name);
		if (!tensor) throw new UserError(`The tensor ${name} is missing from ${this.file}.`);
		return tensor.shape;
	}

	/** Values of a tensor that must be there in one of the shapes. */
	take(name: string, ...shapes: number[][]): Float64Array {
		const shape = this.shape(name);
		if (!shapes.some((expected) => expected.join() === shape.join()))
			throw new UserError(
				`The tensor ${name} of ${this.file} has the shape (${shape.join(", ")}); expected is ${shapes.map((s) => `(${s.join(", ")})`).join(" or ")}.`,
			);
		const { values } = this.#tensors.get(name)!;
		if (!values)
			throw new UserError(`The tensor ${name} of ${this.file} is not of floating point; save it as F32.`);
		this.#unused.delete(name);
		return values;
	}

	ignore(name: string): void {
		this.#unused.delete(name);
	}

	/** Refuses what is left over. */
	finish(): void {
		for (const name of this.#unused)
			throw new UserError(
				`The tensor ${name} of ${this.file} is unknown; only S4D networks with the tensors listed in docs/CHECKPOINTS.md can be imported.`,
			);
	}
}

/** C as (H, N) real and imaginary parts: pairs (torch.view_as_real), with S4's leading channel dimension or without, or two tensors. */
function takeC(tensors: Tensors, kernel: string, H: number, N: number): [Float64Array, Float64Array] {
	for (const [re, im] of [
		["C_re", "C_im"],
		["C_real", "C_imag"],
	])
		if (tensors.has(`${kernel}${re}`))
			return [
				tensors.take(`${kernel}${re}`, [H, N], [1, H, N]),
				tensors.take(`${kernel}${im}`, [H, N], [1, H, N]),
			];
	const pairs = tensors.take(`${kernel}C`, [H, N, 2], [1, H, N, 2]);
	const parts = [0, 1].map((part) => Float64Array.from({ length: H * N }, (_, i) => pairs[2 * i + part]!));
	return parts as [Float64Array, Float64Array];
}

/** log(-Re A), from either of the two ways it is saved. */
function takeLogA(tensors: Tensors, kernel: string, H: number, N: number): Float64Array {
	if (!tensors.has(`${kernel}A_real`)) return tensors.take(`${kernel}log_A_real`, [H, N]);
	return tensors.take(`${kernel}A_real`, [H, N]).map((real, i) => {
		if (real < 0) return Math.log(-real);
		throw new UserError(
			`The tensor ${kernel}A_real of ${tensors.file} is ${real} for head ${Math.floor(i / N)}, mode ${i % N}; it must be below 0, or the state would not decay.`,
		);
	});
}

function checkLogs(name: string, values: Float64Array, file: string): Float64Array {
	const i = values.findIndex((value) => Math.abs(value) > MAX_LOG);
	if (i >= 0)
		throw new UserError(
			`The tensor ${name} of ${file} holds ${values[i]} at element ${i}; logarithms beyond ${MAX_LOG} are not those of a trained network.`,
		);
	return values;
}

/** The norm of layer `l`, or null when the layer has none. */
function takeNorm(tensors: Tensors, l: number, H: number, eps: number): BatchNorm | null {
	const norm = `norms.${l}.`;
	const names = [...tensors.names()].filter((name) => name.startsWith(norm));
	if (names.length === 0) return null;
	if (!names.includes(`${norm}running_mean`) && !names.includes(`${norm}running_var`))
		throw new UserError(
			`${tensors.file} has LayerNorm (${names[0]} without running statistics), which would need a mean and a division ` +
				"in every step on the device; train it again with BatchNorm1d, which folds away, or without a norm.",
		);
	const affine = names.includes(`${norm}weight`) || names.includes(`${norm}bias`);
	const variance = tensors.take(`${norm}running_var`, [H]);
	const negative = variance.findIndex((value) => value < 0);
	if (negative >= 0)
		throw new UserError(
			`The tensor ${norm}running_var of ${tensors.file} is ${variance[negative]} for head ${negative}; a variance is not negative.`,
		);
	tensors.ignore(`${norm}num_batches_tracked`);
	return {
		weight: affine ? tensors.take(`${norm}weight`, [H]) : new Float64Array(H).fill(1),
		bias: affine ? tensors.take(`${norm}bias`, [H]) : new Float64Array(H),
		mean: tensors.take(`${norm}running_mean`, [H]),
		variance,
		eps,
	};
}

function takeLayer(tensors: Tensors, l: number, H: number, N: number, eps: number): FloatLayer {
	const layer = `s4_layers.${l}.`;
	const kernel = `${layer}kernel.`;
	const [CReal, CImag] = takeC(tensors, kernel, H, N);
	return {
		logDt: checkLogs(`${kernel}log_dt`, tensors.take(`${kernel}log_dt`, [H]), tensors.file),
		logAReal: checkLogs(`${kernel}log_A_real`, takeLogA(tensors, kernel, H, N), tensors.file),
		AImag: tensors.take(`${kernel}A_imag`, [H, N]),
		CReal,
		CImag,
		D: tensors.take(`${layer}D`, [H], [1, H]),
		outputWeight: tensors.take(`${layer}output_linear.0.weight`, [2 * H, H, 1], [2 * H, H]),
		outputBias: tensors.take(`${layer}output_linear.0.bias`, [2 * H]),
		norm: takeNorm(tensors, l, H, eps),
	};
}

/** The number of layers: s4_layers.0 to the last, none left out. */
function countLayers(tensors: Tensors): number {
	const numbers = new Set<number>();
	for (const name of tensors.names()) {
		const match = /^s4_layers\.(\d{1,6})\./.exec(name);
		if (match) numbers.add(Number(match[1]));
	}
	const L = numbers.size;
	if (L === 0)
		throw new UserError(
			`${tensors.file} has no tensor s4_layers.0.…: it is not an S4D network of the state-spaces/s4 family.`,
		);
	if (L > MAX_LAYERS)
		throw new UserError(`${tensors.file} has ${L} layers; at most ${MAX_LAYERS} are supported.`);
	for (let l = 0; l < L; l++)
		if (!numbers.has(l))
			throw new UserError(`${tensors.file} has ${L} layers, but no tensor of s4_layers.${l}.`);
	return L;
}

/** Two sizes of a tensor that stands for a matrix; a trailing 1 of a convolution of width one may follow. */
function matrixShape(tensors: Tensors, name: string): [number, number] {
	const shape = tensors.shape(name);
	const isMatrix =
		(shape.length === 2 || (shape.length === 3 && shape[2] === 1)) && shape.every((n) => n > 0);
	if (!isMatrix)
		throw new UserError(
			`The tensor ${name} of ${tensors.file} has the shape (${shape.join(", ")}); expected is a matrix.`,
		);
	return [shape[0]!, shape[1]!];
}

/** A list that must have `length` elements. */
function sized<T>(values: T[] | undefined, length: number, what: string, file: string): T[] | undefined {
	if (values && values.length !== length)
		throw new UserError(`${what} of ${file} has ${values.length} elements; ${length} are needed.`);
	return values;
}

/** What metadata and flags say about the computation; flags win, then metadata, then the defaults of docs/CHECKPOINTS.md. */
function settings(metadata: Record<string, string>, overrides: ImportOverrides, file: string) {
	const numbers = z.array(z.number());
	const { activation, pooling, norm_placement, prenorm, input_mean, input_std, labels } = metadata;
	const eps = metadata.eps ?? metadata.norm_eps;
	const placement = norm_placement ?? prenorm;
	for (const [key, supported] of [
		["gate", "glu"],
		["discretization", "zoh"],
		["architecture", "s4d"],
	] as const)
		if (metadata[key] !== undefined && metadata[key].toLowerCase() !== supported)
			throw new UserError(
				`The metadata of ${file} say ${key} = "${metadata[key]}"; only "${supported}" is supported.`,
			);
	if (placement?.toLowerCase().includes("layernorm"))
		throw new UserError(
			`The metadata of ${file} say that it has LayerNorm, which would need a division in every step on the device; ` +
				"train it again with BatchNorm1d, which folds away, or without a norm.",
		);
	return {
		activation:
			overrides.activation ??
			(activation === undefined ? "gelu" : choose(ACTIVATIONS, "activation", activation, file)),
		pooling:
			overrides.pooling ?? (pooling === undefined ? "mean" : choose(POOLINGS, "pooling", pooling, file)),
		normPlacement:
			overrides.normPlacement ??
			(placement === undefined ? "before" : choose(PLACEMENTS, "norm_placement", placement, file)),
		inputMean:
			overrides.inputMean ??
			(input_mean === undefined ? undefined : metadataJson(numbers, "input_mean", input_mean, file)),
		inputStd:
			overrides.inputStd ??
			(input_std === undefined ? undefined : metadataJson(numbers, "input_std", input_std, file)),
		labels:
			overrides.labels ??
			(labels === undefined ? undefined : metadataJson(z.array(z.string()), "labels", labels, file)),
		eps:
			overrides.eps ??
			(eps === undefined ? 1e-5 : metadataJson(z.number().positive().max(1), "eps", eps, file)),
	};
}

/**
 * Reads a float S4D checkpoint (names, shapes and metadata: docs/CHECKPOINTS.md).
 *
 * @param path a .safetensors file
 * @param overrides settings that go before those of the file's metadata
 * @throws UserError naming the tensor or key, what was expected and what was found
 */
export function importCheckpoint(path: string, overrides: ImportOverrides = {}): FloatModel {
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

/** The same from bytes; `file` is the name for messages. */
export function parseCheckpoint(
	bytes: Uint8Array,
	file: string,
	overrides: ImportOverrides = {},
): FloatModel {
	const { tensors: all, metadata } = readSafetensors(bytes, file);
	const set = settings(metadata, overrides, file);
	const tensors = new Tensors(all, file);
	const L = countLayers(tensors);
	const [H, channels] = matrixShape(tensors, "encoder.weight");
	const [classes] = matrixShape(tensors, "decoder.weight");
	const [, N] = matrixShape(tensors, "s4_layers.0.kernel.A_imag");
	const inputStd = sized(set.inputStd, channels, "The input_std", file);
	const bad = inputStd?.findIndex((value) => !(value > 0));
	if (inputStd && bad !== undefined && bad >= 0)
		throw new UserError(
			`The input_std of ${file} is ${inputStd[bad]} for channel ${bad}; it must be above 0.`,
		);
	const model: FloatModel = {
		H,
		N,
		L,
		channels,
		classes,
		activation: set.activation,
		pooling: set.pooling,
		normPlacement: set.normPlacement,
		inputMean: Float64Array.from(
			sized(set.inputMean, channels, "The input_mean", file) ?? new Array(channels).fill(0),
		),
		inputStd: Float64Array.from(inputStd ?? new Array(channels).fill(1)),
		encoderWeight: tensors.take("encoder.weight", [H, channels], [H, channels, 1]),
		encoderBias: tensors.take("encoder.bias", [H]),
		layers: Array.from({ length: L }, (_, l) => takeLayer(tensors, l, H, N, set.eps)),
		decoderWeight: tensors.take("decoder.weight", [classes, H]),
		decoderBias: tensors.take("decoder.bias", [classes]),
		labels:
			sized(set.labels, classes, "The list of labels", file) ??
			Array.from({ length: classes }, (_, i) => String(i)),
		metadata,
	};
	// Last, so that a checkpoint of another kind is told what it lacks before what it has too much.
	tensors.finish();
	return model;
}

/** The bytes of a checkpoint that `parseCheckpoint` reads as the same model, to float32. */
export function formatCheckpoint(model: FloatModel): Uint8Array {
	const { H, N, channels, classes } = model;
	const tensors: [string, { shape: number[]; values: Float64Array }][] = [];
	const put = (name: string, values: Float64Array, ...shape: number[]) =>
		tensors.push([name, { shape, values }]);
	put("encoder.weight", model.encoderWeight, H, channels);
	put("encoder.bias", model.encoderBias, H);
	model.layers.forEach((layer, l) => {
		const kernel = `s4_layers.${l}.kernel.`;
		const C = new Float64Array(2 * H * N);
		for (let i = 0; i < H * N; i++) {
			C[2 * i] = layer.CReal[i]!;
			C[2 * i + 1] = layer.CImag[i]!;
		}
		put(`${kernel}log_dt`, layer.logDt, H);
		put(`${kernel}log_A_real`, layer.logAReal, H, N);
		put(`${kernel}A_imag`, layer.AImag, H, N);
		put(`${kernel}C`, C, H, N, 2);
		put(`s4_layers.${l}.D`, layer.D, H);
		put(`s4_layers.${l}.output_linear.0.weight`, layer.outputWeight, 2 * H, H, 1);
		put(`s4_layers.${l}.output_linear.0.bias`, layer.outputBias, 2 * H);
		if (!layer.norm) return;
		put(`norms.${l}.weight`, layer.norm.weight, H);
		put(`norms.${l}.bias`, layer.norm.bias, H);
		put(`norms.${l}.running_mean`, layer.norm.mean, H);
		put(`norms.${l}.running_var`, layer.norm.variance, H);
	});
	put("decoder.weight", model.decoderWeight, classes, H);
	put("decoder.bias", model.decoderBias, classes);
	// What the model says goes before what the file it came from said, under one name each.
	const { prenorm: _, norm_eps: __, ...kept } = model.metadata;
	return writeSafetensors(tensors, {
		...kept,
		activation: model.activation,
		pooling: model.pooling,
		norm_placement: model.normPlacement,
		input_mean: JSON.stringify([...model.inputMean]),
		input_std: JSON.stringify([...model.inputStd]),
		labels: JSON.stringify(model.labels),
		eps: String(model.layers.find((layer) => layer.norm)?.norm?.eps ?? 1e-5),
	});
}

/** Writes the model to `path` under a temporary name first, so that no half file is ever there. */
export function exportCheckpoint(model: FloatModel, path: string): void {
	const bytes = formatCheckpoint(model);
	const temporary = `${path}.${process.pid}.tmp`;
	try {
		writeFileSync(temporary, bytes);
		renameSync(temporary, path);
	} catch (error) {
		rmSync(temporary, { force: true });
		throw new UserError(`The checkpoint ${path} could not be written: ${(error as Error).message}.`);
	}
}

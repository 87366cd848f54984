// Settings that a checkpoint's tensors leave open: from flags, else from the file's metadata, else a default where one is
// usual, else refused. Every choice is recorded with its source. Closed: unknown metadata keys are refused.
import { z } from "zod";
import type { GateTable } from "../../src/network/glu";
import type { Pooling } from "../../src/network/pooling";
import { type ActivationName, nameOfActivation } from "../float/activation-name";
import type { FloatChannel, FloatEncoder, FloatModel } from "../float/model";
import type { NormKind } from "../float/norm-kind";
import { UserError } from "../terminal/errors";
import type { Family } from "./families/family";
import type { Setting } from "./setting";

/** What the user may state about a checkpoint, overriding its metadata. */
export interface ImportOverrides {
	activation?: ActivationName;
	pooling?: Pooling;
	normPlacement?: "before" | "after";
	inputMean?: number[];
	inputStd?: number[];
	labels?: string[];
	/** The norms' eps. */
	eps?: number;
	/** Metadata keys to ignore. */
	ignore?: string[];
	/** Metadata that override the file's. */
	metadata?: Record<string, string>;
}

/** Refusal of a checkpoint that a flag would make readable. */
export class UnstatedError extends UserError {}

/** How a file was interpreted. */
export interface Interpretation {
	/** File name. */
	file: string;
	/** Program whose names and equations it uses. */
	family: string;
	/** Includes the mixer's sizes by name, such as N. */
	shape: { channels: number; H: number; L: number; head: string; outputs: number } & Record<
		string,
		number | string
	>;
	settings: Record<string, Setting>;
	/** Unused metadata, as in the file. */
	ignored: Record<string, string>;
}

/** Spellings of metadata, in lower case. The first of each is what export writes. */
const ACTIVATIONS: Record<ActivationName, string[]> = {
	gelu: ["gelu", "gelu_exact", "gelu_erf"],
	gelu_tanh: ["gelu_tanh", "gelu_new", "gelu_pytorch_tanh"],
	gelu_sigmoid: ["gelu_sigmoid", "gelu_sigmoid_1.702", "quick_gelu"],
	qgelu: ["qgelu", "q_gelu"],
	relu: ["relu"],
};
const ENCODERS: Record<FloatEncoder["kind"], string[]> = {
	linear: ["linear"],
	embedding: ["embedding"],
};
const GATES: Record<GateTable, string[]> = {
	sigmoid: ["sigmoid"],
	hard_sigmoid: ["hard_sigmoid", "hardsigmoid"],
};
const CHANNELS: Record<FloatChannel["kind"], string[]> = {
	glu: ["glu"],
	half_glu1: ["half_glu1"],
	half_glu2: ["half_glu2"],
	ungated: ["ungated"],
};
const NORMS: Record<NormKind, string[]> = {
	batch: ["batch", "batchnorm", "batchnorm1d"],
	layer: ["layer", "layernorm"],
	rms: ["rms", "rmsnorm"],
};
const POOLINGS: Record<Pooling, string[]> = { mean: ["mean", "avg", "average"], last: ["last", "last_step"] };
/** "prenorm" may also name the kind of the norm before. */
const PLACEMENTS = {
	before: ["before", "true", "1", "pre", ...Object.values(NORMS).flat()],
	after: ["after", "false", "0", "post"],
};

/** Metadata keys of settings, where different from the setting's name. */
const KEYS: Record<string, string[]> = {
	norm: ["norm_placement", "prenorm"],
	eps: ["eps", "norm_eps"],
	norm_kind: ["norm_kind", "norm"],
	discretization: ["discretization", "disc"],
};

/** The metadata keys that state a setting. */
export const keysOf = (setting: string): string[] => KEYS[setting] ?? [setting];

/** Training provenance that `train` and pruning write; other modules read some of it. */
const RECORD = new Set(
	"training training_data epoch parameters normal validation_accuracy quantization teacher from pruned_from".split(
		" ",
	),
);
/** Without effect on the computation: sizes given by the tensors, provenance, and notes. */
const HARMLESS = new Set(
	(
		"format framework version d_input d_model d_state d_output n_layers n_classes input task dataset dropout seed epochs " +
		"H P ssm_size lr learning_rate weight_decay batch_size optimizer loss accuracy acc best_acc test_accuracy train_accuracy " +
		"val_accuracy name title description note notes author license date created url source commit"
	).split(" "),
);

/** Metadata and flags of one file; every requested setting is recorded. */
export class Settings {
	readonly recorded: Record<string, Setting> = {};
	readonly #all: Record<string, string>;
	readonly #left: Map<string, string>;
	readonly #ignore: Set<string>;
	readonly #flags: Set<string>;
	readonly #file: string;

	/** @param metadata of file and flag combined */
	constructor(metadata: Record<string, string>, { ignore, metadata: flags }: ImportOverrides, file: string) {
		this.#all = metadata;
		this.#flags = new Set(Object.keys(flags ?? {}));
		this.#ignore = new Set(ignore);
		this.#left = new Map(Object.entries(metadata).filter(([key]) => !this.#ignore.has(key)));
		this.#file = file;
	}

	/**
	 * An optional setting: the flag's value, else the metadata's, else undefined.
	 *
	 * @param parse of a metadata text @throws UserError when two keys of the metadata contradict each other
	 */
	stated<T extends Setting["value"]>(
		name: string,
		flag: T | undefined,
		parse: (text: string, key: string) => T,
	): T | undefined {
		const keys = keysOf(name).filter((key) => this.#left.has(key));
		const said = flag === undefined ? keys.map((key) => parse(this.#left.get(key)!, key)) : [];
		if (said.some((value) => JSON.stringify(value) !== JSON.stringify(said[0])))
			throw new UnstatedError(
				`The metadata of ${this.#file} contradict each other: ${keys.map((key) => `${key} = "${this.#all[key]}"`).join(", ")}; pass --ignore with the key that is wrong.`,
			);
		for (const key of keys) this.#left.delete(key);
		const value = flag ?? said[0];
		const flagged = flag !== undefined || keys.every((key) => this.#flags.has(key));
		if (value !== undefined) this.recorded[name] = { value, from: flagged ? "flag" : "metadata" };
		return value;
	}

	/** A metadata text, without recording it. */
	text(key: string): string | undefined {
		return this.#left.get(key)?.trim().toLowerCase();
	}

	/** A setting with a default when nothing is stated. */
	settle<T extends Setting["value"]>(
		name: string,
		flag: T | undefined,
		parse: (text: string, key: string) => T,
		usual: T,
	): T {
		const value = this.stated(name, flag, parse);
		if (value === undefined) this.recorded[name] = { value: usual, from: "assumed" };
		return value ?? usual;
	}

	/** The choice whose spellings include `text`. */
	readonly choose =
		<K extends string>(choices: Record<K, string[]>) =>
		(text: string, key: string): K => {
			for (const choice in choices) if (choices[choice].includes(text.trim().toLowerCase())) return choice;
			throw new UserError(
				`The metadata of ${this.#file} say ${key} = "${text}"; supported are ${Object.keys(choices).join(", ")}.`,
			);
		};

	/** A JSON value, checked. */
	readonly json =
		<T>(type: z.ZodType<T>) =>
		(text: string, key: string): T => {
			let json: unknown;
			try {
				json = JSON.parse(text);
			} catch {
				json = undefined;
			}
			const parsed = type.safeParse(json);
			if (parsed.success) return parsed.data;
			throw new UserError(
				`The metadata of ${this.#file} say ${key} = "${text.slice(0, 60)}", which is not the JSON expected.`,
			);
		};

	/** Settles what a family's tensors leave open, and what they imply. */
	settleFamily({ choices, shown, must }: Family): Record<string, Setting> {
		for (const [name, how] of Object.entries(must ?? {}))
			if (!keysOf(name).some((key) => this.#left.has(key)))
				throw new UnstatedError(
					`${this.#file} does not state its ${name}, and its tensors do not determine it; pass --metadata ${how}.`,
				);
		for (const [name, values] of Object.entries(choices))
			this.settle(name, undefined, (text, key) => this.#only(values, text, key), values[0]!);
		for (const [key, values] of Object.entries(shown)) {
			const text = this.#left.get(key);
			if (text !== undefined) this.#only(values, text, key);
			this.#left.delete(key);
		}
		return Object.fromEntries(Object.keys(choices).map((name) => [name, this.recorded[name]!]));
	}

	/** The text in lower case, which must be one of these values. */
	#only(values: string[], text: string, key: string): string {
		const value = text.trim().toLowerCase();
		if (values.includes(value)) return value;
		throw new UserError(
			`The metadata of ${this.#file} say ${key} = "${text}"; only "${values.join('" or "')}" is supported.`,
		);
	}

	/**
	 * Metadata that nothing requested.
	 *
	 * @throws UserError naming a key that might change the result
	 */
	finish(): Record<string, string> {
		for (const [key, text] of this.#left)
			if (!RECORD.has(key) && !HARMLESS.has(key))
				throw new UnstatedError(
					`The metadata of ${this.#file} say ${key} = "${text.slice(0, 60)}", which is not understood and might change the result; pass --ignore ${key} if it does not.`,
				);
		return Object.fromEntries(
			Object.entries(this.#all).filter(
				([key]) => this.#ignore.has(key) || (this.#left.has(key) && HARMLESS.has(key)),
			),
		);
	}
}

const Numbers = z.array(z.number());

/** Everything except the norm placement, which only matters when there are norms. */
export function settle(
	settings: Settings,
	flags: ImportOverrides,
	family: Family,
	metadata: Record<string, string>,
) {
	const usual = { activation: "gelu" as const, eps: 1e-5, ...family.usual?.(metadata) };
	return {
		chosen: settings.settleFamily(family),
		activation: settings.settle(
			"activation",
			flags.activation,
			settings.choose(ACTIVATIONS),
			usual.activation,
		),
		pooling: settings.settle("pooling", flags.pooling, settings.choose(POOLINGS), "mean"),
		inputMean: settings.stated("input_mean", flags.inputMean, settings.json(Numbers)),
		inputStd: settings.stated("input_std", flags.inputStd, settings.json(Numbers)),
		labels: settings.stated("labels", flags.labels, settings.json(z.array(z.string()))),
		gate: settings.settle("gate_activation", undefined, settings.choose(GATES), "sigmoid"),
		encoder: settings.stated("encoder", undefined, settings.choose(ENCODERS)),
		channel: settings.stated("channel_mixer", undefined, settings.choose(CHANNELS)),
		normKind: settleNormKind(settings),
		eps: settings.settle("eps", flags.eps, settings.json(z.number().positive().max(1)), usual.eps),
	};
}

/** The stated kind of norm, by itself or as the kind before the layer; the tensors show whether there are norms. */
function settleNormKind(settings: Settings): NormKind | undefined {
	const prenorm = settings.text("prenorm");
	const before = Object.values(NORMS)
		.flat()
		.find((name) => name === prenorm);
	const kind = settings.stated("norm_kind", undefined, settings.choose(NORMS));
	return kind ?? (before === undefined ? undefined : settings.choose(NORMS)(before, "prenorm"));
}

/**
 * Placement of the norms.
 *
 * @throws UserError when there are norms but no placement: a wrong placement gives wrong results, not an error
 */
export function settlePlacement(
	settings: Settings,
	flags: ImportOverrides,
	hasNorms: boolean,
	file: string,
): "before" | "after" {
	const placement = settings.stated("norm", flags.normPlacement, settings.choose(PLACEMENTS));
	if (!hasNorms) settings.recorded.norm = { value: "none", from: "tensors" };
	else if (placement === undefined)
		throw new UnstatedError(
			`${file} has norms, but nothing states their placement; pass --norm before, for x + f(norm(x)), or --norm after, for norm(x + f(x)).`,
		);
	return placement ?? "before";
}

/**
 * The metadata of a model that its tensors leave open.
 *
 * @throws UserError naming what metadata state once but blocks have differently
 */
export function statedOf(model: FloatModel): Record<string, string> {
	const { encoder, blocks, head, inputMean, inputStd, labels } = model;
	const common = <T>(what: string, values: T[]): T => {
		const other = values.find((value) => value !== values[0]);
		if (other !== undefined)
			throw new UserError(
				`Blocks differ in their ${what} (${values[0]}, ${other}); a checkpoint states one for all of them.`,
			);
		return values[0]!;
	};
	const norms = blocks.flatMap(({ norm }) => (norm.kind === "none" ? [] : [norm]));
	const channel = common(
		"channel mixers",
		blocks.map(({ channel }) => channel.kind),
	);
	const kind = common(
		"kind of norms",
		norms.map((norm) => norm.kind),
	);
	return {
		activation: common(
			"activation",
			blocks.map(({ activation }) => nameOfActivation(activation)),
		),
		gate_activation: common(
			"gates",
			blocks.map(({ channel }) => ("gateTable" in channel ? channel.gateTable : "sigmoid")),
		),
		pooling: head.pooling,
		norm_placement: common(
			"placement of norms",
			blocks.map(({ placement }) => placement),
		),
		discretization: "zoh",
		input_mean: JSON.stringify([...inputMean]),
		input_std: JSON.stringify([...inputStd]),
		labels: JSON.stringify(labels),
		...(encoder.kind !== "linear" && { encoder: encoder.kind }),
		...(channel !== "glu" && { channel_mixer: channel }),
		...(kind && { norm_kind: kind }),
		eps: String(
			common(
				"eps",
				norms.map(({ eps }) => eps),
			) ?? 1e-5,
		),
	};
}

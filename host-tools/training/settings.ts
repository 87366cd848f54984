// Everything that can be chosen about a training run: one table of ranges, defaults and what they are for. Recipe files, the flags of
// `train` and their help are made of it. No policy.
import { availableParallelism } from "node:os";
import { z } from "zod";
import { MAX_MODES } from "../../src/network/diagonal";
import { GATE_TABLES } from "../../src/network/glu";
import { LIMITS } from "../../src/network/limits";
import { ACTIVATION_NAMES, nameOfActivation } from "../float/activation-name";
import type { FloatModel } from "../float/model";
import { NORM_KINDS } from "../float/norm-kind";
import { PRESETS } from "../quantization/precision";
import { UserError } from "../terminal/errors";
import { A_FORMS } from "./native";
import { CHANNEL_KINDS, STARTING_MIXERS, startOf } from "./startable";

/** Weight of the teacher loss unless another is asked for. */
export const DISTILL = 0.7;

/** Other defaults for going on from a model through the quantizer: it starts near its goal, and its weights are noisy. */
const QUANTIZED_DEFAULTS = { rate: 0.001, ssmRate: 0.0002, averaging: 0.998 };

/** Headings of the help. */
export type SettingGroup = "Network" | "Run" | "Through the quantizer";

interface Shown {
	/** Placeholder of the flag's value. */
	value?: string;
	/** What holds when it is absent, where the schema does not say. */
	usual?: string;
	/** Its default where training goes on from a model through the quantizer, if that is another. */
	usualOn?: number;
	/** Name of the flag without dashes, where it is not that of the setting. */
	flag?: string;
	/** Value of a flag's text, where it is neither a number nor the text itself. */
	read?: (text: string) => unknown;
}

/** One setting: what it may be, and what it is for. */
export interface Setting<S extends z.ZodType = z.ZodType> extends Shown {
	group: SettingGroup;
	about: string;
	schema: S;
}

const inGroup =
	(group: SettingGroup) =>
	<S extends z.ZodType>(schema: S, about: string, shown: Shown = {}): Setting<S> => ({
		group,
		about,
		schema,
		...shown,
	});
const network = inGroup("Network");
const run = inGroup("Run");
const quantizer = inGroup("Through the quantizer");

function whole(low: number, high: number) {
	const error = `must be a whole number from ${low} to ${high}`;
	return z.int({ error }).min(low, error).max(high, error);
}
function real(low: number, high: number) {
	const error = `must be a number from ${low} to ${high}`;
	return z.number({ error }).min(low, error).max(high, error);
}
function choice<const T extends readonly string[]>(names: T) {
	return z.enum(names, { error: `must be one of ${names.join(", ")}` });
}
/** The number that a text is, NaN when it is none. */
export const readNumber = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));

/** A default that differs between mixers. */
function usualOf(of: (start: ReturnType<typeof startOf>) => string | number): string {
	return STARTING_MIXERS.map((mixer) => `${of(startOf(mixer))} with ${mixer}`).join(", ");
}

export const SETTINGS = {
	heads: network(whole(1, LIMITS.H).default(16), "heads (H)"),
	mixer: network(choice(STARTING_MIXERS).default("s4d"), "what mixes over time: S4D or S5"),
	modes: network(whole(1, MAX_MODES).optional(), "complex modes per head (N), or per layer of S5 (P)", {
		usual: usualOf(({ usualModes }) => usualModes),
	}),
	layers: network(whole(1, LIMITS.blocks).default(3), "layers (L)"),
	activation: network(choice(ACTIVATION_NAMES).default("gelu_sigmoid"), "activation"),
	channel: network(
		choice(CHANNEL_KINDS).default("glu"),
		"what mixes over heads: GLU (full_glu), half_glu1 or half_glu2 of S5, or nothing",
	),
	gate: network(choice(GATE_TABLES).default("sigmoid"), "what opens the gates"),
	pooling: network(choice(["mean", "last"]).default("mean"), "what the decoder sees of all steps"),
	norm: network(
		choice(["before", "after", "none"]).default("before"),
		"norms before each mixer, or after each residual addition",
		{ value: "place" },
	),
	normKind: network(choice(NORM_KINDS).optional(), "BatchNorm, LayerNorm or RMSNorm", {
		value: "kind",
		usual: "batch",
	}),
	init: network(
		choice([...new Set(STARTING_MIXERS.flatMap((mixer) => startOf(mixer).inits))]).optional(),
		"how A starts: S4D-Lin or S4D-Inv; HiPPO-LegS of S5",
		{ usual: usualOf(({ inits }) => inits[0]!) },
	),
	initBlocks: network(whole(1, MAX_MODES).default(1), "HiPPO matrices along the diagonal of S5's A (J)"),
	// About 1 / dt steps are remembered at first.
	dtMin: network(real(1e-6, 10).default(0.001), "dt starts in this range, in steps", { value: "dt" }),
	dtMax: network(real(1e-6, 10).default(0.1), "dt starts in this range, in steps", { value: "dt" }),
	// See quantization/prune.ts.
	keepModes: network(whole(1, MAX_MODES).optional(), "of --from: modes per head that stay", { usual: "all" }),

	epochs: run(whole(1, 100_000).default(10), "passes over the data"),
	batch: run(whole(1, 65_536).optional(), "sequences per update", { usual: "64, fewer for small data" }),
	rate: run(real(0, 1000).default(0.01), "highest learning rate", {
		value: "r",
		usualOn: QUANTIZED_DEFAULTS.rate,
	}),
	ssmRate: run(real(0, 1000).default(0.001), "highest learning rate of dt, A and B of S5", {
		value: "r",
		usualOn: QUANTIZED_DEFAULTS.ssmRate,
	}),
	// After it the rate falls as a half cosine.
	warmup: run(real(0, 1).default(0.05), "fraction of updates in which the rate rises from zero", {
		value: "fraction",
	}),
	weightDecay: run(real(0, 10).default(0.01), "weight decay, not of dt, A and B of S5", { value: "w" }),
	clip: run(real(0, 1e9).default(1), "maximum length of the gradient, 0: any", { value: "length" }),
	dropout: run(real(0, 0.95).default(0), "dropout", { value: "fraction" }),
	labelSmoothing: run(real(0, 0.95).default(0), "label smoothing", { value: "fraction" }),
	// Without a teacher, training that goes on from a model has that model for a teacher.
	distill: run(real(0, 1).optional(), "weight of the teacher loss; without --teacher that is --from", {
		value: "fraction",
		usual: `${DISTILL} with --teacher`,
	}),
	temperature: run(real(0.1, 100).default(2), "softens the answers of teacher and network", { value: "t" }),
	// See augment.ts.
	jitter: run(real(0, 10).default(0), "other gains and offsets of channels in every epoch", {
		value: "size",
	}),
	rotation: run(real(0, Math.PI).default(0), "turns of three-axis sensors in every epoch, in radians", {
		value: "angle",
	}),
	warp: run(real(0, 1).default(0), "spread of the local tempo in every epoch", { value: "size" }),
	classWeights: run(
		z
			.union([z.enum(["none", "balanced"]), z.array(z.number().positive()).min(1)], {
				error: "must be none, balanced, or a positive number for each class",
			})
			.default("none"),
		"weight of a sequence in the loss: none, balanced (inverse to its class's frequency), or a number for each class",
		{
			value: "list",
			read: (text) => (text === "none" || text === "balanced" ? text : text.split(",").map(readNumber)),
		},
	),
	huber: run(
		real(0, 1000).default(0),
		"of values: errors beyond so many standard deviations count linearly, 0: none do",
		{ value: "size" },
	),
	// The average is then what is validated and kept.
	averaging: run(real(0, 0.99999).default(0), "decay of the running average of the weights, 0: none", {
		value: "decay",
		usualOn: QUANTIZED_DEFAULTS.averaging,
	}),
	normMomentum: run(real(0, 1).default(0.1), "weight of a batch in the norms' running statistics", {
		value: "fraction",
	}),
	frozenNorm: run(z.boolean().default(false), "norms keep the statistics of --from"),
	// log dt, log Re A and Im A; nothing; Re and Im of Abar; its log decay and phase. Only the first trains dt.
	abar: run(choice(A_FORMS).default("continuous"), "coordinates in which A is trained"),
	validationFraction: run(
		real(0, 0.9).default(0.1),
		"fraction of the data held out to choose the epoch, 0: none",
		{ value: "fraction", flag: "validation" },
	),
	patience: run(whole(0, 100_000).default(0), "epochs without a better one until the end, 0: all"),
	// Of starting weights, order, dropout and the held-out sequences.
	seed: run(whole(0, 0xffffffff).default(1), "seed of everything random"),
	threads: run(
		whole(1, 256).default(() => Math.min(256, availableParallelism())),
		"the same number repeats a run to the bit",
		{ usual: "all cores" },
	),

	// Here norms keep their running statistics and there is no dropout.
	quantize: quantizer(choice(Object.keys(PRESETS)).optional(), "train for this precision", {
		value: "preset",
		usual: "floating point",
	}),
	bits: quantizer(z.string().default(""), "single precisions over the preset's, such as A=4+12,x=8,1.C=4", {
		value: "list",
	}),
	floatEpochs: quantizer(whole(0, 100_000).optional(), "first epochs in floating point", {
		usual: "half; none with --from",
	}),
	calibrate: quantizer(whole(1, 1_000_000).default(512), "training sequences to calibrate ranges on"),
	percentile: quantizer(real(50, 100).optional(), "clip ranges here, 100: extremes", {
		value: "p",
		usual: "99.9 when x <= 8, else 100",
	}),
	recalibrate: quantizer(z.boolean().default(false), "calibrate ranges again after each epoch"),
} as const;

type Schemas = { [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K]["schema"] };
const Settings = z.strictObject(
	Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema])) as Schemas,
);

type Complete = z.infer<typeof Settings>;
/** Of a network that starts from nothing. */
type NewNetwork = Complete & { modes: number; init: string };

/** The shape of a network: that of the model that training goes on from, if there is one. */
const SHAPE = [
	"heads",
	"mixer",
	"modes",
	"layers",
	"activation",
	"channel",
	"gate",
	"pooling",
	"norm",
	"normKind",
] as const;
/** How a new network starts. */
const START = ["init", "initBlocks", "dtMin", "dtMax"] as const;

/** Complete settings, as they stand in a checkpoint's metadata; without START where training goes on from a model. */
export type TrainSettings = Omit<Complete, (typeof START)[number]> &
	Partial<Pick<Complete, (typeof START)[number]>>;
/** Settings as given by a person; what is absent has a default. */
export type TrainInput = z.input<typeof Settings>;

function parse(input: TrainInput): Complete {
	const parsed = Settings.safeParse(input);
	if (parsed.success) return parsed.data;
	const { path, message } = parsed.error.issues[0]!;
	const at = path.join(".");
	throw new UserError(
		at
			? `The training settings are not right at ${at}: it ${message}.`
			: `The training settings are not right: ${message}.`,
	);
}

/** The shape that is trained when training goes on from `model`. @throws UserError when the settings ask for another */
function shapeOf(model: FloatModel, input: TrainInput): Pick<TrainSettings, (typeof SHAPE)[number]> {
	const { H, blocks, head } = model;
	const { mixer, activation, channel, norm, placement } = blocks[0]!;
	const normed = norm.kind !== "none";
	const found: Pick<TrainSettings, (typeof SHAPE)[number]> = {
		heads: H,
		mixer: mixer.kind,
		modes: startOf(mixer.kind).modesOf?.(mixer),
		layers: blocks.length,
		activation: nameOfActivation(activation),
		channel: channel.kind,
		gate: "gateTable" in channel ? channel.gateTable : "sigmoid",
		pooling: head.pooling,
		norm: normed ? placement : ("none" as const),
		normKind: normed ? norm.kind : undefined,
	};
	const shape = { ...found, ...(input.keepModes !== undefined && { modes: input.keepModes }) };
	for (const name of SHAPE)
		if (![undefined, found[name], shape[name]].includes(input[name]))
			throw new UserError(
				`The settings say ${name} ${input[name]}, but the network that training goes on from (--from) has ${name} ${found[name]}. Leave ${name} out, or train a new network without --from.`,
			);
	for (const name of START)
		if (input[name] !== undefined)
			throw new UserError(
				`The setting ${name} is how a new network starts, but training goes on from a model (--from). Leave it out.`,
			);
	return shape;
}

/** @throws UserError when the mixer cannot start like this */
function checkStart(settings: NewNetwork): void {
	const { mixer, init, dtMin, dtMax } = settings;
	const { inits, unfit } = startOf(mixer);
	if (dtMin > dtMax) throw new UserError(`dtMin (${dtMin}) must not be above dtMax (${dtMax}).`);
	if (!inits.includes(init!))
		throw new UserError(
			`The setting init ${init} is not of mixer ${mixer}: choose ${inits.join(" or ")}, or leave it out.`,
		);
	const why = unfit(settings);
	if (why !== undefined) throw new UserError(why);
}

/** @throws UserError when a gate is given for no gates */
function checkGate({ channel, gate }: Complete): void {
	if (channel === "ungated" && gate !== SETTINGS.gate.schema.parse(undefined))
		throw new UserError(`The setting gate ${gate} is of gates, but channel is ungated: leave gate out.`);
}

/** @throws UserError when a kind is given for norms that there are not */
function checkNorm({ norm, normKind }: Complete): void {
	if (norm === "none" && normKind !== undefined)
		throw new UserError(
			`The setting normKind ${normKind} is of norms, but norm is none: say where they are (--norm before or after), or leave normKind out.`,
		);
}

/** @throws UserError when nothing would be trained through the quantizer, or without it a setting of it is given */
function checkQuantizer(settings: Complete): void {
	const { quantize, epochs, floatEpochs } = settings;
	if (quantize !== undefined) {
		if (floatEpochs! >= epochs)
			throw new UserError(
				`Nothing would be trained through the quantizer: ${epochs === 1 ? "the only epoch is" : `all ${epochs} epochs are`} in floating point. Give more than ${floatEpochs} epochs, or fewer in floating point (--float-epochs 0 for none).`,
			);
		return;
	}
	for (const [name, { group, schema }] of Object.entries(SETTINGS))
		if (group === "Through the quantizer" && settings[name as keyof Complete] !== schema.parse(undefined))
			throw new UserError(
				`The setting ${name} is of training through the quantizer: give quantize too (--quantize), or leave ${name} out.`,
			);
}

/** Settings for a new network. @throws UserError naming the first setting that is unknown, out of range or without effect */
export function completeSettings(input: TrainInput): NewNetwork;
/** @param from the model that training goes on from; settings that contradict its shape are refused */
export function completeSettings(input: TrainInput, from: FloatModel | undefined): TrainSettings;
export function completeSettings(input: TrainInput, from?: FloatModel): TrainSettings {
	const quantized = input.quantize !== undefined;
	const complete = parse(from && quantized ? { ...QUANTIZED_DEFAULTS, ...input } : input);
	if (quantized) complete.floatEpochs ??= from ? 0 : Math.ceil(complete.epochs / 2);
	checkQuantizer(complete);
	if (from) {
		const { init: _, initBlocks: __, dtMin: ___, dtMax: ____, ...settings } = complete;
		return { ...settings, ...shapeOf(from, input) };
	}
	checkNorm(complete);
	checkGate(complete);
	const { usualModes, inits } = startOf(complete.mixer);
	const settings = { ...complete, modes: complete.modes ?? usualModes, init: complete.init ?? inits[0]! };
	checkStart(settings);
	return settings;
}

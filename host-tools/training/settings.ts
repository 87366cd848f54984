// The settings of a training run: one table of ranges, defaults and help. Recipe files, the flags of `train` and their help are
// generated from it. No policy.
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

/** Default weight of the teacher loss. */
export const DISTILL = 0.7;

/** Other defaults for continuing from a model through the quantizer: it starts near its goal, and its weights are noisy. */
const QUANTIZED_DEFAULTS = { rate: 0.001, ssmRate: 0.0002, averaging: 0.998 };

/** Headings of the help. */
export type SettingGroup = "Network" | "Run" | "Through the quantizer";

interface Shown {
	/** Placeholder of the flag's value. */
	value?: string;
	/** Text of the default, where the schema has none. */
	usual?: string;
	/** Default when continuing from a model through the quantizer, if different. */
	usualOn?: number;
	/** Flag name without dashes, if different from the setting's. */
	flag?: string;
	/** Parses the flag's text, if it is neither a number nor the value itself. */
	read?: (text: string) => unknown;
}

/** One setting: its range and purpose. */
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
/** The number in a text, or NaN. */
export const readNumber = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));

/** A default that depends on the mixer. */
function usualOf(of: (start: ReturnType<typeof startOf>) => string | number): string {
	return STARTING_MIXERS.map((mixer) => `${of(startOf(mixer))} with ${mixer}`).join(", ");
}

export const SETTINGS = {
	heads: network(whole(1, LIMITS.H).default(16), "heads (H)"),
	mixer: network(choice(STARTING_MIXERS).default("s4d"), "sequence mixer: S4D or S5"),
	modes: network(whole(1, MAX_MODES).optional(), "complex modes per head (N), or per layer of S5 (P)", {
		usual: usualOf(({ usualModes }) => usualModes),
	}),
	layers: network(whole(1, LIMITS.blocks).default(3), "layers (L)"),
	activation: network(choice(ACTIVATION_NAMES).default("gelu_sigmoid"), "activation"),
	channel: network(
		choice(CHANNEL_KINDS).default("glu"),
		"channel mixer: GLU (full_glu), S5's half_glu1 or half_glu2, or none",
	),
	gate: network(choice(GATE_TABLES).default("sigmoid"), "gate function"),
	pooling: network(choice(["mean", "last"]).default("mean"), "pooling over steps before the decoder"),
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
		"initialization of A: S4D-Lin or S4D-Inv; HiPPO-LegS for S5",
		{ usual: usualOf(({ inits }) => inits[0]!) },
	),
	initBlocks: network(whole(1, MAX_MODES).default(1), "HiPPO blocks on the diagonal of S5's A (J)"),
	// Initial memory is about 1 / dt steps.
	dtMin: network(real(1e-6, 10).default(0.001), "minimum of the initial dt, in steps", { value: "dt" }),
	dtMax: network(real(1e-6, 10).default(0.1), "maximum of the initial dt, in steps", { value: "dt" }),
	// See quantization/prune.ts.
	keepModes: network(whole(1, MAX_MODES).optional(), "modes per head to keep of --from", { usual: "all" }),

	epochs: run(whole(1, 100_000).default(10), "passes over the data"),
	batch: run(whole(1, 65_536).optional(), "sequences per update", { usual: "64, fewer for small data" }),
	// See epoch.ts.
	buckets: run(
		whole(0, 100_000).default(0),
		"batches that are divided by length together, 0: lengths are mixed",
		{ value: "n" },
	),
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
	clip: run(real(0, 1e9).default(1), "maximum gradient norm, 0: no clipping", { value: "length" }),
	dropout: run(real(0, 0.95).default(0), "dropout", { value: "fraction" }),
	labelSmoothing: run(real(0, 0.95).default(0), "label smoothing", { value: "fraction" }),
	// Without a teacher, training that continues from a model uses that model as its teacher.
	distill: run(real(0, 1).optional(), "weight of the teacher loss; the teacher defaults to --from", {
		value: "fraction",
		usual: `${DISTILL} with --teacher`,
	}),
	temperature: run(real(0.1, 100).default(2), "softmax temperature of teacher and network", { value: "t" }),
	// See augment.ts.
	jitter: run(real(0, 10).default(0), "spread of random channel gains and offsets", {
		value: "size",
	}),
	rotation: run(real(0, Math.PI).default(0), "spread of random rotations of three-axis sensors, in radians", {
		value: "angle",
	}),
	warp: run(real(0, 1).default(0), "spread of the random local tempo", { value: "size" }),
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
		"for values: errors beyond this many standard deviations count linearly, 0: none",
		{ value: "size" },
	),
	smape: run(z.boolean().default(false), "for values: minimize sMAPE instead of squared error"),
	// The average is then validated and kept.
	averaging: run(real(0, 0.99999).default(0), "decay of the running average of the weights, 0: none", {
		value: "decay",
		usualOn: QUANTIZED_DEFAULTS.averaging,
	}),
	normMomentum: run(real(0, 1).default(0.1), "weight of a batch in the norms' running statistics", {
		value: "fraction",
	}),
	frozenNorm: run(z.boolean().default(false), "keep the norm statistics of --from"),
	// log dt, log Re A and Im A; nothing; Re and Im of Abar; its log decay and phase. Only the first trains dt.
	abar: run(choice(A_FORMS).default("continuous"), "coordinates in which A is trained"),
	validationFraction: run(
		real(0, 0.9).default(0.1),
		"fraction of the data held out to choose the epoch, 0: none",
		{ value: "fraction", flag: "validation" },
	),
	patience: run(
		whole(0, 100_000).default(0),
		"epochs without improvement before stopping, 0: never stop early",
	),
	// For initial weights, order, dropout and the held-out sequences.
	seed: run(whole(0, 0xffffffff).default(1), "seed of everything random"),
	threads: run(
		whole(1, 256).default(() => Math.min(256, availableParallelism())),
		"the same number repeats a run bit by bit",
		{ usual: "all cores" },
	),

	// In integers norms keep their running statistics and there is no dropout.
	quantize: quantizer(choice(Object.keys(PRESETS)).optional(), "train for this precision", {
		value: "preset",
		usual: "floating point",
	}),
	bits: quantizer(z.string().default(""), "widths that override the preset's, such as A=4+12,x=8,1.C=4", {
		value: "list",
	}),
	floatEpochs: quantizer(whole(0, 100_000).optional(), "initial epochs in floating point", {
		usual: "half; none with --from",
	}),
	calibrate: quantizer(whole(1, 1_000_000).default(512), "training sequences to calibrate ranges on"),
	percentile: quantizer(real(50, 100).optional(), "clip ranges at this percentile, 100: extremes", {
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
/** Of a new network. */
type NewNetwork = Complete & { modes: number; init: string };

/** Shape of a network: that of the model to continue from, if given. */
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
/** Initialization of a new network. */
const START = ["init", "initBlocks", "dtMin", "dtMax"] as const;

/** Complete settings, as stored in a checkpoint's metadata; without START when continuing from a model. */
export type TrainSettings = Omit<Complete, (typeof START)[number]> &
	Partial<Pick<Complete, (typeof START)[number]>>;
/** Settings as given by the user; missing ones have defaults. */
export type TrainInput = z.input<typeof Settings>;

function parse(input: TrainInput): Complete {
	const parsed = Settings.safeParse(input);
	if (parsed.success) return parsed.data;
	const { path, message } = parsed.error.issues[0]!;
	const at = path.join(".");
	throw new UserError(
		at ? `Invalid training setting ${at}: it ${message}.` : `Invalid training settings: ${message}.`,
	);
}

/** The shape trained when continuing from `model`. @throws UserError when the settings ask for another */
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
				`The settings say ${name} ${input[name]}, but the network to continue from (--from) has ${name} ${found[name]}. Leave ${name} out, or train a new network without --from.`,
			);
	for (const name of START)
		if (input[name] !== undefined)
			throw new UserError(
				`The setting ${name} initializes a new network, but training continues from a model (--from). Leave it out.`,
			);
	return shape;
}

/** @throws UserError when the mixer cannot start like this */
function checkStart(settings: NewNetwork): void {
	const { mixer, init, dtMin, dtMax } = settings;
	const { inits, unfit } = startOf(mixer);
	if (dtMin > dtMax) throw new UserError(`dtMin (${dtMin}) must not be above dtMax (${dtMax}).`);
	if (!inits.includes(init!))
		throw new UserError(`Mixer ${mixer} has no init ${init}: choose ${inits.join(" or ")}, or leave it out.`);
	const why = unfit(settings);
	if (why !== undefined) throw new UserError(why);
}

/** @throws UserError when a gate is given without gates */
function checkGate({ channel, gate }: Complete): void {
	if (channel === "ungated" && gate !== SETTINGS.gate.schema.parse(undefined))
		throw new UserError(
			`The setting gate ${gate} needs a gated channel, but channel is ungated: leave gate out.`,
		);
}

/** @throws UserError when a norm kind is given without norms */
function checkNorm({ norm, normKind }: Complete): void {
	if (norm === "none" && normKind !== undefined)
		throw new UserError(
			`The setting normKind ${normKind} needs norms, but norm is none: choose their place (--norm before or after), or leave normKind out.`,
		);
}

/** @throws UserError when nothing would be trained through the quantizer, or one of its settings is given without it */
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
				`The setting ${name} needs training through the quantizer: give quantize too (--quantize), or leave ${name} out.`,
			);
}

/** Settings of a new network. @throws UserError naming the first setting that is unknown, out of range or without effect */
export function completeSettings(input: TrainInput): NewNetwork;
/** @param from the model to continue from; settings that contradict its shape are refused */
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

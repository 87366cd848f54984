// Everything that can be chosen about a training run, with ranges and defaults; also the content of a recipe file. No policy.
import { availableParallelism } from "node:os";
import { z } from "zod";
import { UserError } from "../terminal/errors";
import { A_FORMS } from "./native";

const Whole = (low: number, high: number) => z.int().min(low).max(high);
const Range = (low: number, high: number) => z.number().min(low).max(high);

const Settings = z.strictObject({
	// The network. Ignored when training goes on from a model.
	heads: Whole(1, 1024).default(16),
	/** Complex modes a head. */
	modes: Whole(1, 256).default(8),
	layers: Whole(1, 64).default(3),
	activation: z.enum(["gelu", "gelu_tanh", "gelu_sigmoid"]).default("gelu_sigmoid"),
	pooling: z.enum(["mean", "last"]).default("mean"),
	/** BatchNorm before each S4D. */
	norm: z.boolean().default(true),
	init: z.enum(["lin", "inv"]).default("lin"),
	/** Range that dt starts in, steps: about 1 / dt steps are remembered at first. */
	dtMin: Range(1e-6, 10).default(0.001),
	dtMax: Range(1e-6, 10).default(0.1),

	/** Of the model that training goes on from: modes a head that stay (quantization/prune.ts); absent: all. */
	keepModes: Whole(1, 256).optional(),

	// The run.
	epochs: Whole(1, 100_000).default(10),
	/** Sequences an update; absent: 64, or fewer for a small data set. */
	batch: Whole(1, 65_536).optional(),
	/** Highest learning rate, and that of log_dt, log_A_real and A_imag. */
	rate: Range(0, 1000).default(0.01),
	ssmRate: Range(0, 1000).default(0.001),
	/** Part of all updates in which the rate rises from zero; then it falls as a half cosine. */
	warmup: Range(0, 1).default(0.05),
	weightDecay: Range(0, 10).default(0.01),
	/** Longest gradient; 0: any. */
	clip: Range(0, 1e9).default(1),
	dropout: Range(0, 0.95).default(0),
	labelSmoothing: Range(0, 0.95).default(0),
	/**
	 * Part of the loss that is the distance to a teacher's logits, both divided by the temperature; absent: 0.7 with a teacher.
	 * Without one, training that goes on from a model has that model for a teacher.
	 */
	distill: Range(0, 1).optional(),
	temperature: Range(0.1, 100).default(2),
	/** Every epoch sees the training sequences changed by this much (augment.ts): gains and offsets, angles in radians, tempo. */
	jitter: Range(0, 10).default(0),
	rotation: Range(0, Math.PI).default(0),
	warp: Range(0, 1).default(0),
	/** What a sequence of each class counts in the loss: all the same, inversely to the class's frequency, or as listed. */
	classWeights: z
		.union([z.enum(["none", "balanced"]), z.array(z.number().positive()).min(1).max(256)])
		.default("none"),
	/** Decay of an exponential average of the weights, which is then what is validated and kept; 0: none. */
	averaging: Range(0, 0.99999).default(0),
	/** Part of an update's batch statistics in the norms' running ones. */
	normMomentum: Range(0, 1).default(0.1),
	/** Norms keep the running statistics of the model that training goes on from. */
	frozenNorm: z.boolean().default(false),
	/**
	 * How A is trained: log_dt, log_A_real and A_imag; not at all; the real and imaginary parts of Abar; its log decay and
	 * phase. Only the first trains dt.
	 */
	abar: z.enum(A_FORMS).default("continuous"),

	// Quantization-aware training: through the quantizer, norms keep their running statistics and there is no dropout.
	/** A preset of precisions to train in; absent: floating point. */
	quantize: z.string().optional(),
	/** The first epochs are in floating point; absent: none when training goes on from a model, otherwise half of them. */
	floatEpochs: Whole(0, 100_000).optional(),
	/** Single precisions over the preset's, as text of --bits. */
	bits: z.string().default(""),
	/** Training sequences that ranges are calibrated on. */
	calibrate: Whole(1, 1_000_000).default(512),
	/**
	 * Ranges leave out what is rarer than this; 100: nothing. Absent: 99.9 when x has 8 bits or fewer in a layer, where finer
	 * steps are worth more than the rarest values (measured on sequential MNIST), else 100.
	 */
	percentile: Range(50, 100).optional(),
	/** Ranges are calibrated anew after each epoch, not once before the first. */
	recalibrate: z.boolean().default(false),

	/** Part of the training data held out to choose the best epoch; 0: none, the last epoch is kept. */
	validationFraction: Range(0, 0.9).default(0.1),
	/** Epochs without a better validation after which training ends; 0: never. */
	patience: Whole(0, 100_000).default(0),
	/** Of starting weights, order, dropout and the validation split. */
	seed: Whole(0, 0xffffffff).default(1),
	/** One run is repeatable to the bit with the same number; absent: all cores. */
	threads: Whole(1, 256).default(() => Math.min(256, availableParallelism())),
});

/** Complete settings, as they stand in a checkpoint's metadata. */
export type TrainSettings = z.infer<typeof Settings>;
/** Settings as given by a person; what is absent has a default. */
export type TrainInput = z.input<typeof Settings>;

/** Part of the loss that a teacher has unless another is asked for. */
export const DISTILL = 0.7;

/** Other defaults for going on from a float model through the quantizer: it starts near its goal, and its weights are noisy. */
const QUANTIZED_DEFAULTS = { rate: 0.001, ssmRate: 0.0002, averaging: 0.998 };

/**
 * @param goesOn whether training goes on from a model
 * @throws UserError naming the first setting that is unknown or out of range
 */
export function completeSettings(input: TrainInput, goesOn = false): TrainSettings {
	const parsed = Settings.safeParse(
		goesOn && input.quantize !== undefined ? { ...QUANTIZED_DEFAULTS, ...input } : input,
	);
	if (!parsed.success) {
		const issue = parsed.error.issues[0]!;
		const at = issue.path.join(".");
		throw new UserError(`The training settings are not right${at && ` at ${at}`}: ${issue.message}.`);
	}
	if (parsed.data.dtMin > parsed.data.dtMax)
		throw new UserError(`dtMin (${parsed.data.dtMin}) must not be above dtMax (${parsed.data.dtMax}).`);
	return parsed.data;
}

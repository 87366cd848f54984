// The fixed parts of a run, built from its options: data and held-out data, the starting model, the optimization, a teacher, native
// memory. Refuses inconsistent options.

import type { Dataset } from "../datasets/dataset";
import { splitValidation } from "../datasets/split";
import type { FlatModel } from "../float/flat";
import type { FloatModel } from "../float/model";
import { pruneOn } from "../quantization/prune";
import { taskOf } from "../task/fit";
import { CHANGES } from "../task/task";
import { UserError } from "../terminal/errors";
import { chooseBatch } from "./batch";
import { inputScaling } from "./data";
import { initialize } from "./initialize";
import { A_FORMS, type NativeTrainer, type Optimization } from "./native";
import { checkModel, openNative } from "./open-native";
import type { TrainOptions } from "./run";
import { completeSettings, DISTILL, type TrainSettings } from "./settings";
import { Teacher } from "./teacher";

export interface Setup {
	readonly options: TrainOptions;
	readonly settings: TrainSettings;
	/** Training data without the held-out sequences. */
	readonly train: Dataset;
	readonly validation: Dataset | null;
	/** The starting model: fixes shape and input scaling. */
	readonly like: FloatModel;
	/** Sequences per update. */
	readonly batch: number;
	readonly optimization: Optimization;
	/** Weights of targets in the loss. */
	readonly weights: Float64Array | null;
	readonly native: NativeTrainer;
	readonly teacher: { model: FloatModel; answers: Teacher } | null;
}

function checkData(data: Dataset, validation: Dataset | undefined, from: FloatModel | undefined): void {
	const task = taskOf(data);
	const why = task.unlearnable(data.name, data.targets);
	if (why !== undefined) throw new UserError(why);
	if (
		validation &&
		(validation.T !== data.T ||
			validation.channels !== data.channels ||
			taskOf(validation) !== task ||
			task.goal(validation.targets).labels.length !== task.goal(data.targets).labels.length)
	)
		throw new UserError(
			`The validation data ${validation.name} differ in shape from the training data ${data.name}.`,
		);
	if (from) checkModel(from, data);
}

/** Training data and held-out data. */
function holdOut(
	{ data, validation }: TrainOptions,
	{ validationFraction, seed }: TrainSettings,
): { train: Dataset; validation: Dataset | null } {
	if (validation || validationFraction === 0) return { train: data, validation: validation ?? null };
	const split = splitValidation(data, validationFraction, seed);
	if (split.validation.count === 0 || taskOf(data).unlearnable(data.name, split.train.targets) !== undefined)
		throw new UserError(
			`${data.name} is too small to hold out ${validationFraction} of its ${data.count} sequences for validation; choose another fraction, or 0 for none.`,
		);
	return split;
}

/** The model training starts from, including input scaling. */
function startingModel(settings: TrainSettings, train: Dataset, from: FloatModel | undefined): FloatModel {
	const { keepModes } = settings;
	if (from) return keepModes === undefined ? from : pruneOn(from, train, keepModes);
	if (keepModes !== undefined)
		throw new UserError("keepModes prunes a model to continue from (--from); none is given.");
	const model = initialize(
		completeSettings(settings),
		train,
		taskOf(train).goal(train.targets),
		settings.seed,
	);
	const { mean, std } = inputScaling(train);
	return { ...model, inputMean: mean, inputStd: std };
}

function optimizationOf(settings: TrainSettings, data: Dataset, totalSteps: number): Optimization {
	return {
		rate: settings.rate,
		ssmRate: settings.ssmRate,
		weightDecay: settings.weightDecay,
		clip: settings.clip,
		averaging: settings.averaging,
		labelSmoothing: settings.labelSmoothing,
		distill: settings.distill ?? DISTILL,
		temperature: settings.temperature,
		dropout: settings.dropout,
		normMomentum: settings.normMomentum,
		huber: settings.huber,
		lossLimit: taskOf(data).lossLimit(data.targets),
		totalSteps,
		warmupSteps: Math.round(settings.warmup * totalSteps),
		frozenNorm: settings.frozenNorm ? 1 : 0,
		aForm: A_FORMS.indexOf(settings.abar),
		seed: settings.seed,
	};
}

/** @throws UserError when a setting does not apply to the task */
function checkSettings({ data, teacher }: TrainOptions, settings: TrainSettings): void {
	const task = taskOf(data);
	const allowed = task.changes(data.targets);
	const wrong = CHANGES.find((name) => settings[name] > 0 && !allowed.includes(name));
	if (wrong !== undefined)
		throw new UserError(
			`The setting ${wrong} changes sequences but not their targets, which depend on them; leave it out.`,
		);
	const change = CHANGES.find((name) => settings[name] > 0);
	if (change !== undefined && data.tokens !== undefined)
		throw new UserError(
			`The setting ${change} changes measured values, and ${data.name} holds tokens; leave it out.`,
		);
	if (settings.smape && settings.huber) throw new UserError("--smape and --huber are two losses; give one.");
	if (task.counts) return;
	if (teacher || settings.distill) throw new UserError("A teacher needs labels; train values without one.");
	if (settings.labelSmoothing)
		throw new UserError("The setting labelSmoothing needs labels; leave it out for values.");
}

/** Must be closed: native memory is not garbage-collected. @throws UserError when the options contradict each other */
export function setUp(options: TrainOptions, settings: TrainSettings): Setup {
	const { data, validation: given, from } = options;
	checkData(data, given, from);
	checkSettings(options, settings);
	const { train, validation } = holdOut(options, settings);
	const like = startingModel(settings, train, from);
	const batch = chooseBatch(settings.batch, like, train.count, data.T);
	const totalSteps = settings.epochs * Math.ceil(train.count / batch);
	const weights = taskOf(train).weights(train.name, train.targets, settings, like.head);
	const teacher = options.teacher ?? (settings.distill ? from : undefined);
	if (settings.distill && !teacher)
		throw new UserError(
			"There is no teacher to distill from: give one (--teacher), or a model to continue from (--from).",
		);
	return {
		options,
		settings,
		train,
		validation,
		like,
		batch,
		optimization: optimizationOf(settings, data, totalSteps),
		weights,
		teacher: teacher
			? { model: teacher, answers: new Teacher(teacher, train, batch, settings.threads) }
			: null,
		native: openNative(like, data.T, batch, settings.threads),
	};
}

export function closeSetup({ native, teacher }: Setup): void {
	native.close();
	teacher?.answers.close();
}

/** The teacher's id, its file's SHA-256 if it has one; null: none. */
export function teacherName({ teacher }: Setup): string | null {
	return teacher && (teacher.model.metadata.from ?? "");
}

/** The weights after the last update. */
export function latestWeights({ native }: Setup): FlatModel {
	return {
		parameters: native.read("parameters"),
		mean: native.read("runningMean"),
		variance: native.read("runningVar"),
	};
}

/** The weights to validate: the moving average if there is one. */
export function currentWeights(setup: Setup): FlatModel {
	if (!setup.optimization.averaging) return latestWeights(setup);
	const stats = setup.native.read("runningMean").length;
	const average = setup.native.read("average");
	const count = average.length - 2 * stats;
	return {
		parameters: average.slice(0, count),
		mean: average.slice(count, count + stats),
		variance: average.slice(count + stats),
	};
}

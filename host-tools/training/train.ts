// Training a network, in floating point or through the quantizer: data in, best checkpoint out. Epochs, validation, best and last
// states, log; the arithmetic is the native trainer's. Shows nothing itself: callers get reports.
import { appendFileSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { exportCheckpoint } from "../checkpoints/import";
import { type FloatModel, parameterCount } from "../checkpoints/model";
import type { Dataset } from "../datasets/dataset";
import { select } from "../datasets/dataset";
import { Random } from "../datasets/random";
import { calibrationRows, splitValidation } from "../datasets/split";
import { calibrate, type RangeMethod } from "../quantization/calibrate";
import { choosePrecision } from "../quantization/precision";
import { pruneOn } from "../quantization/prune";
import { DITHER_SEED } from "../quantization/quantize";
import { compensatedModel } from "../quantization/start";
import { UserError } from "../terminal/errors";
import { augment } from "./augment";
import { chooseBatch } from "./batch";
import { classWeights, inputScaling } from "./data";
import { initialize } from "./initialize";
import { A_FORMS, ARRAYS, type NativeTrainer, type Outcome, type Recipe } from "./native";
import { checkModel, openNative } from "./open-native";
import { type FlatModel, flatten, unflatten } from "./parameters";
import {
	flattenNetwork,
	formatQuantization,
	parseQuantization,
	type Quantization,
	quantizeTrained,
} from "./quantizer";
import { completeSettings, DISTILL, type TrainInput, type TrainSettings } from "./settings";
import { readState, writeState } from "./state";
import { Teacher } from "./teacher";

/** What an epoch gave. Losses are means of cross-entropy: of training as it was minimized, of validation plain. */
export interface EpochReport {
	/** From 1. */
	epoch: number;
	epochs: number;
	loss: number;
	/** Part of training sequences that were right while the weights moved, 0 to 1. */
	accuracy: number;
	/** null without validation. */
	validationLoss: number | null;
	validationAccuracy: number | null;
	/** Training sequences a second. */
	rate: number;
	secondsLeft: number;
	/** Whether this is the best epoch so far. */
	best: boolean;
}

/** Where a running epoch is, a few times a second. */
export interface TrainProgress {
	epoch: number;
	epochs: number;
	/** Sequences of this epoch done, and in it. */
	done: number;
	of: number;
	loss: number;
	accuracy: number;
	rate: number;
	secondsLeft: number;
}

export interface TrainOptions extends TrainInput {
	/** Training data; validation is taken from it unless given. */
	data: Dataset;
	validation?: Dataset;
	/** Goes on from this model, keeping its shape and input scaling. */
	from?: FloatModel;
	/** Training comes near to this model's answers; settings `distill` and `temperature`. */
	teacher?: FloatModel;
	/** The best checkpoint so far is always here. */
	output?: string;
	/** The state after every epoch is kept here, to resume from. */
	state?: string;
	/** Goes on from the `state` file; settings and data must be the same. */
	resume?: boolean;
	/** JSON lines: a "start", an "epoch" each, an "end". */
	log?: string;
	/** Ends the run after the batch at work; what was best stays. */
	signal?: AbortSignal;
	onEpoch?: (report: EpochReport) => void;
	onProgress?: (progress: TrainProgress) => void;
	/** Sequences that the ranges of quantization-aware training are calibrated on, done and in all. */
	onCalibrate?: (done: number, of: number) => void;
	/** Training sequences that the teacher has answered, of this epoch's. */
	onTeach?: (done: number, of: number) => void;
}

export interface TrainResult {
	model: FloatModel;
	/** How the model was trained to be quantized; trainedNetwork(model, quantization) is what it then computes. null: float. */
	quantization: Quantization | null;
	/** Why it ended: all epochs done, no better validation for `patience` epochs, by the signal, or numbers that exploded. */
	stopped: "finished" | "early" | "aborted" | "diverged";
	/** A sentence for people. */
	message: string;
	/** Epoch that the model is from; 0 when it was stopped within the first, or no epoch was better than the start in integers. */
	epoch: number;
	validationAccuracy: number | null;
	history: EpochReport[];
	settings: TrainSettings;
}

const PROGRESS_MS = 200;

/** What of the data a resumed run must find again. */
function describe(dataset: Dataset) {
	const { name, split, count, T, channels, classes } = dataset;
	return { name, split, count, T, channels, classes: classes.length };
}

function checkData(data: Dataset, validation: Dataset | undefined, from: FloatModel | undefined): void {
	const present = new Set(data.labels.subarray(0, data.count));
	if (present.size < 2)
		throw new UserError(
			`All training sequences of ${data.name} belong to one class; there is nothing to tell apart. Give data of two classes or more.`,
		);
	if (
		validation &&
		(validation.T !== data.T ||
			validation.channels !== data.channels ||
			validation.classes.length !== data.classes.length)
	)
		throw new UserError(
			`The validation data ${validation.name} have another shape than the training data ${data.name}.`,
		);
	if (from) checkModel(from, data);
}

/** The model that training begins with, input scaling included. */
function startingModel(settings: TrainSettings, train: Dataset, from: FloatModel | undefined): FloatModel {
	const { keepModes } = settings;
	if (from) return keepModes === undefined ? from : pruneOn(from, train, keepModes);
	if (keepModes !== undefined)
		throw new UserError("keepModes takes modes out of a model to go on from (--from); there is none.");
	const model = initialize(settings, train.channels, train.classes, settings.seed);
	const { mean, std } = inputScaling(train);
	return { ...model, inputMean: mean, inputStd: std };
}

/** The order of training sequences in an epoch (from 1), its own for every epoch so that a resumed run need not replay. */
function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
	const order = Uint32Array.from({ length: count }, (_, i) => i);
	new Random(seed, 0x0e, epoch).shuffle(order);
	return order;
}

function recipeOf(settings: TrainSettings, classes: number, totalSteps: number): Recipe {
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
		// Guessing gives ln(classes); ten times that and more is not learning any more.
		lossLimit: 10 * Math.log(classes) + 20,
		totalSteps,
		warmupSteps: Math.round(settings.warmup * totalSteps),
		frozenNorm: settings.frozenNorm ? 1 : 0,
		aForm: A_FORMS.indexOf(settings.abar),
		seed: settings.seed,
	};
}

/** Writes a file that is there whole or not at all; when that fails, says what is left. */
function keepingOthers(write: () => void): void {
	try {
		write();
	} catch (error) {
		if (!(error instanceof UserError)) throw error;
		throw new UserError(
			`${error.message.replace(/\.$/, "")}; what earlier epochs wrote is whole: make room and go on with --resume.`,
		);
	}
}

/** Removes what a killed run had half written beside `path`. */
function sweep(path: string): void {
	const [folder, name] = [dirname(path), basename(path)];
	for (const file of existsSync(folder) ? readdirSync(folder) : [])
		if (file.startsWith(name) && /^\.\d+\.tmp$/.test(file.slice(name.length))) rmSync(join(folder, file));
}

/** What the best epoch was; `flat` are its weights, `quantization` the text of how they are quantized. */
interface Best {
	epoch: number;
	accuracy: number | null;
	loss: number | null;
	flat: FlatModel;
	quantization: string | null;
}

/** The content of the state file beside its arrays. */
interface Saved {
	settings: TrainSettings;
	data: ReturnType<typeof describe>;
	/** Which one, by its file's sum or as the one that training went on from; null: none. */
	teacher: string | null;
	epoch: number;
	best: Omit<Best, "flat">;
	quantization: string | null;
	history: EpochReport[];
}

/** All that a run goes on from; gradients are made anew. */
const STATE_ARRAYS = ARRAYS.filter((name) => name !== "gradient");

/** More right, or as many with a lower loss; what was not validated is never better. */
function isBetter(one: Pick<Best, "accuracy" | "loss">, other: Pick<Best, "accuracy" | "loss">): boolean {
	if (other.accuracy === null || other.loss === null) return true;
	if (one.accuracy === null || one.loss === null) return false;
	return one.accuracy > other.accuracy || (one.accuracy === other.accuracy && one.loss < other.loss);
}

/** One run; the steps of `train` as methods over what they share. */
class Run {
	readonly #options: TrainOptions;
	readonly #settings: TrainSettings;
	readonly #train: Dataset;
	readonly #validation: Dataset | null;
	readonly #like: FloatModel;
	readonly #batch: number;
	readonly #recipe: Recipe;
	readonly #weights: Float64Array;
	readonly #native: NativeTrainer;
	readonly #teacher: { model: FloatModel; answers: Teacher } | null;
	#best: Best | null = null;
	#history: EpochReport[] = [];
	#epochsDone = 0;
	#trainSeconds = 0;
	#sequences = 0;
	readonly #floatEpochs: number;
	#quantization: Quantization | null = null;
	/** Why the weights as they are cannot be quantized, once they cannot. */
	#refusal = "";
	/** Of the batches of this epoch that came before the native call at work. */
	#before = { samples: 0, loss: 0, correct: 0 };

	constructor(options: TrainOptions, settings: TrainSettings) {
		this.#options = options;
		this.#settings = settings;
		const { data, validation, from } = options;
		checkData(data, validation, from);
		if (validation || settings.validationFraction === 0) {
			this.#train = data;
			this.#validation = validation ?? null;
		} else {
			const split = splitValidation(data, settings.validationFraction, settings.seed);
			if (split.validation.count === 0 || new Set(split.train.labels).size < 2)
				throw new UserError(
					`${data.name} is too small to hold out ${settings.validationFraction} of its ${data.count} sequences for validation; choose another fraction, or 0 for none.`,
				);
			this.#train = split.train;
			this.#validation = split.validation;
		}
		const train = this.#train;
		this.#like = startingModel(settings, train, from);
		this.#floatEpochs = settings.floatEpochs ?? (from ? 0 : Math.ceil(settings.epochs / 2));
		this.#batch = chooseBatch(settings.batch, this.#like, train.count, data.T);
		const totalSteps = settings.epochs * Math.ceil(train.count / this.#batch);
		this.#recipe = recipeOf(settings, data.classes.length, totalSteps);
		this.#weights = classWeights(train, settings.classWeights);
		const teacher = options.teacher ?? (settings.distill ? from : undefined);
		if (settings.distill && !teacher)
			throw new UserError(
				"There is no teacher to distill from: give one (--teacher), or a model to go on from (--from).",
			);
		this.#teacher = teacher
			? { model: teacher, answers: new Teacher(teacher, train, this.#batch, settings.threads) }
			: null;
		this.#native = openNative(this.#like, data.T, this.#batch, settings.threads);
	}

	close(): void {
		this.#native.close();
		this.#teacher?.answers.close();
	}

	#teacherName(): string | null {
		return this.#teacher && (this.#teacher.model.metadata.from ?? "");
	}

	/** Weights as validated: the average when there is one. */
	#current(): FlatModel {
		if (!this.#recipe.averaging) return this.#latest();
		const stats = this.#like.L * this.#like.H;
		const average = this.#native.read("average");
		const count = average.length - 2 * stats;
		return {
			parameters: average.slice(0, count),
			mean: average.slice(count, count + stats),
			variance: average.slice(count + stats),
		};
	}

	#latest(): FlatModel {
		return {
			parameters: this.#native.read("parameters"),
			mean: this.#native.read("runningMean"),
			variance: this.#native.read("runningVar"),
		};
	}

	#model(best: Best): FloatModel {
		const model = unflatten(this.#like, best.flat);
		// Texts that tell what is needed to repeat the run.
		model.metadata.training = JSON.stringify({ ...this.#settings, batch: this.#batch });
		model.metadata.training_data = JSON.stringify(describe(this.#options.data));
		model.metadata.epoch = String(best.epoch);
		model.metadata.parameters = String(parameterCount(model));
		// A model that training went on from may have had another one.
		delete model.metadata.quantization;
		if (best.quantization !== null) model.metadata.quantization = best.quantization;
		delete model.metadata.teacher;
		if (this.#teacher) model.metadata.teacher = this.#teacherName()!;
		if (best.accuracy !== null) model.metadata.validation_accuracy = best.accuracy.toFixed(4);
		return model;
	}

	#keep(best: Best): void {
		this.#best = best;
		const { output } = this.#options;
		if (output) keepingOthers(() => exportCheckpoint(this.#model(best), output));
	}

	#log(type: string, content: object): void {
		const { log } = this.#options;
		if (!log) return;
		const line = JSON.stringify({ type, ...content }) + "\n";
		try {
			if (type === "start" && !this.#options.resume) writeFileSync(log, line);
			else appendFileSync(log, line);
		} catch (error) {
			throw new UserError(`The training log ${log} could not be written: ${(error as Error).message}.`);
		}
	}

	#save(): void {
		const { state } = this.#options;
		if (!state || !this.#best) return;
		const { flat, ...best } = this.#best;
		const content: Saved = {
			settings: this.#settings,
			data: describe(this.#options.data),
			teacher: this.#teacherName(),
			epoch: this.#epochsDone,
			best,
			quantization: this.#quantizationText(),
			history: this.#history,
		};
		const arrays = {
			...Object.fromEntries(STATE_ARRAYS.map((name) => [name, this.#native.read(name)])),
			bestParameters: flat.parameters,
			bestMean: flat.mean,
			bestVariance: flat.variance,
		};
		keepingOthers(() => writeState(state, content, arrays));
	}

	#restore(path: string): void {
		const { content, arrays } = readState(path);
		const saved = content as Saved;
		const now = { ...this.#settings, data: describe(this.#options.data), teacher: this.#teacherName() };
		const then = { ...saved.settings, data: saved.data, teacher: saved.teacher } as Record<string, unknown>;
		for (const [key, value] of Object.entries(now))
			if (JSON.stringify(value) !== JSON.stringify(then[key]))
				throw new UserError(
					`The run in ${path} had ${key} = ${JSON.stringify(then[key])}, now it is ${JSON.stringify(value)}; resume with the same settings and data, or start anew.`,
				);
		for (const name of STATE_ARRAYS) this.#native.write(name, arrays[name]!);
		this.#best = {
			...saved.best,
			flat: {
				parameters: arrays.bestParameters!,
				mean: arrays.bestMean!,
				variance: arrays.bestVariance!,
			},
		};
		if (saved.quantization !== null) this.#quantization = parseQuantization(this.#like, saved.quantization);
		this.#history = saved.history;
		this.#epochsDone = saved.epoch;
	}

	async run(): Promise<TrainResult> {
		const { resume, output, state, signal } = this.#options;
		for (const path of [output, state]) if (path !== undefined) sweep(path);
		if (resume) {
			if (!state) throw new UserError("Resuming needs the name of a training state.");
			this.#restore(state);
		}
		this.#log("start", {
			settings: this.#settings,
			data: describe(this.#train),
			validation: this.#validation?.count ?? 0,
			parameters: parameterCount(this.#like),
			epoch: this.#epochsDone,
		});
		const cancel = () => {
			this.#native.cancel();
			this.#teacher?.answers.cancel();
		};
		signal?.addEventListener("abort", cancel);
		try {
			let stopped: TrainResult["stopped"] | undefined;
			while (!stopped) stopped = await this.#epoch();
			return this.#finish(stopped);
		} finally {
			signal?.removeEventListener("abort", cancel);
		}
	}

	/** One epoch; returns why the run ends, if it does. */
	async #epoch(): Promise<TrainResult["stopped"] | undefined> {
		const { epochs, patience, seed, jitter, rotation, warp } = this.#settings;
		if (this.#epochsDone >= epochs) return "finished";
		if (patience && this.#best && this.#epochsDone - this.#best.epoch >= patience) return "early";
		if (this.#options.signal?.aborted) return "aborted";
		const epoch = this.#epochsDone + 1;
		const integersBegin =
			this.#settings.quantize !== undefined && epoch > this.#floatEpochs && !this.#quantization;
		if (integersBegin) {
			this.#calibrate();
			this.#compensate();
		}
		if (!this.#layGrid()) return "diverged";
		const unfit = integersBegin ? await this.#keepStart() : undefined;
		if (unfit) return unfit;
		const started = performance.now();
		const data =
			jitter || rotation || warp
				? augment(this.#train, { jitter, rotation, warp }, this.#like.inputStd, seed, epoch)
				: this.#train;
		const answers = await this.#teach(data);
		if (answers === "cancelled") return "aborted";
		const order = epochOrder(this.#train.count, seed, epoch);
		this.#before = { samples: 0, loss: 0, correct: 0 };
		const timer = setInterval(() => this.#reportProgress(epoch, started), PROGRESS_MS);
		try {
			const outcome = await this.#pass(data, order, answers);
			if (outcome === "diverged") return "diverged";
			if (outcome === "cancelled") return "aborted";
		} finally {
			clearInterval(timer);
		}
		const seconds = (performance.now() - started) / 1000;
		const { loss, correct, samples } = this.#totals();
		const validated = await this.#validate(this.#candidates());
		if (typeof validated === "string") return validated;
		const { accuracy: validationAccuracy, loss: validationLoss } = validated;
		this.#epochsDone = epoch;
		this.#trainSeconds += (performance.now() - started) / 1000;
		this.#sequences += this.#train.count;
		const best = this.#isBest(validationAccuracy, validationLoss);
		const report: EpochReport = {
			epoch,
			epochs,
			loss,
			accuracy: correct / samples,
			validationLoss,
			validationAccuracy,
			rate: samples / seconds,
			secondsLeft: ((epochs - epoch) * this.#train.count * this.#trainSeconds) / this.#sequences,
			best,
		};
		this.#history.push(report);
		if (best) this.#keep({ epoch, ...validated, quantization: this.#quantizationText() });
		if (this.#quantization && this.#settings.recalibrate) this.#calibrate();
		this.#save();
		this.#log("epoch", report);
		this.#options.onEpoch?.(report);
		return undefined;
	}

	/** What the teacher says of these data; undefined without one. */
	async #teach(data: Dataset): Promise<Float32Array | undefined | "cancelled"> {
		if (!this.#teacher) return undefined;
		const { answers } = this.#teacher;
		const timer = setInterval(() => this.#options.onTeach?.(answers.done, data.count), PROGRESS_MS);
		try {
			return (await answers.logits(data)) ?? "cancelled";
		} finally {
			clearInterval(timer);
			this.#options.onTeach?.(data.count, data.count);
		}
	}

	/** Ranges of the weights as they are. */
	#calibrate(): void {
		const { quantize, bits } = this.#settings;
		const rows = calibrationRows(this.#train, this.#settings.calibrate);
		const model = unflatten(this.#like, this.#epochsDone ? this.#current() : flatten(this.#like));
		const precision = choosePrecision(model.L, quantize, bits);
		const percentile = this.#settings.percentile ?? (precision.layers.some(({ x }) => x <= 8) ? 99.9 : 100);
		const how: RangeMethod = percentile < 100 ? { method: "percentile", percentile } : { method: "minmax" };
		this.#quantization = {
			precision,
			ranges: calibrate(model, select(this.#train, rows), how, (done) =>
				this.#options.onCalibrate?.(done, rows.length),
			),
			ditherSeed: DITHER_SEED,
		};
	}

	/** Begins where packing without training ends. */
	#compensate(): void {
		const { ranges, precision } = this.#quantization!;
		const flat = this.#epochsDone ? this.#current() : this.#latest();
		try {
			const { parameters } = flatten(compensatedModel(unflatten(this.#like, flat), ranges, precision));
			this.#native.write("parameters", parameters);
		} catch (error) {
			// What cannot be represented is said by the first update.
			if (!(error instanceof RangeError)) throw error;
		}
	}

	/**
	 * Where training through the quantizer begins is what packing without training gives: the first that later epochs must beat.
	 * Without validation there is no telling, and the last epoch is kept.
	 */
	async #keepStart(): Promise<TrainResult["stopped"] | undefined> {
		if (!this.#validation) return undefined;
		const start = await this.#validate([this.#latest()]);
		if (typeof start === "string") return start;
		this.#keep({ epoch: this.#epochsDone, ...start, quantization: this.#quantizationText() });
		this.#log("untrained", {
			epoch: this.#epochsDone,
			validationLoss: start.loss,
			validationAccuracy: start.accuracy,
		});
		return undefined;
	}

	/**
	 * Lays the grids that codes are held to from here on through the weights as they are. Not anew with every epoch: weights
	 * settle on the grid that they know, and another one would round all of them differently at once.
	 */
	#layGrid(): boolean {
		if (!this.#quantization || this.#quantization.grid) return true;
		try {
			const { grid } = quantizeTrained(unflatten(this.#like, this.#latest()), this.#quantization);
			this.#quantization = { ...this.#quantization, grid };
			return true;
		} catch (error) {
			if (!(error instanceof UserError)) throw error;
			this.#refusal = error.message;
			return false;
		}
	}

	/** Makes the native trainer compute in the integers of these weights, if it is to; false when they cannot be quantized. */
	#quantize(flat: FlatModel): boolean {
		if (!this.#quantization) return true;
		try {
			const { network, units } = quantizeTrained(unflatten(this.#like, flat), this.#quantization);
			this.#native.quantize(flattenNetwork(network, units));
			return true;
		} catch (error) {
			if (!(error instanceof UserError)) throw error;
			this.#refusal = error.message;
			return false;
		}
	}

	/** Trains on all sequences of `data` in this order once. Through the quantizer every batch has its own integers. */
	async #pass(data: Dataset, order: Uint32Array, answers?: Float32Array): Promise<Outcome> {
		const train = (rows: Uint32Array) => this.#native.train(this.#recipe, this.#weights, data, rows, answers);
		if (!this.#quantization) return train(order);
		const batches = Math.ceil(order.length / this.#batch);
		const [mean, variance] = [this.#native.read("runningMean"), this.#native.read("runningVar")];
		for (let b = 0; b < batches; b++) {
			if (this.#options.signal?.aborted) return "cancelled";
			if (b > 0) this.#before = this.#totals();
			if (!this.#quantize({ parameters: this.#native.read("parameters"), mean, variance })) return "diverged";
			const rows = order.subarray((b * order.length) / batches, ((b + 1) * order.length) / batches);
			const outcome = await train(rows);
			if (outcome !== "done") return outcome;
		}
		return "done";
	}

	/** Of this epoch so far. */
	#totals() {
		const { samples, loss, correct } = this.#native.progress();
		const before = this.#before;
		const all = before.samples + samples;
		return {
			samples: all,
			loss: all && (before.loss * before.samples + loss * samples) / all,
			correct: before.correct + correct,
		};
	}

	#quantizationText(): string | null {
		return this.#quantization && formatQuantization(this.#quantization);
	}

	/** What an epoch may leave. Rounded to few bits, an average of weights may lie worse than the weights themselves. */
	#candidates(): FlatModel[] {
		const both = this.#quantization && this.#recipe.averaging > 0;
		return both ? [this.#current(), this.#latest()] : [this.#current()];
	}

	/** The best of these weights on the validation data, and how it does; the first without such data. */
	async #validate(
		candidates: FlatModel[],
	): Promise<Pick<Best, "accuracy" | "loss" | "flat"> | "aborted" | "diverged"> {
		let best: Pick<Best, "accuracy" | "loss" | "flat"> | undefined;
		if (!this.#validation) return { accuracy: null, loss: null, flat: candidates[0]! };
		for (const flat of candidates) {
			if (!this.#quantize(flat)) return "diverged";
			const averaged = this.#recipe.averaging > 0 && !this.#quantization;
			const { outcome } = await this.#native.evaluate(this.#validation, averaged);
			if (outcome === "cancelled") return "aborted";
			const { loss, correct, samples } = this.#native.progress();
			if (!Number.isFinite(loss)) return "diverged";
			if (!best || isBetter({ accuracy: correct / samples, loss }, best))
				best = { accuracy: correct / samples, loss, flat };
		}
		return best!;
	}

	/** More right, or as many with a lower loss; without validation the last is the best. Floating point is only on the way. */
	#isBest(accuracy: number | null, loss: number | null): boolean {
		const best = this.#best;
		if (best === null || (best.quantization === null && this.#quantization)) return true;
		if (accuracy === null || loss === null) return true;
		return isBetter({ accuracy, loss }, best);
	}

	#reportProgress(epoch: number, started: number): void {
		const { samples, loss, correct } = this.#totals();
		if (!samples || !this.#options.onProgress) return;
		const { epochs } = this.#settings;
		const of = this.#train.count;
		const rate = samples / ((performance.now() - started) / 1000);
		const left = of - samples + (epochs - epoch) * of;
		this.#options.onProgress({
			epoch,
			epochs,
			done: samples,
			of,
			loss,
			accuracy: correct / samples,
			rate,
			secondsLeft: left / rate,
		});
	}

	#finish(stopped: TrainResult["stopped"]): TrainResult {
		// Stopped within the first epoch: what there is, untested, is better than nothing.
		if (!this.#best && stopped === "aborted")
			this.#keep({
				epoch: 0,
				accuracy: null,
				loss: null,
				flat: this.#current(),
				quantization: this.#quantizationText(),
			});
		const message = this.#message(stopped);
		const best = this.#best;
		this.#log("end", {
			stopped,
			message,
			epoch: best?.epoch ?? null,
			validationAccuracy: best?.accuracy ?? null,
		});
		if (!best) throw new UserError(message);
		return {
			model: this.#model(best),
			quantization: best.quantization === null ? null : parseQuantization(this.#like, best.quantization),
			stopped,
			message,
			epoch: best.epoch,
			validationAccuracy: best.accuracy,
			history: this.#history,
			settings: this.#settings,
		};
	}

	#message(stopped: TrainResult["stopped"]): string {
		const best = this.#best;
		const kept = !best
			? "no checkpoint was kept"
			: best.epoch === 0
				? best.accuracy === null
					? "the weights as they were are kept, not validated"
					: "no epoch was better than rounding without training, which is kept"
				: `the checkpoint of epoch ${best.epoch} is kept`;
		if (stopped === "finished") return `All ${this.#settings.epochs} epochs are done; ${kept}.`;
		if (stopped === "aborted") return `Training was stopped; ${kept}.`;
		if (stopped === "early") return `No better validation for ${this.#settings.patience} epochs; ${kept}.`;
		return `${this.#divergence()}; ${kept}.`;
	}

	/** Where a run exploded, and what is likely to have done it. */
	#divergence(): string {
		if (this.#refusal) return this.#refusal.replace(/\.$/, "");
		const { step, batchLoss, norm } = this.#native.progress();
		const where = `Training diverged at update ${step + 1} (epoch ${this.#epochsDone + 1}): the loss was ${batchLoss.toPrecision(3)} and the gradient's length ${norm.toPrecision(3)}`;
		const { rate, ssmRate, clip } = this.#settings;
		if (step < 1)
			return `${where}. Nothing was learned yet, so the starting weights or the input scaling do not fit these data`;
		if (!this.#recipe.clip) return `${where}. Gradients are not clipped (clip ${clip}): clip at 1`;
		if (!this.#like.layers[0]!.norm)
			return `${where}. Without norms the rate must be lower: try ${(rate / 10).toPrecision(1)} instead of ${rate}, or norms`;
		return `${where}. The learning rate is probably too high: try ${(rate / 10).toPrecision(1)} instead of ${rate} (and ${(ssmRate / 10).toPrecision(1)} instead of ${ssmRate} for the SSM)`;
	}
}

/**
 * Trains a network and returns its best state by validation: in floating point, or, with `quantize`, in the integers that it is
 * going to be packed as.
 *
 * @throws UserError when the data or settings cannot be trained on, or when the run diverged before any checkpoint
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
	const {
		data,
		validation,
		from,
		output,
		state,
		resume,
		log,
		signal,
		onEpoch,
		onProgress,
		onCalibrate,
		onTeach,
		teacher,
		...input
	} = options;
	const run = new Run(options, completeSettings(input, from !== undefined));
	try {
		return await run.run();
	} finally {
		run.close();
	}
}

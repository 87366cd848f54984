// Training a network, in floating point or through the quantizer: data in, best checkpoint out. This file is the loop over
// epochs; neighbouring files run an epoch, choose weights and write files; the native trainer does the arithmetic. Prints
// nothing: callers get reports.
import { rmSync } from "node:fs";
import { flatten } from "../float/flat";
import { parameterCount } from "../float/model";
import { formatQuantization, parseQuantization } from "../quantization/trained";
import { taskOf } from "../task/fit";
import { UserError } from "../terminal/errors";
import { type Best, candidates, gainOver, replaces, type Tried, validate } from "./choice";
import { type Copies, makeCopies } from "./copies";
import { endMessage, isTold } from "./ending";
import { Epoch } from "./epoch";
import { Integers } from "./integers";
import {
	bestModel,
	type Course,
	describe,
	restoreState,
	saveState,
	sweep,
	writeBest,
	writeLog,
} from "./record";
import type { EpochReport, TrainOptions, TrainResult } from "./run";
import { completeSettings } from "./settings";
import { closeSetup, currentWeights, latestWeights, type Setup, setUp } from "./setup";

export type { EpochReport, TrainOptions, TrainProgress, TrainResult } from "./run";

/** One run, from its first or resumed epoch to its last. */
class Run {
	readonly #setup: Setup;
	readonly #integers: Integers;
	/** Made when the integers begin. */
	#copies: Copies | undefined;
	#course: Course = { epochsDone: 0, best: null, untrained: null, history: [] };
	/** Epochs run by this process. */
	#seconds = 0;
	#sequences = 0;

	constructor(setup: Setup) {
		this.#setup = setup;
		this.#integers = new Integers(setup);
	}

	async run(): Promise<TrainResult> {
		const { options, settings, train, validation, like, native, teacher } = this.#setup;
		const { resume, output, state, signal } = options;
		for (const path of [output, state]) if (path !== undefined) sweep(path);
		if (resume) {
			if (!state) throw new UserError("Resuming needs the name of a training state.");
			const { course, quantization } = restoreState(this.#setup, state);
			this.#course = course;
			this.#integers.restore(quantization);
		} else if (state) rmSync(state, { force: true }); // of an earlier run
		writeLog(this.#setup, "start", {
			settings,
			data: describe(train),
			validation: validation?.count ?? 0,
			parameters: parameterCount(like),
			epoch: this.#course.epochsDone,
		});
		const cancel = () => {
			native.cancel();
			teacher?.answers.cancel();
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

	/** Runs one epoch; returns why the run ends, if it does. */
	async #epoch(): Promise<TrainResult["stopped"] | undefined> {
		const { settings, options, train, validation } = this.#setup;
		const { epochs, patience } = settings;
		const { epochsDone, best, history } = this.#course;
		if (epochsDone >= epochs) return "finished";
		// floatEpochs alone ends the floating-point phase.
		const last = settings.quantize === undefined || this.#integers.begun;
		if (patience && last && best && epochsDone - best.epoch >= patience) return "early";
		if (options.signal?.aborted) return "aborted";
		const unfit = await this.#enterIntegers();
		if (unfit) return unfit;
		const epoch = epochsDone + 1;
		const running = new Epoch(this.#setup, this.#integers, epoch);
		const outcome = await running.train();
		if (outcome === "cancelled") return "aborted";
		if (outcome === "diverged") return "diverged";
		const trainSeconds = running.seconds;
		const { loss, correct, samples } = running.totals();
		const validated = await validate(
			this.#setup,
			this.#integers,
			candidates(this.#setup, this.#integers),
			this.#copies,
		);
		if (typeof validated === "string") return validated;
		this.#course.epochsDone = epoch;
		this.#seconds += running.seconds;
		this.#sequences += train.count;
		const { best: before, untrained } = this.#course;
		// The copies are not the sequences to come: what is not told stays as it is rounded.
		const better =
			replaces(validated, before, untrained, this.#integers.begun) &&
			(!this.#copies || !untrained || isTold(gainOver(untrained, validated.losses)));
		const report: EpochReport = {
			epoch,
			epochs,
			loss,
			accuracy: taskOf(train).counts ? correct / samples : null,
			validationLoss: validation && validated.loss,
			validationAccuracy: validated.accuracy,
			rate: samples / trainSeconds,
			secondsLeft: ((epochs - epoch) * train.count * this.#seconds) / this.#sequences,
			best: better,
		};
		history.push(report);
		if (better) this.#keep(validated);
		if (this.#integers.begun && settings.recalibrate) this.#integers.calibrate(currentWeights(this.#setup));
		saveState(this.#setup, this.#course, this.#integers.text);
		writeLog(this.#setup, "epoch", report);
		options.onEpoch?.(report);
		return undefined;
	}

	/**
	 * Switches from floating point to integers when due, and fixes the grids. Packing without training, with the initial ranges or
	 * automatically chosen ones, is the baseline later epochs must beat: on held-out sequences, or on the copies. Without both
	 * there is no comparison, and the last epoch is kept.
	 */
	async #enterIntegers(): Promise<TrainResult["stopped"] | undefined> {
		const { settings, like, validation } = this.#setup;
		const { epochsDone } = this.#course;
		const begins =
			settings.quantize !== undefined && epochsDone >= settings.floatEpochs! && !this.#integers.begun;
		const packed = begins
			? this.#integers.begin(epochsDone ? currentWeights(this.#setup) : flatten(like))
			: null;
		if (!this.#integers.layGrid()) return "diverged";
		this.#copies ??= settings.quantize === undefined ? undefined : makeCopies(this.#setup);
		if (!begins || !(validation || this.#copies)) return undefined;
		const start = { flat: latestWeights(this.#setup), quantization: this.#integers.quantization };
		const tried = await validate(
			this.#setup,
			this.#integers,
			packed ? [start, packed] : [start],
			this.#copies,
		);
		if (typeof tried === "string") return tried;
		this.#keep(tried);
		const { accuracy, loss, pooledLoss, losses } = tried;
		this.#course.untrained = { accuracy, loss, pooledLoss, losses };
		writeLog(this.#setup, "untrained", {
			epoch: epochsDone,
			validationLoss: validation && loss,
			validationAccuracy: accuracy,
		});
		return undefined;
	}

	/** Results of the last completed epoch. */
	#keep({ accuracy, loss, pooledLoss, losses, weights: { flat, quantization } }: Tried): void {
		const { epochsDone: epoch, untrained } = this.#course;
		const gain = untrained && quantization && gainOver(untrained, losses);
		const text = quantization && formatQuantization(quantization);
		const best: Best = { epoch, accuracy, loss, pooledLoss, flat, quantization: text, gain };
		this.#course.best = best;
		writeBest(this.#setup, best);
	}

	#finish(stopped: TrainResult["stopped"]): TrainResult {
		const setup = this.#setup;
		// Stopped within the first epoch: unvalidated weights are better than nothing.
		if (!this.#course.best && stopped === "aborted")
			this.#keep({
				accuracy: null,
				loss: null,
				pooledLoss: null,
				losses: new Float64Array(0),
				weights: { flat: currentWeights(setup), quantization: this.#integers.quantization },
			});
		const message = endMessage(setup, this.#integers, this.#course, stopped);
		const { best, untrained, history } = this.#course;
		const { validation } = setup;
		writeLog(setup, "end", {
			stopped,
			message,
			epoch: best?.epoch ?? null,
			validationAccuracy: best?.accuracy ?? null,
		});
		if (!best) throw new UserError(message);
		return {
			model: bestModel(setup, best),
			quantization: best.quantization === null ? null : parseQuantization(setup.like, best.quantization),
			stopped,
			message,
			epoch: best.epoch,
			validationAccuracy: best.accuracy,
			untrained: validation &&
				untrained && {
					accuracy: untrained.accuracy,
					loss: untrained.loss!,
					told: best.gain !== null && isTold(best.gain),
				},
			history,
			settings: setup.settings,
		};
	}
}

/**
 * Trains a network and returns its best state by validation: in floating point, or, with `quantize`, in the integers it
 * will be packed as.
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
		record,
		onEpoch,
		onProgress,
		onCalibrate,
		onTeach,
		teacher,
		...input
	} = options;
	const setup = setUp(options, completeSettings(input, from));
	try {
		return await new Run(setup).run();
	} finally {
		closeSetup(setup);
	}
}

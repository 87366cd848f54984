// From data and a budget to one blob, unattended: candidates that fit are trained for longer and longer on folds of the
// training data and judged on the rest, dropping the worse half each round; the last two get a precision for each component
// next to their preset, and all are judged in integers, trained for them or rounded; the best is trained on everything. The test
// split is never opened.

import type { Dataset } from "../datasets/dataset";
import { splitValidation } from "../datasets/split";
import type { FloatModel } from "../float/model";
import { type Packed, pack, TRAINED_PRESET } from "../packing/pack";
import { choosePrecision, DEFAULT_PRESET } from "../quantization/precision";
import { floatShape } from "../quantization/shape";
import { settlingFor } from "../search/qat";
import { backgroundOf } from "../streams/background";
import {
	type Answer,
	answersOf,
	attachStream,
	byWindow,
	FALSE_ALARMS,
	type LabelThreshold,
	labelThresholds,
	thresholdsIn,
} from "../streams/thresholds";
import { type ClassifyMetrics, measure } from "../task/classify-metrics";
import { taskOf } from "../task/fit";
import { UserError } from "../terminal/errors";
import { grouped, percent } from "../terminal/output";
import { chooseSettings } from "../training/defaults";
import type { TrainInput } from "../training/settings";
import { type TrainResult, train } from "../training/train";
import {
	type Budget,
	type Contender,
	contenders,
	costText,
	fits,
	GOLDEN,
	shapeText,
	widthsText,
} from "./contenders";
import { searchWidths } from "./widths";

/** Fraction held out of each fold. */
const HELD_OUT = 0.25;
/** Fractions of all updates that the rounds train for. */
const ROUNDS = [0.25, 0.5] as const;
const FINALISTS = 2;

/** On held-out sequences, over all folds. */
export interface Score {
	right: number;
	count: number;
	/** Mean over sequences; lower is better on ties. */
	loss: number;
}

export interface Judged extends Contender {
	/** In floating point, by round. */
	rounds: Score[];
	/** In integers: trained for them, and rounded. */
	trained?: ClassifyMetrics;
	rounded?: ClassifyMetrics;
}

/** How the integers come about. */
type Way = "trained" | "rounded";

export interface Automatic {
	model: FloatModel;
	blob: Uint8Array;
	chosen: Judged;
	how: Way;
	/** How sure it must be of each label to report it in a stream; undefined: nothing is background, and no rate was asked for. */
	sure: LabelThreshold[] | undefined;
	judged: Judged[];
	/** What was done and why, as sentences. */
	log: string[];
}

export interface AutomaticOptions {
	data: Dataset;
	budget: Budget;
	/** Settings given by the user. */
	given: TrainInput;
	/** Labels that are never reported in a stream; undefined: by their names. */
	background?: readonly string[] | undefined;
	/** Held-out sequences of others that may be reported as each label, a fraction. */
	falseAlarms?: number | undefined;
	threads: number;
	signal?: AbortSignal;
	onLog?: (sentence: string) => void;
	onProgress?: (stage: string, done: number) => void;
}

interface Fold {
	train: Dataset;
	validation: Dataset;
}

const accuracy = ({ right, count }: Score) => right / count;
const better = (a: Score, b: Score) => accuracy(b) - accuracy(a) || a.loss - b.loss;

/** More folds for smaller data. @throws UserError when nothing can be held out */
function foldsOf(data: Dataset, seed: number): Fold[] {
	const count = data.count < 400 ? 3 : data.count < 2000 ? 2 : 1;
	return Array.from({ length: count }, (_, k) => {
		const fold = splitValidation(data, HELD_OUT, seed + k);
		if (fold.validation.count && taskOf(data).unlearnable(data.name, fold.train.targets) === undefined)
			return fold;
		throw new UserError(
			`${data.name} has too few sequences${data.groups ? " or groups" : ""} to hold some out for judging networks; record more, or train without --auto.`,
		);
	});
}

const settingsFor = (data: Dataset, given: TrainInput, goesOn: boolean): TrainInput => ({
	...Object.assign({}, ...chooseSettings(data, given, goesOn).map(({ settings }) => settings)),
	...given,
});

class Auto {
	readonly #options: AutomaticOptions;
	readonly #log: string[] = [];
	/** What contenders say in integers of the sequences held out from them, of all folds. */
	readonly #answers = new Map<Judged, Record<Way, Answer[]>>();

	constructor(options: AutomaticOptions) {
		this.#options = options;
	}

	#say(sentence: string): void {
		this.#log.push(sentence);
		this.#options.onLog?.(sentence);
	}

	async #train(options: Parameters<typeof train>[0]): Promise<TrainResult> {
		const { signal, threads } = this.#options;
		const result = await train({ ...options, threads, ...(signal && { signal }) });
		if (result.stopped === "finished") return result;
		throw new UserError(result.stopped === "aborted" ? "Stopped; nothing was written." : result.message);
	}

	/** A float network on the training part of a fold, after a fraction of the usual updates. */
	async #float(fold: Fold, { shape }: Contender, part: number) {
		const settings = settingsFor(
			fold.train,
			{ ...this.#options.given, ...shape, validationFraction: 0 },
			false,
		);
		const epochs = Math.max(2, Math.round(settings.epochs! * part));
		const result = await this.#train({ ...settings, epochs, data: fold.train, validation: fold.validation });
		const { validationAccuracy, validationLoss } = result.history.at(-1)!;
		const { count } = fold.validation;
		return {
			result,
			score: { right: Math.round(validationAccuracy! * count), count, loss: validationLoss! },
		};
	}

	/** The network in integers: trained for them, and rounded. */
	async #integers(data: Dataset, model: FloatModel, { preset, bits }: Contender) {
		const { given } = this.#options;
		const single = bits && { bits, ...settlingFor(floatShape(model)) };
		const quantized = { ...single, ...given, quantize: preset, validationFraction: 0 };
		const { model: trained, quantization } = await this.#train({
			...settingsFor(data, quantized, true),
			...{ data, from: model },
		});
		const precision = choosePrecision(floatShape(model), preset, bits);
		const common = { checkpointHash: "", preset, precision, calibrate: 256, notes: {}, ...GOLDEN };
		return {
			rounded: { model, ...pack(model, data, common) },
			trained: {
				model: trained,
				...pack(trained, data, { ...common, quantization: quantization!, preset: TRAINED_PRESET }),
			},
		};
	}

	async #round(judged: Judged[], folds: Fold[], part: number): Promise<Judged[]> {
		for (const [i, contender] of judged.entries()) {
			const scores: Score[] = [];
			for (const [k, fold] of folds.entries()) {
				const stage = `judging ${judged.length} networks after ${Math.round(100 * part)} % of the updates`;
				this.#options.onProgress?.(stage, (i + k / folds.length) / judged.length);
				scores.push((await this.#float(fold, contender, part)).score);
			}
			contender.rounds.push(sum(scores));
		}
		const sorted = [...judged].sort((a, b) => better(a.rounds.at(-1)!, b.rounds.at(-1)!));
		const kept = sorted.slice(0, Math.max(FINALISTS, Math.ceil(sorted.length / 2)));
		for (const one of sorted)
			this.#say(
				`  ${shapeText(one.shape)}: ${percent(accuracy(one.rounds.at(-1)!))} of ${one.rounds.at(-1)!.count} held-out sequences right, loss ${one.rounds.at(-1)!.loss.toFixed(3)}${kept.includes(one) ? "" : "; dropped"}`,
			);
		return kept;
	}

	/** Single widths of a finalist that fit, each as a contender of its own. */
	async #widths(finalist: Judged, model: FloatModel, { train, validation }: Fold): Promise<Judged[]> {
		const { budget, threads, onProgress } = this.#options;
		if (finalist.preset === DEFAULT_PRESET) {
			this.#say(`  ${shapeText(finalist.shape)}: ${DEFAULT_PRESET} fits, so no single widths are searched`);
			return [];
		}
		const begun = performance.now();
		try {
			const { found, noise, measured, count } = await searchWidths(
				finalist,
				model,
				{ training: train, heldOut: validation },
				{ budget, threads },
				(done) => onProgress?.("searching single widths", done),
			);
			const share = (power = Number.NaN) => `${(100 * power).toPrecision(2)} %`;
			this.#say(
				`  ${shapeText(finalist.shape)}: ${measured} choices of single widths measured on ${count} held-out sequences in ${((performance.now() - begun) / 1000).toFixed(0)} s; ${finalist.preset} is ${share(noise)} of noise on the outputs`,
			);
			for (const one of found) this.#say(`    ${share(one.noise)}, ${costText(one)}: ${one.bits}`);
			return found.map(({ noise: _, ...one }) => ({ ...one, rounds: finalist.rounds }));
		} catch (error) {
			if (!(error instanceof UserError)) throw error;
			this.#say(`  ${shapeText(finalist.shape)}: no single widths: ${error.message}`);
			return [];
		}
	}

	/** Judges integers on a fold. @returns whether they can be had */
	async #judge(one: Judged, { train, validation }: Fold, model: FloatModel): Promise<boolean> {
		const answers = this.#answers.get(one) ?? { trained: [], rounded: [] };
		this.#answers.set(one, answers);
		try {
			for (const [how, { blob, network }] of Object.entries(await this.#integers(train, model, one)))
				answers[how as Way].push(...answersOf(blob, network, validation));
			return true;
		} catch (error) {
			// Of single widths the preset is left.
			if (!(error instanceof UserError) || !one.bits || this.#options.signal?.aborted) throw error;
			this.#say(`  ${shapeText(one.shape)}, ${one.bits}: dropped: ${error.message}`);
			return false;
		}
	}

	async #final(finalists: Judged[], folds: Fold[]): Promise<{ chosen: Judged; how: Way; all: Judged[] }> {
		const all: Judged[] = [];
		for (const [i, finalist] of finalists.entries()) {
			const scores: Score[] = [];
			let own = [finalist];
			for (const [k, fold] of folds.entries()) {
				const stage = "judging the finalists in integers";
				const progress = () => this.#options.onProgress?.(stage, (i + k / folds.length) / finalists.length);
				progress();
				const { result, score } = await this.#float(fold, finalist, 1);
				scores.push(score);
				if (k === 0) own.push(...(await this.#widths(finalist, result.model, fold)));
				const kept: Judged[] = [];
				for (const one of own) {
					progress();
					if (await this.#judge(one, fold, result.model)) kept.push(one);
				}
				own = kept;
			}
			const float = sum(scores);
			finalist.rounds.push(float);
			for (const one of own) {
				for (const [how, answers] of Object.entries(this.#answers.get(one)!))
					one[how as Way] = metricsOf(
						answers,
						taskOf(folds[0]!.train).goal(folds[0]!.train.targets).labels.length,
					);
				this.#say(
					`  ${shapeText(one.shape)}, ${widthsText(one)}${one.bits && ` in ${grouped(one.flash)} bytes`}: ${percent(accuracy(float))} in floating point, ${percent(one.rounded!.accuracy)} rounded, ${percent(one.trained!.accuracy)} trained for its integers`,
				);
			}
			all.push(...own);
		}
		const ways = all.flatMap((one) =>
			// On ties: rounded and a preset, which are simpler, and the network that was better in floating point.
			(["rounded", "trained"] as const).map((how) => ({ chosen: one, how, right: one[how]!.right })),
		);
		return { ...ways.sort((a, b) => b.right - a.right)[0]!, all };
	}

	/** Labels and rate of false alarms for a stream; undefined: none is background, and no rate was asked for. */
	#asked(): { background: string[]; falseAlarms: number } | undefined {
		const { data, background: given, falseAlarms } = this.#options;
		const background = backgroundOf(taskOf(data).goal(data.targets).labels, given);
		return background.length || falseAlarms !== undefined
			? { background, falseAlarms: falseAlarms ?? FALSE_ALARMS }
			: undefined;
	}

	/** The blob with thresholds: margins are real numbers, and those of networks of the same kind stand for the one trained on everything. */
	#reporting({ blob, network }: Pick<Packed, "blob" | "network">, answers: readonly Answer[]) {
		const asked = this.#asked();
		if (!asked) return { blob, sure: undefined };
		try {
			const sure = labelThresholds(answers, network.labels, asked.background, asked.falseAlarms);
			return { blob: attachStream(network, byWindow(network, thresholdsIn(network, sure))), sure };
		} catch (error) {
			if (!(error instanceof UserError)) throw error;
			this.#say(`nothing for a stream is in the blob: ${error.message}`);
			return { blob, sure: undefined };
		}
	}

	async run(): Promise<Automatic> {
		const { data, budget, given, onProgress } = this.#options;
		if (!taskOf(data).counts)
			throw new UserError(
				`${data.name} has ${data.targets.kind}, and --auto makes only classifiers; train without --auto.`,
			);
		const asked = this.#asked();
		const judged = contenders(data, given, budget, asked !== undefined).map(
			(one): Judged => ({ ...one, rounds: [] }),
		);
		const limits = [
			...(budget.flash === undefined ? [] : [`${grouped(budget.flash)} bytes of flash`]),
			...(budget.ram === undefined ? [] : [`${grouped(budget.ram)} bytes of RAM`]),
			...(budget.instructions === undefined ? [] : [`${grouped(budget.instructions)} instructions per step`]),
		];
		this.#say(
			`the largest networks within ${limits.join(", ") || "no limit"}, each at the most precise preset that fits:`,
		);
		for (const one of judged) this.#say(`  ${shapeText(one.shape)}, ${one.preset}: ${costText(one)}`);
		if (asked)
			this.#say(`background, which a stream does not report: ${asked.background.join(", ") || "nothing"}`);
		const folds = foldsOf(data, given.seed ?? 1);
		let left = judged;
		for (const part of ROUNDS) {
			if (left.length <= FINALISTS) break;
			this.#say(
				`after ${Math.round(100 * part)} % of the updates, in floating point, ${folds.length === 1 ? "a quarter" : `${folds.length} times a quarter`} held out${data.groups ? ", in entire groups" : ""}:`,
			);
			left = await this.#round(left, folds, part);
		}
		this.#say("the finalists in full, and in integers:");
		const { chosen, how, all } = await this.#final(left, folds);
		judged.push(...all.filter((one) => !judged.includes(one)));
		const metrics = chosen[how]!;
		this.#say(
			`chosen: ${shapeText(chosen.shape)}, ${widthsText(chosen)}, ${how === "trained" ? "trained for its integers" : "rounded without training for it, which was no worse"}; ${percent(metrics.accuracy)} of held-out sequences right; now trained on all ${grouped(data.count)}`,
		);
		onProgress?.("training on everything", 0);
		const settings = settingsFor(data, { ...given, ...chosen.shape }, false);
		const { model } = await this.#train({ ...settings, data });
		onProgress?.("training on everything", 0.5);
		const ready = (await this.#integers(data, model, chosen))[how];
		const { blob, sure } = this.#reporting(ready, this.#answers.get(chosen)![how]);
		if (!fits({ ...chosen, flash: blob.length }, budget))
			throw new Error(`the blob has ${blob.length} bytes instead of the ${chosen.flash} predicted`);
		return { model: ready.model, blob, chosen, how, sure, judged, log: this.#log };
	}
}

function metricsOf(answers: readonly Answer[], labels: number): ClassifyMetrics {
	const each = (of: "is" | "taken") => answers.map((answer) => answer[of]);
	return measure(each("is"), each("taken"), labels);
}

function sum(scores: readonly Score[]): Score {
	const count = scores.reduce((total, score) => total + score.count, 0);
	return {
		right: scores.reduce((total, { right }) => total + right, 0),
		count,
		loss: scores.reduce((total, { loss, count: own }) => total + loss * own, 0) / count,
	};
}

/** @throws UserError when nothing fits the budget, the data have no classes, or are too few to judge on */
export function automatic(options: AutomaticOptions): Promise<Automatic> {
	return new Auto(options).run();
}

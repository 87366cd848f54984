// The integers that a run trains in: ranges calibrated and grids laid once, then the weights of every batch rounded to them.

import { type Dataset, select } from "../datasets/dataset";
import { calibrationRows } from "../datasets/split";
import { type FlatModel, flatten, unflatten } from "../float/flat";
import type { FloatModel } from "../float/model";
import { mixerQuantizer } from "../quantization/block";
import { type Observed, observe, type RangeMethod } from "../quantization/calibrate";
import { bestRanges } from "../quantization/choose-ranges";
import { DITHER_SEED, quantize } from "../quantization/network";
import { choosePrecision, type Precision } from "../quantization/precision";
import { floatShape } from "../quantization/shape";
import { compensatedModel } from "../quantization/start";
import {
	formatQuantization,
	parseQuantization,
	type Quantization,
	quantizeTrained,
} from "../quantization/trained";
import { UserError } from "../terminal/errors";
import { flattenNetwork } from "./operations/network";
import { Sink } from "./operations/operation";
import { latestWeights, type Setup } from "./setup";

/** Weights and how they are quantized; null: not at all. */
export interface Weights {
	flat: FlatModel;
	quantization: Quantization | null;
}

const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };

export class Integers {
	readonly #setup: Setup;
	readonly #sink = new Sink();
	#quantization: Quantization | null = null;
	/** Why the weights as they are cannot be quantized, once they cannot. */
	refusal = "";

	constructor(setup: Setup) {
		this.#setup = setup;
	}

	/** Whether the run is through with floating point. */
	get begun(): boolean {
		return this.#quantization !== null;
	}

	/** How weights are quantized now; null in floating point. */
	get quantization(): Quantization | null {
		return this.#quantization;
	}

	/** As a checkpoint's metadata keep it. */
	get text(): string | null {
		return this.#quantization && formatQuantization(this.#quantization);
	}

	/** Goes on where `text` was. */
	restore(text: string | null): void {
		if (text !== null) this.#quantization = parseQuantization(this.#setup.like, text);
	}

	/**
	 * Begins training where packing these weights with its ranges ends.
	 * @returns what packing gives with the ranges that it would choose itself, if it can choose and chooses others
	 */
	begin(flat: FlatModel): Weights | null {
		const model = unflatten(this.#setup.like, flat);
		const { observed, rows } = this.calibrate(flat);
		const { ranges, precision } = this.#quantization!;
		try {
			const { parameters } = flatten(compensatedModel(model, ranges, precision));
			this.#setup.native.write("parameters", parameters);
			return this.#setup.settings.percentile === undefined ? this.#packed(model, observed, rows) : null;
		} catch (error) {
			// What cannot be represented is said by the first update.
			if (!(error instanceof RangeError || error instanceof UserError)) throw error;
			return null;
		}
	}

	/** What `quantize` makes of a model when it is left the choice of ranges; null when those are the ranges of training. */
	#packed(model: FloatModel, observed: Observed, rows: Dataset): Weights | null {
		const { precision } = this.#quantization!;
		const { ranges, how } = bestRanges(observed, rows, (trial) =>
			quantize(model, trial, precision, DETAILS, true),
		);
		if (JSON.stringify(how) === JSON.stringify(this.#rangeMethod(precision))) return null;
		const start = compensatedModel(model, ranges, precision);
		const ungridded = { precision, ranges, ditherSeed: DITHER_SEED };
		const flat = flatten(start);
		const { grid } = quantizeTrained(model, flat, ungridded);
		return { flat, quantization: { ...ungridded, grid } };
	}

	#rangeMethod({ layers }: Precision): RangeMethod {
		const { settings, like } = this.#setup;
		const clips = layers.some((layer, l) => mixerQuantizer(like.blocks[l]!.mixer).clips(layer));
		const percentile = settings.percentile ?? (clips ? 99.9 : 100);
		return percentile < 100 ? { method: "percentile", percentile } : { method: "minmax" };
	}

	/** Ranges of these weights; grids are to be laid again. */
	calibrate(flat: FlatModel): { observed: Observed; rows: Dataset } {
		const { settings, train, like, options } = this.#setup;
		const rows = select(train, calibrationRows(train, settings.calibrate));
		const precision = choosePrecision(floatShape(like), settings.quantize, settings.bits);
		const observed = observe(unflatten(like, flat), rows, (done) => options.onCalibrate?.(done, rows.count));
		const ranges = observed.ranges(this.#rangeMethod(precision));
		this.#quantization = { precision, ranges, ditherSeed: DITHER_SEED };
		return { observed, rows };
	}

	/**
	 * Lays the grids that codes are held to from here on through the weights as they are; false when they cannot be quantized.
	 * Not again with every epoch: weights settle on the grid that they know, and another one would round all of them differently
	 * at once.
	 */
	layGrid(): boolean {
		if (!this.#quantization || this.#quantization.grid) return true;
		const { like } = this.#setup;
		try {
			const { grid } = quantizeTrained(like, latestWeights(this.#setup), this.#quantization);
			this.#quantization = { ...this.#quantization, grid };
			return true;
		} catch (error) {
			return this.#refuse(error);
		}
	}

	/** Makes the native trainer compute in the integers of these weights, if it is to; false when they cannot be quantized. */
	apply({ flat, quantization }: Weights): boolean {
		if (!quantization) return true;
		try {
			const { network, units } = quantizeTrained(this.#setup.like, flat, quantization);
			this.#setup.native.quantize(flattenNetwork(network, units, this.#sink));
			return true;
		} catch (error) {
			return this.#refuse(error);
		}
	}

	#refuse(error: unknown): false {
		if (!(error instanceof UserError)) throw error;
		this.refusal = error.message;
		return false;
	}
}

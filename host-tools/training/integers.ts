// The integers that a run trains in: ranges calibrated and grids laid once, then the weights of every batch rounded to them.

import { select } from "../datasets/dataset";
import { calibrationRows } from "../datasets/split";
import { calibrate, type RangeMethod } from "../quantization/calibrate";
import { choosePrecision } from "../quantization/precision";
import { DITHER_SEED } from "../quantization/quantize";
import { compensatedModel } from "../quantization/start";
import { UserError } from "../terminal/errors";
import { flattenNetwork } from "./operations/network";
import { Sink } from "./operations/operation";
import { type FlatModel, flatten, unflatten } from "./parameters";
import { formatQuantization, parseQuantization, type Quantization, quantizeTrained } from "./quantizer";
import { latestWeights, type Setup } from "./setup";

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

	/** As a checkpoint's metadata keep it; null in floating point. */
	get text(): string | null {
		return this.#quantization && formatQuantization(this.#quantization);
	}

	/** Goes on where `text` was. */
	restore(text: string | null): void {
		if (text !== null) this.#quantization = parseQuantization(this.#setup.like, text);
	}

	/** Begins where packing these weights without training ends. */
	begin(flat: FlatModel): void {
		this.calibrate(flat);
		const { ranges, precision } = this.#quantization!;
		try {
			const { parameters } = flatten(compensatedModel(unflatten(this.#setup.like, flat), ranges, precision));
			this.#setup.native.write("parameters", parameters);
		} catch (error) {
			// What cannot be represented is said by the first update.
			if (!(error instanceof RangeError)) throw error;
		}
	}

	/** Ranges of these weights; grids are to be laid again. */
	calibrate(flat: FlatModel): void {
		const { settings, train, like, options } = this.#setup;
		const rows = calibrationRows(train, settings.calibrate);
		const precision = choosePrecision(like.L, settings.quantize, settings.bits);
		const percentile = settings.percentile ?? (precision.layers.some(({ x }) => x <= 8) ? 99.9 : 100);
		const how: RangeMethod = percentile < 100 ? { method: "percentile", percentile } : { method: "minmax" };
		this.#quantization = {
			precision,
			ranges: calibrate(unflatten(like, flat), select(train, rows), how, (done) =>
				options.onCalibrate?.(done, rows.length),
			),
			ditherSeed: DITHER_SEED,
		};
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
	apply(flat: FlatModel): boolean {
		if (!this.#quantization) return true;
		try {
			const { network, units } = quantizeTrained(this.#setup.like, flat, this.#quantization);
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

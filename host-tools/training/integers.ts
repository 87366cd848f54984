// The integers of quantization-aware training: ranges and grids are fixed once, then each batch's weights are rounded to them.

import { type Dataset, select } from "../datasets/dataset";
import { calibrationRows } from "../datasets/split";
import { type FlatModel, flatten, unflatten } from "../float/flat";
import type { FloatModel } from "../float/model";
import { mixerQuantizer } from "../quantization/block";
import type { Observed, RangeMethod } from "../quantization/calibrate";
import { bestRanges, type Engine } from "../quantization/choose-ranges";
import { fitHead } from "../quantization/fit-head";
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
import { vectorEngine } from "./vector-engine";

/** Weights and their quantization; null: float. */
export interface Weights {
	flat: FlatModel;
	quantization: Quantization | null;
}

const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };

export class Integers {
	readonly #setup: Setup;
	readonly #sink = new Sink();
	readonly #engine: Engine;
	#quantization: Quantization | null = null;
	/** Why the current weights cannot be quantized, if they cannot. */
	refusal = "";

	constructor(setup: Setup) {
		this.#setup = setup;
		this.#engine = vectorEngine(setup.settings.threads);
	}

	/** Whether the floating-point phase is over. */
	get begun(): boolean {
		return this.#quantization !== null;
	}

	/** The current quantization; null in floating point. */
	get quantization(): Quantization | null {
		return this.#quantization;
	}

	/** As stored in a checkpoint's metadata. */
	get text(): string | null {
		return this.#quantization && formatQuantization(this.#quantization);
	}

	/** Resumes from `text`. */
	restore(text: string | null): void {
		if (text !== null) this.#quantization = parseQuantization(this.#setup.like, text);
	}

	/**
	 * Starts integer training from these weights, packed with their ranges.
	 * @returns the result of packing with automatically chosen ranges, if these differ
	 */
	begin(flat: FlatModel): Weights | null {
		const model = unflatten(this.#setup.like, flat);
		const { observed, rows } = this.calibrate(flat);
		const { ranges, precision } = this.#quantization!;
		try {
			const fitted = fitHead(model, ranges, precision, rows, observed.outputs, this.#engine);
			const { parameters } = flatten(compensatedModel(fitted, ranges, precision));
			this.#setup.native.write("parameters", parameters);
			return this.#setup.settings.percentile === undefined ? this.#packed(model, observed, rows) : null;
		} catch (error) {
			// The first update reports what cannot be represented.
			if (!(error instanceof RangeError || error instanceof UserError)) throw error;
			return null;
		}
	}

	/** The result of `quantize` with automatic ranges; null when they equal the ranges of training. */
	#packed(model: FloatModel, observed: Observed, rows: Dataset): Weights | null {
		const { precision } = this.#quantization!;
		const { ranges, how } = bestRanges(
			observed,
			rows,
			(trial) => quantize(model, trial, precision, DETAILS, true),
			this.#engine,
		);
		if (JSON.stringify(how) === JSON.stringify(this.#rangeMethod(precision))) return null;
		const fitted = fitHead(model, ranges, precision, rows, observed.outputs, this.#engine);
		const start = compensatedModel(fitted, ranges, precision);
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

	/** Calibrates ranges for these weights; grids must be fixed again. */
	calibrate(flat: FlatModel): { observed: Observed; rows: Dataset } {
		const { settings, train, like, options } = this.#setup;
		const rows = select(train, calibrationRows(train, settings.calibrate));
		const precision = choosePrecision(floatShape(like), settings.quantize, settings.bits);
		const observed = this.#engine.observe(unflatten(like, flat), rows, (done) =>
			options.onCalibrate?.(done, rows.count),
		);
		const ranges = observed.ranges(this.#rangeMethod(precision));
		this.#quantization = { precision, ranges, ditherSeed: DITHER_SEED };
		return { observed, rows };
	}

	/**
	 * Fixes the grids for the rest of training from the current weights; false when they cannot be quantized. Not repeated every
	 * epoch: weights settle on their grid, and a new one would change the rounding of all of them at once.
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

	/** Sets the native trainer to these weights' integers, in the integer phase; false when they cannot be quantized. */
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

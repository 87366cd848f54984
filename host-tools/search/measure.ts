// Loss of a choice of widths: its blob's outputs on the kernel against the float network's, on sequences outside the
// calibration and never of the test split. Two smooth measures complement the task's quality, since a count of correct answers over a few
// hundred sequences cannot separate neighbours.
import { createHash } from "node:crypto";
import { readContainer } from "../../src/blob/container";
import { readHead } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { realOutputs } from "../../src/network/run";
import type { Dataset } from "../datasets/dataset";
import type { Pool } from "../evaluation/pool";
import type { FloatModel } from "../float/model";
import type { Ranges } from "../quantization/calibrate";
import { DITHER_SEED, quantize } from "../quantization/network";
import type { Precision } from "../quantization/precision";
import { taskOf } from "../task/fit";
import type { Quality } from "../task/task";
import { Cache, type Comparison, comparisonKey } from "./cache";
import { mixerSearch } from "./kinds/kinds";

/** -10 log10(noise), at most 99. */
export function snr(noise: number): number {
	return Math.min(99, -10 * Math.log10(noise));
}

/** Ranges for fine and for coarse states: coarse ones are better with rare extremes clipped. */
export interface StateRanges {
	fine: Ranges;
	coarse: Ranges;
}

/** The ranges for a choice of widths. */
export function rangesFor({ fine, coarse }: StateRanges, precision: Precision): Ranges {
	return {
		...fine,
		layers: precision.layers.map((layer, l) =>
			mixerSearch(layer.kinds.mixer).ranges(layer, fine.layers[l]!, coarse.layers[l]!),
		),
	};
}

/** Measured blobs carry no notes: their bytes are their key in the cache. */
export const BARE = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };

/** Measures blobs of one float network on one set of sequences, from the cache where it can. */
export class Bench {
	readonly #model: FloatModel;
	readonly #ranges: StateRanges;
	readonly #pool: Pool;
	readonly #rows: Dataset;
	readonly #floatOutputs: Float64Array;
	readonly #cache: Cache | undefined;
	/** The baseline float network itself. */
	readonly float: Comparison;
	/** What networks are compared by. */
	readonly quality: Quality;
	readonly count: number;
	/** Blobs run, and blobs found in the cache. */
	measured = 0;
	found = 0;

	private constructor(
		model: FloatModel,
		ranges: StateRanges,
		pool: Pool,
		rows: Dataset,
		outputs: Float64Array,
		float: Comparison,
		folder: string | undefined,
	) {
		this.#model = model;
		this.#ranges = ranges;
		this.#pool = pool;
		this.#rows = rows;
		this.#floatOutputs = outputs;
		this.#cache = folder === undefined ? undefined : new Cache(folder, comparisonKey(rows, outputs));
		this.count = rows.count;
		this.float = float;
		this.quality = taskOf(rows).quality;
	}

	/**
	 * Runs the float network over `rows` first: noise and KL are distances to it.
	 * @param cacheFolder where measurements outlive the run; absent: nowhere
	 * @param float the baseline network for loss of accuracy, if not `model`
	 * @param onRows called with the number of sequences just done
	 */
	static async open(
		model: FloatModel,
		ranges: StateRanges,
		rows: Dataset,
		{
			pool,
			cacheFolder,
			float = model,
			onRows,
		}: { pool: Pool; cacheFolder?: string; float?: FloatModel; onRows?: (count: number) => void },
	): Promise<Bench> {
		const outputs = await pool.outputs({ target: "float", model }, rows, onRows);
		const judge = float === model ? outputs : await pool.outputs({ target: "float", model: float }, rows);
		const comparison = taskOf(rows).compare(rows.targets, judge, judge);
		return new Bench(model, ranges, pool, rows, outputs, comparison, cacheFolder);
	}

	/** Points of quality lost against the baseline. */
	lost(measurement: Comparison): number {
		const { of, higher } = this.quality;
		return (higher ? 1 : -1) * (of(this.float) - of(measurement));
	}

	/** The calibration's statistics. */
	get ranges(): StateRanges {
		return this.#ranges;
	}

	/** The blob of `precision` without notes and golden vectors. @throws RangeError when integers cannot hold it */
	blob(precision: Precision, ranges = rangesFor(this.#ranges, precision)): Uint8Array {
		const network = quantize(this.#model, ranges, precision, BARE, true);
		return writeBlob(network, (bytes) => createHash("sha256").update(bytes).digest());
	}

	/**
	 * Measures one choice; undefined when integers cannot hold it.
	 * @param onRows as for `open` @param ranges other than those of the calibration
	 */
	async measure(
		precision: Precision,
		onRows?: (count: number) => void,
		ranges?: Ranges,
	): Promise<Comparison | undefined> {
		let blob: Uint8Array;
		try {
			blob = this.blob(precision, ranges);
		} catch (error) {
			if (!(error instanceof RangeError)) throw error;
			onRows?.(this.count);
			return undefined;
		}
		return this.measureBlob(blob, onRows);
	}

	/** Measures a blob created elsewhere, such as by training. */
	async measureBlob(blob: Uint8Array, onRows?: (count: number) => void): Promise<Comparison> {
		const known = this.#cache?.get(blob);
		if (known) {
			this.found++;
			onRows?.(this.count);
			return known;
		}
		const outputs = await this.#pool.outputs({ target: "kernel", blob }, this.#rows, onRows);
		const head = readHead(blob, readContainer(blob, { checked: true }));
		const rows = this.#rows;
		const measurement = taskOf(rows).compare(
			rows.targets,
			this.#floatOutputs,
			realOutputs({ head }, outputs),
		);
		this.#cache?.put(blob, measurement);
		this.measured++;
		return measurement;
	}
}

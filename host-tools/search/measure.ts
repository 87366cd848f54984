// What a choice of widths loses: its blob's logits on the kernel beside the float network's, on sequences that are not in the
// calibration and never of the test split. Two smooth measures beside the plain count of right answers, because a count of a
// few hundred sequences cannot tell neighbours apart.
import { createHash } from "node:crypto";
import { readContainer } from "../../src/blob/container";
import { readHead } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import type { Dataset } from "../datasets/dataset";
import type { Pool } from "../evaluation/pool";
import { classesOf } from "../evaluation/predict";
import type { FloatModel } from "../float/model";
import type { Ranges } from "../quantization/calibrate";
import { DITHER_SEED, quantize } from "../quantization/network";
import type { Precision } from "../quantization/precision";
import { Cache, type Measurement, measurementKey } from "./cache";
import { mixerSearch } from "./kinds/kinds";

/** Natural logarithms of the softmax. */
function logSoftmax(logits: Float64Array): Float64Array {
	const most = Math.max(...logits);
	let sum = 0;
	for (const logit of logits) sum += Math.exp(logit - most);
	return logits.map((logit) => logit - most - Math.log(sum));
}

/**
 * Compares logits with the float network's, both (count, outputs) in the same unit.
 * kl: mean Kullback-Leibler divergence of the softmax in nats, from float. noise: power of the difference a power of the
 * float logits, both without their mean over outputs; its SNR is -10 log10(noise) dB.
 */
export function compare(float: Float64Array, given: Float64Array, labels: ArrayLike<number>): Measurement {
	const count = labels.length;
	const outputs = float.length / count;
	const predictions = classesOf(given, count);
	let right = 0;
	let kl = 0;
	let difference = 0;
	let power = 0;
	for (let i = 0; i < count; i++) {
		if (predictions[i] === labels[i]) right++;
		const a = float.subarray(i * outputs, (i + 1) * outputs);
		const b = given.subarray(i * outputs, (i + 1) * outputs);
		const p = logSoftmax(a);
		const q = logSoftmax(b);
		const meanA = a.reduce((s, v) => s + v, 0) / outputs;
		const meanB = b.reduce((s, v) => s + v, 0) / outputs;
		for (let k = 0; k < outputs; k++) {
			kl += (Math.exp(p[k]!) * (p[k]! - q[k]!)) / count;
			power += (a[k]! - meanA) ** 2;
			difference += (a[k]! - meanA - b[k]! + meanB) ** 2;
		}
	}
	return { count, right, kl, noise: power > 0 ? difference / power : 0 };
}

/** -10 log10(noise), at most 99. */
export function snr(noise: number): number {
	return Math.min(99, -10 * Math.log10(noise));
}

/** Ranges for states of many and of few bits: coarse ones want their rare extremes clipped. */
export interface StateRanges {
	fine: Ranges;
	coarse: Ranges;
}

/** The ranges that a choice of widths is quantized by. */
export function rangesFor({ fine, coarse }: StateRanges, precision: Precision): Ranges {
	return {
		...fine,
		layers: precision.layers.map((layer, l) =>
			mixerSearch(layer.kinds.mixer).ranges(layer, fine.layers[l]!, coarse.layers[l]!),
		),
	};
}

/** Networks that are measured say nothing of themselves: their bytes are their name in the cache. */
export const BARE = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };

/** Measures blobs of one float network on one set of sequences, from the cache where it can. */
export class Bench {
	readonly #model: FloatModel;
	readonly #ranges: StateRanges;
	readonly #pool: Pool;
	readonly #rows: Dataset;
	readonly #floatLogits: Float64Array;
	readonly #cache: Cache;
	/** What the float network that accuracy is lost against gets right. */
	readonly floatRight: number;
	readonly count: number;
	/** Blobs that were run, and that were found measured. */
	measured = 0;
	found = 0;

	private constructor(
		model: FloatModel,
		ranges: StateRanges,
		pool: Pool,
		rows: Dataset,
		logits: Float64Array,
		floatRight: number,
		folder: string,
	) {
		this.#model = model;
		this.#ranges = ranges;
		this.#pool = pool;
		this.#rows = rows;
		this.#floatLogits = logits;
		this.#cache = new Cache(folder, measurementKey(rows, logits));
		this.count = rows.count;
		this.floatRight = floatRight;
	}

	/**
	 * Runs the float network over `rows` first: noise and KL are distances to it.
	 * @param float the network whose right answers accuracy is lost against, when it is not `model` itself
	 * @param onRows called with sequences just done
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
		}: { pool: Pool; cacheFolder: string; float?: FloatModel; onRows?: (count: number) => void },
	): Promise<Bench> {
		const logits = await pool.logits({ target: "float", model }, rows, onRows);
		const judge = float === model ? logits : await pool.logits({ target: "float", model: float }, rows);
		const { right } = compare(judge, judge, rows.targets.of);
		return new Bench(model, ranges, pool, rows, logits, right, cacheFolder);
	}

	/** What the calibration saw. */
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
	): Promise<Measurement | undefined> {
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

	/** Measures a blob that was made elsewhere, such as by training. */
	async measureBlob(blob: Uint8Array, onRows?: (count: number) => void): Promise<Measurement> {
		const known = this.#cache.get(blob);
		if (known) {
			this.found++;
			onRows?.(this.count);
			return known;
		}
		const logits = await this.#pool.logits({ target: "kernel", blob }, this.#rows, onRows);
		const unit = 2 ** -readHead(blob, readContainer(blob, { checked: true })).fraction;
		const measurement = compare(
			this.#floatLogits,
			logits.map((v) => v * unit),
			this.#rows.targets.of,
		);
		this.#cache.put(blob, measurement);
		this.measured++;
		return measurement;
	}
}

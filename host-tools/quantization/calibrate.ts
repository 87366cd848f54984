// Ranges of a float network's values over training data, from its forward pass: all scales of the integer network are derived
// from them. They depend on values only, never on targets, and never on the test split unless the caller asks for it.

import { type Dataset, sequence } from "../datasets/dataset";
import { type Observer, recurrent } from "../float/forward";
import { type FloatModel, floatHeadKind, floatMixerKind, outputsOf } from "../float/model";
import { checkFit, taskOf } from "../task/fit";

/** How a range is derived from the values seen: all of them, or all but the rarest. */
export type RangeMethod = { method: "minmax" } | { method: "percentile"; percentile: number };

/** Ranges of one layer, in real units. */
export interface LayerRanges {
	/** (H) smallest and largest residual entering the layer. */
	residualMin: Float64Array;
	residualMax: Float64Array;
	/** Max |x + channel(g)| over all heads, the input of a norm after the layer. */
	sum: number;
	/** (H) |z|, the input of the mixer. */
	z: Float64Array;
	/** (units) maximum over a unit's coordinates, such as |Re x| and |Im x|. */
	state: Float64Array;
	/** |y| over all heads. */
	y: number;
	gMin: number;
	gMax: number;
	/** (H) |value rows' outputs|. */
	value: Float64Array;
	/** (H) mean of g, to correct biases for rounding errors. Empty: unknown. */
	gMean: Float64Array;
	/** (H, H) mean of g g^T, for compensated rounding. Empty: unknown, and nothing is compensated. */
	gMoments: Float64Array;
	/** z of some sequences, each (steps, H): C is fitted on it once Abar is rounded. */
	drive?: Float32Array[];
}

/** Sequences whose z is kept, and steps of each. */
export const DRIVEN = 32;
export const DRIVEN_STEPS = 1024;

/** Ranges of a network. */
export interface Ranges {
	/** (channels) minimum and maximum in the data's units. */
	inputMin: Float64Array;
	inputMax: Float64Array;
	layers: LayerRanges[];
	/** (H) of the residual after the last layer. */
	residualMin: Float64Array;
	residualMax: Float64Array;
	/** Maximum magnitude of an output. */
	output: number;
	/** (H, H) covariance (or empty, as moments of g) and (H) mean of what the decoder sees, over sequences. */
	pooled?: { covariance: Float64Array; mean: Float64Array };
	/** Calibration sequences, and the float network's accuracy on them; null for tasks without right and wrong results. */
	count: number;
	accuracy: number | null;
}

/** Histograms of |v| with 16 bins per octave, one row per index: exponent and four mantissa bits of a float32. */
export class Magnitudes {
	readonly #bins: Uint32Array;
	readonly #from: number;
	readonly #each: number;
	readonly #float = new Float32Array(1);
	readonly #bits = new Int32Array(this.#float.buffer);

	/** @param bins (rows, each) initial counts, the first of them that of 2^from; smaller values count as 0 */
	constructor(
		readonly rows: number,
		{ bins, from }: { bins?: Uint32Array; from: number } = { from: -127 },
	) {
		this.#each = bins ? bins.length / rows : 4096;
		this.#bins = bins ?? new Uint32Array(rows * this.#each);
		this.#from = (from + 127) * 16;
	}

	add(row: number, v: number): void {
		this.#float[0] = v;
		this.#bins[row * this.#each + ((this.#bits[0]! & 0x7fffffff) >> 19)]!++;
	}

	/** Upper bound of all (minmax) or `percentile` of the magnitudes of a row, up to 1/16 octave above; 0 for zeros. */
	range(row: number, how: RangeMethod): number {
		const bins = this.#bins.subarray(row * this.#each, (row + 1) * this.#each);
		let total = 0;
		for (const count of bins) total += count;
		const target = how.method === "minmax" ? total : Math.ceil((total * how.percentile) / 100);
		let seen = 0;
		for (let bin = 0; bin < this.#each; bin++) {
			seen += bins[bin]!;
			if (seen >= target && seen > 0) {
				if (bin === 0) return 0;
				this.#bits[0] = (this.#from + bin + 1) << 19;
				return this.#float[0]!;
			}
		}
		return 0;
	}
}

/** Recorded values of a float network on a data set, from which any method reads ranges without running it again. */
export interface Observed {
	ranges(how: RangeMethod): Ranges;
	/** Outputs of each row. */
	outputs: Float64Array[];
}

/**
 * Runs the float network over every row of `dataset` and records its values.
 * @param onRow called with the number of rows done
 * @throws UserError when data set and network do not match
 */
export function observe(model: FloatModel, dataset: Dataset, onRow?: (done: number) => void): Observed {
	const outputs = outputsOf(model);
	checkFit({ ...model, outputs }, dataset);
	const score = taskOf(dataset).score(dataset.targets, outputs);
	const { H, channels, blocks, head } = model;
	const headKind = floatHeadKind(head);
	const mean = headKind.pooling(head) === "mean";
	const perStep = headKind.perStep(head);
	const filled = (value: number, length: number) => new Float64Array(length).fill(value);
	const layers = blocks.map(({ mixer }) => ({
		residualMin: filled(Infinity, H),
		residualMax: filled(-Infinity, H),
		value: filled(0, H),
		sum: 0,
		gMoments: filled(0, H * H),
		gMean: filled(0, H),
		z: new Magnitudes(H),
		state: new Magnitudes(floatMixerKind(mixer).stateUnits(mixer, H)),
		yAndG: new Magnitudes(3), // y, positive g, negative g
		drive: [] as Float32Array[],
	}));
	const ranges = {
		inputMin: filled(Infinity, channels),
		inputMax: filled(-Infinity, channels),
		residualMin: filled(Infinity, H),
		residualMax: filled(-Infinity, H),
		output: 0,
	};
	const pooled = { covariance: filled(0, H * H), mean: filled(0, H) };
	const pool = filled(0, H);
	const sights = perStep ? dataset.lengths.reduce((a, b) => a + b, 0) : dataset.count;
	/** What the decoder sees. */
	const see = () => {
		const sight = mean ? pool.map((sum) => sum / step) : pool;
		for (let h = 0; h < H; h++) {
			pooled.mean[h]! += sight[h]! / sights;
			for (let k = 0; k <= h; k++) pooled.covariance[h * H + k]! += (sight[h]! * sight[k]!) / sights;
		}
	};
	let steps = 0;
	let row = 0;
	let step = 0;
	const observer: Observer = {
		block({ block, x, z, state, y, g, inner, sum }) {
			const seen = layers[block]!;
			for (let h = 0; h < H; h++) {
				if (x[h]! < seen.residualMin[h]!) seen.residualMin[h] = x[h]!;
				if (x[h]! > seen.residualMax[h]!) seen.residualMax[h] = x[h]!;
				if (Math.abs(inner[h]!) > seen.value[h]!) seen.value[h] = Math.abs(inner[h]!);
				seen.sum = Math.max(seen.sum, Math.abs(sum[h]!));
				seen.z.add(h, z[h]!);
				seen.yAndG.add(0, y[h]!);
				seen.yAndG.add(g[h]! < 0 ? 2 : 1, g[h]!);
				seen.gMean[h]! += g[h]!;
				for (let k = 0; k <= h; k++) seen.gMoments[h * H + k]! += g[h]! * g[k]!;
			}
			if (row < DRIVEN && step < DRIVEN_STEPS) seen.drive[row]!.set(z, step * H);
			for (let i = 0; i < seen.state.rows; i++) {
				let max = 0;
				for (const coordinate of state) max = Math.max(max, Math.abs(coordinate[i]!));
				seen.state.add(i, max);
			}
		},
		end(x) {
			steps++;
			step++;
			for (let h = 0; h < H; h++) pool[h] = mean ? pool[h]! + x[h]! : x[h]!;
			if (perStep) see();
			for (let h = 0; h < H; h++) {
				if (x[h]! < ranges.residualMin[h]!) ranges.residualMin[h] = x[h]!;
				if (x[h]! > ranges.residualMax[h]!) ranges.residualMax[h] = x[h]!;
			}
		},
	};
	const forward = recurrent(model);
	const results: Float64Array[] = [];
	let right = 0;
	for (let i = 0; i < dataset.count; i++) {
		const values = sequence(dataset, i);
		for (let k = 0; k < values.length; k++) {
			const c = k % channels;
			if (values[k]! < ranges.inputMin[c]!) ranges.inputMin[c] = values[k]!;
			if (values[k]! > ranges.inputMax[c]!) ranges.inputMax[c] = values[k]!;
		}
		row = i;
		step = 0;
		pool.fill(0);
		if (i < DRIVEN)
			for (const { drive } of layers)
				drive.push(new Float32Array(Math.min(dataset.lengths[i]!, DRIVEN_STEPS) * H));
		const result = forward(values, dataset.lengths[i]!, observer);
		ranges.output = Math.max(ranges.output, headKind.greatest(head, result));
		results.push(result);
		if (!perStep) see();
		if (score.add(i, result)) right++;
		onRow?.(i + 1);
	}
	for (const { gMean, gMoments } of layers)
		for (let h = 0; h < H; h++) {
			gMean[h]! /= steps;
			for (let k = 0; k <= h; k++) gMoments[k * H + h] = gMoments[h * H + k]! /= steps;
		}
	for (let h = 0; h < H; h++)
		for (let k = 0; k <= h; k++) {
			pooled.covariance[h * H + k]! -= pooled.mean[h]! * pooled.mean[k]!;
			pooled.covariance[k * H + h] = pooled.covariance[h * H + k]!;
		}
	return {
		outputs: results,
		ranges: (how) => ({
			...ranges,
			pooled,
			count: dataset.count,
			accuracy: taskOf(dataset).counts ? right / dataset.count : null,
			layers: layers.map((seen) => ({
				residualMin: seen.residualMin,
				residualMax: seen.residualMax,
				value: seen.value,
				sum: seen.sum,
				gMoments: seen.gMoments,
				gMean: seen.gMean,
				drive: seen.drive,
				z: Float64Array.from({ length: H }, (_, h) => seen.z.range(h, how)),
				state: Float64Array.from({ length: seen.state.rows }, (_, i) => seen.state.range(i, how)),
				y: seen.yAndG.range(0, { method: "minmax" }),
				gMax: seen.yAndG.range(1, how),
				gMin: -seen.yAndG.range(2, how),
			})),
		}),
	};
}

/**
 * Ranges over every row of `dataset` by one method.
 * @param how applies to z, state and g; residual, value, y and outputs always use all values, their formats have room
 * @param onRow called with the number of rows done @param look runs the network
 * @throws UserError when data set and network do not match
 */
export function calibrate(
	model: FloatModel,
	dataset: Dataset,
	how: RangeMethod,
	onRow?: (done: number) => void,
	look: typeof observe = observe,
): Ranges {
	return look(model, dataset, onRow).ranges(how);
}

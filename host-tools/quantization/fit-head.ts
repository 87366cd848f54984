// Fits the head to the integers before it. Rounding moves what the decoder sees, and by more for some inputs than for others: where
// two classes are close, a shift far below the noise decides. Least squares over calibration rows bring the outputs back to the
// float network's, as far as that holds on rows that were left out.
import { type Dataset, select } from "../datasets/dataset";
import type { FloatModel } from "../float/model";
import { headQuantizer } from "./block";
import type { Ranges } from "./calibrate";
import type { Engine } from "./choose-ranges";
import { DITHER_SEED, quantizeWithUnits } from "./network";
import type { Precision } from "./precision";
import { inverseCholesky } from "./weight-rows";

/** Rows to fit on: more tell little more, and take time. */
const ROWS = 512;
/** Parts of the rows, each left out once. */
const PARTS = 4;
/** Strengths of the anchor at the float network's weights, in mean powers of what the decoder sees; the first leaves the weights. */
const ANCHORS = [Infinity, 10, 1, 0.1, 0.01];
const DETAILS = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };

/** A row: what the decoder sees (H), and what its outputs lack. */
interface Row {
	seen: Float64Array;
	lack: Float64Array;
}

/** What is added to the outputs: shift + change (seen - mean). */
interface Fit {
	mean: Float64Array; // (H)
	shift: Float64Array; // (outputs)
	change: Float64Array; // (outputs, H)
}

/** What the decoder of the integer network sees of each row, (H) in real units; undefined for a head that is not fitted. */
function seenBy(
	model: FloatModel,
	ranges: Ranges,
	precision: Precision,
	rows: Dataset,
	engine: Engine,
): Float64Array[] | undefined {
	const { H, head } = model;
	const quantizer = headQuantizer(head);
	const probe = quantizer.seen?.(head, H);
	if (!probe) return undefined;
	const output = Math.max(...[...ranges.residualMin, ...ranges.residualMax].map(Math.abs));
	const { network, units } = quantizeWithUnits(
		{ ...model, head: probe, labels: Array.from({ length: H }, (_, h) => String(h)) },
		{ ...ranges, output },
		{ ...precision, decoder: 8 },
		DETAILS,
		true,
	);
	const { unit } = units.outputs;
	const { weight, bias } = quantizer.real(probe, network.head, units.residual.at(-1)!, H);
	return engine
		.outputs(network, rows)
		.map((found) => Float64Array.from(found, (code, h) => (code * unit[h]! - bias[h]!) / weight[h * H + h]!));
}

/** Outputs matter up to a common shift. */
function centred(lack: Float64Array): Float64Array {
	const mean = lack.reduce((a, b) => a + b, 0) / lack.length;
	return lack.map((v) => v - mean);
}

function meanOf(vectors: Float64Array[]): Float64Array {
	const mean = new Float64Array(vectors[0]!.length);
	for (const vector of vectors) for (let i = 0; i < mean.length; i++) mean[i]! += vector[i]! / vectors.length;
	return mean;
}

/** Least squares, with an anchor at no change. */
function leastSquares(rows: Row[], anchor: number): Fit {
	const [mean, shift] = [meanOf(rows.map(({ seen }) => seen)), meanOf(rows.map(({ lack }) => lack))];
	const [H, outputs] = [mean.length, shift.length];
	const change = new Float64Array(outputs * H);
	if (anchor === Infinity) return { mean, shift, change };
	const gram = new Float64Array(H * H);
	const moments = new Float64Array(outputs * H);
	for (const { seen, lack } of rows) {
		const x = seen.map((v, h) => v - mean[h]!);
		for (let h = 0; h < H; h++) {
			for (let k = 0; k < H; k++) gram[h * H + k]! += x[h]! * x[k]!;
			for (let k = 0; k < outputs; k++) moments[k * H + h]! += x[h]! * (lack[k]! - shift[k]!);
		}
	}
	const U = inverseCholesky(gram, H, anchor); // inverse(gram + anchor) = U^T U
	for (let k = 0; k < outputs; k++) {
		const half = Float64Array.from(mean, (_, i) => {
			let sum = 0;
			for (let h = i; h < H; h++) sum += U[i * H + h]! * moments[k * H + h]!;
			return sum;
		});
		for (let h = 0; h < H; h++) for (let i = 0; i <= h; i++) change[k * H + h]! += U[i * H + h]! * half[i]!;
	}
	return { mean, shift, change };
}

/** Sum of squares of what these rows still lack. */
function left(rows: Row[], { mean, shift, change }: Fit): number {
	const H = mean.length;
	let squares = 0;
	for (const { seen, lack } of rows)
		for (let k = 0; k < lack.length; k++) {
			let rest = lack[k]! - shift[k]!;
			for (let h = 0; h < H; h++) rest -= change[k * H + h]! * (seen[h]! - mean[h]!);
			squares += rest * rest;
		}
	return squares;
}

/** The anchor with which rows that are left out lack least; undefined: with any they lack more than without a fit. */
function bestAnchor(rows: Row[]): number | undefined {
	const parts = Array.from({ length: PARTS }, (_, p) => rows.filter((_, i) => i % PARTS === p));
	let least = rows.reduce((sum, { lack }) => sum + lack.reduce((a, b) => a + b * b, 0), 0);
	let best: number | undefined;
	for (const anchor of ANCHORS) {
		const lacking = parts.reduce(
			(sum, part) =>
				sum +
				left(
					part,
					leastSquares(
						rows.filter((row) => !part.includes(row)),
						anchor,
					),
				),
			0,
		);
		if (lacking < least) [least, best] = [lacking, anchor];
	}
	return best;
}

/**
 * `model` with a head that makes of the integers before it what the float network says of these rows. Heads of kinds that are
 * not fitted stay as they are, as do those that gain nothing.
 * @param wanted outputs of the float network for each row
 * @throws RangeError when the network cannot be represented
 */
export function fitHead(
	model: FloatModel,
	ranges: Ranges,
	precision: Precision,
	data: Dataset,
	wanted: readonly ArrayLike<number>[],
	engine: Engine,
): FloatModel {
	const { H, head } = model;
	const count = Math.min(data.count, ROWS);
	if (count < 2 * PARTS) return model;
	const used = select(
		data,
		Uint32Array.from({ length: count }, (_, i) => i),
	);
	const rows = seenBy(model, ranges, precision, used, engine)?.map((seen, i): Row => {
		const lack = head.bias.map((bias, k) =>
			seen.reduce((sum, v, h) => sum - v * head.weight[k * H + h]!, wanted[i]![k]! - bias),
		);
		return { seen, lack: centred(lack) };
	});
	const anchor = rows && bestAnchor(rows);
	if (anchor === undefined) return model;
	const { mean, shift, change } = leastSquares(rows!, anchor);
	const bias = head.bias.map((b, k) =>
		mean.reduce((sum, m, h) => sum - change[k * H + h]! * m, b + shift[k]!),
	);
	return { ...model, head: { ...head, weight: head.weight.map((w, i) => w + change[i]!), bias } };
}

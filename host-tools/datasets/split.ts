// Drawing parts of a data set in proportion: for a limit, for validation, for calibration, and for sources without splits.
import { grouped } from "../terminal/output";
import { type Dataset, type Drawn, select } from "./dataset";
import { Random } from "./random";
import type { OpenOptions } from "./source";
import { targetKind } from "./targets";

/** What decides which rows are alike. */
const strata = ({ targets }: Dataset) => targetKind(targets).strata(targets);

/**
 * All rows, each stratum shuffled and the strata dealt out evenly: any first part of the order holds every stratum in its
 * proportion, to within a row. Deterministic by seed. A stratum needs three rows to appear in a first fifth.
 */
export function stratifiedOrder(strata: ArrayLike<number>, seed: number): Uint32Array {
	const byStratum = new Map<number, number[]>();
	for (let row = 0; row < strata.length; row++) {
		const rows = byStratum.get(strata[row]!);
		if (rows) rows.push(row);
		else byStratum.set(strata[row]!, [row]);
	}
	const key = new Float64Array(strata.length);
	for (const [stratum, rows] of byStratum) {
		new Random(seed, 7, stratum).shuffle(rows);
		rows.forEach((row, rank) => {
			key[row] = (rank + 0.5) / rows.length;
		});
	}
	return Uint32Array.from(key.keys()).sort((a, b) => key[a]! - key[b]! || a - b);
}

/** The rows of a split that a limit leaves, in their order: each stratum in its proportion, drawn by seed. */
export function drawRows(
	strata: ArrayLike<number>,
	{ limit = strata.length, seed = 1 }: OpenOptions,
): { rows: Uint32Array; drawn?: Drawn } {
	const rows = stratifiedOrder(strata, seed).slice(0, limit).sort();
	return limit < strata.length ? { rows, drawn: { from: strata.length, seed } } : { rows };
}

/** How a limited data set was drawn, to follow the words that name it; empty for all of a split. */
export function drawnText(drawn: Drawn | null | undefined): string {
	return drawn ? `, drawn by class from ${grouped(drawn.from)} with seed ${drawn.seed}` : "";
}

/**
 * Splits training data in two, stratified and deterministic by seed; both keep the order of their rows.
 *
 * @param fraction that becomes validation, 0 to 1 (rounded to rows; the parts may be empty when the set is tiny)
 */
export function splitValidation(
	dataset: Dataset,
	fraction: number,
	seed: number,
): { train: Dataset; validation: Dataset } {
	const order = stratifiedOrder(strata(dataset), seed);
	const count = Math.round(fraction * dataset.count);
	return {
		train: select(dataset, order.slice(count).sort()),
		validation: { ...select(dataset, order.slice(0, count).sort()), split: "validation" },
	};
}

/** Row numbers of at most `count` sequences to calibrate on, each stratum in its proportion. Deterministic by seed. */
export function calibrationRows(dataset: Dataset, count: number, seed = 1): Uint32Array {
	return stratifiedOrder(strata(dataset), seed).slice(0, count);
}

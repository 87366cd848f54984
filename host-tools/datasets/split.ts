// Draws subsets of a data set in proportion: for a limit, for validation, for calibration, and for sources without splits.
import { grouped } from "../terminal/output";
import { type Dataset, type Drawn, select } from "./dataset";
import { Random } from "./random";
import type { OpenOptions } from "./source";
import { targetKind } from "./targets";

/** Strata: rows of one stratum are alike. */
const strata = ({ targets }: Dataset) => targetKind(targets).strata(targets);

/**
 * All rows, each stratum shuffled and the strata interleaved evenly: any prefix contains every stratum in its proportion, to
 * within one row. Deterministic by seed. A stratum needs three rows to appear in the first fifth.
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

/**
 * Rows of some groups, about `fraction` of the rows of each stratum in total; no stratum is used up. Groups are added one by
 * one, each time the one that gets closest; ties are broken by seed.
 */
export function wholeGroups(
	strata: ArrayLike<number>,
	groups: ArrayLike<number>,
	fraction: number,
	seed: number,
): Set<number> {
	const members = new Map<number, number[]>();
	for (let row = 0; row < groups.length; row++) {
		const rows = members.get(groups[row]!);
		if (rows) rows.push(row);
		else members.set(groups[row]!, [row]);
	}
	// Without groups each row is its own group.
	if (members.size === groups.length)
		return new Set(stratifiedOrder(strata, seed).slice(0, Math.round(fraction * groups.length)));
	const counted = (rows: Iterable<number>) => {
		const counts = new Map<number, number>();
		for (const row of rows) counts.set(strata[row]!, (counts.get(strata[row]!) ?? 0) + 1);
		return counts;
	};
	const total = counted(Array.from(strata, (_, row) => row));
	const missing = new Map([...total].map(([stratum, n]) => [stratum, fraction * n]));
	const left = new Map(total);
	const open = [...members.values()].map((rows) => ({ rows, counts: counted(rows) }));
	new Random(seed, 8).shuffle(open);
	const taken = new Set<number>();
	for (;;) {
		let best: { at: number; gain: number } | undefined;
		for (const [at, { counts }] of open.entries()) {
			let gain = 0;
			for (const [stratum, n] of counts) {
				const lack = missing.get(stratum)!;
				gain += n < left.get(stratum)! ? Math.abs(lack) - Math.abs(lack - n) : Number.NEGATIVE_INFINITY;
			}
			if (gain > (best?.gain ?? 1e-9)) best = { at, gain };
		}
		if (!best) return taken;
		const [{ rows, counts }] = open.splice(best.at, 1) as [(typeof open)[number]];
		for (const row of rows) taken.add(row);
		for (const [stratum, n] of counts) {
			missing.set(stratum, missing.get(stratum)! - n);
			left.set(stratum, left.get(stratum)! - n);
		}
	}
}

/** The rows that a limit keeps of a split, in order: each stratum in proportion, drawn by seed. */
export function drawRows(
	strata: ArrayLike<number>,
	{ limit = strata.length, seed = 1 }: OpenOptions,
): { rows: Uint32Array; drawn?: Drawn } {
	const rows = stratifiedOrder(strata, seed).slice(0, limit).sort();
	return limit < strata.length ? { rows, drawn: { from: strata.length, seed } } : { rows };
}

/** How a limited data set was drawn, to append to its name; empty for an entire split. */
export function drawnText(drawn: Drawn | null | undefined): string {
	return drawn ? `, drawn by class from ${grouped(drawn.from)} with seed ${drawn.seed}` : "";
}

/**
 * Splits training data in two, keeping groups together, stratified and deterministic by seed; both keep the order of their
 * rows.
 *
 * @param fraction for validation, 0 to 1 (rounded to rows; either side may be empty when the set is tiny)
 */
export function splitValidation(
	dataset: Dataset,
	fraction: number,
	seed: number,
): { train: Dataset; validation: Dataset } {
	const { groups, count } = dataset;
	const held = groups
		? wholeGroups(strata(dataset), groups.of, fraction, seed)
		: new Set(stratifiedOrder(strata(dataset), seed).slice(0, Math.round(fraction * count)));
	const rows = (isHeld: boolean) =>
		Array.from({ length: count }, (_, i) => i).filter((i) => held.has(i) === isHeld);
	return {
		train: select(dataset, rows(false)),
		validation: { ...select(dataset, rows(true)), split: "validation" },
	};
}

/** Row numbers of at most `count` sequences to calibrate on, each stratum in its proportion. Deterministic by seed. */
export function calibrationRows(dataset: Dataset, count: number, seed = 1): Uint32Array {
	return stratifiedOrder(strata(dataset), seed).slice(0, count);
}

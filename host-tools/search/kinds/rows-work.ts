// The work of the kernel's products of rows of weights and inputs, two rows at a time (firmware/kernel/essm_rows.c).
import { shareWords } from "../../../src/network/linear";
import type { AddWork } from "./kind";

export interface RowPairs {
	/** Bits of a weight in one row of each pair, and in the other. */
	first: number;
	second?: number;
	pairs: number;
	columns: number;
	/** Steps of a pass. */
	steps: number;
	/** How many times the pass's steps are computed, and rows unpacked; 1 unless stated. */
	computed?: number;
	unpacked?: number;
	/** Whether inputs have more than 8 bits, so that no rows share words. */
	wide?: boolean;
}

export function pairsWork(
	add: AddWork,
	{ first, second = first, pairs, columns, steps, computed = 1, unpacked = 1, wide = false }: RowPairs,
): void {
	const weights = 2 * pairs * columns;
	if (!wide && shareWords({ bits: first, columns }, { bits: second, columns })) {
		add("weight in words", computed * weights);
		add("pair in words", computed * pairs);
		add("unpacked weight in words", unpacked * weights);
		return;
	}
	add("weight", computed * weights);
	// Single steps go by four columns.
	if (steps === 1) add("odd weight", computed * 2 * pairs * (columns % 4));
	for (const bits of [first, second]) {
		if (bits === 8) continue;
		add(`weight of ${bits} bits`, (unpacked * weights) / 2);
		add("packed row", unpacked * pairs);
	}
}

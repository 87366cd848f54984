// Data sets that `dataset` computes instead of fetching, by name.
import { LISTOPS_STEPS, LISTOPS_TOKENS, type ListopsRow, listops } from "./listops";
import type { TokenRows, TokenSet } from "./write-tokens";

export interface ComputedSet {
	about: string;
	/** Training sequences unless another number is asked for. */
	usual: number;
	/** @param onRow sequences done, and in all */
	make(train: number, seed: number, onRow: (done: number, of: number) => void): TokenSet;
	origin: string;
}

const LISTOPS_TEST = 2000;

function rowsOf(rows: readonly ListopsRow[]): TokenRows {
	return { rows: rows.map(({ tokens }) => tokens), labels: Uint8Array.from(rows, ({ value }) => value) };
}

export const COMPUTED_SETS: Record<string, ComputedSet> = {
	listops: {
		about: "values of nested lists, 15 tokens, 501 to 1,999 steps, 96,000 and 2,000 sequences (computed)",
		usual: 96_000,
		make(train, seed, onRow) {
			// The test split comes first: it is the same beside any number of training sequences.
			const of = LISTOPS_TEST + train;
			const all = listops(of, seed, (done) => onRow(done, of));
			return {
				...{ name: "listops", T: LISTOPS_STEPS, tokens: LISTOPS_TOKENS },
				labels: Array.from({ length: 10 }, (_, value) => String(value)),
				train: rowsOf(all.slice(LISTOPS_TEST)),
				test: rowsOf(all.slice(0, LISTOPS_TEST)),
			};
		},
		origin: "the grammar of the Long Range Arena's ListOps",
	},
};

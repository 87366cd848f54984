// ListOps, computed: nested lists of digits under MIN, MAX, MED (median) and SM (sum modulo 10), whose value is to be told, by the
// grammar of the Long Range Arena (Nangia and Bowman, "ListOps", 2018; Tay et al., "Long Range Arena", 2021). Its own files come
// from a generator that cannot be repeated, so that figures are comparable in distribution only.
import { createHash } from "node:crypto";
import { Random } from "./random";

/** Of a list's tokens: digits are themselves. */
const OPERATORS = ["[MIN", "[MAX", "[MED", "[SM"] as const;
const CLOSE = 10 + OPERATORS.length;
export const LISTOPS_TOKENS = CLOSE + 1;

const DEEPEST = 10;
const MOST_ARGUMENTS = 10;
/** A sequence has more tokens than the first and fewer than the second. */
const LENGTHS = { above: 500, below: 2000 } as const;
export const LISTOPS_STEPS = LENGTHS.below;

const VALUES: Record<(typeof OPERATORS)[number], (list: number[]) => number> = {
	"[MIN": (list) => Math.min(...list),
	"[MAX": (list) => Math.max(...list),
	"[MED": (list) => {
		const sorted = list.toSorted((a, b) => a - b);
		const middle = sorted.length >> 1;
		return sorted.length % 2 ? sorted[middle]! : Math.floor((sorted[middle - 1]! + sorted[middle]!) / 2);
	},
	"[SM": (list) => list.reduce((a, b) => a + b, 0) % 10,
};

/** What tokens are in words, for people and tests. */
export const listopsText = (tokens: ArrayLike<number>): string =>
	Array.from(tokens, (token) => (token < 10 ? String(token) : (OPERATORS[token - 10] ?? "]"))).join(" ");

/** Draws one tree into `out`. @returns its value, or -1 as soon as it is too long */
function draw(random: Random, depth: number, out: number[]): number {
	if (out.length >= LENGTHS.below) return -1;
	if (depth === DEEPEST || random.below(4) > 0) {
		const digit = random.below(10);
		out.push(digit);
		return digit;
	}
	const start = out.length;
	out.push(0);
	const list: number[] = [];
	for (let left = 2 + random.below(MOST_ARGUMENTS - 1); left > 0; left--) {
		const value = draw(random, depth + 1, out);
		if (value < 0) return -1;
		list.push(value);
	}
	const operator = random.below(OPERATORS.length);
	out[start] = 10 + operator;
	out.push(CLOSE);
	return VALUES[OPERATORS[operator]!](list);
}

export interface ListopsRow {
	tokens: Uint8Array;
	value: number;
}

/** Distinct sequences, as many as are asked for; the first ones are the same whatever that number is. */
export function listops(count: number, seed: number, onRow?: (done: number) => void): ListopsRow[] {
	const random = new Random(seed, 0x115);
	const seen = new Set<string>();
	const rows: ListopsRow[] = [];
	while (rows.length < count) {
		const out: number[] = [];
		const value = draw(random, 1, out);
		if (value < 0 || out.length <= LENGTHS.above || out.length >= LENGTHS.below) continue;
		const tokens = Uint8Array.from(out);
		const sum = createHash("sha1").update(tokens).digest("base64");
		if (seen.has(sum)) continue;
		seen.add(sum);
		rows.push({ tokens, value });
		onRow?.(rows.length);
	}
	return rows;
}

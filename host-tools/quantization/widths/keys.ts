// Keys of --bits that are plain numbers of bits.
import { WEIGHT_BITS } from "../../../src/network/proof";
import { UserError } from "../../terminal/errors";
import type { Key } from "./kind";

/** The number in `name=text`. @throws UserError */
export function wholeBits(
	name: string,
	text: string,
	allowed: (bits: number) => boolean,
	takes: string,
): number {
	const bits = Number(text);
	if (!/^\d+$/.test(text) || !allowed(bits))
		throw new UserError(`--bits ${name}=${text}: ${name} takes ${takes}.`);
	return bits;
}

export const between = (low: number, high: number) => (n: number) => n >= low && n <= high;

type Words = Pick<Key<unknown>, "scale" | "rounding" | "group">;

/** A key whose precision is the number of its own name. */
export function bitsKey<K extends string, N extends number>(
	key: K,
	allowed: (bits: number) => boolean,
	takes: string,
	words: Words,
): Key<Record<K, N>> {
	return {
		set: (precision, text, name) => {
			precision[key] = wholeBits(name, text, allowed, takes) as Record<K, N>[K];
		},
		text: (precision) => String(precision[key]),
		...words,
	};
}

/** A key that takes the widths of weights. */
export function weightsKey<K extends string>(key: K, words: Words): Key<Record<K, number>> {
	return bitsKey(key, (n) => WEIGHT_BITS.includes(n), `${WEIGHT_BITS.join(", ")} bits`, words);
}

/** A key that takes the widths of activations, quantized at every step. */
export function activationsKey<K extends string>(key: K, scale: string): Key<Record<K, number>> {
	const words = { scale, rounding: "at every step, to nearest", group: "act" as const };
	return bitsKey(key, between(4, 8), "4 to 8 bits", words);
}

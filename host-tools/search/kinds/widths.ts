// Helpers with which kinds describe their widths.
import { WEIGHT_BITS } from "../../../src/network/proof";
import type { Choosable, Component } from "./kind";

/** A component whose widths are plain numbers of bits. */
export function plain(name: string, bits: readonly number[], key = name): Component {
	return { name, widths: bits.map((n) => ({ name: String(n), bits: `${key}=${n}` })) };
}

export const weights = (name: string): Component => plain(name, WEIGHT_BITS);
export const activations = (name: string): Component => plain(name, [4, 5, 6, 7, 8]);

/** A choice of every width of a component, by its own reading. */
export function byReading({ name, widths }: Component, afterTraining?: number): Choosable {
	return {
		name,
		choices: widths.map(({ bits }) => ({ bits, loss: (of) => of(bits) })),
		...(afterTraining !== undefined && { afterTraining }),
	};
}

/** Widths of two components read together, since their losses do not add. */
export function together(a: Component, b: Component): Component {
	return {
		name: `${a.name} and ${b.name}`,
		pair: [a, b],
		widths: a.widths.flatMap((one) =>
			b.widths.map((other) => ({
				name: `${one.name} and ${other.name}`,
				bits: `${one.bits},${other.bits}`,
			})),
		),
	};
}

export const bitsText = (n: number | string) => `${n} ${Number(n) === 1 ? "bit" : "bits"}`;

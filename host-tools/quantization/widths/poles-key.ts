// The key of a mixer's poles: a text of any coding.
import type { Poles } from "../../../src/network/poles-union";
import { UserError } from "../../terminal/errors";
import type { Key, PolesWidths } from "./kind";
import * as POLES from "./poles";

/** Bits of poles in any coding. */
export type PolesPrecision = (typeof POLES)[keyof typeof POLES] extends infer K
	? K extends { precisionOf(poles: never): infer P }
		? P
		: never
	: never;

type AnyCoding = PolesWidths<Poles, PolesPrecision>;
const codingOf = ({ format }: PolesPrecision) =>
	(Object.values(POLES) as AnyCoding[]).find((coding) => coding.format === format)!;

export function polesPrecision(poles: Poles): PolesPrecision {
	return (POLES[poles.kind] as AnyCoding).precisionOf(poles);
}

/** Poles with widths and no codes. */
export function emptyPoles(precision: PolesPrecision): Poles {
	return codingOf(precision).skeleton(precision);
}

/** @param of codings that the mixer's poles may have; their texts differ */
export function polesKey<K extends string>(
	key: K,
	scale: string,
	of: readonly object[],
): Key<Record<K, PolesPrecision>> {
	const codings = of as readonly AnyCoding[];
	return {
		set(precision, text, name) {
			for (const coding of codings) {
				const read = coding.parse(text, name);
				if (!read) continue;
				precision[key] = read;
				return;
			}
			const takes = codings.map((coding) => coding.takes).join(", or ");
			throw new UserError(`--bits ${name}=${text}: ${name} takes ${takes}.`);
		},
		text: (precision) => codingOf(precision[key]).text(precision[key]),
		scale,
		rounding: "to nearest, always inside the unit circle",
		note: `${key}: ${codings.map(({ note }) => note).join(", or ")}.`,
	};
}

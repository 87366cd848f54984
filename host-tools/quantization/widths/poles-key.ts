// The key of a mixer's poles: a text of any of their codings.
import type { Poles } from "../../../src/network/poles-union";
import { UserError } from "../../terminal/errors";
import type { Key, PolesWidths } from "./kind";
import * as POLES from "./poles";

/** Bits of poles in any of their codings. */
export type PolesPrecision = (typeof POLES)[keyof typeof POLES] extends infer K
	? K extends { precisionOf(poles: never): infer P }
		? P
		: never
	: never;

const CODINGS = Object.values(POLES) as PolesWidths<Poles, PolesPrecision>[];
const codingOf = ({ format }: PolesPrecision) => CODINGS.find((coding) => coding.format === format)!;

export function polesPrecision(poles: Poles): PolesPrecision {
	const widths = (POLES as Partial<Record<Poles["kind"], unknown>>)[poles.kind];
	if (!widths)
		throw new UserError(`Poles ${poles.kind} have no widths here yet: quantize and search do not take them.`);
	return (widths as PolesWidths<Poles, PolesPrecision>).precisionOf(poles);
}

/** Poles with widths and no codes. */
export function emptyPoles(precision: PolesPrecision): Poles {
	return codingOf(precision).skeleton(precision);
}

export function polesKey<K extends string>(key: K, scale: string): Key<Record<K, PolesPrecision>> {
	return {
		set(precision, text, name) {
			for (const coding of CODINGS) {
				const read = coding.parse(text, name);
				if (!read) continue;
				precision[key] = read;
				return;
			}
			const takes = CODINGS.map((coding) => coding.takes).join(", or ");
			throw new UserError(`--bits ${name}=${text}: ${name} takes ${takes}.`);
		},
		text: (precision) => codingOf(precision[key]).text(precision[key]),
		scale,
		rounding: "to nearest, always inside the unit circle",
		note: `${key}: ${CODINGS.map(({ note }) => note).join(", or ")}.`,
	};
}

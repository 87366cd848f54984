// Times in recordings: texts to seconds, and the sampling rate they imply.
import { UserError } from "../terminal/errors";

const UNITS: Record<string, number> = {
	s: 1,
	sec: 1,
	second: 1,
	seconds: 1,
	ms: 1e-3,
	millis: 1e-3,
	milliseconds: 1e-3,
	us: 1e-6,
	µs: 1e-6,
	micros: 1e-6,
	microseconds: 1e-6,
	ns: 1e-9,
	nanoseconds: 1e-9,
};
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)([.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?$/i;

/** Seconds of an ISO 8601 time; without a zone it is read as UTC, which has no daylight saving time. NaN when invalid. */
export function isoSeconds(text: string): number {
	const [, day, clock, fraction = "", zone = "Z"] = ISO.exec(text) ?? [];
	if (!day || !clock) return Number.NaN;
	const colon = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
	return Date.parse(`${day}T${clock}${colon}`) / 1000 + (fraction ? Number(`0.${fraction.slice(1)}`) : 0);
}

/** The unit in a column's name, in seconds: "time (ms)", "t_us", "seconds". */
export function unitInName(name: string): number | undefined {
	const word = /[([]\s*([a-zµ]+)\s*[)\]]\s*$|(?:^|[\s_])([a-zµ]+)$/i.exec(name.trim());
	return UNITS[(word?.[1] ?? word?.[2] ?? "").toLowerCase()];
}

/** Median, the lower of two; NaN of none. */
export function median(numbers: readonly number[]): number {
	const sorted = [...numbers].sort((a, b) => a - b);
	return sorted.length ? sorted[(sorted.length - 1) >> 1]! : Number.NaN;
}

const differences = (times: readonly number[]) => times.slice(1).map((time, i) => time - times[i]!);

/**
 * The unit of numeric times whose column name states none, in seconds, with what was assumed.
 * @throws UserError when it cannot be decided
 */
export function guessUnit(times: readonly number[], column: string): { unit: number; assumed: string } {
	const greatest = Math.abs(times[0] ?? 0);
	const epoch = [
		[1e17, 1e-9, "nanoseconds"],
		[1e14, 1e-6, "microseconds"],
		[1e11, 1e-3, "milliseconds"],
		[1e8, 1, "seconds"],
	] as const;
	for (const [least, unit, name] of epoch)
		if (greatest >= least) return { unit, assumed: `"${column}" is read as ${name} since 1970` };
	const step = median(differences(times).filter((d) => d > 0));
	if (step < 1) return { unit: 1, assumed: `"${column}" is read as seconds` };
	if (step <= 1000) return { unit: 1e-3, assumed: `"${column}" is read as milliseconds` };
	throw new UserError(
		`The unit of the times in "${column}" cannot be determined; state it in the column's name, such as "${column} (us)", or state the rate with --hz.`,
	);
}

/** Gaps are distances between steps beyond this multiple of the usual one. */
export const GAP = 4;

/** Samples per second by the times of some steps (s, increasing); undefined when there are too few. */
export function rateOf(times: readonly number[]): number | undefined {
	const steps = differences(times).filter((d) => d > 0);
	const usual = median(steps);
	const regular = steps.filter((d) => d < 1.5 * usual);
	if (!regular.length) return undefined;
	const rate = regular.length / regular.reduce((sum, d) => sum + d, 0);
	const round = Number(rate.toPrecision(2));
	return Math.abs(rate / round - 1) < 0.002 ? round : Number(rate.toPrecision(4));
}

// Numbers in text, with a point or a comma for decimals.
import { UserError } from "../terminal/errors";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;

/** Whether a field looks like a number, finite or not. */
export function looksLikeNumber(field: string): boolean {
	return NUMBER.test(field) || NOT_FINITE.test(field);
}

/** Whether a field is a number with a comma for decimals. */
export const hasDecimalComma = (field: string) => /^[+-]?\d*,\d+([eE][+-]?\d+)?$/.test(field);

/** The number in a field, in float64; NaN when it is not a number or not finite as float32. */
export function numberOf(field: string): number {
	const value = NUMBER.test(field) ? Number(field) : Number.NaN;
	return Number.isFinite(Math.fround(value)) ? value : Number.NaN;
}

/** Why a field is refused; completes a sentence. */
export function notANumber(field: string): string {
	if (field === "") return "is empty where a number is expected";
	return `${JSON.stringify(field.slice(0, 40))} is ${looksLikeNumber(field) ? "not a finite float32" : "not a number"}`;
}

/** The finite float32 in a field; the other arguments locate it. */
export function toNumber(field: string, where: string, step: number, channel: number): number {
	const value = Math.fround(numberOf(field));
	if (Number.isFinite(value)) return value;
	const what = looksLikeNumber(field) ? "is not a finite float32" : "is not a number";
	throw new UserError(`${where}: "${field.slice(0, 40)}" at step ${step}, channel ${channel} ${what}.`);
}

// Real values of the codes of g, for any activation: the minimum and maximum seen map to their ends.
import type { BlockContext } from "./kind";
import { encodeScale, scaleValue } from "./scale";
import type { GeluPrecision } from "./widths/gelu";

/** @param yUnit real size of a unit of y @returns also the real size of a unit of g */
export function codesOfG(
	{ where, ranges: { gMin, gMax }, precision: { g: bits } }: BlockContext<GeluPrecision>,
	yUnit: number,
): { bits: number; scale: number; zero: number; gStep: number } {
	const levels = 2 ** bits;
	const scale = encodeScale(`${where} g scale`, yUnit / ((gMax - gMin || 1) / (levels - 1)));
	const gStep = yUnit / scaleValue(scale);
	const zero = Math.max(-128, Math.min(127, Math.round(gMin / gStep) + levels / 2));
	return { bits, scale, zero, gStep };
}

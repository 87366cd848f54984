// Abar from its log-polar form: radius from a table, phase from a quarter-wave cosine table with linear interpolation.
import { roundShift } from "./arithmetic";
import { COSINE, RADIUS } from "./tables";

/** cos(v / 16384 * pi / 2) in Q15 for v 0 to 16384. */
export function quarterCosine(v: number): number {
	const i = v >> 6;
	return COSINE[i]! + roundShift(Math.imul(COSINE[i + 1]! - COSINE[i]!, v & 63), 6);
}

/**
 * Writes (real, imaginary) of Abar in Q15 to out[at], out[at + 1].
 * @param radius index into RADIUS, 0 to 255
 * @param angle 0 to 32768, in units of 2^-16 turn: at most half a turn: imaginary parts are never negative
 */
export function polarToCartesian(
	radius: number,
	angle: number,
	out: { [index: number]: number },
	at: number,
): void {
	const r = RADIUS[radius]!;
	const re = angle <= 16384 ? quarterCosine(angle) : -quarterCosine(32768 - angle);
	const im = angle <= 16384 ? quarterCosine(16384 - angle) : quarterCosine(angle - 16384);
	out[at] = roundShift(Math.imul(r, re), 15);
	out[at + 1] = roundShift(Math.imul(r, im), 15);
}

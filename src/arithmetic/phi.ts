// The nonlinearity of edge-ssm.int.v2 and v3: a factor Phi in Q15, read from a table of 64 intervals with linear interpolation.

/**
 * Phi(v) in Q15, 0 to 32768, for v with `fraction` fractional bits (3 to 12).
 * @param table one of PHI
 */
export function phi(table: Uint16Array, v: number, fraction: number): number {
	const shift = fraction - 3; // a table step is 1/8
	let a = v < 0 ? -v : v;
	if (a > 8 << fraction) a = 8 << fraction;
	const i = a >> shift;
	const rest = a & ((1 << shift) - 1);
	const p = table[i]! + ((Math.imul(table[i + 1]! - table[i]!, rest) + ((1 << shift) >> 1)) >> shift);
	return v < 0 ? 32768 - p : p;
}

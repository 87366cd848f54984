// Real scales to the 16-bit floats of the arithmetic and back (applyScale in src/arithmetic).

/** Mantissas are 2048 to 4095. */
const LOW = 2048;

/** The real factor of a scale code. */
export function scaleValue(code: number): number {
	return (LOW + (code & 2047)) * 2 ** -(code >> 11);
}

/** The nearest number with a 12-bit mantissa, whatever its exponent; > 0. */
export function onGrid(value: number): number {
	const exponent = Math.floor(Math.log2(value)) - 11;
	return Math.round(value / 2 ** exponent) * 2 ** exponent;
}

/** The nearest number with a 4-bit mantissa, 8 to 15, as in coarse scales of rows and heads; value > 0. */
export function onCoarseGrid(value: number): number {
	const exponent = Math.floor(Math.log2(value)) - 3;
	return Math.round(value / 2 ** exponent) * 2 ** exponent;
}

/** The largest such number not above `value`. */
export function coarseBelow(value: number): number {
	const exponent = Math.floor(Math.log2(value)) - 3;
	return Math.floor(value / 2 ** exponent) * 2 ** exponent;
}

/** The smallest such number not below `value`. */
export function coarseAbove(value: number): number {
	const exponent = Math.floor(Math.log2(value)) - 3;
	return Math.ceil(value / 2 ** exponent) * 2 ** exponent;
}

/**
 * The scale code of a value on the grid.
 * @throws RangeError naming `tensor` when the value is out of range
 */
export function encodeScale(tensor: string, value: number): number {
	const on = value > 0 && Number.isFinite(value) ? onGrid(value) : NaN;
	let shift = 11 - Math.floor(Math.log2(on));
	let mantissa = on * 2 ** shift;
	if (mantissa === 2 * LOW) {
		mantissa = LOW;
		shift--;
	}
	if (!(shift >= 0 && shift <= 31))
		throw new RangeError(`${tensor}: a scale of ${value} is out of range; check the range of its values`);
	return (shift << 11) | (mantissa - LOW);
}

/** The real factor of a coarse scale code. */
export function coarseScaleValue(code: number): number {
	return (8 + (code & 7)) * 2 ** (4 - (code >> 3));
}

/** The coarse scale code of a value on the coarse grid. @throws RangeError naming `tensor` when the value is out of range */
export function encodeCoarseScale(tensor: string, value: number): number {
	const shift = 7 - Math.floor(Math.log2(value));
	const mantissa = value * 2 ** (shift - 4);
	if (!(shift >= 0 && shift <= 31 && Number.isInteger(mantissa)))
		throw new RangeError(`${tensor}: a scale of ${value} is out of range; check the range of its values`);
	return (shift << 3) | (mantissa - 8);
}

/** The smallest preshift that brings an accumulator of at most `bound` under the 2^22 that a coarse scale takes. */
export function preshiftFor(bound: number): number {
	let p = 0;
	while (Math.floor((bound + 2 ** p / 2) / 2 ** p) > 2 ** 22 - 1) p++;
	return p;
}

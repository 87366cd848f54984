// Real scales to the 16-bit floats of the arithmetic and back (applyScale in src/fixed-point).

/** Mantissas are 2048 to 4095. */
const LOW = 2048;

/** The real number that a scale code multiplies by. */
export function scaleValue(code: number): number {
	return (LOW + (code & 2047)) * 2 ** -(code >> 11);
}

/** The nearest number that a scale's 12-bit mantissa can hold, whatever its exponent; > 0. */
export function onGrid(value: number): number {
	const exponent = Math.floor(Math.log2(value)) - 11;
	return Math.round(value / 2 ** exponent) * 2 ** exponent;
}

/**
 * The scale code of a value on the grid.
 * @param lowest smallest shift that is allowed @param highest greatest
 * @throws RangeError naming `tensor` when the value is out of a scale's reach
 */
export function encodeScale(tensor: string, value: number, lowest = 0, highest = 31): number {
	const on = value > 0 && Number.isFinite(value) ? onGrid(value) : NaN;
	let shift = 11 - Math.floor(Math.log2(on));
	let mantissa = on * 2 ** shift;
	if (mantissa === 2 * LOW) {
		mantissa = LOW;
		shift--;
	}
	if (!(shift >= lowest && shift <= highest))
		throw new RangeError(`${tensor}: a scale of ${value} is out of reach; check the range of its values`);
	return (shift << 11) | (mantissa - LOW);
}

/** The smallest preshift that brings an accumulator of at most `bound` under the 2^18 that a scale takes. */
export function preshiftFor(bound: number): number {
	let p = 0;
	while (Math.floor((bound + 2 ** p / 2) / 2 ** p) > 2 ** 18 - 1) p++;
	return p;
}

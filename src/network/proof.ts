// Checks shared by all kinds' proofs. Refusals name the tensor. Saturation is part of the arithmetic and allowed; wrapping is
// not: every int32 intermediate of a valid network is bounded for the worst input.

export const INT32_MAX = 0x7fffffff;
/** Maximum magnitude of an input of `applyCoarseScale`. */
const SCALE_INPUT_MAX = 2 ** 22 - 1;
/** Precisions of linear weights, C and D. */
export const WEIGHT_BITS = Object.freeze([2, 3, 4, 6, 8]);

export function refuse(tensor: string, why: string): never {
	throw new RangeError(`${tensor}: ${why}`);
}

export function within(tensor: string, values: ArrayLike<number>, low: number, high: number): void {
	for (let i = 0; i < values.length; i++) {
		const v = values[i]!;
		if (!(v >= low && v <= high)) refuse(tensor, `element ${i} is ${v}, not in ${low} to ${high}`);
	}
}

export function integer(tensor: string, value: number, low: number, high: number): void {
	if (!Number.isInteger(value)) refuse(tensor, `${value} is not an integer`);
	within(tensor, [value], low, high);
}

export function size(tensor: string, values: { length: number }, expected: number): void {
	if (values.length !== expected) refuse(tensor, `has ${values.length} elements where ${expected} belong`);
}

export function named(tensor: string, name: string, names: readonly string[]): void {
	if (!names.includes(name)) refuse(tensor, `${name} is none of ${names.join(", ")}`);
}

export function weightBits(tensor: string, bits: number): void {
	if (!WEIGHT_BITS.includes(bits)) refuse(tensor, `${bits} bits are not among ${WEIGHT_BITS.join(", ")}`);
}

/** Two's complement codes of `bits` bits. */
export function codes(tensor: string, values: ArrayLike<number>, bits: number): void {
	within(tensor, values, -(1 << (bits - 1)), (1 << (bits - 1)) - 1);
}

/** Codes of `bits` bits, times 2^shift. */
export function shifted(tensor: string, values: ArrayLike<number>, bits: number, shift: number): void {
	within(tensor, values, -(1 << (bits - 1 + shift)), ((1 << (bits - 1)) - 1) << shift);
	for (let i = 0; i < values.length; i++)
		if (values[i]! & ((1 << shift) - 1))
			refuse(tensor, `element ${i}, ${values[i]}, is no multiple of 2^${shift}`);
}

/** An accumulator of at most `bound` must fit int32 with its rounding and, after the preshift, the scale's input. */
export function accumulator(tensor: string, bound: number, preshift: number): void {
	integer(`${tensor} preshift`, preshift, 0, 30);
	const half = 2 ** preshift / 2;
	if (bound + half > INT32_MAX)
		refuse(tensor, `its accumulator can reach ${bound}, beyond int32; use fewer bits or inputs`);
	if (Math.floor((bound + half) / 2 ** preshift) > SCALE_INPUT_MAX)
		refuse(tensor, `its accumulator can reach ${bound}, beyond 2^22 after a preshift of ${preshift}`);
}

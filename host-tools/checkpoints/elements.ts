// Elements of tensors as stored in files, little-endian, converted to float64. Type names are safetensors'.
import { UserError } from "../terminal/errors";

export interface Tensor {
	/** Empty for a scalar. */
	shape: number[];
	/** All values in row-major order, complex ones as real and imaginary part interleaved; null for integers. */
	values: Float64Array | null;
	complex?: true;
}

export interface ElementType {
	bytes: number;
	/** Absent for types that are not floating point; reads one part of a complex element. */
	read?: (data: DataView, offset: number) => number;
	complex?: true;
}

export const MAX_RANK = 8;

/** IEEE 754 half precision. */
function float16(bits: number): number {
	const sign = bits & 0x8000 ? -1 : 1;
	const exponent = (bits >> 10) & 31;
	const fraction = bits & 1023;
	if (exponent === 0) return sign * fraction * 2 ** -24;
	if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
	return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));
const float32 = (data: DataView, offset: number) => data.getFloat32(offset, true);
const float64 = (data: DataView, offset: number) => data.getFloat64(offset, true);

export const ELEMENTS: ReadonlyMap<string, ElementType> = new Map<string, ElementType>([
	["F64", { bytes: 8, read: float64 }],
	["F32", { bytes: 4, read: float32 }],
	["F16", { bytes: 2, read: (data, offset) => float16(data.getUint16(offset, true)) }],
	[
		"BF16",
		{
			bytes: 2,
			read: (data, offset) => {
				// The upper half of a float32.
				scratch.setUint32(0, data.getUint16(offset, true) << 16);
				return scratch.getFloat32(0);
			},
		},
	],
	["C64", { bytes: 8, read: float32, complex: true }],
	["C128", { bytes: 16, read: float64, complex: true }],
	["I64", { bytes: 8 }],
	["U64", { bytes: 8 }],
	["I32", { bytes: 4 }],
	["U32", { bytes: 4 }],
	["I16", { bytes: 2 }],
	["U16", { bytes: 2 }],
	["I8", { bytes: 1 }],
	["U8", { bytes: 1 }],
	["BOOL", { bytes: 1 }],
]);

/** Index of element `i` along each dimension. */
export function indexOf(i: number, shape: number[]): number[] {
	const index: number[] = [];
	for (let d = shape.length - 1, rest = i; d >= 0; d--) {
		index.unshift(rest % shape[d]!);
		rest = Math.floor(rest / shape[d]!);
	}
	return index;
}

/**
 * A tensor from its bytes.
 *
 * @param at offset of element `i` in `data`
 * @param what the tensor, for messages
 * @throws UserError when a number is not finite
 */
export function decode(
	{ bytes, read, complex }: ElementType,
	shape: number[],
	data: DataView,
	at: (i: number) => number,
	what: string,
): Tensor {
	if (!read) return { shape, values: null };
	const parts = complex ? 2 : 1;
	const count = shape.reduce((product, n) => product * n, 1);
	const values = new Float64Array(count * parts);
	for (let i = 0; i < values.length; i++) {
		const element = Math.floor(i / parts);
		const value = read(data, at(element) + ((i % parts) * bytes) / 2);
		if (!Number.isFinite(value))
			throw new UserError(
				`${what} holds ${value} at index [${indexOf(element, shape).join(", ")}]; only finite numbers are supported.`,
			);
		values[i] = value;
	}
	return complex ? { shape, values, complex } : { shape, values };
}

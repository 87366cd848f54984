// Descriptions of the bytes of a kind, from which the reader and writer (src/blob/codec.ts), the kernel's essm_layout.h and
// essm_layout.c, and the tables of docs/BLOB.md are made (host-tools/generate).
//
// A component (a norm, a mixer, ...) is a header of fields, padded to a multiple of 4 by `reserved` fields, then its parts:
// packed rows of codes. A 16-bit part begins at an even offset; a component ends at a multiple of 4. Nested components
// (`inner`), such as the poles of a mixer, follow.

import { frozen } from "./frozen";

export type FieldType = "u8" | "i8" | "u16" | "i16" | "u32" | "f32" | "bytes32";

/** Allowed values of a field; absent: any. Names are stored as their index, kinds as their id. */
export type Allowed =
	| { low: number; high: number }
	| { among: readonly number[] }
	| { names: readonly string[] }
	| { kinds: Readonly<Record<string, { readonly id: number }>> };

export interface Field {
	/** Place in the object, such as "C.bits"; "" for a reserved byte, which must be 0. */
	path: string;
	type: FieldType;
	allowed?: Allowed;
	/** Error name when the value is not allowed; default PRECISION. */
	error?: "SHAPE";
	about: string;
}

/**
 * A size: a number, the name of one given from outside ("H", "channels", "rows", "columns"), the path of a field ("N"), or
 * twice either ("2N").
 */
export type Size = number | string;

/** Type of the codes in memory. */
export type CodeArray = "i8" | "u8" | "i16" | "u16" | "i32";

export interface Part {
	/** Place in the object, such as "C.codes". */
	path: string;
	rows: Size;
	columns: Size;
	/** Bits of a code: 0 to 16, or the path of the field that holds them. 0: the part is empty and its codes are 0. */
	bits: number | string;
	signed: boolean;
	array: CodeArray;
	/** Path of a field, or of an earlier part with a code per row: the value in memory is the code times 2^shift. */
	shift?: string;
	/** The tensor of these codes, such as "A" or "weights", for tables of bytes; absent: scales, offsets, biases. */
	holds?: string;
	/** Path of the linear map with this part's `rows` and `columns`. */
	shape?: string;
	about: string;
}

/** A nested component of a closed union, chosen by the field `${path}.kind`. */
export interface Inner {
	/** Place in the object. */
	path: string;
	kinds: Readonly<
		Record<string, { readonly id: number; readonly arithmetic: number; readonly layout: Layout }>
	>;
	/** Its sizes from outside. */
	sizes: Record<string, Size>;
}

/** A condition on a header or its parts beyond single fields: the complaint, or undefined. */
export type Rule = (object: object) => string | undefined;

export interface Layout {
	/** Name in C and in the documents, such as "s4d". */
	name: string;
	about: string;
	/** Sizes given from outside, in the order in which the kernel's view takes them. */
	sizes: readonly string[];
	fields: readonly Field[];
	/** For the header, checked after its fields. */
	rule?: Rule;
	parts: readonly Part[];
	/** For the parts, checked when they are read. */
	partsRule?: Rule;
	inner?: Inner;
}

export const FIELD_BYTES = frozen({ u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, f32: 4, bytes32: 32 } as const);

/** Rounds up to a multiple of four. */
export function align4(n: number): number {
	return (n + 3) & ~3;
}

/** Bytes of a layout's header. @throws Error on a description with misaligned fields */
export function headerBytes(layout: Layout): number {
	let at = 0;
	for (const { type, path } of layout.fields) {
		if (at % Math.min(4, FIELD_BYTES[type]))
			throw new Error(`layout ${layout.name}: field ${path} is not aligned`);
		at += FIELD_BYTES[type];
	}
	if (at % 4) throw new Error(`layout ${layout.name}: the header has ${at} bytes, no multiple of 4`);
	return at;
}

/** Whether a field's stored number is allowed; reserved fields must be 0. */
export function isAllowed({ path, allowed }: Field, stored: number): boolean {
	if (path === "") return stored === 0;
	if (!allowed) return true;
	if ("among" in allowed) return allowed.among.includes(stored);
	if ("names" in allowed) return stored < allowed.names.length;
	if ("kinds" in allowed) return Object.values(allowed.kinds).some(({ id }) => id === stored);
	return stored >= allowed.low && stored <= allowed.high;
}

/** The value at a dotted path. */
export function getPath(object: object, path: string): unknown {
	const dot = path.indexOf(".");
	if (dot < 0) return (object as Record<string, unknown>)[path];
	return getPath((object as Record<string, object>)[path.slice(0, dot)] as object, path.slice(dot + 1));
}

/** Sets the value at a dotted path, creating intermediate objects. */
export function setPath(object: object, path: string, value: unknown): void {
	const dot = path.indexOf(".");
	if (dot < 0) (object as Record<string, unknown>)[path] = value;
	else {
		const inner = object as Record<string, object>;
		setPath((inner[path.slice(0, dot)] ??= {}), path.slice(dot + 1), value);
	}
}

/** Evaluates a size: `sizes` are those from outside, `object` has the header's fields. */
export function sizeOf(size: Size, sizes: Record<string, number>, object: object): number {
	if (typeof size === "number") return size;
	const twice = size.startsWith("2") ? 2 : 1;
	const name = twice === 2 ? size.slice(1) : size;
	return twice * (sizes[name] ?? (getPath(object, name) as number));
}

/** Bits of a part's codes. */
export function bitsOf(part: Part, object: object): number {
	return typeof part.bits === "number" ? part.bits : (getPath(object, part.bits) as number);
}

/** A reserved byte. */
export const RESERVED: Field = frozen({ path: "", type: "u8", about: "reserved: 0" });

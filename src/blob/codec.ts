// Components to bytes and back, as described by their layouts; every length and field is checked before use.
import { packedBytes, packRow, unpackRow } from "../network/bits";
import { frozen } from "../network/frozen";
import {
	align4,
	bitsOf,
	FIELD_BYTES,
	type Field,
	getPath,
	headerBytes,
	isAllowed,
	type Layout,
	type Part,
	setPath,
	sizeOf,
} from "../network/layout";
import { BlobError } from "./blob-error";

type Sizes = Record<string, number>;

const ARRAYS = frozen({
	i8: Int8Array,
	u8: Uint8Array,
	i16: Int16Array,
	u16: Uint16Array,
	i32: Int32Array,
} as const);

/** The number stored for a field's value. */
function stored({ path, allowed }: Field, object: object): number {
	if (path === "") return 0;
	const value = getPath(object, path) as number | string;
	if (allowed && "names" in allowed) return allowed.names.indexOf(value as string);
	if (allowed && "kinds" in allowed) return allowed.kinds[value]?.id ?? 0;
	return value as number;
}

/** The value of a stored number. */
function meant({ allowed }: Field, number: number): number | string {
	if (allowed && "names" in allowed) return allowed.names[number] as string;
	if (allowed && "kinds" in allowed)
		return Object.keys(allowed.kinds).find((name) => allowed.kinds[name]?.id === number) as string;
	return number;
}

function readNumber(view: DataView, at: number, type: Field["type"]): number {
	switch (type) {
		case "u8":
			return view.getUint8(at);
		case "i8":
			return view.getInt8(at);
		case "u16":
			return view.getUint16(at, true);
		case "i16":
			return view.getInt16(at, true);
		case "u32":
			return view.getUint32(at, true);
		case "f32":
			return view.getFloat32(at, true);
		case "bytes32":
			return 0;
	}
}

function writeNumber(view: DataView, at: number, type: Field["type"], value: number): void {
	switch (type) {
		case "u8":
		case "i8":
			view.setUint8(at, value);
			break;
		case "u16":
		case "i16":
			view.setUint16(at, value, true);
			break;
		case "u32":
			view.setUint32(at, value, true);
			break;
		case "f32":
			view.setFloat32(at, value, true);
			break;
		case "bytes32":
			break;
	}
}

/** Offset of the field at `path` within its layout's header. */
export function fieldOffset(layout: Layout, path: string): number {
	let at = 0;
	for (const field of layout.fields) {
		if (field.path === path) return at;
		at += FIELD_BYTES[field.type];
	}
	throw new Error(`layout ${layout.name} has no field ${path}`);
}

/**
 * Reads a header's fields into `object` and checks them: those of one byte first, then the wider ones, then the rule.
 * @param what names the component in errors @param end of the component's section
 * @returns the offset after the header
 */
export function readHeader(
	layout: Layout,
	bytes: Uint8Array,
	start: number,
	end: number,
	what: string,
	object: object,
): number {
	const after = start + headerBytes(layout);
	if (after > end) throw new BlobError("LAYOUT", `${what} is cut off.`); // B21
	const view = new DataView(bytes.buffer, bytes.byteOffset + start, after - start);
	readFields(layout, view, true, what, object);
	readFields(layout, view, false, what, object);
	const complaint = layout.rule?.(object); // B23
	if (complaint) throw new BlobError("PRECISION", `${what}: ${complaint}.`);
	return after;
}

/** The fields of one byte, or the wider ones. Written for a device's small stack, like everything on this path. */
function readFields({ fields }: Layout, view: DataView, narrow: boolean, what: string, object: object): void {
	let at = 0;
	for (let i = 0; i < fields.length; i++) {
		const field = fields[i] as Field;
		const size = FIELD_BYTES[field.type];
		if ((size === 1) === narrow) {
			const number = readNumber(view, at, field.type);
			if (!isAllowed(field, number)) throw refusal(field, number, what); // B22
			if (field.path) setPath(object, field.path, meant(field, number));
		}
		at += size;
	}
}

function refusal({ path, about, allowed, error }: Field, number: number, what: string): BlobError {
	const name = allowed && "kinds" in allowed ? "KIND" : (error ?? "PRECISION");
	if (path === "") return new BlobError(name, `${what}: a reserved byte is not 0.`);
	return new BlobError(name, `${what}: ${about} is ${number}, which this reader does not have.`);
}

/** Start of a part, at or after `at`. */
const partStart = (bits: number, at: number) => (bits === 16 ? (at + 1) & ~1 : at);

/** The shift of row `row`: a number, a field's, or an earlier part's code. */
function shiftOf({ shift }: Part, object: object, index: number): number {
	if (!shift) return 0;
	if (/^\d+$/.test(shift)) return Number(shift);
	const value = getPath(object, shift) as number | ArrayLike<number>;
	return typeof value === "number" ? value : (value[index] as number);
}

function readPart(part: Part, bytes: Uint8Array, at: number, object: object, sizes: Sizes): number {
	const rows = sizeOf(part.rows, sizes, object);
	const columns = sizeOf(part.columns, sizes, object);
	const bits = bitsOf(part, object);
	const codes = new ARRAYS[part.array](rows * columns);
	const stride = packedBytes(columns, bits);
	for (let row = 0; row < rows; row++)
		unpackRow(bytes, at + row * stride, columns, bits, part.signed, codes, row * columns);
	if (part.shift)
		for (let i = 0; i < codes.length; i++) codes[i] = (codes[i] as number) << shiftOf(part, object, i);
	setPath(object, part.path, codes);
	if (part.shape) {
		setPath(object, `${part.shape}.rows`, rows);
		setPath(object, `${part.shape}.columns`, columns);
	}
	return at + rows * stride;
}

/** Bytes of the parts of a component whose header is in `object`, from an offset that is a multiple of 4. */
function partsBytes(layout: Layout, object: object, sizes: Sizes): number {
	let at = 0;
	for (const part of layout.parts) {
		const bits = bitsOf(part, object);
		at = partStart(bits, at);
		at += sizeOf(part.rows, sizes, object) * packedBytes(sizeOf(part.columns, sizes, object), bits);
	}
	return align4(at);
}

function innerSizes(layout: Layout, object: object, sizes: Sizes): Sizes {
	return Object.fromEntries(
		Object.entries(layout.inner?.sizes ?? {}).map(([name, size]) => [name, sizeOf(size, sizes, object)]),
	);
}

/** The kind of a nested component. */
function innerLayout({ inner }: Layout, object: object): Layout {
	const { path, kinds } = inner as NonNullable<Layout["inner"]>;
	return (kinds[getPath(object, `${path}.kind`) as string] as { layout: Layout }).layout;
}

/**
 * Reads a component into `object`.
 * @param sizes that the layout takes from outside @returns the offset after it, a multiple of 4 from `start`
 */
export function readComponent(
	layout: Layout,
	bytes: Uint8Array,
	start: number,
	end: number,
	sizes: Sizes,
	what: string,
	object: object,
): number {
	let at = readHeader(layout, bytes, start, end, what, object);
	const after = at + partsBytes(layout, object, sizes);
	if (after > end) throw new BlobError("LAYOUT", `${what} is cut off.`); // B24
	for (const part of layout.parts)
		at = readPart(part, bytes, partStart(bitsOf(part, object), at), object, sizes);
	const complaint = layout.partsRule?.(object); // B25
	if (complaint) throw new BlobError("PRECISION", `${what}: ${complaint}.`);
	if (!layout.inner) return after;
	return readComponent(
		innerLayout(layout, object),
		bytes,
		after,
		end,
		innerSizes(layout, object, sizes),
		`${what} ${layout.inner.path}`,
		getPath(object, layout.inner.path) as object,
	);
}

/** Writes a header's fields at `start`. @returns the offset after it */
export function writeHeader(layout: Layout, out: Uint8Array, start: number, object: object): number {
	const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
	let at = start;
	for (const field of layout.fields) {
		if (field.type === "bytes32") out.set(getPath(object, field.path) as Uint8Array, at);
		else writeNumber(view, at, field.type, stored(field, object));
		at += FIELD_BYTES[field.type];
	}
	return at;
}

/** Bytes of a component. */
export function componentBytes(layout: Layout, object: object, sizes: Sizes): number {
	const own = headerBytes(layout) + partsBytes(layout, object, sizes);
	if (!layout.inner) return own;
	const inside = getPath(object, layout.inner.path) as object;
	return own + componentBytes(innerLayout(layout, object), inside, innerSizes(layout, object, sizes));
}

/** Writes a component at `start`, a multiple of 4. @returns the offset after it */
export function writeComponent(
	layout: Layout,
	out: Uint8Array,
	start: number,
	sizes: Sizes,
	object: object,
): number {
	let at = writeHeader(layout, out, start, object);
	for (const part of layout.parts) {
		const columns = sizeOf(part.columns, sizes, object);
		const bits = bitsOf(part, object);
		const codes = getPath(object, part.path) as ArrayLike<number>;
		const stride = packedBytes(columns, bits);
		at = partStart(bits, at);
		for (let i = 0; bits > 0 && i < codes.length; i += columns, at += stride) {
			const row = Array.from({ length: columns }, (_, k) => codes[i + k]! >> shiftOf(part, object, i + k));
			packRow(row, bits, out, at);
		}
	}
	at = start + align4(at - start);
	if (!layout.inner) return at;
	const inside = getPath(object, layout.inner.path) as object;
	return writeComponent(innerLayout(layout, object), out, at, innerSizes(layout, object, sizes), inside);
}

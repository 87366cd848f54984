// Reads and writes the safetensors container (https://github.com/huggingface/safetensors, "Format"): eight bytes of header
// length, a JSON header, the bytes of all tensors. Knows nothing about networks. Input is untrusted: every offset is checked
// against the file before a byte is read, and non-finite numbers are refused.
import { z } from "zod";
import { UserError } from "../terminal/errors";
import { decode, ELEMENTS, type ElementType, MAX_RANK, type Tensor } from "./elements";

const MAX_HEADER = 2 ** 24;

export interface Safetensors {
	tensors: Map<string, Tensor>;
	metadata: Record<string, string>;
}

const Size = z.int().min(0);
const Entry = z.strictObject({
	dtype: z.string(),
	shape: z.array(Size).max(MAX_RANK),
	data_offsets: z.tuple([Size, Size]),
});
const Header = z.record(z.string(), z.unknown());
const Metadata = z.record(z.string(), z.string());

/** Whether the first nine bytes are those of a safetensors file: a valid length, then an object. */
export function isSafetensors(bytes: Uint8Array): boolean {
	if (bytes.length < 9) return false;
	const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
	return length <= MAX_HEADER && bytes[8] === 0x7b;
}

function readHeader(bytes: Uint8Array, file: string): { header: Record<string, unknown>; data: DataView } {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const length = bytes.length < 8 ? -1 : Number(view.getBigUint64(0, true));
	if (length < 2 || length > MAX_HEADER || length > bytes.length - 8)
		throw new UserError(`${file} is truncated or not a safetensors file: its header exceeds the file.`);
	let json: unknown;
	try {
		json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)));
	} catch {
		throw new UserError(`${file} is not a safetensors file: its header is not JSON.`);
	}
	const header = Header.safeParse(json);
	if (!header.success)
		throw new UserError(`${file} is not a safetensors file: its header is not an object of tensors.`);
	return {
		header: header.data,
		data: new DataView(bytes.buffer, bytes.byteOffset + 8 + length, bytes.length - 8 - length),
	};
}

interface Span {
	name: string;
	element: ElementType;
	shape: number[];
	begin: number;
	end: number;
}

/**
 * All tensors of a safetensors file, those of F64, F32, F16, BF16 and C64 as float64.
 *
 * @param file its name, for messages
 * @throws UserError when the header is damaged, a tensor's bytes do not fit its shape or the file, tensors overlap or leave
 *   holes (the format forbids both), or a number is not finite
 */
export function readSafetensors(bytes: Uint8Array, file: string): Safetensors {
	const { header, data } = readHeader(bytes, file);
	const spans: Span[] = [];
	let metadata: Record<string, string> = {};
	for (const [name, item] of Object.entries(header)) {
		if (name === "__metadata__") {
			const parsed = Metadata.safeParse(item);
			if (!parsed.success)
				throw new UserError(`The metadata of ${file} are not strings by name, as safetensors requires.`);
			metadata = parsed.data;
			continue;
		}
		const entry = Entry.safeParse(item);
		if (!entry.success)
			throw new UserError(
				`The header of ${file} describes the tensor ${name} wrongly: it needs dtype, shape and data_offsets, and nothing else.`,
			);
		const { dtype, shape, data_offsets } = entry.data;
		const [begin, end] = data_offsets;
		const element = ELEMENTS.get(dtype);
		if (!element)
			throw new UserError(`The tensor ${name} of ${file} has the unknown type ${dtype}; save it as F32.`);
		const length = shape.reduce((product, n) => product * n, element.bytes);
		if (begin > end || end > data.byteLength || end - begin !== length)
			throw new UserError(
				`The tensor ${name} of ${file} needs ${length} bytes for its shape (${shape.join(", ")}), but is at ${begin} to ${end} of ${data.byteLength}.`,
			);
		spans.push({ name, element, shape, begin, end });
	}
	// Checked before decoding, so that a small file cannot demand much memory by naming the same bytes many times.
	spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
	let expected = 0;
	for (const { name, begin, end } of spans) {
		if (begin !== expected)
			throw new UserError(
				`The tensor ${name} of ${file} begins at ${begin} instead of ${expected}: the tensors overlap or leave a hole.`,
			);
		expected = end;
	}
	if (expected !== data.byteLength)
		throw new UserError(`${file} has ${data.byteLength - expected} bytes after its last tensor.`);
	const tensors = spans.map(({ name, element, shape, begin }): [string, Tensor] => [
		name,
		decode(element, shape, data, (i) => begin + i * element.bytes, `The tensor ${name} of ${file}`),
	]);
	return { tensors: new Map(tensors), metadata };
}

/**
 * The bytes of a safetensors file with these tensors as F32, in their order.
 *
 * @throws UserError when a value is not finite as float32
 */
export function writeSafetensors(
	tensors: Iterable<[name: string, tensor: { shape: number[]; values: ArrayLike<number> }]>,
	metadata: Record<string, string>,
): Uint8Array {
	const header: Record<string, unknown> = { __metadata__: metadata };
	const all = [...tensors];
	let end = 0;
	for (const [name, { shape, values }] of all) {
		header[name] = { dtype: "F32", shape, data_offsets: [end, end + values.length * 4] };
		end += values.length * 4;
	}
	const json = new TextEncoder().encode(JSON.stringify(header));
	// Pad with spaces to a multiple of eight, as the original writer does, so that the data are aligned.
	const padded = Math.ceil(json.length / 8) * 8;
	const bytes = new Uint8Array(8 + padded + end).fill(0x20);
	const view = new DataView(bytes.buffer);
	view.setBigUint64(0, BigInt(padded), true);
	bytes.set(json, 8);
	let offset = 8 + padded;
	for (const [name, { values }] of all) {
		for (let i = 0; i < values.length; i++, offset += 4) {
			if (!Number.isFinite(Math.fround(values[i]!)))
				throw new UserError(
					`The tensor ${name} holds ${values[i]} at element ${i}, which float32 cannot represent; nothing was written.`,
				);
			view.setFloat32(offset, values[i]!, true);
		}
	}
	return bytes;
}

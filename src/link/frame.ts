// Frames of the link, to and from bytes: COBS between zero bytes, a fixed header, a CRC-32. docs/LINK.md defines them.
// Independent of commands and time: it neither waits nor resends.
// COBS: Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999.
import { crc32 } from "../bytes/crc32";

/** Versions of the link that both ends here speak; the first byte of every frame is LINK_MARK | version. */
export const OLDEST_LINK_VERSION = 2;
export const LINK_VERSION = 3;
/** Upper five bits of a frame's first byte. Bytes from 0xf8 on never occur in UTF-8, so text can't look like a frame. */
export const LINK_MARK = 0xf8;

export const HEADER_LENGTH = 6;
export const MAX_PAYLOAD = 516;
const CRC_LENGTH = 4;
const MAX_FRAME = HEADER_LENGTH + MAX_PAYLOAD + CRC_LENGTH;
const MAX_OVERHEAD = Math.ceil(MAX_FRAME / 254);
/** Maximum bytes of a frame between two zero bytes. */
export const MAX_ENCODED = MAX_FRAME + MAX_OVERHEAD;

export const FrameType = Object.freeze({ REQUEST: 0, REPLY: 1, EVENT: 2 } as const);

/** A received frame. Lives in the decoder's buffer: valid until the callback that got it returns. */
export interface Frame {
	version: number;
	type: number;
	command: number;
	/** 0 for success; in replies otherwise an error of `Status` (commands.ts). */
	status: number;
	sequence: number;
	/** CRC-32 of header and payload, signed: identifies a repeated request. */
	crc: number;
	/** The payload: bytes[start..end), and a view over the same buffer with the same offsets. */
	bytes: Uint8Array;
	view: DataView;
	start: number;
	end: number;
}

// Offset of the raw frame in a writer's buffer, after one zero byte and the overhead, so that encoding can proceed in place.
const RAW_START = 1 + MAX_OVERHEAD;
/** Where a payload goes in a FrameWriter's `bytes` and `view`. */
export const PAYLOAD_START = RAW_START + HEADER_LENGTH;
export const PAYLOAD_END = PAYLOAD_START + MAX_PAYLOAD;

/** Builds frames in place, one at a time, in one fixed buffer. */
export class FrameWriter {
	readonly bytes = new Uint8Array(PAYLOAD_END + CRC_LENGTH + 1);
	readonly view = new DataView(this.bytes.buffer);
	/** Of the frames to come. */
	version = LINK_VERSION;
	/** Bytes of the finished frame, bytes[0..length), both zero bytes included; 0 before the first. */
	length = 0;

	/**
	 * Encodes, in place, the frame whose payload is in bytes[PAYLOAD_START..payloadEnd); this destroys the payload.
	 * @returns `length`; the frame is bytes[0..length)
	 */
	finish(type: number, command: number, status: number, sequence: number, payloadEnd: number): number {
		const { bytes, view } = this;
		const raw = RAW_START;
		if (payloadEnd < PAYLOAD_START || payloadEnd > PAYLOAD_END) throw new RangeError("payload too long");
		bytes[raw] = LINK_MARK | this.version;
		bytes[raw + 1] = type;
		bytes[raw + 2] = command;
		bytes[raw + 3] = status;
		view.setUint16(raw + 4, sequence, true);
		view.setInt32(payloadEnd, crc32(bytes, raw, payloadEnd), true);

		bytes[0] = 0;
		let code = 1; // index of the current run's length
		let next = 2;
		const end = payloadEnd + CRC_LENGTH;
		for (let index = raw; index < end; index++) {
			const byte = bytes[index]!;
			if (byte !== 0) bytes[next++] = byte;
			if (byte === 0 || (next - code === 255 && index + 1 < end)) {
				bytes[code] = next - code;
				code = next++;
			}
		}
		bytes[code] = next - code;
		bytes[next++] = 0;
		return (this.length = next);
	}
}

export interface FrameDecoderOptions {
	onFrame(frame: Frame): void;
	/** Receives bytes that are not a frame: bytes[start..end), valid until the callback returns. */
	onText?(bytes: Uint8Array, start: number, end: number): void;
}

/**
 * Finds frames in a stream of bytes that arrives in pieces of any length, in buffers of fixed size. Every zero byte
 * resynchronizes, so damage of any kind costs only the frames it touches. Bytes that can't be a frame go to `onText`; a
 * frame with a wrong CRC is counted in `damaged` and dropped.
 */
export class FrameDecoder {
	/** Frames dropped so far because of their CRC or header. */
	damaged = 0;
	readonly #options: FrameDecoderOptions;
	readonly #bytes = new Uint8Array(MAX_ENCODED + 1);
	readonly #frame: Frame;
	#length = 0; // bytes held since the last zero byte
	#text = false; // the bytes since the last zero byte are text, passed on instead of held

	constructor(options: FrameDecoderOptions) {
		this.#options = options;
		this.#frame = {
			version: 0,
			type: 0,
			command: 0,
			status: 0,
			sequence: 0,
			crc: 0,
			bytes: this.#bytes,
			view: new DataView(this.#bytes.buffer),
			start: HEADER_LENGTH,
			end: HEADER_LENGTH,
		};
	}

	/** Takes the next bytes of the stream, bytes[start..end). Calls the callbacks before it returns. */
	push(bytes: Uint8Array, start = 0, end = bytes.length): void {
		for (let index = start; index < end; ) {
			if (this.#text) {
				const from = index;
				while (index < end && bytes[index] !== 0) index++;
				if (index > from) this.#options.onText?.(bytes, from, index);
				if (index === end) return;
			}
			const byte = bytes[index++]!;
			if (byte === 0) this.#end();
			else {
				this.#bytes[this.#length++] = byte;
				// The second byte of an encoded frame is its first raw byte, which is never zero.
				if (this.#length === 2 ? (byte & LINK_MARK) !== LINK_MARK : this.#length > MAX_ENCODED)
					this.#giveAsText();
			}
		}
	}

	/** Drops an unfinished frame, as after a cable was replugged. */
	reset(): void {
		this.#length = 0;
		this.#text = false;
	}

	#giveAsText(): void {
		const length = this.#length;
		this.#text = true;
		this.#length = 0;
		this.#options.onText?.(this.#bytes, 0, length);
	}

	#end(): void {
		const length = this.#length;
		if (length > 0) {
			if (length > HEADER_LENGTH + CRC_LENGTH && wellFormed(this.#bytes, length)) this.#deliver(length);
			else this.#giveAsText();
		}
		this.reset();
	}

	#deliver(length: number): void {
		const frame = this.#frame;
		const { bytes, view } = frame;
		const end = decodeInPlace(bytes, length) - CRC_LENGTH;
		frame.crc = end < HEADER_LENGTH ? 0 : crc32(bytes, 0, end);
		if (end < HEADER_LENGTH || end > HEADER_LENGTH + MAX_PAYLOAD || frame.crc !== view.getInt32(end, true)) {
			this.damaged++;
			return;
		}
		frame.version = bytes[0]! & ~LINK_MARK;
		frame.type = bytes[1]!;
		frame.command = bytes[2]!;
		frame.status = bytes[3]!;
		frame.sequence = view.getUint16(4, true);
		frame.end = end;
		this.#options.onFrame(frame);
	}
}

/** Whether the COBS run lengths lead exactly to the end. Text after a broken frame almost never does. */
function wellFormed(bytes: Uint8Array, length: number): boolean {
	let index = 0;
	while (index < length) index += bytes[index]!;
	return index === length;
}

/** Decodes COBS bytes[0..length), well-formed, in place; returns the decoded length. */
function decodeInPlace(bytes: Uint8Array, length: number): number {
	let out = 0;
	for (let index = 0; index < length; ) {
		const code = bytes[index]!;
		const next = index + code;
		while (++index < next) bytes[out++] = bytes[index]!;
		if (code < 255 && next < length) bytes[out++] = 0;
	}
	return out;
}

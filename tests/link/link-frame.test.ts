// The frames of the link: COBS against published vectors and an own plain decoder, CRC-32 against zlib, and what becomes of
// a stream that is cut, damaged or mixed with text.
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/bytes/crc32";
import {
	FrameDecoder,
	FrameWriter,
	LINK_MARK,
	LINK_VERSION,
	MAX_ENCODED,
	MAX_PAYLOAD,
	PAYLOAD_START,
} from "../../src/link/frame";

interface Message {
	type: number;
	command: number;
	status: number;
	sequence: number;
	payload: number[];
}

function encode({ type, command, status, sequence, payload }: Message): number[] {
	const writer = new FrameWriter();
	writer.bytes.set(payload, PAYLOAD_START);
	const length = writer.finish(type, command, status, sequence, PAYLOAD_START + payload.length);
	return Array.from(writer.bytes.subarray(0, length));
}

function decode(pieces: number[][]) {
	const frames: Message[] = [];
	const text: number[] = [];
	const decoder = new FrameDecoder({
		onFrame: ({ type, command, status, sequence, bytes, view, start, end }) => {
			const payload = Array.from(bytes.subarray(start, end));
			expect(payload).toEqual(Array.from({ length: end - start }, (_, i) => view.getUint8(start + i)));
			frames.push({ type, command, status, sequence, payload });
		},
		onText: (bytes, start, end) => text.push(...bytes.subarray(start, end)),
	});
	for (const piece of pieces) decoder.push(Uint8Array.from(piece));
	return { frames, text, damaged: decoder.damaged };
}

/** COBS as its paper tells it, with an array and no cleverness. */
function plainCobsDecode(encoded: number[]): number[] {
	const out: number[] = [];
	let rest = encoded;
	while (rest.length > 0) {
		const [code, ...more] = rest as [number, ...number[]];
		expect(code).toBeGreaterThan(0);
		expect(more.length).toBeGreaterThanOrEqual(code - 1);
		out.push(...more.slice(0, code - 1));
		rest = more.slice(code - 1);
		if (code !== 255 && rest.length > 0) out.push(0);
	}
	return out;
}

function plainCobsEncode(bytes: number[]): number[] {
	const out: number[] = [];
	let rest: number[] | undefined = bytes;
	while (rest !== undefined) {
		const zero: number = rest.indexOf(0);
		const run: number[] = rest.slice(0, Math.min(254, zero < 0 ? rest.length : zero));
		out.push(run.length + 1, ...run);
		if (run.length === 254) rest = rest.length > 254 ? rest.slice(254) : undefined;
		else rest = zero < 0 ? undefined : rest.slice(run.length + 1);
	}
	return out;
}

const message: fc.Arbitrary<Message> = fc.record({
	type: fc.constantFrom(0, 1, 2),
	command: fc.nat(255),
	status: fc.nat(255),
	sequence: fc.nat(65535),
	payload: fc.oneof(
		fc.array(fc.nat(255), { maxLength: MAX_PAYLOAD }),
		// Long runs without a zero, and of zeros, with lengths around the places where COBS changes.
		fc
			.tuple(fc.constantFrom(0, 1, 255), fc.constantFrom(240, 246, 247, 248, 249, 254, 255, 500, 502, 516))
			.map(([byte, length]) => new Array<number>(length).fill(byte)),
	),
});

const ping: Message = { type: 0, command: 1, status: 0, sequence: 7, payload: [0, 1, 2] };

test("[L1] the plain COBS of this test gives the vectors of the Wikipedia article", () => {
	const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
	const vectors: [number[], number[]][] = [
		[[0], [1, 1]],
		[
			[0, 0],
			[1, 1, 1],
		],
		[
			[0x11, 0x22, 0, 0x33],
			[3, 0x11, 0x22, 2, 0x33],
		],
		[
			[0x11, 0x22, 0x33, 0x44],
			[5, 0x11, 0x22, 0x33, 0x44],
		],
		[
			[0x11, 0, 0, 0],
			[2, 0x11, 1, 1, 1],
		],
		[range(1, 254), [255, ...range(1, 254)]],
		[
			[0, ...range(1, 254)],
			[1, 255, ...range(1, 254)],
		],
		[range(1, 255), [255, ...range(1, 254), 2, 255]],
		[
			[...range(2, 255), 0],
			[255, ...range(2, 255), 1, 1],
		],
		[
			[...range(3, 255), 0, 1],
			[254, ...range(3, 255), 2, 1],
		],
	];
	for (const [raw, encoded] of vectors) {
		expect(plainCobsEncode(raw)).toEqual(encoded);
		expect(plainCobsDecode(encoded)).toEqual(raw);
	}
});

test("[L1, L2] a frame is COBS of header, payload and CRC-32, between zero bytes", () => {
	fc.assert(
		fc.property(message, (m) => {
			const encoded = encode(m);
			const raw = [
				LINK_MARK | LINK_VERSION,
				m.type,
				m.command,
				m.status,
				m.sequence & 0xff,
				m.sequence >> 8,
				...m.payload,
			];
			const crc = zlibCrc32(Uint8Array.from(raw));
			raw.push(crc & 0xff, (crc >>> 8) & 0xff, (crc >>> 16) & 0xff, crc >>> 24);
			expect(encoded).toEqual([0, ...plainCobsEncode(raw), 0]);
			expect(encoded.length).toBeLessThanOrEqual(MAX_ENCODED + 2);
		}),
		{ numRuns: 500 },
	);
});

test("[L1] frames come out as they went in, however the stream is cut", () => {
	fc.assert(
		fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(600)), (messages, cuts) => {
			const stream = messages.flatMap(encode);
			const pieces: number[][] = [];
			let rest = stream;
			for (const cut of cuts) {
				pieces.push(rest.slice(0, cut));
				rest = rest.slice(cut);
			}
			pieces.push(rest);
			expect(decode(pieces)).toEqual({ frames: messages, text: [], damaged: 0 });
		}),
		{ numRuns: 300 },
	);
});

test("[L1] a writer has no frame before the first, then the last one", () => {
	const writer = new FrameWriter();
	expect(writer.length).toBe(0);
	for (const payload of [3, 0, 5]) {
		const length = writer.finish(0, 1, 0, 7, PAYLOAD_START + payload);
		expect(writer.length).toBe(length);
		expect(writer.bytes.indexOf(0, 1)).toBe(length - 1);
	}
});

test("[L1] a frame whose first zero byte was lost comes whole, at the start and after a reset", () => {
	let frames = 0;
	const decoder = new FrameDecoder({ onFrame: () => frames++, onText: () => expect.unreachable() });
	decoder.push(Uint8Array.from(encode(ping).slice(1)));
	expect(frames).toBe(1);
	decoder.push(Uint8Array.from(encode(ping).slice(0, 5)));
	decoder.reset();
	decoder.push(Uint8Array.from(encode(ping).slice(1)));
	expect([frames, decoder.damaged]).toEqual([2, 0]);
});

test("[L3] a payload longer than the limit can't be sent", () => {
	expect(() => new FrameWriter().finish(0, 0, 0, 0, PAYLOAD_START + MAX_PAYLOAD + 1)).toThrow(RangeError);
});

describe("text between frames", () => {
	test("[L4] is passed on whole, in the order it came, and breaks no frame", () => {
		const line = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\0"));
		fc.assert(
			fc.property(fc.array(fc.tuple(line, message)), (parts) => {
				const stream = parts.flatMap(([text, m]) => [...Buffer.from(text), ...encode(m)]);
				const { frames, text, damaged } = decode([stream]);
				expect(frames).toEqual(parts.map(([, m]) => m));
				expect(Buffer.from(text).toString()).toBe(
					parts.map(([text]) => Buffer.from(text).toString()).join(""),
				);
				expect(damaged).toBe(0);
			}),
		);
	});

	test("[L4] comes at once, without waiting for a frame", () => {
		expect(Buffer.from(decode([[...Buffer.from("ets Jun  8 2016")]]).text).toString()).toBe(
			"ets Jun  8 2016",
		);
	});

	test("[L4] comes through when a reset cut a frame off in front of it", () => {
		const boot = [...Buffer.from("\r\nrst:0x1 (POWERON_RESET),boot:0x13\r\n".repeat(20))];
		const { frames, text } = decode([encode(ping).slice(0, 8), boot, encode(ping)]);
		expect(frames).toEqual([ping]);
		expect(Buffer.from(text).toString()).toContain(Buffer.from(boot).toString());
	});
});

describe("damage", () => {
	const other: Message = {
		...ping,
		sequence: 8,
		payload: [...new Array(300).keys()].map((i) => (i * 7) & 0xff),
	};

	test("[L5] every single bit of a frame flipped: never a wrong frame, and the next one is whole", () => {
		const encoded = encode(other);
		for (let bit = 0; bit < 8 * encoded.length; bit++) {
			const bad = encoded.slice();
			bad[bit >> 3]! ^= 1 << (bit & 7);
			const { frames } = decode([bad, encode(ping)]);
			const expected = bad[0] !== 0 || bad[bad.length - 1] !== 0 ? [other, ping] : [ping];
			// A zero byte at either end that is damaged may cost the frame or not; the next one begins with its own.
			expect([expected, [ping]], `bit ${bit}`).toContainEqual(frames);
		}
	});

	test("[L5] a byte lost, doubled, swapped or added, and a cut, at every offset: the frames beside it come whole", () => {
		const encoded = encode(other);
		const end = encoded.length;
		for (let i = 0; i < end; i++) {
			const [before, byte, after] = [encoded.slice(0, i), encoded[i]!, encoded.slice(i + 1)];
			const damaged: Record<string, number[]> = {
				lost: [...before, ...after],
				doubled: [...before, byte, byte, ...after],
				swapped: [...before, ...after.slice(0, 1), byte, ...after.slice(1)],
				added: [...before, 0x41, byte, ...after],
				split: [...before, 0, byte, ...after],
				cut: before,
			};
			for (const [name, bad] of Object.entries(damaged)) {
				const { frames } = decode([encode(ping), bad, encode(ping)]);
				// Unharmed when the damage only touched zero bytes, or swapped two bytes that are the same.
				const runs = String.fromCharCode(...bad).split("\0");
				const whole = runs.includes(String.fromCharCode(...encoded.slice(1, -1)));
				expect(frames, `${name} at ${i}`).toEqual(whole ? [ping, other, ping] : [ping, ping]);
			}
		}
	});

	test("[L5] noise, loss, doubling, reordering anywhere: only frames that were sent come out, and the next one always", () => {
		const damage = fc.record({
			kind: fc.constantFrom("noise", "lose", "double", "swap", "cut"),
			at: fc.nat(),
			length: fc.nat(40),
		});
		fc.assert(
			fc.property(
				fc.array(message, { minLength: 1, maxLength: 4 }),
				fc.array(damage, { maxLength: 4 }),
				fc.infiniteStream(fc.nat(255)),
				(messages, damages, noise) => {
					let stream = messages.flatMap(encode);
					for (const { kind, at, length } of damages) {
						const i = at % (stream.length + 1);
						const part = stream.slice(i, i + length);
						const after = stream.slice(i + length);
						if (kind === "noise")
							stream = [...stream.slice(0, i), ...part.map(() => noise.next().value as number), ...after];
						if (kind === "lose") stream = [...stream.slice(0, i), ...after];
						if (kind === "double") stream = [...stream.slice(0, i), ...part, ...part, ...after];
						if (kind === "swap")
							stream = [...stream.slice(0, i), ...after.slice(0, length), ...part, ...after.slice(length)];
						if (kind === "cut") stream = stream.slice(0, i);
					}
					const { frames } = decode([stream, encode(ping)]);
					expect(frames.at(-1)).toEqual(ping);
					for (const frame of frames.slice(0, -1)) expect(messages).toContainEqual(frame);
				},
			),
			{ numRuns: 1000 },
		);
	});

	test("[L3, L4] a frame longer than the limit, and one too short, are no frames", () => {
		const long = plainCobsEncode([LINK_MARK | LINK_VERSION, ...new Array(MAX_PAYLOAD + 20).fill(3)]);
		const short = plainCobsEncode([LINK_MARK | LINK_VERSION, 0, 0, 0, 0]);
		expect(decode([[0, ...long, 0, ...short, 0], encode(ping)]).frames).toEqual([ping]);
	});
});

test("[L2] CRC-32 is zlib's, in one go and in pieces", () => {
	expect(crc32(Buffer.from("123456789")) >>> 0).toBe(0xcbf43926);
	fc.assert(
		fc.property(fc.uint8Array(), fc.nat(), (bytes, at) => {
			const cut = at % (bytes.length + 1);
			expect(crc32(bytes) >>> 0).toBe(zlibCrc32(bytes));
			expect(crc32(bytes, cut, bytes.length, crc32(bytes, 0, cut))).toBe(crc32(bytes));
		}),
	);
});

test("[L2, L4] a run too short for header and CRC-32 is text; one that just has room is a damaged frame", () => {
	const told: number[][] = [];
	const decoder = new FrameDecoder({
		onFrame: () => expect.unreachable(),
		onText: (bytes, start, end) => told.push([...bytes.subarray(start, end)]),
	});
	const run = (length: number) => [length, 0xfb, ...new Array(length - 2).fill(1)];
	decoder.push(Uint8Array.from([0, ...run(10), 0]));
	expect([told, decoder.damaged]).toEqual([[run(10)], 0]);
	decoder.push(Uint8Array.from([...run(11), 0]));
	expect([told.length, decoder.damaged]).toEqual([1, 1]);
});

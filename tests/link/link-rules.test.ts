// docs/LINK.md from outside: payloads and slots to the byte, as a host or a tool of somebody else would see them.
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/bytes/crc32";
import { Command, Status } from "../../src/link/commands";
import { type Frame, FrameDecoder, FrameType, FrameWriter, PAYLOAD_START } from "../../src/link/frame";
import { CHANNELS, CLASSES, fakeBlob, fakeDevice, identityOf, logitsOf } from "../support/link-fakes";

interface Reply {
	type: number;
	command: number;
	status: number;
	sequence: number;
	payload: Buffer;
}

/** A device and a host that makes its payloads by hand. */
function host(platform: Parameters<typeof fakeDevice>[0] = {}) {
	const device = fakeDevice(platform);
	const frames: Reply[] = [];
	const decoder = new FrameDecoder({
		onFrame: ({ type, command, status, sequence, bytes, start, end }: Frame) =>
			frames.push({ type, command, status, sequence, payload: Buffer.from(bytes.slice(start, end)) }),
	});
	device.send = (bytes) => decoder.push(bytes);
	const application = device.boot();
	let sequence = 0;
	/** Sends a request; returns its reply. Events go to `events`. */
	const ask = (command: number, ...parts: (number[] | Uint8Array)[]): Reply => {
		const writer = new FrameWriter();
		const payload = Buffer.concat(parts.map((part) => Buffer.from(part)));
		writer.bytes.set(payload, PAYLOAD_START);
		const length = writer.finish(
			FrameType.REQUEST,
			command,
			Status.OK,
			sequence++,
			PAYLOAD_START + payload.length,
		);
		application.receive(writer.bytes.slice(0, length), length);
		return frames.findLast(({ type }) => type === FrameType.REPLY)!;
	};
	const load = (blob: Uint8Array) => {
		const begun = ask(
			Command.LOAD_BEGIN,
			u32(blob.length),
			u32(crc32(blob)),
			[255, 0, 0, 0],
			identityOf(blob),
		);
		for (let at = begun.payload.readUInt32LE(0); at < blob.length; at += 512)
			ask(Command.LOAD_CHUNK, u32(at), blob.subarray(at, at + 512));
		return { begun, committed: ask(Command.LOAD_COMMIT, identityOf(blob)) };
	};
	const events = () => frames.filter(({ type }) => type === FrameType.EVENT);
	return { device, ask, load, events };
}

const u16 = (v: number) => [v & 255, v >> 8];
const u32 = (v: number) => [v & 255, (v >> 8) & 255, (v >> 16) & 255, v >>> 24];
const text = (s: string) => [Buffer.byteLength(s), ...Buffer.from(s)];
const samples = (steps: number) => Int16Array.from({ length: steps * CHANNELS }, (_, i) => i * 123 - 500);
const bytesOf = (values: Int16Array) => new Uint8Array(values.buffer);

describe("payloads", () => {
	test("[L10, L12, L13] a load: begun, taken chunk by chunk, committed", () => {
		const { ask } = host();
		const blob = fakeBlob(1, { weights: 700 });
		const begin = () =>
			ask(Command.LOAD_BEGIN, u32(blob.length), u32(crc32(blob)), [255, 0, 0, 0], identityOf(blob));
		const room = 63 * 1024; // 64 sectors of 1024, one of them heading
		expect([...begin().payload]).toEqual([...u32(0), ...u32(room), 0]);
		expect([...ask(Command.LOAD_CHUNK, u32(0), blob.subarray(0, 512)).payload]).toEqual(u32(512));
		expect([...ask(Command.LOAD_CHUNK, u32(300), blob.subarray(300, 400)).payload]).toEqual(u32(512));
		const gap = ask(Command.LOAD_CHUNK, u32(513), blob.subarray(513, 600));
		expect([gap.status, gap.payload.readUInt32LE(0)]).toEqual([6, 512]);
		expect([...begin().payload.subarray(0, 4)]).toEqual(u32(512));
		for (let at = 512; at < blob.length; at += 512)
			ask(Command.LOAD_CHUNK, u32(at), blob.subarray(at, at + 512));
		expect([...ask(Command.LOAD_COMMIT, identityOf(blob)).payload]).toEqual([...u32(1), 0]);
		expect([...begin().payload.subarray(0, 4)]).toEqual(u32(blob.length));
	});

	test("[L14] an aborted load starts again at 0; aborting another one does nothing", () => {
		const { ask } = host();
		const blob = fakeBlob(1, { weights: 700 });
		const begin = () =>
			ask(Command.LOAD_BEGIN, u32(blob.length), u32(crc32(blob)), [255, 0, 0, 0], identityOf(blob));
		begin();
		ask(Command.LOAD_CHUNK, u32(0), blob.subarray(0, 512));
		expect(ask(Command.LOAD_ABORT, identityOf(fakeBlob(2))).status).toBe(0);
		expect(begin().payload.readUInt32LE(0)).toBe(512);
		expect(ask(Command.LOAD_ABORT, identityOf(blob)).status).toBe(0);
		expect(begin().payload.readUInt32LE(0)).toBe(0);
	});

	test("[L11] INFO, with a model and without", () => {
		const { ask, load } = host();
		const empty = ask(Command.INFO).payload;
		expect([empty[0], empty[1], empty.readUInt16LE(2)]).toEqual([255, 0, 516]);
		expect([...empty.subarray(4, 64)]).toEqual(new Array(60).fill(0));
		const blob = fakeBlob(1, { steps: 10 });
		load(blob);
		const info = ask(Command.INFO).payload;
		expect([...info.subarray(0, 64)]).toEqual([
			...[0, 0, ...u16(516)],
			...[...u32(1), ...u32(blob.length), ...u32(crc32(blob)), ...u32(64)],
			...[...u16(CHANNELS), ...u16(CLASSES), ...u16(1), ...u16(1)],
			...[...u32(10), ...identityOf(blob)],
		]);
		const texts: string[] = [];
		for (let at = 64; at < info.length; at += 1 + info[at]!)
			texts.push(info.toString("utf8", at + 1, at + 1 + info[at]!));
		expect(texts).toHaveLength(7);
		expect(texts.slice(4)).toEqual(["on trial", "", ""]);
		expect(texts[0]).toMatch(/^edge-ssm \d/);
		expect(texts[1]).toBe("test");
	});

	test("[L10, L15] LABELS, INFER, OUTPUTS, SELF_TEST, MEMORY", () => {
		const { ask, load } = host();
		const blob = fakeBlob(1);
		load(blob);
		expect([...ask(Command.LABELS, u16(2)).payload]).toEqual([...text("class 2"), ...text("class 3")]);
		expect(ask(Command.LABELS, u16(4)).payload.length).toBe(0);
		const reply = ask(Command.INFER, u32(0), u16(7), [3, 0], bytesOf(samples(5))).payload;
		expect([...reply]).toEqual([...u32(5), ...new Uint8Array(logitsOf(blob, samples(5)).buffer)]);
		const each = ask(Command.INFER, u32(0), u16(8), [5, 0], bytesOf(samples(3))).payload;
		const after = [1, 2, 3].flatMap((n) => [...new Uint8Array(logitsOf(blob, samples(n)).buffer)]);
		expect([...each]).toEqual([...u32(3), ...after]);
		expect(ask(Command.INFER, u32(0), u16(8), [5, 0]).status).toBe(3);
		expect(ask(Command.INFER, u32(0), u16(8), [5, 0], bytesOf(samples(33))).status).toBe(7);
		expect(ask(Command.INFER, u32(0), u16(8), [8, 0], bytesOf(samples(1))).status).toBe(3);
		expect([...ask(Command.OUTPUTS, u16(0)).payload]).toEqual([0, ...u32(0), ...u32(0)]);
		expect([...ask(Command.SELF_TEST).payload]).toEqual(u16(2));
		const memory = ask(Command.MEMORY).payload;
		expect([...memory]).toEqual([
			...[...text("slotsUsed"), ...u32(12)],
			...[...text("chunkBytesPeak"), ...u32(0xfedcba98)],
		]);
	});

	test("[L19] TIMING: a time per run; no counter, no count", () => {
		const { ask, load } = host();
		load(fakeBlob(1));
		expect([...ask(Command.TIMING, u16(3), u16(16), u16(0), u16(0)).payload]).toEqual(
			[250, 250, 250].flatMap(u32),
		);
		expect(ask(Command.TIMING, u16(1), u16(16), u16(0), u16(1)).status).toBe(7);
		for (const runs of [0, 130])
			expect(ask(Command.TIMING, u16(runs), u16(1), u16(0), u16(0)).status).toBe(3);
	});

	test("[L9, L10] what is no request of the page gets a status, a detail and a sentence", () => {
		const { ask } = host();
		for (const [reply, status] of [
			[ask(99), 2],
			[ask(Command.LOAD_CHUNK, [1, 2]), 3],
			[ask(Command.INFER, u32(0), u16(1), [1, 0], [1]), 4],
			[ask(Command.SELF_TEST), 4],
		] as const) {
			expect(reply.status).toBe(status);
			expect(reply.payload.length).toBeGreaterThan(4);
			expect(reply.payload.toString("utf8", 4)).not.toContain("\uFFFD");
		}
	});
});

test("[L8, L17, L20] a replayed stream: events of their own numbering, each with step, class, margin and logits", async () => {
	const { ask, load, events } = host();
	const blob = fakeBlob(1, { steps: 5 });
	load(blob);
	const first = events().length;
	expect([...ask(Command.STREAM, u32(0), u32(0), [2]).payload]).toEqual([2]);
	ask(Command.INFO);
	expect([...ask(Command.SAMPLES, u32(0), bytesOf(samples(15))).payload]).toEqual(u32(15));
	await new Promise(setImmediate); // results come in a promise job
	const results = events()
		.slice(first)
		.filter(({ command }) => command === Command.STREAM);
	expect(results.map(({ sequence }) => sequence)).toEqual([first, first + 1, first + 2]);
	results.forEach(({ status, payload }, i) => {
		const logits = logitsOf(blob, samples(15).subarray(i * 5 * CHANNELS, (i + 1) * 5 * CHANNELS));
		const sorted = [...logits].sort((a, b) => b - a);
		expect(status).toBe(0);
		expect([...payload]).toEqual([
			...[...u32(5 * (i + 1)), ...u16(logits.indexOf(sorted[0]!)), ...u16(CLASSES)],
			...[...u32(sorted[0]! - sorted[1]!), ...new Uint8Array(logits.buffer)],
		]);
	});
});

test("[L24, L25, L27] a slot after a load, to the byte", () => {
	const { device, load } = host();
	const blob = fakeBlob(1, { weights: 1500 }); // two sectors of 1024
	expect(load(blob).committed.status).toBe(0);
	const slot = Buffer.from(device.slots[0].bytes);
	const record = Buffer.from([
		...[...u32(0x544c5345), ...u32(1), ...u32(1), ...u32(blob.length), ...u32(crc32(blob))],
		...identityOf(blob),
	]);
	const whole = Buffer.concat([record, Buffer.from(u32(crc32(record)))]);
	expect(whole.length).toBe(56);
	const rest = Buffer.alloc(1024, 0xff);
	rest.set(whole, 0);
	rest.set(whole, 128);
	for (const flag of [64, 80, 192, 196]) rest.writeUInt32LE(0, flag); // proven, begun, both sectors written
	expect(slot.subarray(0, 1024)).toEqual(rest);
	expect(slot.subarray(1024, 1024 + blob.length)).toEqual(Buffer.from(blob));
});

// What a frame can just carry, and payloads just beside what a command takes.
import { describe, expect, test } from "vitest";
import { Command, LinkError, Status } from "../../src/link/commands";
import { type Frame, FrameDecoder, FrameType, FrameWriter, PAYLOAD_START } from "../../src/link/frame";
import { type Device, LinkServer } from "../../src/link/server";

/** A device of which only these parts are asked. */
function serve(device: Partial<Device>) {
	const frames: { status: number; payload: Buffer }[] = [];
	const decoder = new FrameDecoder({
		onFrame: ({ status, bytes, start, end }: Frame) =>
			frames.push({ status, payload: Buffer.from(bytes.slice(start, end)) }),
	});
	const server = new LinkServer({
		device: device as Device,
		send: (bytes, length) => decoder.push(bytes, 0, length),
	});
	let sequence = 0;
	const ask = (command: number, payload: Buffer = Buffer.alloc(0)) => {
		const writer = new FrameWriter();
		writer.bytes.set(payload, PAYLOAD_START);
		const end = PAYLOAD_START + payload.length;
		server.receive(writer.bytes, 0, writer.finish(FrameType.REQUEST, command, Status.OK, sequence++, end));
		return frames.at(-1)!;
	};
	return { server, frames, ask };
}

const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);

test("[L20] a result has as many outputs as a frame carries, 126, and none where there are more", () => {
	const { server, frames } = serve({});
	for (const count of [126, 127]) server.result(7, 1, 5, new Int32Array(count).fill(-3));
	expect(frames.map(({ payload }) => [payload.readUInt16LE(6), payload.length])).toEqual([
		[126, 516],
		[0, 12],
	]);
	expect(frames[0]!.payload.readInt32LE(512)).toBe(-3);
});

test("[L10] labels come whole, as many as fit", () => {
	const labels = Array.from({ length: 5 }, (_, i) => `${i}`.repeat(255));
	const { ask } = serve({ labels: () => labels });
	const texts = (first: number) => ask(Command.LABELS, Buffer.from([first, 0])).payload;
	expect([texts(0).length, texts(2).length, texts(4).length, texts(5).length]).toEqual([512, 512, 256, 0]);
	expect(texts(2).toString("latin1")).toBe(`\xff${labels[2]}\xff${labels[3]}`);
	labels[1] = "abc";
	expect(texts(0).length).toBe(516);
	labels[1] = "abcd";
	expect(texts(0).length).toBe(261);
});

test("[L10, L36] a recording's rate and scales are checked before the device is asked", () => {
	const asked: [number, number[]][] = [];
	const { ask } = serve({ record: (rate, scales) => void asked.push([rate, [...scales]]) });
	for (const payload of [
		floats(-1),
		floats(50),
		floats(0, 1),
		floats(100_001, 1),
		floats(Number.NaN, 1),
		floats(50, 0),
		floats(50, 1, -1),
		floats(50, Number.POSITIVE_INFINITY),
		floats(50, Number.NaN),
		floats(50, ...new Array(65).fill(1)),
		floats(50, 1).subarray(0, 7),
		floats(50, 1, 1).subarray(0, 9),
		Buffer.alloc(0),
	])
		expect(ask(Command.RECORD, payload).status).toBe(Status.PAYLOAD);
	expect(asked).toEqual([]);
	for (const payload of [floats(0), floats(100_000, 0.5), floats(50, ...new Array(64).fill(2))])
		expect(ask(Command.RECORD, payload).status).toBe(Status.OK);
	expect(asked).toEqual([
		[0, []],
		[100_000, [0.5]],
		[50, new Array(64).fill(2)],
	]);
});

describe("[L10] a payload a byte too short or too long is refused before the device is asked", () => {
	const asked: string[] = [];
	const told =
		<T>(name: string, value: T) =>
		() => {
			asked.push(name);
			return value;
		};
	const place = { slot: 0, sequence: 1 };
	const { ask } = serve({
		...{ firmware: "", target: "", toolchain: "", counted: "", publicKey: undefined },
		model: () => undefined,
		refusals: () => "",
		streaming: () => 0,
		labels: told("LABELS", []),
		meaning: told("OUTPUTS", { kind: 0, threshold: 0, release: 0, scaling: [] }),
		loadBegin: told("LOAD_BEGIN", { offset: 0, slot: 0, capacity: 1 }),
		loadCommit: told("LOAD_COMMIT", place),
		loadAbort: told("LOAD_ABORT", undefined),
		stream: told("STREAM", undefined),
		selfTest: told("SELF_TEST", { passed: 1, total: 1 }),
		memory: told("MEMORY", {}),
		timing: told("TIMING", 1),
		rollback: told("ROLLBACK", place),
		reset: told("RESET", undefined),
		logging: told("LOG", undefined),
	});
	const bytes: Record<string, number> = {
		...{ INFO: 0, LABELS: 2, OUTPUTS: 2, LOAD_BEGIN: 44, LOAD_COMMIT: 32, LOAD_ABORT: 32 },
		...{ STREAM: 9, SELF_TEST: 0, MEMORY: 0, TIMING: 8, ROLLBACK: 4, RESET: 0, LOG: 1 },
	};
	test.each(Object.entries(bytes))("%s takes %d", (name, length) => {
		const command = Command[name as keyof typeof Command];
		const payload = (count: number) => Buffer.alloc(count).fill(name === "TIMING" ? "\x01\0" : 0); // runs of a step
		asked.length = 0;
		for (const count of length ? [length - 1, length + 1] : [1])
			expect(ask(command, payload(count)).status).toBe(Status.PAYLOAD);
		expect(asked).toEqual([]);
		expect(ask(command, payload(length)).status).toBe(Status.OK);
		expect(asked).toEqual(name === "INFO" ? [] : [name]);
	});

	test.each([
		["LOAD_CHUNK", 4, Status.PAYLOAD],
		["INFER", 7, Status.PAYLOAD],
		["SAMPLES", 3, Status.PAYLOAD],
	] as const)("%s does not take %d", (name, length, status) => {
		expect(ask(Command[name], Buffer.alloc(length)).status).toBe(status);
	});
});

test("[L10, L17] SAMPLES with a step and none, and with some", () => {
	const { ask } = serve({ samples: (step, _bytes, start, end) => step + 10 * (end - start) });
	const reply = (samples: number) =>
		ask(Command.SAMPLES, Buffer.from([5, 1, 0, 0, ...new Array(samples).fill(0)]));
	expect([0, 1, 6].map((samples) => reply(samples).payload.readUInt32LE(0))).toEqual([261, 271, 321]);
});

test("[L10] bits and numbers just beyond a command's", () => {
	const { ask } = serve({
		loadBegin: (_length, _crc, slot) => ({ offset: 0x01020304, slot, capacity: 0x05060708 }),
		stream: () => {},
		streaming: () => 2,
		logging: () => {},
		timing: (steps, chunk, counting) => steps + chunk + (counting ? 1 : 0),
	});
	const begin = (slot: number) => ask(Command.LOAD_BEGIN, Buffer.alloc(44).fill(slot, 8, 9));
	expect([2, 254].map((slot) => begin(slot).status)).toEqual([Status.PAYLOAD, Status.PAYLOAD]);
	expect([0, 1, 255].map((slot) => begin(slot).payload.toString("hex"))).toEqual([
		"040302010807060500",
		"040302010807060501",
		"0403020108070605ff",
	]);
	const log = (on: number) => ask(Command.LOG, Buffer.from([on])).status;
	expect([0, 1, 2].map(log)).toEqual([Status.OK, Status.OK, Status.PAYLOAD]);
	const stream = (window: number, hop: number, source: number) => {
		const payload = Buffer.alloc(9);
		payload.writeUInt32LE(window, 0);
		payload.writeUInt32LE(hop, 4);
		payload[8] = source;
		return ask(Command.STREAM, payload).status;
	};
	expect([stream(4, 4, 2), stream(0x7fffffff, 0, 0), stream(0, 5, 1)]).toEqual([0, 0, 0]);
	expect([stream(4, 5, 2), stream(0x80000000, 0, 0), stream(4, 4, 3)]).toEqual([3, 3, 3]);
	const timing = (runs: number, clock: number) => {
		const payload = Buffer.from(Uint16Array.of(runs, 300, 20, clock).buffer);
		return ask(Command.TIMING, payload);
	};
	expect([timing(0, 0), timing(130, 0), timing(1, 2)].map(({ status }) => status)).toEqual([3, 3, 3]);
	const times = (reply: { payload: Buffer }) => Array.from(reply.payload).filter((_, i) => i % 4 === 0);
	expect(times(timing(129, 1))).toEqual(new Array(129).fill(321 & 255));
	expect(timing(2, 0).payload).toEqual(Buffer.from(Uint32Array.of(320, 320).buffer));
});

test("[L15] a reply carries 128 outputs of a sequence, and no more", () => {
	const took: [run: number, step: number, begin: boolean, bytes: number][] = [];
	const infer = (outputs: number, flags: number, steps: number) => {
		const { ask } = serve({
			model: () => ({ channels: 1, outputs }) as ReturnType<Device["model"]>,
			infer: (run, step, begin, _bytes, start, end) => {
				took.push([run, step, begin, end - start]);
				return step + (end - start) / 2;
			},
			outputs: () => new Int32Array(outputs).fill(-7),
		});
		const payload = Buffer.alloc(8 + 2 * steps);
		payload.writeUInt32LE(3, 0);
		payload.writeUInt16LE(0x1234, 4);
		payload[6] = flags;
		return ask(Command.INFER, payload);
	};
	expect([infer(128, 2, 5).payload.length, infer(64, 4, 2).payload.length]).toEqual([516, 516]);
	expect(took).toEqual([
		[0x1234, 3, false, 10],
		[0x1234, 3, false, 2],
		[0x1234, 4, false, 2],
	]);
	took.length = 0;
	expect([infer(129, 2, 5), infer(65, 4, 2), infer(64, 4, 3)].map(({ status }) => status)).toEqual([7, 7, 7]);
	expect([infer(4, 4, 0), infer(4, 8, 1)].map(({ status }) => status)).toEqual([3, 3]);
	expect(took).toEqual([]);
	expect(infer(129, 1, 5).payload).toEqual(Buffer.from(Uint32Array.of(8).buffer));
	expect(took).toEqual([[0x1234, 3, true, 10]]);
	took.length = 0;
	expect(infer(4, 7, 1).payload.length).toBe(20);
	expect(took).toEqual([[0x1234, 3, true, 2]]);
	const last = infer(4, 4, 2).payload;
	expect([last.readUInt32LE(0), last.length, last.readInt32LE(32)]).toEqual([5, 36, -7]);
});

test("[L9, L15] without a model the device says so, however many outputs are asked for", () => {
	const { ask } = serve({
		model: () => undefined,
		infer: () => {
			throw new LinkError(Status.NO_MODEL, "no slot holds a model");
		},
	});
	expect(ask(Command.INFER, Buffer.alloc(508).fill(4, 6, 7)).status).toBe(Status.NO_MODEL);
});

test("[L11] INFO without a model has zeros in its place, whatever the reply before it held", () => {
	const { ask } = serve({
		...{ firmware: "f", target: "t", toolchain: "", counted: "", publicKey: undefined },
		model: () => undefined,
		refusals: () => "",
		streaming: () => 0,
		labels: () => ["x".repeat(255)],
	});
	expect(ask(Command.LABELS, Buffer.alloc(2)).payload.toString("latin1", 1, 64)).toBe("x".repeat(63));
	const info = ask(Command.INFO).payload;
	expect([...info.subarray(0, 4)]).toEqual([255, 0, 516 & 255, 516 >> 8]);
	expect([...info.subarray(4, 64)]).toEqual(new Array(60).fill(0));
	expect(info.toString("latin1", 64, 68)).toBe("\x01f\x01t");
});

test("[L20, L36] recorded samples that do not fit one event go in several, each with its first step", () => {
	const { server, frames } = serve({});
	const samples = Uint8Array.from({ length: 1200 }, (_, i) => i & 255);
	server.recorded(1000, samples, 6, 1200, 6); // 85 samples of three channels fit
	expect(frames.map(({ payload }) => [payload.readUInt32LE(0), payload.length])).toEqual([
		[1000, 514],
		[1085, 514],
		[1170, 4 + 6 * 29],
	]);
	expect(Buffer.concat(frames.map(({ payload }) => payload.subarray(4)))).toEqual(
		Buffer.from(samples.subarray(6)),
	);
	frames.length = 0;
	server.recorded(7, samples, 0, 512, 2);
	expect(frames.map(({ payload }) => payload.length)).toEqual([516]);
});

test("[L10] what outputs mean: as many as fit, with units of any length", () => {
	const scaling = Array.from({ length: 60 }, (_, i) => ({ scale: 0.5 + i, offset: -i, unit: "m/s" }));
	const meaning = { kind: 2, threshold: 0x01020304, release: 0x05060708, scaling };
	const { ask } = serve({ meaning: () => meaning });
	const from = (first: number) => ask(Command.OUTPUTS, Buffer.from([first, 0])).payload;
	expect(from(60).toString("hex")).toBe("020403020108070605");
	const one = from(59);
	expect([one.length, one.readFloatLE(9), one.readFloatLE(13), one.toString("latin1", 17)]).toEqual([
		...[9 + 12, 59.5, -59],
		"\x03m/s",
	]);
	expect(from(0).length).toBe(9 + 12 * 21); // the next one might have a unit of 255 bytes
	scaling.forEach((one) => {
		one.unit = "u".repeat(255);
	});
	expect([from(0).length, from(59).length]).toEqual([9 + 264, 9 + 264]);
});

test("[L10, L11] figures of memory that are unknown or do not fit are left out", () => {
	const figures: Record<string, number | undefined> = { a: 1, unknown: undefined, b: 2 ** 32 - 1 };
	const { ask } = serve({ memory: () => figures });
	expect(ask(Command.MEMORY).payload.toString("latin1")).toBe("\x01a\x01\0\0\0\x01b\xff\xff\xff\xff");
	const fill = (last: string) => {
		for (const name of Object.keys(figures)) delete figures[name];
		Object.assign(figures, { ["x".repeat(250)]: 1, ["y".repeat(250)]: 2, [last]: 3 });
		return ask(Command.MEMORY).payload.length;
	};
	expect([fill("z"), fill("zz"), fill("")]).toEqual([516, 510, 515]);
});

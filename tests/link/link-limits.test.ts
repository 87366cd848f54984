// What a frame can just carry, and payloads just beside what a command takes.
import { expect, test } from "vitest";
import { Command, Status } from "../../src/link/commands";
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

test("[L10] a payload one byte too long is refused, by every command without one", () => {
	const { ask } = serve({
		selfTest: () => ({ passed: 1, total: 1 }),
		memory: () => ({}),
		reset: () => {
			throw new Error("it restarts");
		},
	});
	for (const command of [Command.INFO, Command.SELF_TEST, Command.MEMORY, Command.RESET])
		expect(ask(command, Buffer.alloc(1)).status).toBe(Status.PAYLOAD);
	expect([ask(Command.SELF_TEST).status, ask(Command.MEMORY).status]).toEqual([Status.OK, Status.OK]);
});

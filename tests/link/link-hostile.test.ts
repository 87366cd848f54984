// A device that answers what no firmware would: lists without an end, text that steers a terminal.
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { DeviceClient } from "../../host-tools/device/client";
import { Command, Status } from "../../src/link/commands";
import { FrameDecoder, FrameType, FrameWriter, PAYLOAD_START } from "../../src/link/frame";

const ESCAPES = "\x1b]0;title\x07";

/** A client of a device that answers request number `n` with what `answer` says. */
function clientOf(answer: (n: number) => { status?: number; payload: Uint8Array }, logs: string[] = []) {
	let requests = 0;
	const writer = new FrameWriter();
	const send = (type: number, command: number, sequence: number, status: number, payload: Uint8Array) => {
		writer.bytes.set(payload, PAYLOAD_START);
		writer.finish(type, command, status, sequence, PAYLOAD_START + payload.length);
		stream.push(writer.bytes.slice(0, writer.length));
	};
	const decoder = new FrameDecoder({
		onFrame: ({ command, sequence }) => {
			const { status = Status.OK, payload } = answer(requests++);
			send(FrameType.EVENT, Command.LOG, requests, Status.OK, Buffer.from(ESCAPES));
			send(FrameType.REPLY, command, sequence, status, payload);
		},
	});
	const stream: Duplex = new Duplex({
		read() {},
		write(bytes: Uint8Array, _encoding, done) {
			decoder.push(bytes);
			done();
		},
	});
	const client = new DeviceClient({ stream, timer: () => () => {}, onLog: (line) => logs.push(line) });
	return { client, requests: () => requests };
}

const text = (value: string) => Buffer.concat([Buffer.of(Buffer.byteLength(value)), Buffer.from(value)]);

test("a device that never ends its names is asked for as many as it has classes", async () => {
	const { client, requests } = clientOf(() => ({ payload: text("again") }));
	expect(await client.labels(5)).toEqual(new Array(5).fill("again"));
	expect(requests()).toBe(5);
});

test.each([
	["too few", (n: number) => (n < 2 ? text("a") : new Uint8Array(0))],
	["too many", () => Buffer.concat([text("a"), text("b"), text("c")])],
])("%s names are refused", async (_, payload) => {
	const { client } = clientOf((n) => ({ payload: payload(n) }));
	await expect(client.labels(5)).rejects.toThrow(/has 5 outputs but names [26]; flash the firmware/);
});

test("names, errors and logs of a device are one harmless line each", async () => {
	const logs: string[] = [];
	const harmless = "\ufffd]0;title\ufffd";
	const named = clientOf(() => ({ payload: text(ESCAPES) }), logs);
	expect(await named.client.labels(1)).toEqual([harmless]);
	expect(logs).toEqual([harmless]);
	const payload = Buffer.concat([Buffer.alloc(4), Buffer.from(`${ESCAPES}\nerror: `)]);
	const refusing = clientOf(() => ({ status: Status.REFUSED, payload }));
	await expect(refusing.client.selfTest()).rejects.toThrow(`The device answers: ${harmless}\ufffderror: .`);
	const info = Buffer.concat([Buffer.alloc(64, 255), text(ESCAPES), text(ESCAPES)]);
	const informed = clientOf(() => ({ payload: info }));
	expect(await informed.client.info()).toMatchObject({ firmware: harmless, target: harmless });
	const memory = Buffer.concat([text(ESCAPES), Buffer.alloc(4)]);
	expect(await clientOf(() => ({ payload: memory })).client.memory()).toEqual({ [harmless]: 0 });
});

// Both ends of the link against frames that are well-formed and hold anything: requests to a device, with and without a model, and
// replies and events to a host. Frames are made from scripts, which are what is damaged, so that their CRC-32 is right.
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import type { Application } from "../../firmware/app/application";
import type { Random } from "../../host-tools/datasets/random";
import { DeviceClient } from "../../host-tools/device/client";
import { UserError } from "../../host-tools/terminal/errors";
import { printable } from "../../host-tools/terminal/printable";
import { crc32 } from "../../src/bytes/crc32";
import { Command, Status } from "../../src/link/commands";
import { FrameDecoder, FrameType, FrameWriter, MAX_PAYLOAD, PAYLOAD_START } from "../../src/link/frame";
import { damageBytes, fuzz } from "../support/fuzz";
import { connect } from "../support/link-channel";
import { CHANNELS, CLASSES, fakeBlob, fakeDevice, identityOf } from "../support/link-fakes";

/** A frame of a script; `form` 255: its payload goes out as it is, outside any frame. */
interface Piece {
	form: number;
	command: number;
	status: number;
	payload: Uint8Array;
}

const HEADING = 5;

function writeScript(pieces: readonly Piece[]): Uint8Array {
	return new Uint8Array(
		Buffer.concat(
			pieces.flatMap(({ form, command, status, payload }) => [
				Buffer.from([form, command, status, payload.length & 255, payload.length >> 8]),
				payload,
			]),
		),
	);
}

function* readScript(script: Uint8Array): Generator<Piece> {
	for (let at = 0; at + HEADING <= script.length; ) {
		const [form, command, status, low, high] = script.subarray(at, at + HEADING) as unknown as number[];
		const start = at + HEADING;
		at = start + ((low! | (high! << 8)) % (MAX_PAYLOAD + 1));
		yield { form: form!, command: command!, status: status!, payload: script.subarray(start, at) };
	}
}

function encode(
	type: number,
	{ command, status, payload }: Piece,
	sequence: number,
	version?: number,
): Uint8Array {
	const writer = new FrameWriter();
	if (version !== undefined) writer.version = version;
	writer.bytes.set(payload, PAYLOAD_START);
	writer.finish(type, command, status, sequence, PAYLOAD_START + payload.length);
	return writer.bytes.slice(0, writer.length);
}

/** Changes a script's bytes, or drops, doubles or takes over pieces. */
function damageScript(script: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
	if (random.chance(0.6)) return damageBytes(script, random, others);
	const pieces = [...readScript(script)];
	const more = [...readScript(others[random.below(others.length)]!)];
	pieces.splice(
		random.below(pieces.length + 1),
		random.below(3),
		...more.slice(random.below(more.length + 1)).slice(0, 3),
	);
	return writeScript(pieces.slice(0, 60));
}

/** What a client sends in a session that uses every command. */
async function session(): Promise<Piece[]> {
	const pieces: Piece[] = [];
	const decoder = new FrameDecoder({
		onFrame: ({ command, bytes, start, end }) =>
			pieces.push({ form: 0, command, status: 0, payload: bytes.slice(start, end) }),
	});
	const { client } = connect(fakeDevice({}, 256, 8), (bytes, toDevice) => {
		if (toDevice) decoder.push(bytes);
		return [bytes];
	});
	const blob = fakeBlob(1);
	const samples = Int16Array.from({ length: 4 * CHANNELS }, (_, i) => i * 999);
	await client.info();
	await client.load(blob, crc32(blob), identityOf(blob));
	await client.labels(CLASSES);
	await client.meaning(CLASSES);
	await client.infer(samples, CHANNELS);
	await client.selfTest();
	await client.memory();
	await client.timing(2, 3);
	await client.logging(true);
	await client.stream("REPLAY", { window: 4, hop: 2 });
	await client.samples(0, samples, CHANNELS);
	await client.stream("OFF");
	await client.record(10, [1, 1, 1]).catch(() => {});
	await client.rollback(1).catch(() => {});
	await client.abortLoad(identityOf(blob));
	await client.reset();
	return pieces;
}

const statuses: readonly number[] = Object.values(Status);

test("a device answers every request with one frame, and never by a fault of its own", async () => {
	const asked = await session();
	const device = fakeDevice({}, 256, 8);
	const other = fakeDevice({}, 256, 8);
	const blob = fakeBlob(2);
	await connect(other).client.load(blob, crc32(blob), identityOf(blob));
	const empty = device.slots.map(({ bytes }) => bytes.slice());
	const loaded = other.slots.map(({ bytes }) => bytes.slice());
	await fuzz({
		name: "link-device",
		files: ["src/link/server.ts", "src/link/frame.ts", "firmware/app/application.ts"],
		seeds: [writeScript(asked), writeScript(asked.slice(3)), ...asked.map((piece) => writeScript([piece]))],
		damage: damageScript,
		read: (script) => {
			device.slots.forEach(({ bytes }, i) => void bytes.set((script.length % 3 ? loaded : empty)[i]!));
			let application: Application = device.boot();
			let replies = 0;
			let last = "";
			const told = new Set<string>();
			let expected: { command: number; sequence: number } | undefined;
			const decoder = new FrameDecoder({
				onFrame: ({ type, command, status, sequence, bytes, start, end }) => {
					if (type !== FrameType.REPLY) return;
					expect({ command, sequence }).toEqual(expected);
					expect(statuses).toContain(status);
					replies++;
					last = `${command}:${status}`;
					told.add(last);
					if (status === Status.OK) return;
					const sentence = Buffer.from(bytes.subarray(start + 4, end)).toString();
					expect(sentence).toMatch(/^\S.*[^\s.]$/);
					if (status === Status.INTERNAL) throw new Error(`command ${command}: ${sentence}`);
				},
				onText: (bytes, start, end) => {
					// answers to the text commands that noise may hold
					expect(Buffer.from(bytes.subarray(start, end)).toString("latin1")).toMatch(/^[\x20-\x7e\r\n]*$/);
				},
			});
			device.send = (bytes) => decoder.push(bytes);
			let sequence = 0;
			for (const piece of readScript(script)) {
				if (piece.form === 255) {
					application.receive(piece.payload.slice(), piece.payload.length);
					continue;
				}
				const payload = piece.payload.slice();
				if (piece.command === Command.TIMING && payload.length === 8) payload[3] = 0; // seconds of work are not a hang
				const version = piece.form > 240 ? piece.form & 7 : undefined;
				sequence = (sequence + 1) & 0xffff;
				expected = { command: piece.command, sequence };
				replies = 0;
				application.receive(Uint8Array.of(0), 1); // ends what went before
				const frame = encode(FrameType.REQUEST, { ...piece, payload }, sequence, version);
				application.receive(frame, frame.length);
				if (replies !== 1) throw new Error(`${replies} replies to command ${piece.command}`);
				if (last === `${Command.RESET}:${Status.OK}`) application = device.boot();
			}
			return [...told].sort().join(" ");
		},
	});
});

/** Every text in what a client gives is one harmless line. */
function checkTexts(value: unknown): void {
	if (typeof value === "string") expect(value).toBe(printable(value));
	else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value))
		for (const [key, item] of Object.entries(value)) {
			checkTexts(key);
			checkTexts(item);
		}
}

const BLOB = fakeBlob(3);
const SAMPLES = Int16Array.from({ length: 40 }, (_, i) => i);
const METHODS: ((client: DeviceClient) => Promise<unknown>)[] = [
	(client) => client.info(),
	(client) => client.labels(5),
	(client) => client.meaning(5),
	(client) => client.load(BLOB, crc32(BLOB), identityOf(BLOB)),
	(client) => client.infer(SAMPLES, 4),
	(client) => client.inferSteps(SAMPLES, 4, 3),
	(client) => client.stream("SENSOR"),
	(client) => client.samples(0, SAMPLES, 4),
	(client) => client.record(50, [1, 0.5]),
	(client) => client.selfTest(),
	(client) => client.memory(),
	(client) => client.timing(3, 10),
	(client) => client.rollback(1),
	(client) => client.reset(),
	(client) => client.logging(true),
	(client) => client.abortLoad(identityOf(BLOB)),
];

/** Replies of a device to the methods, each script begun with its method's number. */
async function replies(): Promise<Uint8Array[]> {
	const scripts: Uint8Array[] = [];
	for (const [number, method] of METHODS.entries()) {
		const pieces: Piece[] = [];
		const decoder = new FrameDecoder({
			onFrame: ({ type, command, status, bytes, start, end }) =>
				pieces.push({
					form: type === FrameType.EVENT ? 1 : 0,
					command,
					status,
					payload: bytes.slice(start, end),
				}),
		});
		const { client } = connect(fakeDevice({}, 256, 8), (bytes, toDevice) => {
			if (!toDevice) decoder.push(bytes);
			return [bytes];
		});
		if (number !== 3) await client.load(BLOB, crc32(BLOB), identityOf(BLOB));
		pieces.length = 0;
		await method(client).catch(() => {});
		scripts.push(Buffer.concat([Buffer.of(number), writeScript(pieces)]));
	}
	const text = Buffer.from("\x05label\x00\x03\x1b[2");
	const scaling = Buffer.alloc(9 + 5 * 11, 1);
	for (let i = 0; i < 5; i++) scaling[9 + i * 11 + 8] = 2;
	const events = [
		{ form: 1, command: Command.STREAM, status: 0, payload: Buffer.alloc(28, 1) },
		{ form: 1, command: Command.RECORD, status: 0, payload: Buffer.alloc(12, 1) },
		{ form: 1, command: Command.LOG, status: 0, payload: text },
	];
	return [
		...scripts,
		Buffer.concat([Buffer.of(1), writeScript([{ form: 0, command: 2, status: 0, payload: text }])]),
		Buffer.concat([Buffer.of(2), writeScript([{ form: 0, command: 17, status: 0, payload: scaling }])]),
		Buffer.concat([
			Buffer.of(0),
			writeScript([...events, { form: 0, command: 1, status: 0, payload: Buffer.alloc(64, 255) }]),
		]),
	].map((script) => new Uint8Array(script));
}

test("a host gives results or refuses, whatever a device answers", async () => {
	await fuzz({
		name: "link-host",
		files: [
			"host-tools/device/client.ts",
			"host-tools/device/exchange.ts",
			"host-tools/device/payload.ts",
			"host-tools/device/meaning.ts",
			"host-tools/device/inference.ts",
			"host-tools/device/events.ts",
		],
		seeds: await replies(),
		damage: (script, random, others) =>
			random.chance(0.1)
				? Buffer.concat([Buffer.of(random.below(METHODS.length)), script.subarray(1)])
				: Buffer.concat([
						script.subarray(0, 1),
						damageScript(
							script.subarray(1),
							random,
							others.map((other) => other.subarray(1)),
						),
					]),
		read: async (script) => {
			const pieces = readScript(script.subarray(1));
			let requests = 0;
			const decoder = new FrameDecoder({
				onFrame: ({ command, sequence }) => {
					if (++requests > 10_000) throw new Error("requests without end");
					for (;;) {
						const { value: piece } = pieces.next();
						if (!piece) return void stream.push(null); // the device is gone
						const version = piece.form > 240 && piece.form < 255 ? piece.form & 7 : undefined;
						if (piece.form === 255) stream.push(Buffer.concat([Buffer.of(0), piece.payload, Buffer.of(0)]));
						else if (piece.form === 1) stream.push(encode(FrameType.EVENT, piece, requests, version));
						else {
							const reply = encode(FrameType.REPLY, { ...piece, command }, sequence, version);
							return void stream.push(reply);
						}
					}
				},
			});
			const stream: Duplex = new Duplex({
				read() {},
				write(bytes: Uint8Array, _encoding, done) {
					decoder.push(bytes);
					done();
				},
			});
			const client = new DeviceClient({
				stream,
				timer: () => () => {},
				onLog: checkTexts,
				onResult: ({ outputs, step }) => expect([step, ...outputs].every(Number.isInteger)).toBe(true),
				onRecorded: ({ samples }) => expect(samples.every(Number.isInteger)).toBe(true),
			});
			const number = script[0]! % METHODS.length;
			try {
				checkTexts(await METHODS[number]!(client));
			} catch (error) {
				if (error instanceof UserError) checkTexts(error.message);
				throw error;
			}
			return `method ${number}`;
		},
	});
});

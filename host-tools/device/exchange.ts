// Requests and replies over a stream of bytes (docs/LINK.md): resends unanswered requests, matches replies, separates events and
// text. Independent of the commands' meaning.
import type { Duplex } from "node:stream";
import { readUtf8 } from "../../src/bytes/utf8";
import { commandName, Status } from "../../src/link/commands";
import {
	type Frame,
	FrameDecoder,
	FrameType,
	FrameWriter,
	LINK_VERSION,
	OLDEST_LINK_VERSION,
	PAYLOAD_START,
} from "../../src/link/frame";
import { UserError } from "../terminal/errors";
import { printable } from "../terminal/printable";
import { patient } from "../time/limit";

/** An error reply from the device. */
export class DeviceError extends UserError {
	/** One of `Status`. */
	readonly status: number;
	/** An offset, a step or a count, as `Status` says. */
	readonly detail: number;

	constructor(status: number, message: string, detail: number) {
		super(`The device answers: ${message}.`);
		this.status = status;
		this.detail = detail;
	}
}

/** Calls `callback` after `milliseconds`; the returned function cancels it. */
export type Timer = (callback: () => void, milliseconds: number) => () => void;

export interface ExchangeOptions {
	stream: Duplex;
	/** Milliseconds before a request is resent. Default 500; slow commands have their own. */
	timeout?: number;
	/** Number of resends before the device counts as gone. Default 6. */
	retries?: number;
	timer?: Timer;
	/** The first sequence number; default random, to differ from an earlier client's. */
	firstSequence?: number;
	/** Receives the lines of text between frames. */
	onLine(line: string): void;
	/** Receives events; the frame is valid until it returns. */
	onEvent(frame: Frame): void;
}

export interface Request {
	command: number;
	/** Bytes of payload, zeroed before `write` fills them. */
	length?: number;
	write?: (view: DataView, bytes: Uint8Array) => void;
	/** Minimum bytes of payload in a valid reply. */
	replyLength?: number;
	/** Milliseconds the device may take before it counts as gone, if longer than the retries. */
	timeout?: number;
}

export interface Reply {
	bytes: Uint8Array;
	view: DataView;
}

interface Pending {
	command: number;
	sequence: number;
	settle(frame: Frame): void;
	fail(error: Error): void;
}

const realTimer: Timer = (callback, milliseconds) => {
	const handle = setTimeout(callback, patient(milliseconds));
	return () => clearTimeout(handle);
};

/** One request at a time over one stream, in order. */
export class Exchange {
	readonly #stream: Duplex;
	readonly #options: ExchangeOptions;
	readonly #timer: Timer;
	readonly #decoder: FrameDecoder;
	readonly #writer = new FrameWriter();
	#sequence: number;
	#pending: Pending | undefined;
	#queue: Promise<unknown> = Promise.resolve();
	#lost: UserError | undefined;
	#line: number[] = [];
	/** Requests resent. */
	resent = 0;

	constructor(options: ExchangeOptions) {
		this.#options = options;
		this.#stream = options.stream;
		this.#timer = options.timer ?? realTimer;
		this.#sequence = options.firstSequence ?? Math.floor(Math.random() * 65536);
		this.#decoder = new FrameDecoder({
			onFrame: (frame) => this.#take(frame),
			onText: (bytes, start, end) => this.#text(bytes.subarray(start, end)),
		});
		this.#stream.on("data", (bytes: Uint8Array) => this.#decoder.push(bytes));
		const gone = () => this.#lose("The connection to the device ended; check the cable and try again.");
		this.#stream.on("end", gone).on("close", gone);
		this.#stream.on("error", (error) =>
			this.#lose(`The connection to the device failed (${error.message}); check the cable and try again.`),
		);
	}

	/** Damaged frames received. */
	get damaged(): number {
		return this.#decoder.damaged;
	}

	/** Sends a request once those before it are answered. @throws UserError; DeviceError on an error reply */
	request(request: Request): Promise<Reply> {
		const answer = this.#queue.then(() => this.#send(request));
		this.#queue = answer.catch(() => {});
		return answer;
	}

	async #send(request: Request): Promise<Reply> {
		const frame = await this.#ask(request);
		if (frame.version !== this.#writer.version && frame.status === Status.VERSION) {
			// An older device: it says so in its own version, which is spoken from now on.
			checkVersion(frame);
			this.#writer.version = frame.version;
			return replyOf(await this.#ask(request), request.replyLength);
		}
		return replyOf(frame, request.replyLength);
	}

	/** Sends a request until its reply arrives, and returns a copy of that frame. */
	#ask({ command, length = 0, write, timeout: longTimeout = 0 }: Request): Promise<Frame> {
		const sequence = this.#sequence;
		this.#sequence = (sequence + 1) & 0xffff;
		const buffer = this.#writer.bytes.buffer;
		const payload = new Uint8Array(buffer, PAYLOAD_START, length).fill(0);
		write?.(new DataView(buffer, PAYLOAD_START, length), payload);
		this.#writer.finish(FrameType.REQUEST, command, Status.OK, sequence, PAYLOAD_START + length);
		const bytes = this.#writer.bytes.slice(0, this.#writer.length);

		return new Promise<Frame>((resolve, reject) => {
			if (this.#lost !== undefined) return reject(this.#lost);
			const { timeout = 500, retries = 6 } = this.#options;
			let cancel = () => {};
			let waited = 0;
			let sent = 0;
			const done = () => {
				cancel();
				this.#pending = undefined;
			};
			// Slow requests are resent as soon as others: the device answers the same once it is free.
			const send = () => {
				if (sent > retries && waited >= longTimeout) {
					done();
					reject(
						new UserError(
							`The device does not answer after ${sent} attempts; check the cable, the port and the baud rate.`,
						),
					);
					return;
				}
				if (sent > 0) this.resent++;
				sent++;
				this.#stream.write(bytes);
				waited += timeout * Math.min(sent, 4);
				cancel = this.#timer(send, timeout * Math.min(sent, 4));
			};
			this.#pending = {
				command,
				sequence,
				settle: (frame) => {
					done();
					const bytes = frame.bytes.slice(0, frame.end);
					resolve({ ...frame, bytes, view: new DataView(bytes.buffer) });
				},
				fail: (error) => {
					done();
					reject(error);
				},
			};
			send();
		});
	}

	#take(frame: Frame): void {
		if (frame.type === FrameType.EVENT && isSpoken(frame.version)) this.#options.onEvent(frame);
		const pending = this.#pending;
		if (
			frame.type === FrameType.REPLY &&
			pending?.sequence === frame.sequence &&
			pending.command === frame.command
		)
			pending.settle(frame);
	}

	#text(bytes: Uint8Array): void {
		for (const byte of bytes) {
			if (byte === 10 || this.#line.length === 1000) {
				const line = deviceText(Uint8Array.from(this.#line)).trimEnd();
				this.#line.length = 0;
				if (line !== "") this.#options.onLine(line);
			} else if (byte >= 32 || byte === 9) this.#line.push(byte);
		}
	}

	#lose(message: string): void {
		this.#lost ??= new UserError(message);
		this.#pending?.fail(this.#lost);
	}
}

const isSpoken = (version: number) => version >= OLDEST_LINK_VERSION && version <= LINK_VERSION;

/** @throws UserError on a frame of an unsupported link version */
function checkVersion({ version }: Frame): void {
	if (isSpoken(version)) return;
	throw new UserError(
		`The device speaks version ${version} of the link and this tool versions ${OLDEST_LINK_VERSION} to ${LINK_VERSION}; ${version > LINK_VERSION ? "update this tool" : "flash the firmware that belongs to this tool"}.`,
	);
}

/** The reply in a frame; throws the error it reports. */
function replyOf(frame: Frame, length = 0): Reply {
	checkVersion(frame);
	const { command, status, bytes, view, start, end } = frame;
	if (status === Status.COMMAND)
		throw new DeviceError(
			status,
			`its firmware lacks ${commandName(command)}; flash the firmware that belongs to this tool`,
			0,
		);
	if (status !== Status.OK) {
		const detail = end - start >= 4 ? view.getUint32(start, true) : 0;
		throw new DeviceError(status, deviceText(bytes, Math.min(start + 4, end), end), detail);
	}
	if (end - start < length) throw cutOff();
	const copy = bytes.slice(start, end);
	return { bytes: copy, view: new DataView(copy.buffer) };
}

/** For a reply that is too short. */
export function cutOff(): UserError {
	return new UserError("The device's reply is truncated; flash the firmware that belongs to this tool.");
}

/** Text from a device, as one line that is safe to print. */
export function deviceText(bytes: Uint8Array, start?: number, end?: number): string {
	return printable(readUtf8(bytes, start, end));
}

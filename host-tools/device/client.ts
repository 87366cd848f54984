// The host's end of the link (docs/LINK.md) over any duplex stream of bytes: a child process, a serial port, a socket.
// Sends one request at a time and again when no answer comes; turns replies into values and errors into sentences.
// Knows nothing of how the stream was opened (transport.ts) nor of what is shown to the user.
import type { Duplex } from "node:stream";
import { readUtf8 } from "../../src/bytes/utf8";
import {
	ANY_SLOT,
	CHUNK_LENGTH,
	Command,
	IDENTITY_LENGTH,
	InferFlag,
	Status,
	StreamSource,
} from "../../src/link/commands";
import {
	type Frame,
	FrameDecoder,
	FrameType,
	FrameWriter,
	LINK_VERSION,
	MAX_PAYLOAD,
	PAYLOAD_START,
} from "../../src/link/frame";
import { UserError } from "../cli/errors";

/** An error that the device replied with. */
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

export interface DeviceInfo {
	firmware: string;
	target: string;
	/** 0 off, 1 sensor, 2 replay. */
	streaming: number;
	/** The running model, or undefined when no slot holds one. */
	model?: {
		slot: number;
		sequence: number;
		length: number;
		crc: number;
		identity: Uint8Array;
		channels: number;
		classes: number;
		/** H, N, L. */
		heads: number;
		modes: number;
		layers: number;
		arenaBytes: number;
	};
}

/** A result of the stream, as the device sends it. `lost` results before it did not arrive. */
export interface ResultEvent {
	step: number;
	index: number;
	margin: number;
	logits: Int32Array;
	lost: number;
}

/** Calls `callback` after `milliseconds`; the function returned calls it off. */
export type Timer = (callback: () => void, milliseconds: number) => () => void;

export interface DeviceClientOptions {
	stream: Duplex;
	/** Milliseconds until a request is sent again. Default 500; commands that take long have their own. */
	timeout?: number;
	/** How often a request is sent again before the device counts as gone. Default 6. */
	retries?: number;
	/** Lines that the device writes between frames, such as boot logs, and its log events. */
	onLog?: (line: string) => void;
	onResult?: (result: ResultEvent) => void;
	timer?: Timer;
	/** The first sequence number; default random, so that it does not meet the one of an earlier client. */
	firstSequence?: number;
}

interface Request {
	command: number;
	/** Bytes of payload; `write` fills them, they are zero before. */
	length?: number;
	write?: (view: DataView, bytes: Uint8Array) => void;
	/** Fewest bytes of payload in a reply that makes sense. */
	replyLength?: number;
	/** Milliseconds that the device may take before it counts as gone, where that is more than the retries last. */
	timeout?: number;
}

interface Reply {
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
	const handle = setTimeout(callback, milliseconds);
	return () => clearTimeout(handle);
};

/** Milliseconds for what may take the device long: golden vectors, whole sequences. */
const LONG = 60_000;

export class DeviceClient {
	readonly #stream: Duplex;
	readonly #options: DeviceClientOptions;
	readonly #timer: Timer;
	readonly #decoder: FrameDecoder;
	readonly #writer = new FrameWriter();
	#sequence: number;
	#pending: Pending | undefined;
	#queue: Promise<unknown> = Promise.resolve();
	#lost: UserError | undefined;
	#line: number[] = [];
	#eventSequence = -1;
	/** Requests that were sent again. */
	resent = 0;

	constructor(options: DeviceClientOptions) {
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

	/** Frames that came damaged. */
	get damaged(): number {
		return this.#decoder.damaged;
	}

	async info(): Promise<DeviceInfo> {
		const { bytes, view } = await this.#request({ command: Command.INFO, replyLength: 64 });
		const [firmware = "", target = ""] = readTexts(bytes, 64);
		const info: DeviceInfo = { firmware, target, streaming: view.getUint8(1) };
		const slot = view.getUint8(0);
		if (slot !== ANY_SLOT)
			info.model = {
				slot,
				sequence: view.getUint32(4, true),
				length: view.getUint32(8, true),
				crc: view.getUint32(12, true),
				arenaBytes: view.getUint32(16, true),
				channels: view.getUint16(20, true),
				classes: view.getUint16(22, true),
				heads: view.getUint16(24, true),
				modes: view.getUint16(26, true),
				layers: view.getUint16(28, true),
				identity: bytes.slice(32, 64),
			};
		return info;
	}

	/** The class names of the running model. */
	async labels(): Promise<string[]> {
		const labels: string[] = [];
		for (;;) {
			const { bytes } = await this.#request({
				command: Command.LABELS,
				length: 2,
				write: (view) => view.setUint16(0, labels.length, true),
			});
			if (bytes.length === 0) return labels;
			labels.push(...readTexts(bytes, 0));
		}
	}

	/**
	 * Loads a model and makes it run, going on where an earlier load of it was cut off.
	 * @param crc CRC-32 of the whole blob
	 * @param identity the blob's 32-byte identity
	 * @param slot 0 or 1; default: the one that does not run
	 * @returns the slot, its sequence number, and the offset that the load went on from
	 */
	async load(
		blob: Uint8Array,
		crc: number,
		identity: Uint8Array,
		{
			slot = ANY_SLOT,
			onProgress,
		}: { slot?: number; onProgress?: (done: number, total: number) => void } = {},
	): Promise<{ slot: number; sequence: number; resumedAt: number }> {
		for (let attempt = 0; ; attempt++) {
			const begun = await this.#request({
				command: Command.LOAD_BEGIN,
				length: 12 + IDENTITY_LENGTH,
				write: (view, bytes) => {
					view.setUint32(0, blob.length, true);
					view.setUint32(4, crc, true);
					view.setUint8(8, slot);
					bytes.set(identity, 12);
				},
				replyLength: 9,
				timeout: LONG,
			});
			const resumedAt = begun.view.getUint32(0, true);
			await this.#loadChunks(blob, resumedAt, onProgress);
			try {
				const { view } = await this.#request({
					command: Command.LOAD_COMMIT,
					length: IDENTITY_LENGTH,
					write: (_, bytes) => bytes.set(identity),
					replyLength: 5,
					timeout: LONG,
				});
				return { sequence: view.getUint32(0, true), slot: view.getUint8(4), resumedAt };
			} catch (error) {
				if (attempt > 0 || !(error instanceof DeviceError) || error.status !== Status.DAMAGED) throw error;
			}
		}
	}

	async abortLoad(identity: Uint8Array): Promise<void> {
		await this.#request({
			command: Command.LOAD_ABORT,
			length: IDENTITY_LENGTH,
			write: (_, bytes) => bytes.set(identity),
		});
	}

	/**
	 * Logits of one sequence, from the beginning.
	 * @param samples (steps, channels), in the model's input scaling
	 */
	async infer(samples: Int16Array, channels: number): Promise<Int32Array> {
		const run = this.#sequence;
		const perFrame = Math.floor((MAX_PAYLOAD - 8) / (2 * channels));
		const steps = samples.length / channels;
		if (perFrame < 1)
			throw new UserError(`A sample of ${channels} channels does not fit a frame of the link.`);
		if (!Number.isInteger(steps) || steps === 0)
			throw new UserError(`${samples.length} values are no whole samples of ${channels} channels.`);
		for (let step = 0, attempts = 0; ; ) {
			const count = Math.min(perFrame, steps - step);
			const last = step + count === steps;
			const from = step;
			try {
				const { view } = await this.#request({
					command: Command.INFER,
					length: 8 + 2 * count * channels,
					write: (payload) => {
						payload.setUint32(0, from, true);
						payload.setUint16(4, run, true);
						payload.setUint8(6, (from === 0 ? InferFlag.BEGIN : 0) | (last ? InferFlag.LOGITS : 0));
						writeSamples(payload, 8, samples, from * channels, count * channels);
					},
					replyLength: 4,
					timeout: LONG,
				});
				if (last) return readInt32s(view, 4);
				step += count;
			} catch (error) {
				// The device lost the sequence, as by a reset: from the beginning then.
				const again = error instanceof DeviceError && error.status === Status.OFFSET && attempts++ < 3;
				if (step === 0 || !again) throw error;
				step = 0;
			}
		}
	}

	/**
	 * Turns the stream of results off, or on from the sensor or from `samples`.
	 * @param window steps after which the kernel starts anew, and `hop` steps between results; default: the model's own
	 */
	async stream(source: keyof typeof StreamSource, { window = 0, hop = 0 } = {}): Promise<void> {
		await this.#request({
			command: Command.STREAM,
			length: 9,
			write: (view) => {
				view.setUint32(0, window, true);
				view.setUint32(4, hop, true);
				view.setUint8(8, StreamSource[source]);
			},
		});
	}

	/**
	 * Feeds the replay source: samples that follow step `step` of the stream.
	 * @returns the step that is wanted next
	 */
	async samples(step: number, samples: Int16Array, channels: number): Promise<number> {
		const perFrame = Math.floor((MAX_PAYLOAD - 4) / (2 * channels)) * channels;
		let next = step;
		for (let from = 0; from < samples.length; from += perFrame) {
			const count = Math.min(perFrame, samples.length - from);
			const { view } = await this.#request({
				command: Command.SAMPLES,
				length: 4 + 2 * count,
				write: (payload) => {
					payload.setUint32(0, next, true);
					writeSamples(payload, 4, samples, from, count);
				},
				replyLength: 4,
				timeout: LONG,
			});
			next = view.getUint32(0, true);
		}
		return next;
	}

	/** Runs the golden vectors on the device; returns how many there are. @throws DeviceError when one fails */
	async selfTest(): Promise<number> {
		const reply = await this.#request({ command: Command.SELF_TEST, replyLength: 2, timeout: LONG });
		return reply.view.getUint16(0, true);
	}

	/** What the device knows about its memory, by name. */
	async memory(): Promise<Record<string, number>> {
		const { bytes, view } = await this.#request({ command: Command.MEMORY });
		const figures: Record<string, number> = {};
		for (let at = 0; at < bytes.length; ) {
			const name = at + 1 + bytes[at]!;
			if (name + 4 > bytes.length) throw cut();
			figures[readUtf8(bytes, at + 1, name)] = view.getUint32(name, true);
			at = name + 4;
		}
		return figures;
	}

	/** Microseconds of `runs` (1 to 129) runs of `steps` steps each. */
	async timing(runs: number, steps: number): Promise<number[]> {
		const { view } = await this.#request({
			command: Command.TIMING,
			length: 4,
			write: (payload) => {
				payload.setUint16(0, runs, true);
				payload.setUint16(2, steps, true);
			},
			replyLength: 4 * runs,
			timeout: LONG,
		});
		return Array.from(readInt32s(view, 0), (value) => value >>> 0);
	}

	/** Leaves the running model, which has this sequence number, for the older one. */
	async rollback(sequence: number): Promise<{ slot: number; sequence: number }> {
		const { view } = await this.#request({
			command: Command.ROLLBACK,
			length: 4,
			write: (payload) => payload.setUint32(0, sequence, true),
			replyLength: 5,
			timeout: LONG,
		});
		return { sequence: view.getUint32(0, true), slot: view.getUint8(4) };
	}

	/** Starts the application on the device anew. */
	async reset(): Promise<void> {
		await this.#request({ command: Command.RESET });
	}

	/** Turns log events on or off; they come through `onLog`. */
	async logging(on: boolean): Promise<void> {
		await this.#request({
			command: Command.LOG,
			length: 1,
			write: (view) => view.setUint8(0, on ? 1 : 0),
		});
	}

	async #loadChunks(
		blob: Uint8Array,
		start: number,
		onProgress: ((done: number, total: number) => void) | undefined,
	): Promise<void> {
		for (let offset = start, stalls = 0; offset !== blob.length; ) {
			if (offset > blob.length || stalls > 10)
				throw new UserError(
					`The device asks for byte ${offset} of a model of ${blob.length}; reset it and try again.`,
				);
			onProgress?.(offset, blob.length);
			const from = offset;
			const count = Math.min(CHUNK_LENGTH, blob.length - from);
			try {
				const { view } = await this.#request({
					command: Command.LOAD_CHUNK,
					length: 4 + count,
					write: (payload, bytes) => {
						payload.setUint32(0, from, true);
						bytes.set(blob.subarray(from, from + count), 4);
					},
					replyLength: 4,
				});
				offset = view.getUint32(0, true);
			} catch (error) {
				if (!(error instanceof DeviceError && error.status === Status.OFFSET)) throw error;
				offset = error.detail;
			}
			if (offset <= from) stalls++;
		}
		onProgress?.(blob.length, blob.length);
	}

	/** Sends a request when those before it are answered. */
	#request(request: Request): Promise<Reply> {
		const answer = this.#queue.then(() => this.#exchange(request));
		this.#queue = answer.catch(() => {});
		return answer;
	}

	#exchange({
		command,
		length = 0,
		write,
		replyLength = 0,
		timeout: longTimeout = 0,
	}: Request): Promise<Reply> {
		const sequence = this.#sequence;
		this.#sequence = (sequence + 1) & 0xffff;
		const buffer = this.#writer.bytes.buffer;
		const payload = new Uint8Array(buffer, PAYLOAD_START, length).fill(0);
		write?.(new DataView(buffer, PAYLOAD_START, length), payload);
		this.#writer.finish(FrameType.REQUEST, command, Status.OK, sequence, PAYLOAD_START + length);
		const bytes = this.#writer.bytes.slice(0, this.#writer.length);

		return new Promise<Reply>((resolve, reject) => {
			if (this.#lost !== undefined) return reject(this.#lost);
			const { timeout = 500, retries = 6 } = this.#options;
			let cancel = () => {};
			let waited = 0;
			let sent = 0;
			const done = () => {
				cancel();
				this.#pending = undefined;
			};
			// What takes long is asked for again as soon as anything else: the device answers the same once it is free.
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
					try {
						resolve(replyOf(frame, replyLength));
					} catch (error) {
						reject(error);
					}
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
		if (frame.type === FrameType.EVENT && frame.version === LINK_VERSION) this.#takeEvent(frame);
		const pending = this.#pending;
		if (
			frame.type === FrameType.REPLY &&
			pending?.sequence === frame.sequence &&
			pending.command === frame.command
		)
			pending.settle(frame);
	}

	#takeEvent({ command, sequence, bytes, view, start, end }: Frame): void {
		const lost = this.#eventSequence < 0 ? 0 : (sequence - this.#eventSequence - 1) & 0xffff;
		this.#eventSequence = sequence;
		if (command === Command.LOG) this.#options.onLog?.(readUtf8(bytes, start, end));
		if (command !== Command.STREAM || end - start < 12) return;
		const count = Math.min(view.getUint16(start + 6, true), (end - start - 12) >> 2);
		this.#options.onResult?.({
			step: view.getUint32(start, true),
			index: view.getUint16(start + 4, true),
			margin: view.getUint32(start + 8, true),
			logits: Int32Array.from({ length: count }, (_, i) => view.getInt32(start + 12 + 4 * i, true)),
			lost,
		});
	}

	#text(bytes: Uint8Array): void {
		for (const byte of bytes) {
			if (byte === 10 || this.#line.length === 1000) {
				const line = readUtf8(Uint8Array.from(this.#line)).trimEnd();
				this.#line.length = 0;
				if (line !== "") this.#options.onLog?.(line);
			} else if (byte >= 32 || byte === 9) this.#line.push(byte);
		}
	}

	#lose(message: string): void {
		this.#lost ??= new UserError(message);
		this.#pending?.fail(this.#lost);
	}
}

/** The reply in a frame, copied; throws what it reports. */
function replyOf({ version, status, bytes, view, start, end }: Frame, length: number): Reply {
	if (version !== LINK_VERSION)
		throw new UserError(
			`The device speaks version ${version} of the link and this tool version ${LINK_VERSION}; flash the firmware that belongs to this tool.`,
		);
	if (status !== Status.OK) {
		const detail = end - start >= 4 ? view.getUint32(start, true) : 0;
		throw new DeviceError(status, readUtf8(bytes, Math.min(start + 4, end), end), detail);
	}
	if (end - start < length) throw cut();
	const copy = bytes.slice(start, end);
	return { bytes: copy, view: new DataView(copy.buffer) };
}

function writeSamples(view: DataView, at: number, samples: Int16Array, from: number, count: number): void {
	for (let i = 0; i < count; i++) view.setInt16(at + 2 * i, samples[from + i]!, true);
}

function cut(): UserError {
	return new UserError("The device's reply is cut off; flash the firmware that belongs to this tool.");
}

/** Reads the texts from `start` to the end, each with its length in a byte before it. */
function readTexts(bytes: Uint8Array, start: number): string[] {
	const texts: string[] = [];
	for (let at = start; at < bytes.length; ) {
		const end = at + 1 + bytes[at]!;
		if (end > bytes.length) throw cut();
		texts.push(readUtf8(bytes, at + 1, end));
		at = end;
	}
	return texts;
}

function readInt32s(view: DataView, start: number): Int32Array {
	return Int32Array.from({ length: (view.byteLength - start) >> 2 }, (_, i) =>
		view.getInt32(start + 4 * i, true),
	);
}

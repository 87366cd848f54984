// The device's end of the link: requests in, replies and events out, in fixed buffers. The `Device` behind it implements the
// commands; bytes come from and go to any port (Serial, a pipe, a test).

import { writeUtf8 } from "../bytes/utf8";
import {
	ANY_SLOT,
	Command,
	IDENTITY_LENGTH,
	InferFlag,
	LinkError,
	Status,
	StreamSource,
	TimingClock,
} from "./commands";
import type { Device } from "./device";
import {
	type Frame,
	FrameDecoder,
	FrameType,
	FrameWriter,
	LINK_VERSION,
	OLDEST_LINK_VERSION,
	PAYLOAD_END,
	PAYLOAD_START,
} from "./frame";

export type { Device, ModelSummary, OutputMeaning } from "./device";

/** Most channels of a recording: their scales fit a request. */
const MAX_RECORDED = 64;

export interface LinkServerOptions {
	device: Device;
	/** Sends all of bytes[0..length), valid during the call only. */
	send(bytes: Uint8Array, length: number): void;
	/** Receives bytes that are not a frame: bytes[start..end), valid during the call only. */
	onText?: (bytes: Uint8Array, start: number, end: number) => void;
}

/** Serves one host. Feed `receive` with whatever arrives; it calls `send` before it returns. */
export class LinkServer {
	readonly #device: Device;
	readonly #send: (bytes: Uint8Array, length: number) => void;
	readonly #decoder: FrameDecoder;
	readonly #reply = new FrameWriter(); // keeps the last reply, for a repeated request
	readonly #event = new FrameWriter();
	#lastSequence = -1;
	#lastCrc = 0;
	#eventSequence = 0;

	constructor({ device, send, onText }: LinkServerOptions) {
		this.#device = device;
		this.#send = send;
		this.#event.version = OLDEST_LINK_VERSION; // until a host has asked
		this.#decoder = new FrameDecoder({ onFrame: (frame) => this.#take(frame), ...(onText && { onText }) });
	}

	/** Damaged frames received. */
	get damaged(): number {
		return this.#decoder.damaged;
	}

	/** Takes the next bytes from the host, bytes[start..end). */
	receive(bytes: Uint8Array, start = 0, end = bytes.length): void {
		this.#decoder.push(bytes, start, end);
	}

	/** Sends a result of the stream, without `outputs` when they do not fit a frame. */
	result(step: number, index: number, margin: number, outputs: Int32Array): void {
		const { view } = this.#event;
		const count = PAYLOAD_START + 12 + 4 * outputs.length > PAYLOAD_END ? 0 : outputs.length;
		view.setUint32(PAYLOAD_START, step, true);
		view.setUint16(PAYLOAD_START + 4, index, true);
		view.setUint16(PAYLOAD_START + 6, count, true);
		view.setUint32(PAYLOAD_START + 8, margin, true);
		let at = PAYLOAD_START + 12;
		for (let i = 0; i < count; i++, at += 4) view.setInt32(at, outputs[i]!, true);
		this.#sendEvent(Command.STREAM, at);
	}

	/** Sends a log line, truncated to fit a frame. */
	log(text: string): void {
		this.#sendEvent(Command.LOG, writeUtf8(this.#event.view, PAYLOAD_START, PAYLOAD_END, text));
	}

	/** Sends recorded samples bytes[start..end) of steps `step`, ...; in several events when they do not fit one. */
	recorded(step: number, bytes: Uint8Array, start: number, end: number, sampleBytes: number): void {
		const most = Math.floor((PAYLOAD_END - PAYLOAD_START - 4) / sampleBytes);
		for (let at = start, next = step; at < end; next += most, at += most * sampleBytes) {
			const until = Math.min(end, at + most * sampleBytes);
			this.#event.view.setUint32(PAYLOAD_START, next, true);
			this.#event.bytes.set(bytes.subarray(at, until), PAYLOAD_START + 4);
			this.#sendEvent(Command.RECORD, PAYLOAD_START + 4 + until - at);
		}
	}

	#sendEvent(command: number, end: number): void {
		const length = this.#event.finish(FrameType.EVENT, command, Status.OK, this.#eventSequence, end);
		this.#eventSequence = (this.#eventSequence + 1) & 0xffff;
		this.#send(this.#event.bytes, length);
	}

	#take(frame: Frame): void {
		if (frame.type !== FrameType.REQUEST) return;
		const { command, sequence, crc } = frame;
		if (sequence !== this.#lastSequence || crc !== this.#lastCrc) {
			let status: number = Status.OK;
			let end: number;
			try {
				// Replies and events are in the version of the host that asked last; to one that speaks none, in the newest.
				const known = frame.version >= OLDEST_LINK_VERSION && frame.version <= LINK_VERSION;
				this.#reply.version = this.#event.version = known ? frame.version : LINK_VERSION;
				if (!known)
					throw new LinkError(
						Status.VERSION,
						`the device speaks versions ${OLDEST_LINK_VERSION} to ${LINK_VERSION} of the link, the host version ${frame.version}`,
					);
				end = this.#answer(frame);
			} catch (error) {
				const failure = error instanceof LinkError ? error : this.#device.failure(error);
				status = failure.status;
				this.#reply.view.setUint32(PAYLOAD_START, failure.detail, true);
				end = writeUtf8(this.#reply.view, PAYLOAD_START + 4, PAYLOAD_END, failure.message);
			}
			this.#reply.finish(FrameType.REPLY, command, status, sequence, end);
			this.#lastSequence = sequence;
			this.#lastCrc = crc;
			this.#send(this.#reply.bytes, this.#reply.length);
			if (command === Command.RESET && status === Status.OK) this.#device.reset();
		} else this.#send(this.#reply.bytes, this.#reply.length);
	}

	/** Executes one request and writes the reply's payload; returns its end. */
	#answer(frame: Frame): number {
		const { view: request, start, end, bytes } = frame;
		const { view } = this.#reply;
		const device = this.#device;
		const length = end - start;
		const at = PAYLOAD_START;
		switch (frame.command) {
			case Command.INFO:
				need(length === 0);
				return this.#info();
			case Command.LABELS:
				need(length === 2);
				return this.#labels(request.getUint16(start, true));
			case Command.OUTPUTS:
				need(length === 2);
				return this.#meaning(request.getUint16(start, true));
			case Command.LOAD_BEGIN: {
				need(length === 12 + IDENTITY_LENGTH);
				const slot = request.getUint8(start + 8);
				need(slot <= 1 || slot === ANY_SLOT);
				const identity = bytes.slice(start + 12, end);
				const begun = device.loadBegin(
					request.getUint32(start, true),
					request.getInt32(start + 4, true),
					slot,
					identity,
				);
				view.setUint32(at, begun.offset, true);
				view.setUint32(at + 4, begun.capacity, true);
				view.setUint8(at + 8, begun.slot);
				return at + 9;
			}
			case Command.LOAD_CHUNK:
				need(length > 4);
				view.setUint32(at, device.loadChunk(request.getUint32(start, true), bytes, start + 4, end), true);
				return at + 4;
			case Command.LOAD_COMMIT: {
				need(length === IDENTITY_LENGTH);
				const { slot, sequence } = device.loadCommit(bytes.slice(start, end));
				return this.#slot(slot, sequence);
			}
			case Command.LOAD_ABORT:
				need(length === IDENTITY_LENGTH);
				device.loadAbort(bytes.slice(start, end));
				return at;
			case Command.INFER: {
				need(length >= 8);
				const flags = request.getUint8(start + 6);
				need(flags <= (InferFlag.BEGIN | InferFlag.OUTPUTS | InferFlag.EACH));
				return this.#infer(frame, flags);
			}
			case Command.STREAM: {
				need(length === 9);
				const source = request.getUint8(start + 8);
				const window = request.getUint32(start, true);
				const hop = request.getUint32(start + 4, true);
				need(source <= StreamSource.REPLAY && window <= 0x7fffffff && (window === 0 || hop <= window));
				device.stream(source, window, hop);
				view.setUint8(at, device.streaming());
				return at + 1;
			}
			case Command.SAMPLES:
				need(length >= 4);
				view.setUint32(at, device.samples(request.getUint32(start, true), bytes, start + 4, end), true);
				return at + 4;
			case Command.SELF_TEST: {
				need(length === 0);
				const { passed, total } = device.selfTest();
				if (passed !== total)
					throw new LinkError(Status.SELF_TEST, `${passed} of ${total} golden vectors passed`, passed);
				view.setUint16(at, passed, true);
				return at + 2;
			}
			case Command.MEMORY:
				need(length === 0);
				return this.#memory();
			case Command.TIMING: {
				need(length === 8);
				const runs = request.getUint16(start, true);
				const steps = request.getUint16(start + 2, true);
				const chunk = request.getUint16(start + 4, true);
				const clock = request.getUint16(start + 6, true);
				need(runs >= 1 && at + 4 * runs <= PAYLOAD_END && clock <= TimingClock.COUNTER);
				for (let run = 0; run < runs; run++)
					view.setUint32(at + 4 * run, device.timing(steps, chunk, clock === TimingClock.COUNTER), true);
				return at + 4 * runs;
			}
			case Command.ROLLBACK: {
				need(length === 4);
				const { slot, sequence } = device.rollback(request.getUint32(start, true));
				return this.#slot(slot, sequence);
			}
			case Command.RESET:
				need(length === 0);
				return at;
			case Command.LOG:
				need(length === 1 && request.getUint8(start) <= 1);
				device.logging(request.getUint8(start) === 1);
				return at;
			case Command.RECORD: {
				need(length >= 4 && length % 4 === 0 && length <= 4 + 4 * MAX_RECORDED);
				const rate = request.getFloat32(start, true);
				const scales = new Float32Array(length / 4 - 1);
				for (let c = 0; c < scales.length; c++) scales[c] = request.getFloat32(start + 4 + 4 * c, true);
				need(rate >= 0 && rate <= 100_000 && rate > 0 === scales.length > 0);
				need(scales.every((scale) => scale > 0 && scale < Infinity));
				device.record(rate, scales);
				return at;
			}
			default:
				throw new LinkError(Status.COMMAND, `the device does not know command ${frame.command}`);
		}
	}

	#info(): number {
		const { view, bytes } = this.#reply;
		const model = this.#device.model();
		const at = PAYLOAD_START;
		bytes.fill(0, at, at + 64);
		view.setUint8(at, model ? model.slot : ANY_SLOT);
		view.setUint8(at + 1, this.#device.streaming());
		view.setUint16(at + 2, PAYLOAD_END - PAYLOAD_START, true);
		if (model) {
			view.setUint32(at + 4, model.sequence, true);
			view.setUint32(at + 8, model.length, true);
			view.setInt32(at + 12, model.crc, true);
			view.setUint32(at + 16, model.arenaBytes, true);
			view.setUint16(at + 20, model.channels, true);
			view.setUint16(at + 22, model.outputs, true);
			view.setUint16(at + 24, model.heads, true);
			view.setUint16(at + 26, model.blocks, true);
			view.setUint32(at + 28, model.steps, true);
			bytes.set(model.identity, at + 32);
		}
		const { firmware, target, toolchain, counted, publicKey: key } = this.#device;
		let end = [firmware, target, toolchain, counted].reduce((to, text) => this.#text(to, text), at + 64);
		if (this.#reply.version < 3) return end;
		end = this.#text(end, model?.onTrial ? "on trial" : "");
		view.setUint8(end++, key?.length ?? 0);
		if (key !== undefined) {
			bytes.set(key, end);
			view.setUint32(end + key.length, this.#device.minimumVersion(), true);
			end += key.length + 4;
		}
		return this.#text(end, this.#device.refusals());
	}

	/** Takes samples; with the flag EACH one at a time, with the outputs after each. */
	#infer({ view: request, start, end, bytes }: Frame, flags: number): number {
		const device = this.#device;
		const { view } = this.#reply;
		const { channels = 1, outputs = 0 } = device.model() ?? {};
		const each = (flags & InferFlag.EACH) !== 0;
		const last = each || (flags & InferFlag.OUTPUTS) !== 0;
		const from = start + 8;
		need(!each || end > from);
		const atOnce = each ? 2 * channels : end - from;
		const replies = last ? (each ? Math.ceil((end - from) / atOnce) : 1) : 0;
		if (PAYLOAD_START + 4 + 4 * outputs * replies > PAYLOAD_END)
			throw new LinkError(Status.REFUSED, "these are more outputs than a frame can carry");
		let step = request.getUint32(start, true);
		let at = PAYLOAD_START + 4;
		let sample = from;
		do {
			const until = Math.min(end, sample + atOnce);
			step = device.infer(
				request.getUint16(start + 4, true),
				step,
				(flags & InferFlag.BEGIN) !== 0,
				bytes,
				sample,
				until,
			);
			sample = until;
			if (!last) continue;
			const now = device.outputs();
			for (let i = 0; i < now.length; i++, at += 4) view.setInt32(at, now[i]!, true);
		} while (sample < end);
		view.setUint32(PAYLOAD_START, step, true);
		return at;
	}

	/** What outputs mean: of as many from `first` on as fit. */
	#meaning(first: number): number {
		const { kind, threshold, release, scaling } = this.#device.meaning();
		const { view } = this.#reply;
		view.setUint8(PAYLOAD_START, kind);
		view.setUint32(PAYLOAD_START + 1, threshold, true);
		view.setUint32(PAYLOAD_START + 5, release, true);
		let end = PAYLOAD_START + 9;
		// One of them takes at most 264 bytes.
		for (let i = first; i < scaling.length && end + 264 <= PAYLOAD_END; i++) {
			view.setFloat32(end, scaling[i]!.scale, true);
			view.setFloat32(end + 4, scaling[i]!.offset, true);
			end = this.#text(end + 8, scaling[i]!.unit);
		}
		return end;
	}

	/** As many labels from `first` on as fit. */
	#labels(first: number): number {
		const labels = this.#device.labels();
		let end = PAYLOAD_START;
		// One text takes at most 256 bytes.
		for (let i = first; i < labels.length && end + 256 <= PAYLOAD_END; i++) end = this.#text(end, labels[i]!);
		return end;
	}

	#memory(): number {
		let end = PAYLOAD_START;
		const figures = this.#device.memory();
		for (const [name, value] of Object.entries(figures)) {
			if (typeof value !== "number" || end + 1 + name.length + 4 > PAYLOAD_END) continue;
			end = this.#text(end, name);
			this.#reply.view.setUint32(end, value, true);
			end += 4;
		}
		return end;
	}

	#slot(slot: number, sequence: number): number {
		this.#reply.view.setUint32(PAYLOAD_START, sequence, true);
		this.#reply.view.setUint8(PAYLOAD_START + 4, slot);
		return PAYLOAD_START + 5;
	}

	/** Writes a text after its one-byte length, truncated to 255 bytes; returns its end. */
	#text(offset: number, text: string): number {
		const end = writeUtf8(this.#reply.view, offset + 1, Math.min(offset + 256, PAYLOAD_END), text);
		this.#reply.view.setUint8(offset, end - offset - 1);
		return end;
	}
}

function need(condition: boolean): void {
	if (!condition) throw new LinkError(Status.PAYLOAD, "the payload does not fit the command");
}

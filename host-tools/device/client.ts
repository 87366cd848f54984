// The link's commands for the host (docs/LINK.md), one method per command: values in, values out, errors as sentences.
// exchange.ts carries requests, transport.ts opens streams. Prints nothing.
import {
	ANY_SLOT,
	CHUNK_LENGTH,
	Command,
	IDENTITY_LENGTH,
	Status,
	StreamSource,
	TimingClock,
} from "../../src/link/commands";
import { type Frame, MAX_PAYLOAD } from "../../src/link/frame";
import type { ModelSummary, OutputMeaning } from "../../src/link/server";
import { UserError } from "../terminal/errors";
import { type RecordedEvent, type ResultEvent, readRecorded, readResult } from "./events";
import { cutOff, DeviceError, deviceText, Exchange, type ExchangeOptions } from "./exchange";
import { inferSequence } from "./inference";
import { askMeaning } from "./meaning";
import { Fields, readInt32s, readTexts, writeSamples } from "./payload";

export type { RecordedEvent, ResultEvent };
export { DeviceError };

export interface DeviceInfo {
	firmware: string;
	target: string;
	/** Toolchain of the firmware; absent when unknown to the device. */
	toolchain?: string;
	/** Unit of the CPU counter, "cycles" or "instructions"; absent when the device has none. */
	counted?: string;
	/** Why models in slots do not run; absent when there is nothing to tell, or the device speaks version 2 of the link. */
	refusals?: string;
	/** The key that signs what this device runs; absent: it runs unsigned models, or speaks version 2 of the link. */
	publicKey?: Uint8Array;
	/** The lowest model version that a load may have; present when there is a key. */
	minimumVersion?: number;
	/** 0 off, 1 sensor, 2 replay. */
	streaming: number;
	/** The running model, or undefined when no slot holds one. */
	model?: ModelSummary;
}

export interface DeviceClientOptions extends Omit<ExchangeOptions, "onLine" | "onEvent"> {
	/** Receives lines the device writes between frames, such as boot logs, and its log events. */
	onLog?: (line: string) => void;
	onResult?: (result: ResultEvent) => void;
	onRecorded?: (recorded: RecordedEvent) => void;
}

/** Milliseconds for slow commands: golden vectors, complete sequences. */
const LONG = 60_000;

export class DeviceClient {
	readonly #exchange: Exchange;
	readonly #onLog: ((line: string) => void) | undefined;
	readonly #onResult: DeviceClientOptions["onResult"];
	readonly #onRecorded: DeviceClientOptions["onRecorded"];
	#eventSequence = -1;
	/** Number of the last INFER sequence; random at first, to differ from an earlier client's. */
	#run = Math.floor(Math.random() * 65536);

	constructor({ onLog, onResult, onRecorded, ...options }: DeviceClientOptions) {
		this.#onLog = onLog;
		this.#onResult = onResult;
		this.#onRecorded = onRecorded;
		this.#exchange = new Exchange({
			...options,
			onLine: (line) => onLog?.(line),
			onEvent: (frame) => this.#takeEvent(frame),
		});
	}

	/** Damaged frames received. */
	get damaged(): number {
		return this.#exchange.damaged;
	}

	/** Requests resent. */
	get resent(): number {
		return this.#exchange.resent;
	}

	async info(): Promise<DeviceInfo> {
		const { bytes, view } = await this.#exchange.request({ command: Command.INFO, replyLength: 64 });
		const fields = new Fields(bytes, 64);
		const next = () => (fields.ended ? "" : fields.text());
		const [firmware, target, toolchain, counted] = [next(), next(), next(), next()];
		const older = fields.ended; // version 2 ends here
		const standing = next();
		const publicKey = older ? undefined : fields.bytes();
		const minimumVersion = publicKey && fields.uint32();
		const refusals = next();
		const info: DeviceInfo = {
			firmware,
			target,
			...(toolchain && { toolchain }),
			...(counted && { counted }),
			...(refusals && { refusals }),
			...(publicKey && { publicKey }),
			...(minimumVersion !== undefined && { minimumVersion }),
			streaming: view.getUint8(1),
		};
		const slot = view.getUint8(0);
		if (slot !== ANY_SLOT)
			info.model = {
				slot,
				sequence: view.getUint32(4, true),
				length: view.getUint32(8, true),
				crc: view.getUint32(12, true),
				arenaBytes: view.getUint32(16, true),
				channels: view.getUint16(20, true),
				outputs: view.getUint16(22, true),
				heads: view.getUint16(24, true),
				blocks: view.getUint16(26, true),
				steps: view.getUint32(28, true),
				identity: bytes.slice(32, 64),
				...(!older && { onTrial: standing !== "" }),
			};
		return info;
	}

	/** The names of the running model's outputs. @param outputs their number, from `info` */
	async labels(outputs: number): Promise<string[]> {
		const labels: string[] = [];
		while (labels.length < outputs) {
			const { bytes } = await this.#exchange.request({
				command: Command.LABELS,
				length: 2,
				write: (view) => view.setUint16(0, labels.length, true),
			});
			labels.push(...readTexts(bytes, 0));
			if (bytes.length === 0 || labels.length > outputs)
				throw new UserError(
					`The device has ${outputs} outputs but names ${labels.length}; flash the firmware that belongs to this tool.`,
				);
		}
		return labels;
	}

	/** What the running model's outputs mean. A device that does not know the question gives labels. @param outputs their number */
	meaning(outputs: number): Promise<OutputMeaning> {
		return askMeaning(this.#exchange, outputs);
	}

	/**
	 * Loads a model and runs it, resuming an earlier, interrupted load.
	 * @param crc CRC-32 of the blob
	 * @param identity the blob's 32-byte identity
	 * @param slot 0 or 1; default: the one that is not running
	 * @returns the slot, its sequence number, and the offset at which the load resumed
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
			const begun = await this.#exchange.request({
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
			try {
				await this.#loadChunks(blob, resumedAt, onProgress);
				const { view } = await this.#exchange.request({
					command: Command.LOAD_COMMIT,
					length: IDENTITY_LENGTH,
					write: (_, bytes) => bytes.set(identity),
					replyLength: 5,
					timeout: LONG,
				});
				return { sequence: view.getUint32(0, true), slot: view.getUint8(4), resumedAt };
			} catch (error) {
				// Damaged bytes, or a reset device without a load: restart from where it is now.
				const again =
					error instanceof DeviceError &&
					(error.status === Status.DAMAGED || error.status === Status.REFUSED);
				if (!again || attempt >= 2) throw error;
			}
		}
	}

	async abortLoad(identity: Uint8Array): Promise<void> {
		await this.#exchange.request({
			command: Command.LOAD_ABORT,
			length: IDENTITY_LENGTH,
			write: (_, bytes) => bytes.set(identity),
		});
	}

	/**
	 * Outputs of one sequence, from its start.
	 * @param samples (steps, channels), in the model's input scaling
	 */
	infer(samples: Int16Array, channels: number): Promise<Int32Array> {
		return inferSequence(this.#exchange, this.#nextRun(), samples, channels, 0);
	}

	/** Outputs after each step: (steps, outputs). @param outputs of the model */
	inferSteps(samples: Int16Array, channels: number, outputs: number): Promise<Int32Array> {
		return inferSequence(this.#exchange, this.#nextRun(), samples, channels, outputs);
	}

	#nextRun(): number {
		return (this.#run = (this.#run + 1) & 0xffff);
	}

	/**
	 * Turns the stream of results off, or on from the sensor or from replay.
	 * @param window steps after which the kernel is reset, `hop` steps between results; default: the model's
	 */
	async stream(source: keyof typeof StreamSource, { window = 0, hop = 0 } = {}): Promise<void> {
		await this.#exchange.request({
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
	 * @returns the next expected step
	 */
	async samples(step: number, samples: Int16Array, channels: number): Promise<number> {
		const perFrame = Math.floor((MAX_PAYLOAD - 4) / (2 * channels)) * channels;
		let next = step;
		for (let from = 0; from < samples.length; from += perFrame) {
			const count = Math.min(perFrame, samples.length - from);
			const { view } = await this.#exchange.request({
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

	/** Records the sensor at `rate` Hz as int16, value / scale for each channel; 0 ends it. Samples arrive through `onRecorded`. */
	async record(rate: number, scales: readonly number[] = []): Promise<void> {
		await this.#exchange.request({
			command: Command.RECORD,
			length: 4 + 4 * scales.length,
			write: (view) => {
				for (const [i, value] of [rate, ...scales].entries()) view.setFloat32(4 * i, value, true);
			},
		});
	}

	/** Runs the golden vectors on the device; returns their number. @throws DeviceError when one fails */
	async selfTest(): Promise<number> {
		const reply = await this.#exchange.request({ command: Command.SELF_TEST, replyLength: 2, timeout: LONG });
		return reply.view.getUint16(0, true);
	}

	/** The device's memory figures, by name. */
	async memory(): Promise<Record<string, number>> {
		const { bytes, view } = await this.#exchange.request({ command: Command.MEMORY });
		const figures: Record<string, number> = {};
		for (let at = 0; at < bytes.length; ) {
			const name = at + 1 + bytes[at]!;
			if (name + 4 > bytes.length) throw cutOff();
			figures[deviceText(bytes, at + 1, name)] = view.getUint32(name, true);
			at = name + 4;
		}
		return figures;
	}

	/**
	 * Time of each of `runs` (1 to 129) runs of `steps` steps (0: the clock's own overhead), in microseconds or by the CPU
	 * counter; by the kernel alone, or through the classifier with `chunk` samples per call.
	 */
	async timing(
		runs: number,
		steps: number,
		{ chunk = 0, clock = "MICROSECONDS" }: { chunk?: number; clock?: keyof typeof TimingClock } = {},
	): Promise<number[]> {
		const { view } = await this.#exchange.request({
			command: Command.TIMING,
			length: 8,
			write: (payload) => {
				payload.setUint16(0, runs, true);
				payload.setUint16(2, steps, true);
				payload.setUint16(4, chunk, true);
				payload.setUint16(6, TimingClock[clock], true);
			},
			replyLength: 4 * runs,
			timeout: LONG,
		});
		return Array.from(readInt32s(view, 0), (value) => value >>> 0);
	}

	/** Rolls back from the running model, which has this sequence number, to the older one. */
	async rollback(sequence: number): Promise<{ slot: number; sequence: number }> {
		const { view } = await this.#exchange.request({
			command: Command.ROLLBACK,
			length: 4,
			write: (payload) => payload.setUint32(0, sequence, true),
			replyLength: 5,
			timeout: LONG,
		});
		return { sequence: view.getUint32(0, true), slot: view.getUint8(4) };
	}

	/** Restarts the application on the device. */
	async reset(): Promise<void> {
		await this.#exchange.request({ command: Command.RESET });
	}

	/** Turns log events on or off; they arrive through `onLog`. */
	async logging(on: boolean): Promise<void> {
		await this.#exchange.request({
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
				const { view } = await this.#exchange.request({
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

	#takeEvent({ command, sequence, bytes, view, start, end }: Frame): void {
		const lost = this.#eventSequence < 0 ? 0 : (sequence - this.#eventSequence - 1) & 0xffff;
		this.#eventSequence = sequence;
		if (command === Command.LOG) this.#onLog?.(deviceText(bytes, start, end));
		const part = new DataView(view.buffer, view.byteOffset + start, end - start);
		if (command === Command.STREAM && part.byteLength >= 12) this.#onResult?.(readResult(part, lost));
		if (command === Command.RECORD && part.byteLength >= 4) this.#onRecorded?.(readRecorded(part));
	}
}

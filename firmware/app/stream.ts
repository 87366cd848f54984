// The stream: samples from the sensor, or replayed by the host, through the model to results.
import type { KernelClass, Model } from "../../src/classifier/model";
import { checkStream, type OpenStream, openStream, type StreamEvent } from "../../src/classifier/open-stream";
import { LinkError, Status, StreamSource } from "../../src/link/commands";

/**
 * A source of samples at the model's rate. Calls back with int16 samples, little-endian, in the model's input scaling, and
 * the time of the first in microseconds, and with the number of samples missed. `start` throws a RangeError when the model does
 * not fit it.
 */
export interface SampleSource {
	start(
		model: Model,
		onSamples: (samples: Uint8Array, byteOffset: number, count: number, time?: number) => void,
		onMissed: (missed: number, total: number, reason: string) => void,
	): void;
	stop(): void;
}

/** The sensor does not answer; whoever throws a RangeError instead says that the model does not fit it. */
export class SensorError extends Error {}

export interface StreamOptions {
	kernel: KernelClass;
	sensor?: SampleSource;
	/** As in a model stream's options. */
	schedule?: (callback: () => void) => void;
	onEvent(event: StreamEvent): void;
	/** The model has come to a result, reported or not; once a stream. */
	onProof: () => void;
	log(text: string): void;
}

/** Settings of a stream, as in a STREAM request. */
export interface StreamWish {
	source: number;
	/** In steps; 0: the model's default. */
	window: number;
	hop: number;
}

const OFF: StreamWish = Object.freeze({ source: StreamSource.OFF, window: 0, hop: 0 });

export class Stream {
	readonly #options: StreamOptions;
	#wish = OFF;
	#open: OpenStream | undefined;
	#channels = 0;
	#step = 0; // next replay sample
	#proven = false;

	constructor(options: StreamOptions) {
		this.#options = options;
	}

	get source(): number {
		return this.#wish.source;
	}

	/** Whether this exact stream is on. */
	is({ source, window, hop }: StreamWish): boolean {
		const now = this.#wish;
		return source === now.source && window === now.window && hop === now.hop;
	}

	/** Checks only. @throws LinkError when the model or target cannot stream this */
	check(model: Model, wish: StreamWish): void {
		if (wish.source === StreamSource.SENSOR && this.#options.sensor === undefined)
			throw new LinkError(Status.REFUSED, "this target has no sensor");
		if (
			model.steps === 0 &&
			!model.perStep &&
			model.stream === undefined &&
			wish.window === 0 &&
			wish.hop === 0
		)
			throw new LinkError(Status.REFUSED, "the model has no default window; give one");
		try {
			checkStream(model, settings(wish));
		} catch (error) {
			throw new LinkError(Status.REFUSED, describe(error));
		}
	}

	/** Stops the running stream and starts another, or none when that fails. @throws SensorError, or what the model is at fault for */
	start(model: Model, wish: StreamWish): void {
		const { kernel, schedule, onEvent } = this.#options;
		this.stop();
		this.#wish = wish;
		this.#channels = model.channels;
		this.#step = 0;
		this.#proven = false;
		try {
			this.#open = openStream({
				model,
				kernel,
				...settings(wish),
				...(schedule && { schedule }),
				onEvent,
			});
			if (wish.source === StreamSource.SENSOR) this.#startSensor(model);
		} catch (error) {
			this.stop();
			throw error;
		}
	}

	#startSensor(model: Model): void {
		const { sensor, log } = this.#options;
		try {
			sensor!.start(
				model,
				(samples, byteOffset, count) => {
					try {
						this.#write(samples, byteOffset, count);
					} catch (error) {
						log(`stream ended: ${describe(error)}`);
					}
				},
				(missed, total, reason) =>
					log(`sensor: ${missed} samples missing, ${total} since the start: ${reason}`),
			);
		} catch (error) {
			if (error instanceof RangeError) throw error;
			throw new SensorError(describe(error));
		}
	}

	/** Takes replayed samples; returns the next expected step. */
	samples(step: number, bytes: Uint8Array, start: number, end: number): number {
		if (this.source !== StreamSource.REPLAY) throw new LinkError(Status.BUSY, "the stream is not on replay");
		const count = (end - start) / (2 * this.#channels);
		if (!Number.isInteger(count)) throw new LinkError(Status.PAYLOAD, "not a whole number of samples");
		if (step > this.#step) throw new LinkError(Status.OFFSET, "samples are missing before these", this.#step);
		if (step === this.#step) {
			this.#write(bytes, start, count);
			this.#step += count;
		}
		return this.#step;
	}

	stop(): void {
		const { source } = this.#wish;
		this.#wish = OFF;
		this.#open?.close();
		this.#open = undefined;
		if (source === StreamSource.SENSOR) this.#options.sensor!.stop();
	}

	/** Samples that the kernel refuses end the stream: results after a gap would be wrong. */
	#write(bytes: Uint8Array, start: number, count: number): void {
		const open = this.#open;
		try {
			open?.write(bytes, start, count);
		} catch (error) {
			this.stop();
			throw error;
		}
		if (this.#proven || !open?.hasResult) return;
		this.#proven = true;
		this.#options.onProof();
	}
}

/** Only what was requested; the stream takes the rest from the model. */
function settings({ window, hop }: StreamWish) {
	return { ...(window > 0 && { window }), ...(hop > 0 && { hop }) };
}

export function describe(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

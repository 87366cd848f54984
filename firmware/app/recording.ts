// Recording: the sensor's samples as they are, to the host, with the number of each step, so that the host knows what is missing.
import type { Model } from "../../src/classifier/model";
import { LinkError, Status } from "../../src/link/commands";
import type { SampleSource } from "./stream";

export interface RecordingOptions {
	sensor?: SampleSource;
	/** Sends samples bytes[start..end) of steps `step`, ... */
	onSamples(step: number, bytes: Uint8Array, start: number, end: number): void;
	log(text: string): void;
}

export class Recording {
	readonly #options: RecordingOptions;
	#on = false;
	#step = 0;

	constructor(options: RecordingOptions) {
		this.#options = options;
	}

	get on(): boolean {
		return this.#on;
	}

	/**
	 * Samples become int16, round(value / scale), at `rate` Hz. Where the sensor missed some, the number of the next jumps.
	 * @param model the running one, for simulated sensors that play its vectors
	 */
	start(rate: number, scales: Float32Array, model: Model | undefined): void {
		const { sensor, onSamples, log } = this.#options;
		if (sensor === undefined) throw new LinkError(Status.REFUSED, "this target has no sensor");
		this.stop();
		const channels = scales.length;
		const input = Array.from(scales, (scale) => ({ scale, offset: 0, name: "", unit: "" }));
		this.#step = 0;
		this.#on = true;
		let begun: number | undefined;
		try {
			sensor.start(
				{ ...(model as Model), channels, rate, input },
				(samples, byteOffset, count, time) => {
					begun ??= time;
					// What was missed shows in the time of the next chunk.
					if (time !== undefined)
						this.#step = Math.max(this.#step, Math.round(((time - begun!) * rate) / 1e6));
					onSamples(this.#step, samples, byteOffset, byteOffset + 2 * channels * count);
					this.#step += count;
				},
				(missed, total, reason) =>
					log(`sensor: ${missed} samples missing, ${total} since the start: ${reason}`),
			);
		} catch (error) {
			this.#on = false;
			throw error;
		}
	}

	stop(): void {
		if (!this.#on) return;
		this.#on = false;
		this.#options.sensor!.stop();
	}
}

// A simulated sensor: plays the golden vectors of a model, one after the other and again, as a sensor would have measured them.
import { type GoldenPlace, readInput } from "../../../src/blob/container";
import { goldenPlaces } from "../../../src/classifier/golden";
import type { Model } from "../../../src/classifier/model";
import type { Clock, Sample, Sensor } from "./sensor";

export interface GoldenOptions {
	/** The running model. Channels and scaling are read from its blob: a recording asks for others. */
	model: Model;
	clock: Clock;
}

export class GoldenSensor implements Sensor {
	readonly channels: number;
	readonly #input: Model["input"];
	readonly #view: DataView;
	readonly #places: readonly GoldenPlace[];
	readonly #clock: Clock;
	readonly #sample: { values: Float64Array; time: number };
	#place = 0;
	#step = 0;
	#open = true;

	/** @throws Error without a model, or when it has no golden vectors */
	constructor({ model, clock }: GoldenOptions) {
		const { blob, container } = model;
		if (blob === undefined)
			throw new Error("the simulated sensor plays a model's golden vectors, and there is no model");
		this.#input = readInput(blob, container).input;
		this.channels = this.#input.length;
		this.#places = goldenPlaces({ ...model, channels: this.channels });
		if (this.#places.length === 0)
			throw new Error("the model has no golden vectors for the simulated sensor");
		this.#view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
		this.#clock = clock;
		this.#sample = { values: new Float64Array(this.channels), time: 0 };
	}

	configure(): void {
		this.#needOpen();
	}

	sample(): Sample {
		this.#needOpen();
		const { samples, steps } = this.#places[this.#place]!;
		const at = samples + 2 * this.channels * this.#step;
		for (let c = 0; c < this.channels; c++) {
			const { scale, offset } = this.#input[c]!;
			this.#sample.values[c] = this.#view.getInt16(at + 2 * c, true) * scale + offset;
		}
		this.#sample.time = this.#clock();
		if (++this.#step === steps) {
			this.#step = 0;
			this.#place = (this.#place + 1) % this.#places.length;
		}
		return this.#sample;
	}

	close(): void {
		this.#open = false;
	}

	#needOpen(): void {
		if (!this.#open) throw new Error("sensor is closed");
	}
}

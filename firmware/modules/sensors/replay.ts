// A sensor that plays recorded values: for simulation, and for tests without hardware.
import type { Clock, Sample, Sensor, SensorSettings } from "./sensor";

export interface ReplayOptions {
	/** (steps, channels) physical values */
	values: ArrayLike<number>;
	channels: number;
	clock: Clock;
	/** Restarts at the end. Default: sample() then returns undefined. */
	repeat?: boolean;
}

export class ReplaySensor implements Sensor {
	readonly channels: number;
	readonly #values: ArrayLike<number>;
	readonly #clock: Clock;
	readonly #sample: { values: Float64Array; time: number };
	#repeat: boolean;
	#next = 0;
	#open = true;

	/** @throws RangeError when there are no values or the last sample is incomplete */
	constructor({ values, channels, clock, repeat = false }: ReplayOptions) {
		if (!Number.isInteger(channels) || channels < 1 || values.length === 0 || values.length % channels !== 0)
			throw new RangeError("not a whole number of samples");
		this.channels = channels;
		this.#values = values;
		this.#clock = clock;
		this.#repeat = repeat;
		this.#sample = { values: new Float64Array(channels), time: 0 };
	}

	configure({ repeat }: SensorSettings & { repeat?: boolean }): void {
		this.#needOpen();
		if (repeat !== undefined) this.#repeat = repeat;
	}

	sample(): Sample | undefined {
		this.#needOpen();
		if (this.#next === this.#values.length) {
			if (!this.#repeat) return undefined;
			this.#next = 0;
		}
		const sample = this.#sample;
		for (let c = 0; c < this.channels; c++) sample.values[c] = this.#values[this.#next++]!;
		sample.time = this.#clock();
		return sample;
	}

	close(): void {
		this.#open = false;
	}

	#needOpen(): void {
		if (!this.#open) throw new Error("sensor is closed");
	}
}

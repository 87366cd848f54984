// Any ECMA-419 sensor as a source of samples: the numbers of its sample object are found by the names of the model's channels.
// "acc x" is accelerometer.x, "gyro z" gyroscope.z; "accelerometer.x" is itself, and "x" a number of the sample itself.
import type { Model } from "../../../src/classifier/model";
import type { Clock, Sample, Sensor, SensorSettings } from "./sensor";

/** The part of ECMA-419's sensor class pattern in use. */
export interface Driver {
	configure?(options: object): void;
	sample(): object;
	/** Some drivers of SDK 8.2.3 have none. */
	close?(): void;
}

export interface VectorOptions {
	/** An open sensor of the SDK. */
	driver: Driver;
	model: Pick<Model, "input">;
	clock: Clock;
	/** Unit that the driver gives a vector in, where it is not the standard's: { gyroscope: "deg/s" }. */
	units?: Readonly<Record<string, string>>;
	/** The vector that the sample itself is, of a driver that gives only one: "accelerometer". */
	vector?: string;
	/** Settings of the driver for a sampling rate. */
	settings?: (rate: number) => object;
}

/** ECMA-419: accelerometers in m/s^2, gyroscopes in rad/s, magnetometers in T. */
const STANDARD: Readonly<Record<string, string>> = Object.freeze({
	accelerometer: "m/s^2",
	gyroscope: "rad/s",
	magnetometer: "T",
});
const SHORT: Readonly<Record<string, string>> = Object.freeze({
	acc: "accelerometer",
	accel: "accelerometer",
	acceleration: "accelerometer",
	gyro: "gyroscope",
	mag: "magnetometer",
});
/** Factor from a unit to another. */
const FACTORS: Readonly<Record<string, number>> = Object.freeze({
	"deg/s rad/s": Math.PI / 180,
	"rad/s deg/s": 180 / Math.PI,
	"g m/s^2": 9.80665,
	"m/s^2 g": 1 / 9.80665,
	"uT T": 1e-6,
	"T uT": 1e6,
});

interface Place {
	/** Names on the way into the sample. */
	path: string[];
	factor: number;
}

export class VectorSensor implements Sensor {
	readonly channels: number;
	readonly #options: VectorOptions;
	readonly #places: Place[];
	readonly #sample: { values: Float64Array; time: number };
	#open = true;

	/** @throws Error for a channel that the sensor's first sample lacks, or whose unit is not the sensor's */
	constructor(options: VectorOptions) {
		const { driver, model, units = {}, vector, clock } = options;
		this.#options = options;
		this.channels = model.input.length;
		this.#places = model.input.map(({ name, unit }) => placeOf(name, unit, units));
		this.#sample = { values: new Float64Array(this.channels), time: clock() };
		const first = driver.sample();
		for (const { path } of this.#places) if (path[0] === vector) path.shift();
		this.#places.forEach(({ path }, c) => {
			if (typeof valueAt(first, path) !== "number")
				throw new Error(
					`the sensor has no ${path.join(".")} for the model's channel ${model.input[c]!.name}`,
				);
		});
	}

	configure({ rate }: SensorSettings): void {
		this.#needOpen();
		const { driver, settings } = this.#options;
		if (rate !== undefined && settings !== undefined) driver.configure?.(settings(rate));
	}

	sample(): Sample {
		this.#needOpen();
		const { driver, clock } = this.#options;
		this.#sample.time = clock();
		const read = driver.sample();
		for (let c = 0; c < this.channels; c++) {
			const { path, factor } = this.#places[c]!;
			const value = valueAt(read, path);
			if (typeof value !== "number") throw new Error(`the sensor gave no ${path.join(".")}`);
			this.#sample.values[c] = value * factor;
		}
		return this.#sample;
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		this.#options.driver.close?.();
	}

	#needOpen(): void {
		if (!this.#open) throw new Error("sensor is closed");
	}
}

function placeOf(name: string, unit: string, units: Readonly<Record<string, string>>): Place {
	const [vector = "", ...axes] = name.toLowerCase().split(/[ ._]+/);
	const path = [SHORT[vector] ?? vector, ...axes];
	const from = units[path[0]!] ?? STANDARD[path[0]!] ?? unit;
	const to = unit === "" ? from : unit;
	const factor = from === to ? 1 : FACTORS[`${from} ${to}`];
	if (factor === undefined)
		throw new Error(`the sensor gives ${from}, the model's channel ${name} takes ${to}`);
	return { path, factor };
}

function valueAt(sample: object, path: readonly string[]): unknown {
	let value: unknown = sample;
	for (const name of path) value = (value as Record<string, unknown> | undefined)?.[name];
	return value;
}

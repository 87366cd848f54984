// edge-ssm/sensor: samples any ECMA-419 sensor at the model's rate.

declare module "edge-ssm/sensor" {
	import type Classifier from "edge-ssm/classifier";

	interface Sensor {
		readonly channels: number;
		configure(settings: { rate?: number }): void;
		sample(): { values: ArrayLike<number>; time: number } | undefined;
		close(): void;
	}

	/** A sensor of the SDK: named vectors (accelerometer, gyroscope, magnetometer) go to the channels of the model by their names. */
	export class VectorSensor implements Sensor {
		/** @throws Error for a channel that the sensor lacks, or in another unit */
		constructor(options: {
			driver: { sample(): object; close?(): void };
			model: Classifier["model"];
			/** Microseconds, monotonic. */
			clock: () => number;
			/** Unit of a vector where the driver departs from ECMA-419: { gyroscope: "deg/s" }. */
			units?: Readonly<Record<string, string>>;
			/** The vector that the sample itself is, of a driver that gives only one: "accelerometer". */
			vector?: string;
			/** The driver's settings for a sampling rate. */
			settings?: (rate: number) => object;
		});
		readonly channels: number;
		configure(settings: { rate?: number }): void;
		sample(): { values: ArrayLike<number>; time: number };
		close(): void;
	}

	/** A sensor that plays values (steps, channels). */
	export class ReplaySensor implements Sensor {
		constructor(options: {
			values: ArrayLike<number>;
			channels: number;
			clock: () => number;
			repeat?: boolean;
		});
		readonly channels: number;
		configure(settings: { rate?: number; repeat?: boolean }): void;
		sample(): { values: ArrayLike<number>; time: number } | undefined;
		close(): void;
	}

	/** Polls a sensor; what comes too late is left out and reported, never made up. */
	export class Sampler {
		constructor(options: {
			open: (model: Classifier["model"]) => Sensor;
			/** The SDK's "timer". */
			Timer: object;
			clock: () => number;
			chunk?: number;
		});
		readonly missed: number;
		/** @throws Error when the sensor lacks channels of the model, or the model states no rate */
		start(
			model: Classifier["model"],
			onSamples: (samples: Uint8Array, byteOffset: number, count: number, time: number) => void,
			onMissed: (missed: number, total: number, reason: string) => void,
		): void;
		stop(): void;
	}
}

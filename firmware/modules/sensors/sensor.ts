// The sensor interface: ECMA-419's sensor class pattern (constructor with one options object, configure, sample, close),
// where a sample holds the physical values of a model's channels in order.

/** One reading. The sensor owns the object and its values; both are valid until the next call of sample(). */
export interface Sample {
	/** One value per channel, in the units of the model's input scaling. */
	readonly values: ArrayLike<number>;
	/** Time of the reading in microseconds of the clock passed to the sensor. */
	readonly time: number;
}

export interface Sensor {
	/** Values per sample. */
	readonly channels: number;
	/** Changes the given settings; ignores unknown ones. */
	configure(options: SensorSettings): void;
	/** Reads now; undefined at the end of the data. @throws Error when the sensor does not answer */
	sample(): Sample | undefined;
	/** Idempotent; every other method throws afterwards. */
	close(): void;
}

export interface SensorSettings {
	/** Sampling rate in Hz; a sensor with a low-pass filter sets it accordingly. */
	rate?: number;
}

/** Monotonic clock in microseconds. */
export type Clock = () => number;

// What a sensor is here: ECMA-419's sensor class pattern (constructor with one options object, configure, sample, close),
// with a sample that is the physical values of a model's channels in their order. No sensor in this file.

/** One reading. The object and its values are the sensor's own and hold until the next call of sample(). */
export interface Sample {
	/** One value a channel, in the units of the model's input scaling. */
	readonly values: ArrayLike<number>;
	/** When it was taken: microseconds of the clock that the sensor was given. */
	readonly time: number;
}

export interface Sensor {
	/** Values in a sample. */
	readonly channels: number;
	/** Changes what is given of the sensor's settings; ignores what it does not know. */
	configure(options: SensorSettings): void;
	/** Reads now; undefined when there is nothing to read any more. @throws Error when the sensor does not answer */
	sample(): Sample | undefined;
	/** Calling it again does nothing; every other method throws afterwards. */
	close(): void;
}

export interface SensorSettings {
	/** Samples a second that will be asked for: a sensor with a low-pass filter sets it accordingly. */
	rate?: number;
}

/** Microseconds of a clock that never goes back. */
export type Clock = () => number;

// edge-ssm/estimator: tells values from a stream of samples with a model in flash, at every step or at the end of a window. The same
// manners as edge-ssm/classifier: the constructor takes one object and checks all of it first; close() may be called twice, every
// other method throws afterwards; callbacks never run inside a method.

declare module "edge-ssm/estimator" {
	interface Value {
		name: string;
		value: number;
		/** "": none stated. */
		unit: string;
	}

	interface Estimate {
		values: Value[];
		/** The integers that the values are of, from the kernel or smoothed. */
		outputs: Int32Array;
		/** Steps since the start of the stream or the last reset(). */
		step: number;
	}

	interface Settings {
		/** Steps after which the network starts anew; 0: as many as it can. Default: the model's. */
		window?: number;
		/** Steps between results. Default: 1 where the model has values at every step, else the window. */
		hop?: number;
		/** 0 to 8: a result moves the smoothed values by 2^-smoothing of the difference. Default 0. */
		smoothing?: number;
	}

	interface Options extends Settings {
		/** The label of a flash partition, or bytes in flash, such as `new Resource("load.essm")`. They are read in place. */
		model: string | ArrayBufferLike | HostBuffer | Uint8Array;
		onResult?: (this: Estimator, result: Estimate) => void;
		/** Takes the kernel's errors from write(); without it write() throws them. */
		onError?: (this: Estimator, error: unknown) => void;
		/** Defers a callback until a method has returned. Default: a promise job. */
		schedule?: (callback: () => void) => void;
	}

	interface Channel {
		name: string;
		unit: string;
		/** physical value = sample * scale + offset */
		scale: number;
		offset: number;
	}

	interface Model {
		readonly channels: number;
		/** Names of the values. */
		readonly labels: readonly string[];
		/** Units of the values, and how they follow from integers: value = output * scale + offset. */
		readonly scaling: readonly { unit: string; scale: number; offset: number }[];
		/** Whether every step has values. */
		readonly perStep: boolean;
		/** Steps of the model's sequences; 0: any. */
		readonly steps: number;
		/** Samples per second; 0: not stated. */
		readonly rate: number;
		readonly input: readonly Channel[];
	}

	export default class Estimator {
		/** @throws Error in one sentence when there is no such partition or no model that can run; TypeError or RangeError for an option */
		constructor(options: Options);
		readonly model: Model;
		/** Takes samples: int16 values in the model's scaling, `channels` per sample. @param count default: all that follow */
		write(samples: ArrayBuffer | Uint8Array, byteOffset?: number, count?: number): void;
		/** Takes one sample: physical values, one per channel, in the model's units. */
		writeValues(values: ArrayLike<number>): void;
		/** The values as of now, not smoothed; undefined before the first sample of a window. */
		read(): Estimate | undefined;
		configure(settings: Settings): void;
		reset(): void;
		/** All of the stream's state, for a deep sleep. */
		saveState(): ArrayBuffer;
		/** @throws RangeError or Error (ESSM_E_STATE) for a state that is damaged or another model's */
		restoreState(state: ArrayBuffer): void;
		close(): void;
	}
}

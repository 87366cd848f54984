// edge-ssm/classifier: classifies a stream of samples with a model in flash. ECMA-419's class pattern: the constructor takes one
// object and checks all of it first; close() may be called twice, every other method throws afterwards; callbacks never run
// inside a method.

declare module "edge-ssm/classifier" {
	interface Result {
		index: number;
		label: string;
		/** From the kernel, or smoothed; integers. */
		logits: Int32Array;
		/** The largest logit minus the second largest. */
		margin: number;
		/** Steps since the start of the stream or the last reset(). */
		step: number;
	}

	interface Settings {
		/** Steps after which the network starts anew; 0: as many as it can. Default: the model's. */
		window?: number;
		/** Steps between results. Default: the model's; the window, if that is given. */
		hop?: number;
		/** 0 to 8: a result moves the smoothed logits by 2^-smoothing of the difference. Default: the model's, else 0. */
		smoothing?: number;
		/** Least margin that counts, for all labels. Default: the model's of each label, among which background never counts; else 0. */
		threshold?: number;
		/** Results in a row that count for one label and are reported, once; 0: every result that counts. Default: the model's, else 0. */
		hold?: number;
	}

	interface Options extends Settings {
		/** The label of a flash partition, or bytes in flash, such as `new Resource("gesture.essm")`. They are read in place. */
		model: string | ArrayBufferLike | HostBuffer | Uint8Array;
		onResult?: (this: Classifier, result: Result) => void;
		/** Takes the kernel's errors from write(); without it write() throws them. */
		onError?: (this: Classifier, error: unknown) => void;
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
		readonly labels: readonly string[];
		/** Steps of the model's sequences; 0: any. */
		readonly steps: number;
		/** Samples per second; 0: not stated. */
		readonly rate: number;
		readonly input: readonly Channel[];
	}

	export default class Classifier {
		/** @throws Error in one sentence when there is no such partition or no model that can run; TypeError or RangeError for an option */
		constructor(options: Options);
		readonly model: Model;
		/** Takes samples: int16 values in the model's scaling, `channels` per sample. @param count default: all that follow */
		write(samples: ArrayBuffer | Uint8Array, byteOffset?: number, count?: number): void;
		/** Takes one sample: physical values, one per channel, in the model's units. */
		writeValues(values: ArrayLike<number>): void;
		/** The result of the window so far; undefined before its first sample. */
		read(): Result | undefined;
		configure(settings: Settings): void;
		reset(): void;
		/** All of the stream's state, for a deep sleep. */
		saveState(): ArrayBuffer;
		/** @throws RangeError or Error (ESSM_E_STATE) for a state that is damaged or another model's */
		restoreState(state: ArrayBuffer): void;
		close(): void;
	}
}

// edge-ssm/detector: watches a stream of samples for what is not normal, with a model in flash that forecasts it. Weights, smoothing,
// threshold and release are the blob's. The same manners as edge-ssm/classifier: the constructor takes one object and checks all of it
// first; close() may be called twice, every other method throws afterwards; callbacks never run inside a method.

declare module "edge-ssm/detector" {
	/** An alarm begins or ends. */
	interface AlarmEvent {
		/** True: it begins; false: it ends. */
		alarm: boolean;
		/** About 256 on normal data. */
		score: number;
		/** Steps since the start of the stream or the last reset(). */
		step: number;
	}

	interface Result {
		/** The greatest score since the result before; 0: none yet. */
		score: number;
		/** Whether the alarm is on. */
		alarm: boolean;
		/** Forecasts of the channels, integers in the scaling of the input. */
		outputs: Int32Array;
		step: number;
	}

	interface Settings {
		/** Steps after which network and score start anew, which ends an alarm; 0: never. Default: the model's. */
		window?: number;
		/** Steps between results. Default: the window. */
		hop?: number;
		/** Score at which an alarm begins. Default: the model's. */
		threshold?: number;
		/** Score below which it ends, 1 to the threshold. Default: the model's. */
		release?: number;
	}

	interface Options extends Settings {
		/** The label of a flash partition, or bytes in flash, such as `new Resource("pump.essm")`. They are read in place. */
		model: string | ArrayBufferLike | HostBuffer | Uint8Array;
		onAlarm?: (this: Detector, event: AlarmEvent) => void;
		onResult?: (this: Detector, result: Result) => void;
		/** Takes the kernel's errors from write(); without it write() throws them. */
		onError?: (this: Detector, error: unknown) => void;
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
		/** Names of the channels that are forecast. */
		readonly labels: readonly string[];
		readonly detector: { threshold: number; release: number; smoothing: number; settling: number };
		/** Steps of the model's sequences; 0: any. */
		readonly steps: number;
		/** Samples per second; 0: not stated. */
		readonly rate: number;
		readonly input: readonly Channel[];
	}

	export default class Detector {
		/** @throws Error in one sentence when there is no such partition or no model that can run; TypeError or RangeError for an option */
		constructor(options: Options);
		readonly model: Model;
		/** Takes samples: int16 values in the model's scaling, `channels` per sample. @param count default: all that follow */
		write(samples: ArrayBuffer | Uint8Array, byteOffset?: number, count?: number): void;
		/** Takes one sample: physical values, one per channel, in the model's units. */
		writeValues(values: ArrayLike<number>): void;
		/** The score so far; undefined before the first sample of a window. */
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

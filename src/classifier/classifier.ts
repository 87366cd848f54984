// Classifies a stream of samples: runs the kernel, cuts the stream into windows, reports results. ECMA-419's class pattern:
// one options object, fully checked before anything is allocated; `close` is idempotent, every other method then throws;
// callbacks never run inside a method. Integers throughout.
import { crc32 } from "../bytes/crc32";
import type { Kernel, KernelClass, Model } from "./model";

export interface Result {
	index: number;
	label: string;
	/** From the kernel, or smoothed. */
	logits: Int32Array;
	/** Confidence: the largest logit minus the second largest, in logit units. */
	margin: number;
	/** Steps since the start of the stream or the last `reset`. */
	step: number;
}

/** Settings that `configure` may change; the constructor takes the same ones. */
export interface ClassifierSettings {
	/**
	 * Steps after which the kernel is reset; 0: the maximum, endless with last-step pooling, 65,536 steps with mean pooling.
	 * Default: the model's window.
	 */
	window?: number;
	/** Steps between results within a window; a window's last step always gives one. Default: the window. */
	hop?: number;
	/** 0 to 8: a new result moves the smoothed logits by 2^-smoothing of the difference. Default 0, no smoothing. */
	smoothing?: number;
	/** Minimum margin to report. Default 0. */
	threshold?: number;
}

export interface ClassifierOptions extends ClassifierSettings {
	model: Model;
	kernel: KernelClass;
	onResult?: (this: Classifier, result: Result) => void;
	/** Receives kernel errors from `write`; without it `write` throws them. */
	onError?: (this: Classifier, error: unknown) => void;
	/** Defers a callback until the current method has returned. Default: a promise job. */
	schedule?: (callback: () => void) => void;
}

const STATE_HEAD = 16; // CRC-32, step, step in the window, whether smoothed logits exist

export class Classifier {
	readonly #model: Model;
	readonly #schedule: (callback: () => void) => void;
	readonly #onResult: ((result: Result) => void) | undefined;
	readonly #onError: ((error: unknown) => void) | undefined;
	#settings!: Required<ClassifierSettings>;
	#window = 0; // Infinity: no reset
	#kernel: Kernel | undefined;
	readonly #logits: Int32Array;
	readonly #smoothed: Int32Array;
	#hasSmoothed = false;
	#step = 0;
	#inWindow = 0;
	#pending: (() => void)[] = [];

	/** @throws TypeError or RangeError naming the option; the kernel's errors for a refused model */
	constructor(options: ClassifierOptions) {
		const { model, kernel: KernelOfModel, onResult, onError, schedule } = options;
		if (typeof model !== "object" || model === null) throw new TypeError("model required");
		if (typeof KernelOfModel !== "function") throw new TypeError("kernel required");
		for (const [name, callback] of Object.entries({ onResult, onError, schedule }))
			if (callback !== undefined && typeof callback !== "function") throw new TypeError(`invalid ${name}`);
		this.#model = model;
		this.#use(settingsFor(model, options));
		this.#onResult = onResult?.bind(this);
		this.#onError = onError?.bind(this);
		this.#schedule = schedule ?? ((callback) => void Promise.resolve().then(callback));
		this.#logits = new Int32Array(model.outputs);
		this.#smoothed = new Int32Array(model.outputs);
		this.#kernel = new KernelOfModel(model.blob);
	}

	/**
	 * Takes samples: int16 values in the model's input scaling, little-endian, `channels` per sample. Results do not depend
	 * on how the stream is cut into calls.
	 * @param byteOffset offset of the first sample; even
	 * @param count samples; default: all that follow
	 */
	write(samples: ArrayBuffer | Uint8Array, byteOffset = 0, count?: number): void {
		const kernel = this.#opened();
		const sampleBytes = 2 * this.#model.channels;
		const left = Math.floor((samples.byteLength - byteOffset) / sampleBytes);
		const steps = count ?? left;
		if (!(byteOffset >= 0 && steps >= 0 && steps <= left)) throw new RangeError("samples outside buffer");
		if (count === undefined && byteOffset + steps * sampleBytes !== samples.byteLength)
			throw new RangeError("not a whole number of samples");
		try {
			for (let done = 0; done < steps; ) {
				const now = Math.min(steps - done, this.#stepsToResult());
				kernel.write(samples, byteOffset + done * sampleBytes, now);
				done += now;
				this.#advance(kernel, now);
			}
		} catch (error) {
			if (this.#onError === undefined) throw error;
			const onError = this.#onError;
			this.#defer(() => onError(error));
		}
	}

	/** The current unsmoothed result, or undefined before the first sample of a window. */
	read(): Result | undefined {
		const kernel = this.#opened();
		if (this.#inWindow === 0) return undefined;
		kernel.outputs(this.#logits.buffer as ArrayBuffer);
		return this.#result(this.#logits);
	}

	/** Changes settings from now on; a current window longer than the new one ends with its next step. */
	configure(settings: ClassifierSettings): void {
		this.#opened();
		this.#use(checked(this.#model, this.#settings, settings));
	}

	/** Resets to before the first sample; drops pending results. */
	reset(): void {
		this.#opened().reset();
		this.#pending.length = 0;
		this.#hasSmoothed = false;
		this.#step = 0;
		this.#inWindow = 0;
	}

	/** The complete state of the stream, for `restoreState` after a deep sleep. */
	saveState(): ArrayBuffer {
		const kernel = this.#opened();
		const bytes = new Uint8Array(STATE_HEAD + 4 * this.#model.outputs + kernel.stateSize);
		const view = new DataView(bytes.buffer);
		view.setUint32(4, this.#step, true);
		view.setUint32(8, this.#inWindow, true);
		view.setUint32(12, this.#hasSmoothed ? 1 : 0, true);
		this.#smoothed.forEach((logit, i) => {
			view.setInt32(STATE_HEAD + 4 * i, logit, true);
		});
		kernel.saveState(bytes.subarray(STATE_HEAD + 4 * this.#model.outputs));
		view.setInt32(0, crc32(bytes, 4), true);
		return bytes.buffer;
	}

	/** @throws RangeError, or the kernel's ESSM_E_STATE, when the state is damaged or of another model */
	restoreState(state: ArrayBuffer): void {
		const kernel = this.#opened();
		const bytes = new Uint8Array(state);
		const view = new DataView(state);
		const head = STATE_HEAD + 4 * this.#model.outputs;
		if (bytes.length !== head + kernel.stateSize || view.getInt32(0, true) !== crc32(bytes, 4))
			throw new RangeError("invalid state");
		kernel.restoreState(bytes.subarray(head));
		this.#pending.length = 0;
		this.#step = view.getUint32(4, true);
		this.#inWindow = view.getUint32(8, true);
		this.#hasSmoothed = view.getUint32(12, true) === 1;
		for (let i = 0; i < this.#smoothed.length; i++)
			this.#smoothed[i] = view.getInt32(STATE_HEAD + 4 * i, true);
	}

	/** Frees the kernel; drops pending results. */
	close(): void {
		this.#kernel?.close();
		this.#kernel = undefined;
		this.#pending.length = 0;
	}

	#opened(): Kernel {
		if (this.#kernel === undefined) throw new Error("classifier is closed");
		return this.#kernel;
	}

	#use(settings: Required<ClassifierSettings>): void {
		this.#settings = settings;
		this.#window = settings.window || this.#model.maxSteps;
	}

	#stepsToResult(): number {
		const { hop } = this.#settings;
		const toHop = hop === 0 ? Infinity : hop - (this.#inWindow % hop);
		return Math.min(toHop, Math.max(1, this.#window - this.#inWindow));
	}

	#advance(kernel: Kernel, steps: number): void {
		const { hop, smoothing, threshold } = this.#settings;
		this.#step += steps;
		this.#inWindow += steps;
		const ends = this.#inWindow >= this.#window;
		if (!ends && (hop === 0 || this.#inWindow % hop !== 0)) return;
		kernel.outputs(this.#logits.buffer as ArrayBuffer);
		for (let i = 0; i < this.#logits.length; i++) {
			const logit = this.#logits[i]!;
			// Shift before subtracting, so that no difference exceeds 32 bits.
			this.#smoothed[i]! += this.#hasSmoothed
				? (logit >> smoothing) - (this.#smoothed[i]! >> smoothing)
				: logit - this.#smoothed[i]!;
		}
		this.#hasSmoothed = true;
		const result = this.#result(this.#smoothed);
		if (ends) {
			kernel.reset();
			this.#inWindow = 0;
		}
		const onResult = this.#onResult;
		if (onResult !== undefined && result.margin >= threshold) this.#defer(() => onResult(result));
	}

	#result(logits: Int32Array): Result {
		let index = 0;
		for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[index]!) index = i;
		let second = -Infinity;
		for (let i = 0; i < logits.length; i++) if (i !== index && logits[i]! > second) second = logits[i]!;
		const margin = logits.length > 1 ? logits[index]! - second : 0;
		return { index, label: this.#model.labels[index]!, logits: logits.slice(), margin, step: this.#step };
	}

	#defer(callback: () => void): void {
		this.#pending.push(callback);
		if (this.#pending.length === 1) this.#schedule(() => this.#deliver());
	}

	/** Runs all pending callbacks. What one throws goes to the scheduler; the others still run. */
	#deliver(): void {
		try {
			while (this.#pending.length > 0) this.#pending.shift()!();
		} finally {
			if (this.#pending.length > 0) this.#schedule(() => this.#deliver());
		}
	}
}

/** A model's default settings overridden by `given`. @throws RangeError naming the setting */
export function settingsFor(model: Model, given: ClassifierSettings): Required<ClassifierSettings> {
	const { steps } = model;
	return checked(model, { window: steps, hop: steps, smoothing: 0, threshold: 0 }, given);
}

/** Settings merged into defaults, then checked together. */
function checked(
	model: Model,
	defaults: Required<ClassifierSettings>,
	given: ClassifierSettings,
): Required<ClassifierSettings> {
	const settings = {
		window: given.window ?? defaults.window,
		hop: given.hop ?? given.window ?? defaults.hop,
		smoothing: given.smoothing ?? defaults.smoothing,
		threshold: given.threshold ?? defaults.threshold,
	};
	const limits = { window: 0x7fffffff, hop: 0x7fffffff, smoothing: 8, threshold: 0xffffffff };
	for (const name of ["window", "hop", "smoothing", "threshold"] as const) {
		const value = settings[name];
		if (!Number.isInteger(value) || value < 0 || value > limits[name])
			throw new RangeError(`invalid ${name}`);
	}
	if (settings.window > model.maxSteps)
		throw new RangeError(`invalid window: mean pooling takes at most ${model.maxSteps} steps`);
	if (settings.hop > (settings.window || model.maxSteps))
		throw new RangeError("invalid hop: longer than the window");
	return settings;
}

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

/** Steps to the next result, where there is none to come: counted anew when they are over. */
const NONE = 0x7fffffff;

/** What a call of `write` touches: one object, and integers only, for every look-up and every double costs XS hundreds of instructions. */
interface Stream {
	kernel: Kernel;
	sampleBytes: number;
	/** Steps from the last result, or what stands for it, to the next one, and how many of them are left. */
	due: number;
	left: number;
}

const STATE_HEAD = 16; // CRC-32, step, step in the window, whether smoothed logits exist

export class Classifier {
	readonly #model: Model;
	readonly #schedule: (callback: () => void) => void;
	readonly #onResult: ((result: Result) => void) | undefined;
	readonly #onError: ((error: unknown) => void) | undefined;
	#settings!: Required<ClassifierSettings>;
	#window = 0; // Infinity: no reset
	#stream: Stream | undefined;
	readonly #logits: Int32Array;
	readonly #smoothed: Int32Array;
	#hasSmoothed = false;
	/** Steps at the last result. */
	#step = 0;
	#inWindow = 0;
	#pending: (() => void)[] = [];

	/** @throws TypeError or RangeError naming the option; the kernel's errors for a refused model */
	constructor(options: ClassifierOptions) {
		const { model, kernel: KernelOfModel, onResult, onError, schedule } = options;
		if (typeof model !== "object" || model === null) throw new TypeError("model required");
		if (model.scaling !== undefined) throw new TypeError("the model gives values, not classes");
		if (typeof KernelOfModel !== "function") throw new TypeError("kernel required");
		for (const [name, callback] of Object.entries({ onResult, onError, schedule }))
			if (callback !== undefined && typeof callback !== "function") throw new TypeError(`invalid ${name}`);
		this.#model = model;
		this.#settings = settingsFor(model, options);
		this.#window = this.#settings.window || model.maxSteps;
		this.#onResult = onResult?.bind(this);
		this.#onError = onError?.bind(this);
		this.#schedule = schedule ?? ((callback) => void Promise.resolve().then(callback));
		this.#logits = new Int32Array(model.outputs);
		this.#smoothed = new Int32Array(model.outputs);
		this.#stream = {
			kernel: new KernelOfModel(model.blob),
			sampleBytes: 2 * model.channels,
			due: 0,
			left: 0,
		};
		this.#expect(this.#stream);
	}

	/**
	 * Takes samples: int16 values in the model's input scaling, little-endian, `channels` per sample. Results do not depend
	 * on how the stream is cut into calls.
	 * @param byteOffset offset of the first sample; even
	 * @param count samples; default: all that follow
	 */
	write(samples: ArrayBuffer | Uint8Array, byteOffset = 0, count?: number): void {
		const stream = this.#opened();
		const { kernel, sampleBytes } = stream;
		const room = samples.byteLength - byteOffset;
		let steps = count!;
		if (count === undefined) {
			steps = Math.floor(room / sampleBytes);
			if (steps * sampleBytes !== room) throw new RangeError("not a whole number of samples");
		}
		if (!(byteOffset >= 0 && steps >= 0 && steps * sampleBytes <= room))
			throw new RangeError("samples outside buffer");
		try {
			while (steps >= stream.left) {
				const now = stream.left;
				if (now > 0) kernel.write(samples, byteOffset, now);
				stream.left = 0;
				this.#conclude(stream);
				byteOffset += now * sampleBytes;
				steps -= now;
			}
			if (steps > 0) kernel.write(samples, byteOffset, steps);
			stream.left -= steps;
		} catch (error) {
			if (this.#onError === undefined) throw error;
			const onError = this.#onError;
			this.#defer(() => onError(error));
		}
	}

	/** The current unsmoothed result, or undefined before the first sample of a window. */
	read(): Result | undefined {
		const stream = this.#opened();
		if (this.#counted(stream).inWindow === 0) return undefined;
		stream.kernel.outputs(this.#logits.buffer as ArrayBuffer);
		return this.#result(this.#logits, this.#counted(stream).step);
	}

	/** Changes settings from now on; a current window longer than the new one ends with its next step. */
	configure(settings: ClassifierSettings): void {
		const stream = this.#opened();
		this.#settings = checked(this.#model, this.#settings, settings);
		this.#window = this.#settings.window || this.#model.maxSteps;
		this.#settle(stream);
	}

	/** Resets to before the first sample; drops pending results. */
	reset(): void {
		const stream = this.#opened();
		stream.kernel.reset();
		this.#pending.length = 0;
		this.#hasSmoothed = false;
		this.#step = 0;
		this.#inWindow = 0;
		this.#expect(stream);
	}

	/** The complete state of the stream, for `restoreState` after a deep sleep. */
	saveState(): ArrayBuffer {
		const stream = this.#opened();
		const { kernel } = stream;
		const { step, inWindow } = this.#counted(stream);
		const bytes = new Uint8Array(STATE_HEAD + 4 * this.#model.outputs + kernel.stateSize);
		const view = new DataView(bytes.buffer);
		view.setUint32(4, step, true);
		view.setUint32(8, inWindow, true);
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
		const stream = this.#opened();
		const { kernel } = stream;
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
		this.#expect(stream);
	}

	/** Frees the kernel; drops pending results. */
	close(): void {
		this.#stream?.kernel.close();
		this.#stream = undefined;
		this.#pending.length = 0;
	}

	#opened(): Stream {
		if (this.#stream === undefined) throw new Error("classifier is closed");
		return this.#stream;
	}

	/** Steps so far, which between results only `left` counts. */
	#counted({ due, left }: Stream): { step: number; inWindow: number } {
		return { step: this.#step + due - left, inWindow: this.#inWindow + due - left };
	}

	/** Counts the steps since the last result, and looks out for the next one. */
	#settle(stream: Stream): void {
		const { step, inWindow } = this.#counted(stream);
		this.#step = step;
		this.#inWindow = inWindow;
		this.#expect(stream);
	}

	/** Says when the next result is due. */
	#expect(stream: Stream): void {
		const { hop } = this.#settings;
		const toHop = hop === 0 ? NONE : hop - (this.#inWindow % hop);
		stream.due = stream.left = Math.min(toHop, Math.max(1, this.#window - this.#inWindow), NONE);
	}

	/** After the steps that were due: the result, if there is one, and the window's end. */
	#conclude(stream: Stream): void {
		this.#settle(stream);
		const { kernel } = stream;
		const { hop, smoothing, threshold } = this.#settings;
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
		const result = this.#result(this.#smoothed, this.#step);
		if (ends) {
			kernel.reset();
			this.#inWindow = 0;
			this.#expect(stream);
		}
		const onResult = this.#onResult;
		if (onResult !== undefined && result.margin >= threshold) this.#defer(() => onResult(result));
	}

	#result(logits: Int32Array, step: number): Result {
		let index = 0;
		for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[index]!) index = i;
		let second = -Infinity;
		for (let i = 0; i < logits.length; i++) if (i !== index && logits[i]! > second) second = logits[i]!;
		const margin = logits.length > 1 ? logits[index]! - second : 0;
		return { index, label: this.#model.labels[index]!, logits: logits.slice(), margin, step };
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

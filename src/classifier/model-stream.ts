// A stream of samples through a model: runs the kernel, cuts the stream into windows and hops, keeps state over a deep sleep. What a
// result is, is told by its subclasses. ECMA-419's class pattern: one options object, fully checked before anything is allocated;
// `close` is idempotent, every other method then throws; callbacks never run inside a method. Integers throughout.
import { crc32 } from "../bytes/crc32";
import { scaleSample } from "../network/sample";
import type { Kernel, KernelClass, StreamModel } from "./model";

/** Settings that every stream has; `configure` may change them, the constructor takes the same ones. */
export interface StreamSettings {
	/**
	 * Steps after which the kernel is reset; 0: the maximum, endless with last-step pooling, 65,536 steps with mean pooling.
	 * Default: the model's window.
	 */
	window?: number;
	/** Steps between results within a window; a window's last step always gives one. */
	hop?: number;
}

export interface ModelStreamOptions {
	model: StreamModel;
	kernel: KernelClass;
	/** Receives kernel errors from `write`; without it `write` throws them. */
	onError?: (error: unknown) => void;
	/** Defers a callback until the current method has returned. Default: a promise job. */
	schedule?: (callback: () => void) => void;
}

/** Steps to the next result, where there is none to come: counted again when they are over. */
const NONE = 0x7fffffff;

/** What a call of `write` touches: one object, and integers only, for every look-up and every double costs XS hundreds of instructions. */
interface Flow<K> {
	kernel: K;
	sampleBytes: number;
	/** Steps from the last result, or what stands for it, to the next one, and how many of them are left. */
	due: number;
	left: number;
}

const STATE_HEAD = 12; // CRC-32, step, step in the window

export abstract class ModelStream<S extends StreamSettings, R, K extends Kernel = Kernel> {
	/** Labels, channels, sampling rate. */
	readonly model: StreamModel;
	protected settings: Required<S> & Required<StreamSettings>;
	readonly #name: string;
	readonly #schedule: (callback: () => void) => void;
	readonly #onResult: ((result: R) => void) | undefined;
	readonly #onError: ((error: unknown) => void) | undefined;
	#window: number; // Infinity: no reset
	#flow: Flow<K> | undefined;
	/** Steps at the last result. */
	#step = 0;
	#inWindow = 0;
	#hasResult = false;
	#pending: (() => void)[] = [];

	/**
	 * Written for a small stack: what is checked was checked before this is called.
	 * @param settings complete, checked
	 */
	protected constructor(
		name: string,
		{ model, onResult, onError, schedule }: ModelStreamOptions & { onResult?: (result: R) => void },
		settings: Required<S> & Required<StreamSettings>,
		kernel: K,
	) {
		this.#name = name;
		this.model = model;
		this.settings = settings;
		this.#window = settings.window || model.maxSteps;
		this.#onResult = onResult?.bind(this);
		this.#onError = onError?.bind(this);
		this.#schedule = schedule ?? ((callback) => void Promise.resolve().then(callback));
		this.#flow = { kernel, sampleBytes: 2 * model.channels, due: 0, left: 0 };
		this.#expect(this.#flow);
	}

	/** `given` merged into the settings, checked together. */
	protected abstract checked(given: S): Required<S> & Required<StreamSettings>;
	/** The result of the window so far, for `read`. */
	protected abstract now(kernel: K, step: number): R;
	/** The result of a hop or a window; undefined: none to report. */
	protected abstract due(kernel: K, step: number): R | undefined;
	/** Forgets what was before the first sample. */
	protected abstract forget(): void;
	/** Bytes of `keep` and `recall`, a multiple of 4: what the subclass has from step to step. */
	protected abstract readonly keptBytes: number;
	protected abstract keep(view: DataView, at: number): void;
	protected abstract recall(view: DataView, at: number): void;

	/**
	 * Takes samples: int16 values in the model's input scaling, little-endian, `channels` per sample. Results do not depend
	 * on how the stream is cut into calls.
	 * @param byteOffset offset of the first sample; even
	 * @param count samples; default: all that follow
	 */
	write(samples: ArrayBuffer | Uint8Array, byteOffset = 0, count?: number): void {
		const flow = this.#opened();
		const { kernel, sampleBytes } = flow;
		const room = samples.byteLength - byteOffset;
		let steps = count!;
		if (count === undefined) {
			steps = Math.floor(room / sampleBytes);
			if (steps * sampleBytes !== room) throw new RangeError("not a whole number of samples");
		}
		if (!(byteOffset >= 0 && steps >= 0 && steps * sampleBytes <= room))
			throw new RangeError("samples outside buffer");
		try {
			while (steps >= flow.left) {
				const now = flow.left;
				if (now > 0) kernel.write(samples, byteOffset, now);
				flow.left = 0;
				this.#conclude(flow);
				byteOffset += now * sampleBytes;
				steps -= now;
			}
			if (steps > 0) kernel.write(samples, byteOffset, steps);
			flow.left -= steps;
		} catch (error) {
			if (this.#onError === undefined) throw error;
			const onError = this.#onError;
			this.defer(() => onError(error));
		}
	}

	/** Takes one sample: physical values, one per channel, in the model's units. */
	writeValues(values: ArrayLike<number>): void {
		const { model } = this;
		if (values.length !== model.channels)
			throw new RangeError(`the model has ${model.channels} channels, not ${values.length}`);
		const sample = new Int16Array(model.channels);
		scaleSample(model, values, sample);
		this.write(sample.buffer);
	}

	/** The current result, or undefined before the first sample of a window. */
	read(): R | undefined {
		const flow = this.#opened();
		const { step, inWindow } = this.#counted(flow);
		return inWindow === 0 ? undefined : this.now(flow.kernel, step);
	}

	/** Whether a result has come since the start, a `reset` or a restored state, reported or not. */
	get hasResult(): boolean {
		return this.#hasResult;
	}

	/** Changes settings from now on; a current window longer than the new one ends with its next step. */
	configure(settings: S): void {
		const flow = this.#opened();
		this.settings = this.checked(settings);
		this.#window = this.settings.window || this.model.maxSteps;
		this.#settle(flow);
	}

	/** Resets to before the first sample; drops pending results. */
	reset(): void {
		const flow = this.#opened();
		flow.kernel.reset();
		this.#pending.length = 0;
		this.forget();
		this.#hasResult = false;
		this.#step = 0;
		this.#inWindow = 0;
		this.#expect(flow);
	}

	/** The complete state of the stream, for `restoreState` after a deep sleep. */
	saveState(): ArrayBuffer {
		const flow = this.#opened();
		const { kernel } = flow;
		const { step, inWindow } = this.#counted(flow);
		const head = STATE_HEAD + this.keptBytes;
		const bytes = new Uint8Array(head + kernel.stateSize);
		const view = new DataView(bytes.buffer);
		view.setUint32(4, step, true);
		view.setUint32(8, inWindow, true);
		this.keep(view, STATE_HEAD);
		kernel.saveState(bytes.subarray(head));
		view.setInt32(0, crc32(bytes, 4), true);
		return bytes.buffer;
	}

	/** @throws RangeError, or the kernel's ESSM_E_STATE, when the state is damaged or of another model */
	restoreState(state: ArrayBuffer): void {
		const flow = this.#opened();
		const { kernel } = flow;
		const bytes = new Uint8Array(state);
		const view = new DataView(state);
		const head = STATE_HEAD + this.keptBytes;
		if (bytes.length !== head + kernel.stateSize || view.getInt32(0, true) !== crc32(bytes, 4))
			throw new RangeError("invalid state");
		kernel.restoreState(bytes.subarray(head));
		this.#pending.length = 0;
		this.#step = view.getUint32(4, true);
		this.#inWindow = view.getUint32(8, true);
		this.recall(view, STATE_HEAD);
		this.#hasResult = false;
		this.#expect(flow);
	}

	/** Frees the kernel; drops pending results. */
	close(): void {
		this.#flow?.kernel.close();
		this.#flow = undefined;
		this.#pending.length = 0;
	}

	/** Calls back once the current method has returned. */
	protected defer(callback: () => void): void {
		this.#pending.push(callback);
		if (this.#pending.length === 1) this.#schedule(() => this.#deliver());
	}

	#opened(): Flow<K> {
		if (this.#flow === undefined) throw new Error(`${this.#name} is closed`);
		return this.#flow;
	}

	/** Steps so far, which between results only `left` counts. */
	#counted({ due, left }: Flow<K>): { step: number; inWindow: number } {
		return { step: this.#step + due - left, inWindow: this.#inWindow + due - left };
	}

	/** Counts the steps since the last result, and looks out for the next one. */
	#settle(flow: Flow<K>): void {
		const { step, inWindow } = this.#counted(flow);
		this.#step = step;
		this.#inWindow = inWindow;
		this.#expect(flow);
	}

	/** Says when the next result is due. */
	#expect(flow: Flow<K>): void {
		const { hop } = this.settings;
		const toHop = hop === 0 ? NONE : hop - (this.#inWindow % hop);
		flow.due = flow.left = Math.min(toHop, Math.max(1, this.#window - this.#inWindow), NONE);
	}

	/** After the steps that were due: the result, if there is one, and the window's end. */
	#conclude(flow: Flow<K>): void {
		this.#settle(flow);
		const { kernel } = flow;
		const { hop } = this.settings;
		const ends = this.#inWindow >= this.#window;
		if (!ends && (hop === 0 || this.#inWindow % hop !== 0)) return;
		const result = this.due(kernel, this.#step);
		this.#hasResult = true;
		const onResult = this.#onResult;
		if (onResult !== undefined && result !== undefined) this.defer(() => onResult(result));
		if (ends) {
			kernel.reset();
			this.#inWindow = 0;
			this.#expect(flow);
		}
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

/** @throws TypeError for an option that is not what it should be */
export function checkOptions(options: ModelStreamOptions & { onResult?: unknown; onAlarm?: unknown }): void {
	const { model, kernel, onResult, onAlarm, onError, schedule } = options;
	if (typeof model !== "object" || model === null) throw new TypeError("model required");
	if (typeof kernel !== "function") throw new TypeError("kernel required");
	checkCallback("onResult", onResult);
	checkCallback("onAlarm", onAlarm);
	checkCallback("onError", onError);
	checkCallback("schedule", schedule);
}

function checkCallback(name: string, callback: unknown): void {
	if (callback !== undefined && typeof callback !== "function") throw new TypeError(`invalid ${name}`);
}

/** Window and hop, checked together. @param hop the model's own; 0: its window */
export function checkWindow(
	{ steps, maxSteps }: StreamModel,
	given: StreamSettings,
	now: Required<StreamSettings> | undefined,
	hop = 0,
): Required<StreamSettings> {
	const settings = {
		window: given.window ?? now?.window ?? steps,
		hop: given.hop ?? (hop > 0 ? undefined : given.window) ?? now?.hop ?? (hop || steps),
	};
	checkRange("window", settings.window, 0x7fffffff);
	checkRange("hop", settings.hop, 0x7fffffff);
	if (settings.window > maxSteps)
		throw new RangeError(`invalid window: mean pooling takes at most ${maxSteps} steps`);
	if (settings.hop > (settings.window || maxSteps))
		throw new RangeError("invalid hop: longer than the window");
	return settings;
}

/** @throws RangeError unless it is a whole number from `low` to `high` */
export function checkRange(name: string, value: number, high: number, low = 0): void {
	if (!Number.isInteger(value) || value < low || value > high) throw new RangeError(`invalid ${name}`);
}

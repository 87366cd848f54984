// A kernel that forecasts, with the score of what is not normal after every step [A59]. A reset is a new beginning of both, and ends
// an alarm.
import { Alarm, type AlarmSettings } from "../detector/alarm";
import { Score } from "../detector/score";
import type { Kernel, KernelClass, StreamModel } from "./model";

/** Where an alarm begins or ends. */
export interface AlarmEvent {
	/** True: it begins; false: it ends. */
	alarm: boolean;
	score: number;
	/** Steps since the start of the stream or the last `reset`. */
	step: number;
}

export class ScoredKernel implements Kernel {
	readonly #kernel: Kernel;
	readonly #score: Score;
	readonly #alarm = new Alarm();
	readonly #sample: Int16Array;
	readonly #forecast: Int32Array;
	#last = 0; // score
	settings: AlarmSettings;
	/** Called inside of `write` and `reset`. */
	onAlarm: ((event: AlarmEvent) => void) | undefined;
	/** Greatest score since `greatest` was set to 0. */
	greatest = 0;
	/** Steps, also over resets. */
	step = 0;

	constructor(
		KernelOfModel: KernelClass,
		{ blob, channels, ahead, detector }: StreamModel,
		settings: AlarmSettings,
	) {
		this.#kernel = new KernelOfModel(blob);
		this.#score = new Score(detector!, ahead);
		this.settings = settings;
		this.#sample = new Int16Array(channels);
		this.#forecast = new Int32Array(channels);
	}

	get alarm(): boolean {
		return this.#alarm.on;
	}

	get channels(): number {
		return this.#kernel.channels;
	}
	get outputCount(): number {
		return this.#kernel.outputCount;
	}
	get heads(): number {
		return this.#kernel.heads;
	}
	get blocks(): number {
		return this.#kernel.blocks;
	}
	get arenaBytes(): number {
		return this.#kernel.arenaBytes;
	}

	write(samples: ArrayBuffer | Uint8Array, byteOffset = 0, count = 1): void {
		const view =
			samples instanceof Uint8Array
				? new DataView(samples.buffer, samples.byteOffset, samples.byteLength)
				: new DataView(samples);
		const sample = this.#sample;
		const kernel = this.#kernel;
		const forecast = this.#forecast;
		const buffer = forecast.buffer as ArrayBuffer;
		const score = this.#score;
		for (let at = byteOffset, left = count; left > 0; left--) {
			kernel.write(samples, at, 1);
			kernel.outputs(buffer);
			for (let c = 0; c < sample.length; c++, at += 2) sample[c] = view.getInt16(at, true);
			this.step++;
			this.#heed(score.next(sample, forecast));
		}
	}

	outputs(buffer: ArrayBuffer): void {
		this.#kernel.outputs(buffer);
	}

	reset(): void {
		this.#kernel.reset();
		this.#score.reset();
		this.#heed(undefined);
	}

	get stateSize(): number {
		return HEAD_BYTES + 4 * this.#score.stateLength + this.#kernel.stateSize;
	}

	saveState(buffer: Uint8Array): void {
		const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
		view.setUint32(0, this.step, true);
		view.setUint32(4, this.greatest, true);
		view.setUint32(8, this.#last, true);
		view.setUint32(12, this.#alarm.on ? 1 : 0, true);
		const score = new Int32Array(this.#score.stateLength);
		this.#score.save(score);
		let at = HEAD_BYTES;
		for (let i = 0; i < score.length; i++, at += 4) view.setInt32(at, score[i]!, true);
		this.#kernel.saveState(buffer.subarray(at));
	}

	restoreState(buffer: Uint8Array): void {
		const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
		const score = new Int32Array(this.#score.stateLength);
		let at = HEAD_BYTES;
		for (let i = 0; i < score.length; i++, at += 4) score[i] = view.getInt32(at, true);
		this.#kernel.restoreState(buffer.subarray(at));
		this.#score.restore(score);
		this.step = view.getUint32(0, true);
		this.greatest = view.getUint32(4, true);
		this.#last = view.getUint32(8, true);
		this.#alarm.on = view.getUint32(12, true) === 1;
	}

	close(): void {
		this.#kernel.close();
	}

	/** @param score undefined: there is none yet, or no more */
	#heed(score: number | undefined): void {
		if (score !== undefined) {
			this.#last = score;
			if (score > this.greatest) this.greatest = score;
		}
		if (this.#alarm.heed(score, this.settings))
			this.onAlarm?.({ alarm: this.#alarm.on, score: this.#last, step: this.step });
	}
}

const HEAD_BYTES = 16; // step, greatest, last score, alarm

// Polls a sensor at the model's rate and passes on samples as the kernel's integers. Samples that come too late, or that the
// sensor fails to give, are left out of the stream, counted and reported; none are made up.
import type { Model } from "../../../src/classifier/model";
import { scaleSample } from "../../../src/network/sample";
import type { Clock, Sensor } from "./sensor";

/** The part of the module "timer" in use. */
export interface TimerClass<T> {
	repeat(callback: () => void, interval: number): T;
	schedule(timer: T, interval: number, repeat: number): void;
	clear(timer: T): void;
}

export interface SamplerOptions<T> {
	/** Opens the sensor for a model; called at every start. */
	open(model: Model): Sensor;
	Timer: TimerClass<T>;
	clock: Clock;
	/** Samples per chunk. Default: a tenth of a second, at most 16. */
	chunk?: number;
}

/** Takes `count` samples from samples[byteOffset]; `time` is that of the first, in microseconds of the clock. */
export type OnSamples = (samples: Uint8Array, byteOffset: number, count: number, time: number) => void;

/** Receives the samples missed since the last call, the total since the start, and the last one's reason. */
export type OnMissed = (missed: number, total: number, reason: string) => void;

/** Minimum microseconds between reports, so that they do not delay the next sample. */
const REPORT_INTERVAL = 1_000_000;

export class Sampler<T> {
	/** Samples missed since the start. */
	missed = 0;
	readonly #options: SamplerOptions<T>;
	#run: Run<T> | undefined;

	constructor(options: SamplerOptions<T>) {
		this.#options = options;
	}

	/**
	 * @throws RangeError when the sensor does not have the model's channels or the model states no rate; other errors when the
	 * sensor can't be opened
	 */
	start(model: Model, onSamples: OnSamples, onMissed: OnMissed): void {
		this.stop();
		const { open, Timer, clock, chunk } = this.#options;
		if (!(model.rate > 0)) throw new RangeError("the model states no sampling rate");
		const sensor = open(model);
		try {
			if (sensor.channels !== model.channels)
				throw new RangeError(`the sensor has ${sensor.channels} channels, the model ${model.channels}`);
			sensor.configure({ rate: model.rate });
		} catch (error) {
			sensor.close();
			throw error;
		}
		const period = 1e6 / model.rate;
		const count = chunk ?? Math.max(1, Math.min(16, Math.floor(model.rate / 10)));
		const samples = new Int16Array(count * model.channels);
		const now = clock();
		this.missed = 0;
		this.#run = {
			model,
			sensor,
			period,
			due: now + period,
			samples,
			bytes: new Uint8Array(samples.buffer),
			filled: 0,
			time: 0,
			unreported: 0,
			reason: "",
			reportedAt: now - REPORT_INTERVAL,
			onSamples,
			onMissed,
			timer: Timer.repeat(() => this.#tick(), milliseconds(period)),
		};
	}

	/** Closes the sensor, after reporting any misses not yet reported. */
	stop(): void {
		const run = this.#run;
		if (run === undefined) return;
		this.#run = undefined;
		this.#options.Timer.clear(run.timer);
		run.sensor.close();
		if (run.unreported > 0) this.#report(run);
	}

	#tick(): void {
		const run = this.#run;
		if (run === undefined) return;
		const { clock, Timer } = this.#options;
		const late = Math.floor((clock() - run.due) / run.period);
		if (late > 0) {
			this.#miss(run, late, "sampled too late");
			run.due += late * run.period;
		}
		run.due += run.period;
		try {
			if (!this.#take(run)) {
				this.stop();
				return;
			}
		} catch (error) {
			this.#miss(run, 1, error instanceof Error ? error.message : String(error));
		}
		const now = clock();
		if (run.unreported > 0 && now - run.reportedAt >= REPORT_INTERVAL) {
			run.reportedAt = now;
			this.#report(run);
		}
		// onSamples may have stopped the stream.
		const next = milliseconds(run.due - now);
		if (this.#run === run) Timer.schedule(run.timer, next, next);
	}

	/** Returns whether the sensor still had a sample. */
	#take(run: Run<T>): boolean {
		const { model, samples, bytes } = run;
		const sample = run.sensor.sample();
		if (sample === undefined) return false;
		if (run.filled === 0) run.time = sample.time;
		scaleSample(model, sample.values, samples, run.filled * model.channels);
		run.filled++;
		if (run.filled * model.channels < samples.length) return true;
		const count = run.filled;
		run.filled = 0;
		run.onSamples(bytes, 0, count, run.time);
		return true;
	}

	#miss(run: Run<T>, count: number, reason: string): void {
		this.missed += count;
		run.unreported += count;
		run.reason = reason;
	}

	#report(run: Run<T>): void {
		const count = run.unreported;
		run.unreported = 0;
		run.onMissed(count, this.missed, run.reason);
	}
}

interface Run<T> {
	model: Model;
	sensor: Sensor;
	/** Microseconds between samples, and when the next is due: a fixed grid, so that nothing drifts. */
	period: number;
	due: number;
	/** The chunk being filled, as numbers and as bytes. */
	samples: Int16Array;
	bytes: Uint8Array;
	filled: number;
	time: number;
	unreported: number;
	reason: string;
	reportedAt: number;
	onSamples: OnSamples;
	onMissed: OnMissed;
	timer: T;
}

function milliseconds(microseconds: number): number {
	return Math.max(1, Math.round(microseconds / 1000));
}

// From forecast errors to a score of abnormality [A59]: integers, the same on a device and on the host.
import type { Detector } from "../network/detector";

const MAX_DIFFERENCE = 65535;
const MAX_ERROR = 2 ** 24 - 1;

/** Parameters of a score. */
export type ScoreSettings = Pick<Detector, "weights" | "smoothing" | "settling">;

/** The score of one stream. */
export class Score {
	readonly #weights: Uint16Array;
	readonly #scale: number; // 2^smoothing
	/** Forecasts still to be compared, a ring of `ahead` of them: (ahead, channels). */
	readonly #forecasts: Int32Array;
	readonly #settling: number;
	#step = 0;
	#sum = -1; // -1: none yet

	constructor({ weights, smoothing, settling }: ScoreSettings, ahead: number) {
		this.#weights = weights;
		this.#scale = 2 ** smoothing;
		this.#settling = settling;
		this.#forecasts = new Int32Array(ahead * weights.length);
	}

	/** Resets to before the first step. */
	reset(): void {
		this.#step = 0;
		this.#sum = -1;
	}

	/** Weighted distance of `sample` from its forecast; undefined before the first forecast step. */
	error(sample: ArrayLike<number>): number | undefined {
		const channels = this.#weights.length;
		const ahead = this.#forecasts.length / channels;
		if (this.#step < ahead + this.#settling) return undefined;
		const at = (this.#step % ahead) * channels;
		let sum = 0;
		for (let c = 0; c < channels; c++) {
			const difference = Math.abs(this.#forecasts[at + c]! - sample[c]!);
			sum += Math.min(difference, MAX_DIFFERENCE) * this.#weights[c]!;
		}
		return Math.min(MAX_ERROR, Math.floor(sum / 4096));
	}

	/**
	 * One step.
	 * @param sample the step's own, int16 in the model's input scaling @param forecast the head's outputs after it
	 * @returns the score; undefined before the first error
	 */
	next(sample: ArrayLike<number>, forecast: ArrayLike<number>): number | undefined {
		const error = this.error(sample);
		if (error !== undefined)
			this.#sum =
				this.#sum < 0 ? error * this.#scale : this.#sum + error - Math.floor(this.#sum / this.#scale);
		const channels = this.#weights.length;
		const at = (this.#step % (this.#forecasts.length / channels)) * channels;
		for (let c = 0; c < channels; c++) this.#forecasts[at + c] = forecast[c]!;
		this.#step++;
		return this.#sum < 0 ? undefined : Math.floor(this.#sum / this.#scale);
	}

	/** Numbers that `save` writes. */
	get stateLength(): number {
		return 3 + this.#forecasts.length;
	}

	/** The state as int32 numbers, to continue a stream elsewhere. */
	save(out: Int32Array): void {
		out[0] = this.#step | 0;
		// up to 2^36
		out[1] = Math.floor(this.#sum / 2 ** 24);
		out[2] = this.#sum < 0 ? 0 : this.#sum % 2 ** 24;
		out.set(this.#forecasts, 3);
	}

	restore(from: Int32Array): void {
		this.#step = from[0]! >>> 0;
		this.#sum = from[1]! < 0 ? -1 : from[1]! * 2 ** 24 + from[2]!;
		this.#forecasts.set(from.subarray(3));
	}
}

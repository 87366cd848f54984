// From forecast errors to a score of abnormality [A59]: integers, the same on a device and on the host.
import type { Detector } from "../network/detector";

const MAX_DIFFERENCE = 65535;
const MAX_ERROR = 2 ** 24 - 1;

/** Parameters of a score. */
export type ScoreSettings = Pick<Detector, "weights" | "smoothing" | "settling">;

/** Floor of value / 2^bits; on XS a shift takes a fraction of a division. */
const shifted = (value: number, bits: number) =>
	value < 0x80000000 ? value >> bits : Math.floor(value / 2 ** bits);

/** The score of one stream. Written for XS: few look-ups of fields, integers where numbers allow. */
export class Score {
	readonly #weights: Uint16Array;
	readonly #smoothing: number;
	/** Steps before the first error: `ahead` and those to settle. */
	readonly #first: number;
	/** Forecasts still to be compared, a ring of `ahead` of them: (ahead, channels). */
	readonly #forecasts: Int32Array;
	/** Where the forecast of this step is, and the one that it makes will be. */
	#at = 0;
	#step = 0;
	#sum = -1; // -1: none yet

	constructor({ weights, smoothing, settling }: ScoreSettings, ahead: number) {
		this.#weights = weights;
		this.#smoothing = smoothing;
		this.#first = ahead + settling;
		this.#forecasts = new Int32Array(ahead * weights.length);
	}

	/** Resets to before the first step. */
	reset(): void {
		this.#at = 0;
		this.#step = 0;
		this.#sum = -1;
	}

	/**
	 * One step.
	 * @param sample the step's own, int16 in the model's input scaling @param forecast the head's outputs after it
	 * @returns the score; undefined before the first error
	 */
	next(sample: ArrayLike<number>, forecast: ArrayLike<number>): number | undefined {
		const weights = this.#weights;
		const forecasts = this.#forecasts;
		const step = this.#step;
		const isDue = step >= this.#first;
		let at = this.#at;
		let weighted = 0;
		for (let c = 0; c < weights.length; c++, at++) {
			if (isDue) {
				let difference = forecasts[at]! - sample[c]!;
				if (difference < 0) difference = -difference;
				weighted += (difference < MAX_DIFFERENCE ? difference : MAX_DIFFERENCE) * weights[c]!;
			}
			forecasts[at] = forecast[c]!;
		}
		this.#at = at === forecasts.length ? 0 : at;
		this.#step = step + 1;
		let sum = this.#sum;
		const smoothing = this.#smoothing;
		if (isDue) {
			const whole = shifted(weighted, 12);
			const error = whole < MAX_ERROR ? whole : MAX_ERROR;
			sum = sum < 0 ? error * 2 ** smoothing : sum + error - shifted(sum, smoothing);
			this.#sum = sum;
		}
		return sum < 0 ? undefined : shifted(sum, smoothing);
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
		this.#at = (this.#step * this.#weights.length) % this.#forecasts.length;
		this.#sum = from[1]! < 0 ? -1 : from[1]! * 2 ** 24 + from[2]!;
		this.#forecasts.set(from.subarray(3));
	}
}

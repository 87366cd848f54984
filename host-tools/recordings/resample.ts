// Resampling: a low-pass filter (Kaiser-windowed sinc) that removes what the lower of both rates cannot represent, evaluated at
// the new steps.
import type { Step } from "./steps";

/** Zero crossings of the sinc on each side, cutoff as a fraction of the lower Nyquist frequency, and the window's shape (80 dB). */
const CROSSINGS = 16;
const CUTOFF = 0.9;
const BETA = 8;
/** Number of cached tap sets: one for each position between two steps, few when rates are in a simple ratio. */
const KEPT = 4096;
/** Rates that differ by less are equal. */
export const SAME_RATE = 0.01;

/** Modified Bessel function of the first kind, order 0. */
function bessel(x: number): number {
	let [sum, term] = [1, 1];
	for (let k = 1; term > 1e-12 * sum; k++) {
		term *= (x / (2 * k)) ** 2;
		sum += term;
	}
	return sum;
}

/** Filter taps by the position of the new step after an old one, 0 to 1, in old steps. */
class Taps {
	readonly #cutoff: number;
	/** Number of old steps used on each side. */
	readonly reach: number;
	readonly #kept = new Map<number, Float64Array>();

	constructor(ratio: number) {
		this.#cutoff = CUTOFF * Math.min(1, ratio);
		this.reach = Math.ceil(CROSSINGS / this.#cutoff);
	}

	/** Weights of the old steps from 1 - reach to reach, relative to the one before the new step. */
	at(position: number): Float64Array {
		const key = Math.round(position * 1e6);
		const known = this.#kept.get(key);
		if (known) return known;
		const taps = Float64Array.from({ length: 2 * this.reach }, (_, i) => {
			const x = i + 1 - this.reach - position;
			const t = Math.PI * this.#cutoff * x;
			const window = bessel(BETA * Math.sqrt(Math.max(0, 1 - (x / this.reach) ** 2)));
			return (Math.abs(t) < 1e-9 ? 1 : Math.sin(t) / t) * window;
		});
		if (this.#kept.size < KEPT) this.#kept.set(key, taps);
		return taps;
	}
}

/** One segment, fed step by step. */
class Segment {
	readonly #taps: Taps;
	readonly #ratio: number;
	#steps: Step[] = [];
	/** Number of the first step kept, and of the next new step. */
	#first = 0;
	#next = 0;

	constructor(taps: Taps, ratio: number) {
		this.#taps = taps;
		this.#ratio = ratio;
	}

	/** Adds a step. @returns the new steps it completes */
	*push(step: Step): Generator<Step> {
		const { values, targets } = step;
		this.#steps.push({ ...step, values: values.slice(), ...(targets && { targets: targets.slice() }) });
		yield* this.#upTo(this.#first + this.#steps.length - 1 - this.#taps.reach);
	}

	/** The remaining new steps at the end. */
	*end(): Generator<Step> {
		yield* this.#upTo(this.#first + this.#steps.length - 1);
	}

	*#upTo(last: number): Generator<Step> {
		for (; this.#next / this.#ratio <= last; this.#next++) {
			const position = this.#next / this.#ratio;
			const before = Math.floor(position + 1e-9);
			yield this.#at(before, Math.max(0, position - before));
			const done = before - this.#taps.reach - this.#first;
			if (done < 1024) continue;
			this.#steps.splice(0, done);
			this.#first += done;
		}
	}

	/** A number of step `i`, of values or targets; beyond an end, values mirrored at the end point, so that a slope continues. NaN: too far out. */
	#value(of: "values" | "targets", i: number, c: number): number {
		const last = this.#first + this.#steps.length - 1;
		const end = i < 0 ? 0 : i > last ? last : undefined;
		const at = (k: number) => this.#steps[k - this.#first]?.[of]?.[c] ?? Number.NaN;
		return end === undefined ? at(i) : 2 * at(end) - at(2 * end - i);
	}

	#at(before: number, position: number): Step {
		const taps = this.#taps.at(position);
		const nearest =
			this.#steps[Math.min(this.#steps.length - 1, before - this.#first + Math.round(position))]!;
		const filtered = (of: "values" | "targets") =>
			nearest[of]!.map((_, c) => {
				let [sum, weight] = [0, 0];
				for (const [i, tap] of taps.entries()) {
					const value = this.#value(of, before + i + 1 - this.#taps.reach, c);
					if (Number.isNaN(value)) continue;
					sum += tap * value;
					weight += tap;
				}
				return sum / weight;
			});
		const targets = nearest.targets && filtered("targets");
		return { ...nearest, values: filtered("values"), ...(targets && { targets }) };
	}
}

/** Uniform steps at rate `from` resampled to rate `to`; undefined between segments. */
export function* resample(
	steps: Iterable<Step | undefined>,
	from: number,
	to: number,
): Generator<Step | undefined> {
	const ratio = to / from;
	if (Math.abs(ratio - 1) <= SAME_RATE) {
		yield* steps;
		return;
	}
	const taps = new Taps(ratio);
	let segment = new Segment(taps, ratio);
	for (const step of steps) {
		if (step) {
			yield* segment.push(step);
			continue;
		}
		yield* segment.end();
		segment = new Segment(taps, ratio);
		yield undefined;
	}
	yield* segment.end();
}

// A recording session: samples in, clips out. Clips start after a countdown or on movement; labels alternate until each has the
// clips wanted.
import type { Clip } from "./clips";

export interface SessionOptions {
	labels: readonly string[];
	/** Clips per label, existing ones included. */
	wanted: number;
	/** Steps per clip, of the countdown before it, and kept from before a movement. */
	length: number;
	countdown: number;
	/** Start on movement: when the spread of a channel over a fifth of a clip exceeds this multiple of that at rest. */
	trigger?: number | undefined;
	channels: number;
	/** Value of one unit of each channel's int16. */
	scales: readonly number[];
	count(label: string): number;
	onClip(clip: Clip): void;
}

interface Latest {
	step: number;
	samples: Int16Array;
}

export type State =
	| { kind: "countdown"; label: string; steps: number }
	| { kind: "waiting"; label: string }
	| { kind: "recording"; label: string; steps: number; of: number }
	| { kind: "done" };

/** Windows of rest that set the level, and the minimum spread in units of int16. */
const REST = 4;
const LEAST = 2;

export class Session {
	/** Total steps that never arrived. */
	lost = 0;
	/** Values outside the range of int16, probably clipped. */
	clipped = 0;
	readonly #options: SessionOptions;
	#state: State;
	#clip: Clip | undefined;
	#next: number | undefined;
	/** Latest steps, for the trigger and as pre-trigger samples. */
	#recent: Latest[] = [];
	#rest: number[] = [];
	/** Whether it has been at rest since the last clip: a continuing movement starts no second one. */
	#settled = true;

	constructor(options: SessionOptions) {
		this.#options = options;
		this.#state = this.#turn();
	}

	get state(): State {
		return this.#state;
	}

	/** The clip being recorded. */
	get unfinished(): Clip | undefined {
		return this.#clip;
	}

	/** Label of the next clip: the first with the fewest clips. */
	#turn(): State {
		const { labels, wanted, count, trigger, countdown } = this.#options;
		this.#clip = undefined;
		this.#recent = [];
		const open = labels.map((label) => ({ label, has: count(label) })).filter(({ has }) => has < wanted);
		const [first] = open.sort((a, b) => a.has - b.has);
		if (!first) return { kind: "done" };
		return trigger === undefined
			? { kind: "countdown", label: first.label, steps: countdown }
			: { kind: "waiting", label: first.label };
	}

	/** Restarts the clip, as after an undo. */
	restart(): void {
		this.#state = this.#turn();
	}

	/** Samples of all channels from step `step` on. */
	take(step: number, samples: Int16Array): void {
		const { channels } = this.#options;
		if (this.#next !== undefined && step > this.#next) this.lost += step - this.#next;
		const count = Math.floor(samples.length / channels);
		for (let i = 0; i < count; i++) this.#step(step + i, samples.subarray(i * channels, (i + 1) * channels));
		this.#next = step + count;
	}

	#step(step: number, samples: Int16Array): void {
		const state = this.#state;
		if (state.kind === "done") return;
		if (samples.some((value) => value === 32_767 || value === -32_768)) this.clipped++;
		if (state.kind === "countdown") {
			this.#state = state.steps > 1 ? { ...state, steps: state.steps - 1 } : this.#begin(state.label, []);
			return;
		}
		if (state.kind === "waiting") {
			this.#watch(state.label, step, samples);
			return;
		}
		this.#append(step, samples);
	}

	#begin(label: string, before: readonly Latest[]): State {
		this.#clip = { label, steps: [], values: [] };
		this.#state = { kind: "recording", label, steps: 0, of: this.#options.length };
		for (const { step, samples } of before) this.#append(step, samples);
		return this.#state;
	}

	#append(step: number, samples: Int16Array): void {
		const { scales, length, onClip } = this.#options;
		const clip = this.#clip!;
		clip.steps.push(step);
		samples.forEach((value, c) => {
			clip.values.push(value * scales[c]!);
		});
		if (clip.steps.length < length) {
			this.#state = { kind: "recording", label: clip.label, steps: clip.steps.length, of: length };
			return;
		}
		onClip(clip); // before choosing the next label: it counts
		this.#settled = false;
		this.#state = this.#turn();
	}

	/** Maximum spread of a channel over the latest steps. */
	#spread(): number {
		let greatest = 0;
		for (let c = 0; c < this.#options.channels; c++) {
			const values = this.#recent.map(({ samples }) => samples[c]!);
			greatest = Math.max(greatest, Math.max(...values) - Math.min(...values));
		}
		return greatest;
	}

	#watch(label: string, step: number, samples: Int16Array): void {
		const { length, trigger } = this.#options;
		const window = Math.max(2, Math.ceil(length / 5));
		this.#recent.push({ step, samples: samples.slice() });
		if (this.#recent.length < window) return;
		const spread = Math.max(LEAST, this.#spread());
		const rest = this.#rest.length === REST ? [...this.#rest].sort((a, b) => a - b)[REST >> 1]! : undefined;
		const moves = rest !== undefined && spread > trigger! * rest;
		if (moves && this.#settled) {
			this.#begin(label, this.#recent);
			return;
		}
		if (moves) {
			this.#recent.shift();
			return;
		}
		this.#settled = true;
		// Windows without movement set the level of rest; one more every half window.
		if (this.#recent.length >= window + (window >> 1)) {
			this.#rest = [...this.#rest, spread].slice(-REST);
			this.#recent = this.#recent.slice(-window + 1);
		}
	}
}

// Progress of long work on stderr: a live line on a terminal, a plain line every few seconds elsewhere. Silent for work shorter
// than two seconds. Results go to stdout, not here.
import { printable } from "./printable";

/** Formats seconds: 8 s, 2 min 05 s. */
export function duration(seconds: number): string {
	const s = Math.round(seconds);
	return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
}

/** Formats a count: 950, 12.3 k, 4.1 M. */
export function quantity(n: number): string {
	if (n >= 1e9) return `${(n / 1e9).toFixed(2)} G`;
	if (n >= 1e6) return `${(n / 1e6).toFixed(2)} M`;
	if (n >= 1e4) return `${(n / 1e3).toFixed(1)} k`;
	return n >= 100 || Number.isInteger(n) ? n.toFixed(0) : n.toFixed(1);
}

const QUIET_SECONDS = 2;
const LIVE_SECONDS = 0.1;
const PLAIN_SECONDS = 5;
/** An estimate from less would mislead. */
const PACED_SECONDS = 2;

/** One task with a known total; call `update` any number of times, `done` once. */
export class Progress {
	readonly #label: string;
	readonly #total: number;
	readonly #unit: string | undefined;
	readonly #started = performance.now();
	#first: { count: number; time: number } | undefined;
	#shown = 0;
	#visible = false;

	/**
	 * @param total units of work overall (0: unknown) @param unit name of a unit, such as "sequences"; without both, counts are
	 * fractions of the work, 0 to 1
	 */
	constructor(label: string, total = 1, unit?: string) {
		this.#label = label;
		this.#total = total;
		this.#unit = unit;
	}

	/** Reports that `count` units are done overall; `note` is free text at the end of the line (a loss, an accuracy). */
	update(count: number, note = ""): void {
		const now = performance.now();
		this.#first ??= { count, time: now };
		const interval = process.stderr.isTTY ? LIVE_SECONDS : PLAIN_SECONDS;
		if ((now - this.#started) / 1000 < QUIET_SECONDS || (now - this.#shown) / 1000 < interval) return;
		this.#shown = now;
		const of = this.#total ? ` of ${this.#total}` : "";
		const done = this.#unit === undefined ? `${(100 * count).toFixed(1)} %` : `${count}${of} ${this.#unit}`;
		this.#write(`${this.#label}: ${done}${this.#pace(count, now)}${note && `, ${note}`}`);
	}

	/** Rate and time left, measured from the first report: one-time setup before it says nothing about the pace. */
	#pace(count: number, now: number): string {
		const { count: before, time } = this.#first!;
		const seconds = (now - time) / 1000;
		if (count <= before || seconds < PACED_SECONDS) return "";
		const rate = (count - before) / seconds;
		const left = this.#total ? `, ${duration((this.#total - count) / rate)} left` : "";
		return `${this.#unit === undefined ? "" : `, ${quantity(rate)}/s`}${left}`;
	}

	/** Ends the line; `summary`, if given, is a last plain line if progress was ever shown. */
	done(summary?: string): void {
		if (!this.#visible) return;
		if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
		if (summary) process.stderr.write(`${printable(summary)}\n`);
		this.#visible = false;
	}

	#write(text: string): void {
		const line = printable(text);
		this.#visible = true;
		if (process.stderr.isTTY)
			process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
		else process.stderr.write(`${line}\n`);
	}
}

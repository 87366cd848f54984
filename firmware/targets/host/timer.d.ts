// timer: the part of the Moddable SDK's module in use; the same on every target.

declare module "timer" {
	type TimerCallback = (timer: Timer) => void;

	export default class Timer {
		private constructor();
		/** Calls back after `interval` ms (default 0), then every `repeat` ms if given and not 0. */
		static set(callback: TimerCallback, interval?: number, repeat?: number): Timer;
		/** Calls back every `interval` ms. */
		static repeat(callback: TimerCallback, interval: number): Timer;
		/** Reschedules a timer; without times it rests until scheduled again. */
		static schedule(timer: Timer, interval?: number, repeat?: number): void;
		/** Ends a timer; ignores an ended one, undefined and null. */
		static clear(timer: Timer | undefined | null): void;
		/** Blocks everything for `ms`. */
		static delay(milliseconds: number): void;
	}
}

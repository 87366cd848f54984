// timer: what the project uses of the Moddable SDK's module of that name; the same on every target.

declare module "timer" {
	type TimerCallback = (timer: Timer) => void;

	export default class Timer {
		private constructor();
		/** Calls back after `interval` ms (default 0), then every `repeat` ms if that is given and not 0. */
		static set(callback: TimerCallback, interval?: number, repeat?: number): Timer;
		/** Calls back every `interval` ms. */
		static repeat(callback: TimerCallback, interval: number): Timer;
		/** Gives a timer new times; without them it rests until it is scheduled again. */
		static schedule(timer: Timer, interval?: number, repeat?: number): void;
		/** Ends a timer; one that has ended already, undefined and null are ignored. */
		static clear(timer: Timer | undefined | null): void;
		/** Blocks everything for some ms. */
		static delay(milliseconds: number): void;
	}
}

// A mixer of the reference: its state and one step.
import type { Dither } from "../arithmetic/dither";

export interface MixerState {
	/** The state; saved unchanged, `bytes` bytes per number. */
	readonly x: Int16Array;
	readonly bytes: number;
	/** One step: from u (H) to y (H), int16. */
	step(u: Int16Array, y: Int16Array, dither: Dither): void;
}

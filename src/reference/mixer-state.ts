// What a mixer of the reference is: its state and one step.
import type { Dither } from "../arithmetic/dither";

export interface MixerState {
	/** The state; saved as it is, `bytes` bytes a number. */
	readonly x: Int16Array;
	readonly bytes: number;
	/** One step: from u (H) to y (H), int16. */
	step(u: Int16Array, y: Int16Array, dither: Dither): void;
}

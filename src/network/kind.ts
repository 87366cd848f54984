// A kind: one object in a file named after it, listed once in its room's list (norms.ts, mixers.ts, ...). Callers ask the
// object without knowing which kind it is.

import type { Layout } from "./layout";
import type { Pooling } from "./pooling";

/** Sizes and formats around a component of a block. */
export interface Surroundings {
	/** Heads: the width of the residual stream. */
	H: number;
	/** Maximum magnitude of an input of the mixer (u), of the channel mixer (g) and of the residual stream. */
	uMax: number;
	gMax: number;
	residualMax: number;
}

/** What a blob needs from a kind. */
export interface Stored<T = never> {
	/** Stored in the blob for this kind, 1 and up; 0 for one without a component. */
	readonly id: number;
	/** The lowest version of the arithmetic that defines it. */
	readonly arithmetic: number;
	/** The lowest version that defines the choices of an instance, where a later version added some. */
	later?(part: T): number;
	readonly layout: Layout;
}

export interface Kind<T> extends Stored<T> {
	/** @throws RangeError naming the tensor when an instance is outside its format or a sum could exceed int32 */
	prove(where: string, part: T, around: Surroundings): void;
	/** Multiply-accumulates per step; subsequent scalings are not counted. */
	macs(part: T, H: number): number;
	/** Bytes of arena scratch, a multiple of 4, for unpacking rows. */
	scratchBytes(part: T, H: number): number;
	/** Bytes of all rows it unpacks, when the arena keeps them; 0 if none. */
	keptBytes?(part: T, H: number): number;
	/** Needs y in addition to g. */
	readonly needsY?: boolean;
}

export interface MixerKind<T> extends Kind<T> {
	/** Bytes of one stream's state, a multiple of 4. */
	stateBytes(mixer: T, H: number): number;
	/** State coordinates: real numbers kept between steps. */
	stateValues(mixer: T, H: number): number;
}

/** Coding of a mixer's poles (Abar): `rows` rows of `columns` complex modes. */
export interface PolesKind<T> extends Stored<T> {
	prove(where: string, poles: T, rows: number, columns: number): void;
	/** Writes Abar (real, imaginary) of mode `n` of `row` in Q15 to out[at], out[at + 1]. */
	expand(
		poles: T,
		row: number,
		n: number,
		columns: number,
		out: { [index: number]: number },
		at: number,
	): void;
	/** Bits of one mode's code. */
	modeBits(poles: T): number;
	/** Whether the kernel reads Abar in place, without unpacking. */
	inPlace(poles: T): boolean;
}

export interface EncoderKind<T> extends Stored<T> {
	prove(where: string, encoder: T, around: { H: number; channels: number }): void;
	macs(encoder: T, around: { H: number; channels: number }): number;
	scratchBytes(encoder: T): number;
	keptBytes?(encoder: T): number;
}

/** Scaling of an output: real value = output scale + offset. */
export interface OutputScaling {
	unit: string; // "": none stated
	scale: number; // float32, positive
	offset: number; // float32
}

export interface HeadKind<T> extends Kind<T> {
	/** Pooling of the residual stream over time. */
	pooling(head: T): Pooling;
	/** Numbers per result. */
	outputs(head: T): number;
	/** Whether there are outputs at every step, or one result per sequence. */
	perStep(head: T): boolean;
	/** Whether the section `outputs` has their scaling; it is then the head's field `scaling`. */
	readonly scaled: boolean;
	/** The real value of `value` of output `k`. */
	real(head: T, value: number, k: number): number;
}

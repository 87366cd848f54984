// What is asked of every kind. A kind is one object in a file named after it; its room's list (norms.ts, mixers.ts, ...) names
// it once. Whoever needs to know something of a kind asks its object and does not know which one it is.

import type { Layout } from "./layout";
import type { Pooling } from "./pooling";

/** Sizes and formats around a component of a block. */
export interface Surroundings {
	/** Heads: the width of the residual stream. */
	H: number;
	/** Greatest magnitude of an input of the mixer (u), of the channel mixer (g) and of the residual stream. */
	uMax: number;
	gMax: number;
	residualMax: number;
}

/** What a blob needs to know of a kind. */
export interface Stored<T = never> {
	/** Stored in the blob for this kind, 1 and up; 0 for one that stands for nothing and has no component. */
	readonly id: number;
	/** The lowest version of the arithmetic that defines it. */
	readonly arithmetic: number;
	/** The lowest version that defines what a part of it asks for, where a later one added choices. */
	later?(part: T): number;
	readonly layout: Layout;
}

export interface Kind<T> extends Stored<T> {
	/** @throws RangeError that names the tensor when a part is outside its format or a sum could pass int32 */
	prove(where: string, part: T, around: Surroundings): void;
	/** Multiplications per step whose products are added up; the scalings that follow are not counted. */
	macs(part: T, H: number): number;
	/** Bytes of arena, a multiple of 4, that the operation unpacks rows into. */
	scratchBytes(part: T, H: number): number;
	/** Bytes of all rows that it unpacks, where the arena keeps them; 0 if there are none. */
	keptBytes?(part: T, H: number): number;
	/** It needs y beside g. */
	readonly needsY?: boolean;
}

export interface MixerKind<T> extends Kind<T> {
	/** Bytes of one stream's state, a multiple of 4. */
	stateBytes(mixer: T, H: number): number;
	/** State coordinates: real numbers kept from step to step. */
	stateValues(mixer: T, H: number): number;
}

/** How the poles of a mixer (Abar) are coded: `rows` rows of `columns` complex modes. */
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
	/** Whether the kernel reads Abar where it stands, without unpacking it. */
	inPlace(poles: T): boolean;
}

export interface EncoderKind<T> extends Stored<T> {
	prove(where: string, encoder: T, around: { H: number; channels: number }): void;
	macs(encoder: T, around: { H: number; channels: number }): number;
	scratchBytes(encoder: T): number;
	keptBytes?(encoder: T): number;
}

/** What an output means: real value = output scale + offset. */
export interface OutputScaling {
	unit: string; // "": none stated
	scale: number; // float32, positive
	offset: number; // float32
}

export interface HeadKind<T> extends Kind<T> {
	/** How the residual stream is pooled over time for it. */
	pooling(head: T): Pooling;
	/** Numbers in one result. */
	outputs(head: T): number;
	/** Whether outputs belong to every step, and not to the sequence alone. */
	perStep(head: T): boolean;
	/** Whether the section `outputs` says what they mean; it is the head's field `scaling` then. */
	readonly scaled: boolean;
	/** The real number that `value` of output `k` stands for. */
	real(head: T, value: number, k: number): number;
}

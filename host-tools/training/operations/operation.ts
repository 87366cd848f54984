// What host tools know of a kind of operation that the native trainer has: what it is called there and its integers. Each kind is a
// file here and in native/kinds, and a line in a list; network.ts composes them.
import type { Block, Network } from "../../../src/network/network";
import type { Dataset } from "../../datasets/dataset";
import type { Random } from "../../datasets/random";
import type { FloatSizes } from "../../float/kind";
import type { LayerUnits } from "../../quantization/grid";
import type { Units } from "../../quantization/network";
import type { Goal } from "../../task/task";
import type { Architecture } from "../architecture";

/** An operation as the native trainer opens it; struct Spec of network.h. The kind's file in native/kinds says what its size, option and value are. */
export interface Spec {
	kind: string;
	size?: number;
	option?: number;
	value?: number;
}

/** A kind of operation of the float network. */
export interface Operation<Part> {
	/** A norm is called by its kind alone here: network.ts says which place it has. */
	spec(part: Part, sizes: FloatSizes): Spec;
	/** Numbers that the native trainer keeps for each sequence and chunk of CHUNK steps, besides what all blocks have. */
	kept(part: Part, sizes: FloatSizes): number;
}

/** A mixer that a new network can start with. */
export interface Startable<Part> {
	/** Modes unless another number is given. */
	usualModes: number;
	/** Ways in which A may start; the first unless another is given. */
	inits: readonly string[];
	/** Why it cannot start like this, if it cannot. */
	unfit(architecture: Architecture): string | undefined;
	modesOf(part: Part): number;
	/** Its weights before training, drawn by `random`. */
	fresh(architecture: Architecture, random: Random): Part;
}

/** Weights or biases before training of a linear map of so many inputs. */
type FreshLinear = (length: number, inputs: number) => Float64Array;

/** An encoder that a new network can begin with. */
export interface StartableEncoder<Part> {
	/** Whether it is for tokens, or for measured values. */
	takesTokens: boolean;
	fresh(input: Pick<Dataset, "channels" | "tokens">, H: number, random: Random, linear: FreshLinear): Part;
}

/** A head that a new network can end in. */
export interface StartableHead<Part> {
	fresh(goal: Goal, architecture: Architecture, linear: FreshLinear): Part;
}

/**
 * Writes the integers of a block's stage in the order in which its native kind reads them. Without units, for the forward pass
 * alone, any will do.
 */
export type PutStage<Part> = (sink: Sink, part: Part, block: Block, units: LayerUnits | undefined) => void;
/** The same of encoder and head. */
export type PutEnd<Part> = (sink: Sink, part: Part, network: Network, units: Units | undefined) => void;

/** Steps between two kept states; STEPS of matrix.h. */
export const CHUNK = 32;

/** Rows as vectors hold them; PADDED of matrix.h. */
export const padded = (rows: number) => 4 * Math.ceil(rows / 4);

/** Bytes of a sequence of T steps: so many streams of H heads, and what operations keep besides. */
export function tapeBytes(T: number, H: number, streams: number, kept: readonly number[]): number {
	return 4 * Math.ceil(T / CHUNK) * kept.reduce((sum, numbers) => sum + numbers, streams * CHUNK * padded(H));
}

/** The numbers of a quantized network in the order in which network_quantize and each kind's `read` take them. */
export interface FlatNetwork {
	integers: Int32Array;
	reals: Float64Array;
}

/** Writes a FlatNetwork; used again, it needs no new memory. */
export class Sink {
	#integers = new Int32Array(4096);
	#reals = new Float64Array(1024);
	#integerCount = 0;
	#realCount = 0;

	integer(value: number): void {
		if (this.#integerCount === this.#integers.length) {
			const longer = new Int32Array(2 * this.#integers.length);
			longer.set(this.#integers);
			this.#integers = longer;
		}
		this.#integers[this.#integerCount++] = value;
	}

	integers(list: ArrayLike<number>): void {
		for (let i = 0; i < list.length; i++) this.integer(list[i]!);
	}

	real(value: number): void {
		if (this.#realCount === this.#reals.length) {
			const longer = new Float64Array(2 * this.#reals.length);
			longer.set(this.#reals);
			this.#reals = longer;
		}
		this.#reals[this.#realCount++] = value;
	}

	reals(list: ArrayLike<number>): void {
		for (let i = 0; i < list.length; i++) this.real(list[i]!);
	}

	/** What was written, valid until more is; begins a new one. */
	take(): FlatNetwork {
		const flat = {
			integers: this.#integers.subarray(0, this.#integerCount),
			reals: this.#reals.subarray(0, this.#realCount),
		};
		this.#integerCount = this.#realCount = 0;
		return flat;
	}
}

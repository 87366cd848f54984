// A kind of operation of the native trainer as host tools see it: its native name and its integers. Each kind is a file here
// and in native/kinds, and a line in a list; network.ts composes them.
import type { Block, Network } from "../../../src/network/network";
import type { Dataset } from "../../datasets/dataset";
import type { Random } from "../../datasets/random";
import type { FloatSizes } from "../../float/kind";
import type { LayerUnits } from "../../quantization/grid";
import type { Units } from "../../quantization/network";
import type { Goal } from "../../task/task";
import type { Architecture } from "../architecture";

/**
 * An operation as the native trainer opens it; struct Spec of network.h. The kind's file in native/kinds defines size, option
 * and value.
 */
export interface Spec {
	kind: string;
	size?: number;
	option?: number;
	value?: number;
}

/** A kind of operation of the float network. */
export interface Operation<Part> {
	/** A norm's name is its kind alone; network.ts knows its position. */
	spec(part: Part, sizes: FloatSizes): Spec;
	/** Numbers that the native trainer keeps for each sequence and chunk of CHUNK steps, beyond those of every block. */
	kept(part: Part, sizes: FloatSizes): number;
}

/** A mixer for new networks. */
export interface Startable<Part> {
	/** Default number of modes. */
	usualModes: number;
	/** Initializations of A; the first is the default. */
	inits: readonly string[];
	/** Why it cannot start like this, if so. */
	unfit(architecture: Architecture): string | undefined;
	modesOf(part: Part): number;
	/** Initial weights, drawn by `random`. */
	fresh(architecture: Architecture, random: Random): Part;
}

/** Initial weights or biases of a linear map with this many inputs. */
type FreshLinear = (length: number, inputs: number) => Float64Array;

/** An encoder for new networks. */
export interface StartableEncoder<Part> {
	/** Whether it is for tokens, or for measured values. */
	takesTokens: boolean;
	fresh(input: Pick<Dataset, "channels" | "tokens">, H: number, random: Random, linear: FreshLinear): Part;
}

/** A head for new networks. */
export interface StartableHead<Part> {
	fresh(goal: Goal, architecture: Architecture, linear: FreshLinear): Part;
}

/**
 * Writes the integers of a block's stage in the order in which its native kind reads them. Units may be omitted for the forward
 * pass alone.
 */
export type PutStage<Part> = (sink: Sink, part: Part, block: Block, units: LayerUnits | undefined) => void;
/** The same for encoder and head. */
export type PutEnd<Part> = (sink: Sink, part: Part, network: Network, units: Units | undefined) => void;

/** Steps between stored states; STEPS of matrix.h. */
export const CHUNK = 32;

/** Padded number of rows; PADDED of matrix.h. */
export const padded = (rows: number) => 4 * Math.ceil(rows / 4);

/** Bytes of a sequence of T steps: this many streams of H heads, plus what operations keep. */
export function tapeBytes(T: number, H: number, streams: number, kept: readonly number[]): number {
	return 4 * Math.ceil(T / CHUNK) * kept.reduce((sum, numbers) => sum + numbers, streams * CHUNK * padded(H));
}

/** The numbers of a quantized network in the order of network_quantize and each kind's `read`. */
export interface FlatNetwork {
	integers: Int32Array;
	reals: Float64Array;
}

/** Writes a FlatNetwork; reuse needs no new memory. */
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

	/** What was written, valid until the next write; starts a new one. */
	take(): FlatNetwork {
		const flat = {
			integers: this.#integers.subarray(0, this.#integerCount),
			reals: this.#reals.subarray(0, this.#realCount),
		};
		this.#integerCount = this.#realCount = 0;
		return flat;
	}
}

// The integer interpreter that defines edge-ssm.int.v2 and v3 in code (docs/ARITHMETIC.md does in words): readable first, one
// sample at a time, on Node and on XS. The C kernel gives the same bytes; where they differ, the reference is right. Not fast.
import { clamp, symmetricMax } from "../arithmetic/arithmetic";
import { Dither } from "../arithmetic/dither";
import { LIMITS } from "../network/limits";
import { type Encoder, type Head, headKind, type Network } from "../network/network";
import { type Observe, RunBlock } from "./block";
import * as ENCODERS from "./encoders";
import * as HEADS from "./heads";

type Encode = (encoder: Encoder, sample: Int16Array, out: Int32Array) => void;
type Conclude = (head: Head, pooled: Int16Array) => Int32Array;

/** The reference interpreter of one network: one stream at a time. */
export class Reference {
	readonly network: Network;
	readonly #mean: boolean;
	readonly #blocks: RunBlock[];
	readonly #residual: Int16Array; // (H)
	readonly #encoded: Int32Array; // (H)
	readonly #sample: Int16Array; // (channels)
	readonly #sums: Int32Array; // (H), mean pooling
	readonly #dither = new Dither();
	#steps = 0;

	constructor(network: Network) {
		const { H, head } = network;
		this.network = network;
		this.#mean = headKind(head).pooling(head) === "mean";
		this.#blocks = network.blocks.map((block) => new RunBlock(block, H));
		this.#residual = new Int16Array(H);
		this.#encoded = new Int32Array(H);
		this.#sample = new Int16Array(network.input.length);
		this.#sums = new Int32Array(H);
		this.reset();
	}

	/** Steps since the last reset. */
	get steps(): number {
		return this.#steps;
	}

	/** Back to before the first sample. */
	reset(): void {
		for (const { mixer } of this.#blocks) mixer.x.fill(0);
		this.#sums.fill(0);
		this.#residual.fill(0);
		this.#steps = 0;
		this.#dither.seed = this.network.ditherSeed | 0;
	}

	/** Feeds whole samples of `channels` values each, int16; `observe` sees what each stage computes. @throws RangeError on a sequence too long for mean pooling. */
	write(samples: ArrayLike<number>, observe?: Observe): void {
		const channels = this.#sample.length;
		const count = samples.length / channels;
		if (!Number.isInteger(count))
			throw new RangeError(`samples: ${samples.length} values are no whole number of samples`);
		if (this.#mean && this.#steps + count > LIMITS.meanSteps)
			throw new RangeError("ESSM_E_LENGTH: sequence too long");
		for (let t = 0; t < count; t++) {
			for (let c = 0; c < channels; c++) this.#sample[c] = samples[t * channels + c]!;
			this.#step(observe);
		}
	}

	#step(observe?: Observe): void {
		const { encoder, residualBits } = this.network;
		const residual = this.#residual;
		const most = symmetricMax(residualBits);
		(ENCODERS[encoder.kind] as Encode)(encoder, this.#sample, this.#encoded);
		for (let h = 0; h < residual.length; h++) residual[h] = clamp(this.#encoded[h]!, -most, most);
		this.#dither.step();
		for (const block of this.#blocks) block.step(residual, most, this.#dither, observe);
		observe?.("r", residual);
		observe?.("r", residual);
		if (this.#mean) for (let h = 0; h < residual.length; h++) this.#sums[h]! += residual[h]!;
		if (this.#steps < 0xffffffff) this.#steps++;
	}

	/** Outputs of the stream so far, in the head's units. @throws RangeError before the first sample. */
	outputs(): Int32Array {
		const { head } = this.network;
		if (this.#steps === 0) throw new RangeError("ESSM_E_EMPTY: no sample was written");
		const pooled = Int16Array.from(this.#residual);
		if (this.#mean)
			for (let h = 0; h < pooled.length; h++)
				pooled[h] = Math.floor((this.#sums[h]! + (this.#steps >> 1)) / this.#steps);
		return (HEADS[head.kind] as Conclude)(head, pooled);
	}

	/** The persistent state without heading and CRC: steps, seed, pooling, state of every mixer; as the kernel lays it out. */
	stateBytes(): Uint8Array {
		const bytes: number[] = [];
		const put = (v: number, size: number) => {
			for (let k = 0; k < size; k++) bytes.push((v >> (8 * k)) & 0xff);
		};
		const align = () => {
			while (bytes.length & 3) bytes.push(0);
		};
		put(this.#steps, 4);
		put(this.#dither.seed, 4);
		if (this.#mean) for (const sum of this.#sums) put(sum, 4);
		else for (const r of this.#residual) put(r, 2);
		align();
		for (const { mixer } of this.#blocks) {
			for (const v of mixer.x) put(v, mixer.bytes);
			align();
		}
		return Uint8Array.from(bytes);
	}
}

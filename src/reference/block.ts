// One block: its stages in order, one file per operation [A17].
import { clamp } from "../arithmetic/arithmetic";
import type { Dither } from "../arithmetic/dither";
import type { Activation, Block, Channel, Mixer, Norm, Post } from "../network/network";
import * as ACTIVATIONS from "./activations";
import * as CHANNELS from "./channels";
import type { MixerState } from "./mixer-state";
import * as MIXERS from "./mixers";
import * as NORMS from "./norms";
import * as POSTS from "./posts";

type Quantize = (norm: Norm, residual: Int16Array, u: Int16Array) => void;
type Prepare = (mixer: Mixer, H: number) => MixerState;
type Activate = (activation: Activation, y: Int16Array, fraction: number, g: Int16Array) => void;
type Mix = (channel: Channel, g: Int16Array, add: Int32Array, y: Int16Array) => void;
type Finish = (post: Post, residual: Int16Array, out: Int32Array) => void;

/** Called with a stage's result, before the next one changes it. */
export type Observe = (name: string, values: ArrayLike<number>) => void;

/** A block ready to run. */
export class RunBlock {
	readonly mixer: MixerState;
	readonly #block: Block;
	readonly #u: Int16Array; // (H)
	readonly #y: Int16Array; // (H)
	readonly #g: Int16Array; // (H)
	readonly #wide: Int32Array; // (H), before saturation

	constructor(block: Block, H: number) {
		this.#block = block;
		this.mixer = (MIXERS[block.mixer.kind] as Prepare)(block.mixer, H);
		this.#u = new Int16Array(H);
		this.#y = new Int16Array(H);
		this.#g = new Int16Array(H);
		this.#wide = new Int32Array(H);
	}

	/** One step: updates the residual stream, which saturates at `most`. */
	step(residual: Int16Array, most: number, dither: Dither, observe: Observe = () => {}): void {
		const { norm, activation, yFraction, channel, post } = this.#block;
		const wide = this.#wide;
		observe("r", residual);
		(NORMS[norm.kind] as Quantize)(norm, residual, this.#u);
		observe("u", this.#u);
		this.mixer.step(this.#u, this.#y, dither);
		observe("x", this.mixer.x);
		observe("y", this.#y);
		(ACTIVATIONS[activation.kind] as Activate)(activation, this.#y, yFraction, this.#g);
		observe("g", this.#g);
		(CHANNELS[channel.kind] as Mix)(channel, this.#g, wide, this.#y);
		observe("a", wide);
		for (let h = 0; h < residual.length; h++) residual[h] = clamp(residual[h]! + wide[h]!, -most, most);
		(POSTS[post.kind] as Finish)(post, residual, wide);
		for (let h = 0; h < residual.length; h++) residual[h] = clamp(wide[h]!, -most, most);
	}
}

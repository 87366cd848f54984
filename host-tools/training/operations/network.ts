// The operations of a network: the native trainer's specs, the memory it needs, integers in the order in which it reads them.
import { symmetricMax } from "../../../src/arithmetic/arithmetic";
import type { Encoder, Head, Network, Post } from "../../../src/network/network";
import { type FloatBlock, type FloatModel, type FloatNorm, normsOf, sizesOf } from "../../float/model";
import type { Units } from "../../quantization/network";
import { UserError } from "../../terminal/errors";
import * as ACTIVATIONS from "./activations";
import * as CHANNELS from "./channels";
import * as ENCODERS from "./encoders";
import * as ENDS from "./ends";
import * as HEADS from "./heads";
import * as MIXERS from "./mixers";
import * as NORMS from "./norms";
import {
	type FlatNetwork,
	type Operation,
	type PutEnd,
	type PutStage,
	Sink,
	type Spec,
	tapeBytes,
} from "./operation";
import * as POSTS from "./posts";
import * as STAGES from "./stages";

/** A part of the network with its operation. */
interface Operated {
	operation: Operation<unknown>;
	part: unknown;
}

/** Norm position: before the mixer, or after the residual addition. */
function operationAt(place: "norm" | "post", part: FloatNorm): Operated {
	const { spec, kept } = NORMS[part.kind] as Operation<unknown>;
	const placed: Operation<unknown> = {
		spec(...of) {
			const plain = spec(...of);
			return { ...plain, kind: `${place}_${plain.kind}` };
		},
		kept,
	};
	return { operation: placed, part };
}

/** A block's operations in the order in which samples pass them. */
function operationsOf(block: FloatBlock): Operated[] {
	const { mixer, activation, channel } = block;
	const { before, after } = normsOf(block);
	return [
		operationAt("norm", before),
		{ operation: MIXERS[mixer.kind], part: mixer },
		{ operation: ACTIVATIONS[activation.kind], part: activation },
		{ operation: CHANNELS[channel.kind], part: channel },
		operationAt("post", after),
	] as Operated[];
}

/** All operations: encoder; norm, mixer, activation, channel mixer and post of each block; head. */
function allOperations({ encoder, blocks, head }: FloatModel): Operated[] {
	return [
		{ operation: ENCODERS[encoder.kind], part: encoder },
		...blocks.flatMap(operationsOf),
		{ operation: HEADS[head.kind] as Operation<unknown>, part: head },
	] as Operated[];
}

export function specsOf(model: FloatModel): Spec[] {
	const sizes = sizesOf(model);
	return allOperations(model).map(({ operation, part }) => operation.spec(part, sizes));
}

/** Bytes that the native trainer needs for each sequence of T steps. */
export function bytesPerSequence(model: FloatModel, T: number): number {
	const posts = model.blocks.filter((block) => normsOf(block).after.kind !== "none");
	const kept = allOperations(model).map(({ operation, part }) => operation.kept(part, sizesOf(model)));
	// Gradients of the stream and of the norm's output; for each block the stream, the mixer's output and the input of a post.
	return tapeBytes(T, model.H, 2 + 2 * model.blocks.length + posts.length, kept);
}

/**
 * Network and units as two flat arrays.
 * @param units omitted for the forward pass alone @param sink omitted: the caller owns the arrays
 */
export function flattenNetwork(network: Network, units?: Units, sink = new Sink()): FlatNetwork {
	const { H, blocks } = network;
	const ones = { scale: new Float64Array(H).fill(1), offset: new Float64Array(H) };
	sink.integer(symmetricMax(network.residualBits));
	sink.integer(network.ditherSeed);
	for (const { scale, offset } of units?.residual ?? Array.from({ length: blocks.length + 1 }, () => ones)) {
		sink.reals(scale);
		sink.reals(offset);
	}
	const putEnd = (part: Encoder | Head) =>
		(ENDS[part.kind] as PutEnd<Encoder | Head>)(sink, part, network, units);
	putEnd(network.encoder);
	// As the trainer opens them: norms of a block come last.
	for (const [l, block] of blocks.entries()) {
		for (const stage of [block.mixer, block.activation, block.channel, block.norm]) {
			const put = (STAGES as Partial<Record<string, unknown>>)[stage.kind];
			if (!put) throw new UserError(`The kind ${stage.kind} is not built into the trainer yet.`);
			(put as PutStage<typeof stage>)(sink, stage, block, units?.layers[l]);
		}
		(POSTS[block.post.kind] as PutStage<Post>)(sink, block.post, block, units?.layers[l]);
	}
	putEnd(network.head);
	return sink.take();
}

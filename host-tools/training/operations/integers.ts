// The operations of a quantized network, from its integers alone: its forward pass needs no float network.
import { headKind, type Network } from "../../../src/network/network";
import type { FloatSizes } from "../../float/kind";
import { UserError } from "../../terminal/errors";
import * as ACTIVATIONS from "./activations";
import * as CHANNELS from "./channels";
import * as ENCODERS from "./encoders";
import * as HEADS from "./heads";
import * as MIXERS from "./mixers";
import * as NORMS from "./norms";
import { type Operation, type Spec, tapeBytes } from "./operation";

interface Part {
	kind: string;
}

/** A folded norm takes the place of no norm in a block's integers. */
const normOf = (norm: Part): Part => (norm.kind === "affine" ? { kind: "none" } : norm);

interface Operated {
	operation: Operation<unknown>;
	part: Part;
	/** Prefix of the native kind's name. */
	place: string;
}

/** Sizes and options have the same names in quantized parts as in float ones. @throws UserError on a kind that the trainer does not have */
function operationsOf({ encoder, blocks, head }: Network): Operated[] {
	const find = (list: object, part: Part, place = ""): Operated => {
		const operation = (list as Record<string, Operation<unknown> | undefined>)[part.kind];
		if (!operation) throw new UserError(`The kind ${part.kind} is not built into the trainer yet.`);
		return { operation, part, place };
	};
	return [
		find(ENCODERS, encoder),
		...blocks.flatMap(({ norm, mixer, activation, channel, post }) => [
			find(NORMS, normOf(norm), "norm_"),
			find(MIXERS, mixer),
			find(ACTIVATIONS, activation),
			find(CHANNELS, channel),
			find(NORMS, post, "post_"),
		]),
		find(HEADS, head),
	];
}

const sizesOf = ({ H, input, head }: Network): FloatSizes => ({
	H,
	channels: input.length,
	outputs: headKind(head).outputs(head),
});

/** As `specsOf` of a float network. @throws UserError on a kind that the trainer does not have */
export function specsOfIntegers(network: Network): Spec[] {
	return operationsOf(network).map(({ operation, part, place }) => {
		const spec = operation.spec(part, sizesOf(network));
		return { ...spec, kind: place + spec.kind };
	});
}

/** As `bytesPerSequence` of a float network. */
export function bytesPerIntegerSequence(network: Network, T: number): number {
	const { H, blocks } = network;
	const posts = blocks.filter(({ post }) => post.kind !== "none");
	const kept = operationsOf(network).map(({ operation, part }) => operation.kept(part, sizesOf(network)));
	return tapeBytes(T, H, 2 + 2 * blocks.length + posts.length, kept);
}

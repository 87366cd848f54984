// The head of a checkpoint. A kind is one object in a file named after it, listed once in heads.ts. The tensors are the same
// for all.
import type { Pooling } from "../../src/network/pooling";
import type { Decoder } from "./families/family";
import type { Settings } from "./metadata";

export interface CheckpointHead<Float> {
	/** @throws UserError naming the metadata that are wrong or missing */
	read(decoder: Decoder, pooling: Pooling, settings: Settings): Float;
	/** Metadata from which `read` restores the head, besides pooling and tensors. */
	stated(head: Float): Record<string, string>;
}

// What a checkpoint says of its head. A kind is one object in a file named after it; heads.ts names it once. The tensors are the
// same for all.
import type { Pooling } from "../../src/network/pooling";
import type { Decoder } from "./families/family";
import type { Settings } from "./metadata";

export interface CheckpointHead<Float> {
	/** @throws UserError naming what the metadata say wrongly or not at all */
	read(decoder: Decoder, pooling: Pooling, settings: Settings): Float;
	/** Metadata from which `read` gives the head again, beside pooling and tensors. */
	stated(head: Float): Record<string, string>;
}

// The section of the head as the device reads it: what its header says, not its weights, which only the kernel reads. Apart from
// components.ts, so that a device's code holds the kinds of heads and no others.
import * as LIST from "../network/heads";
import type { HeadKind } from "../network/kind";
import type { Layout } from "../network/layout";
import type { Head } from "../network/network";
import { readHeader } from "./codec";
import type { Container } from "./container";
import { kindLayout } from "./kind-layout";

/** A constant of its own: firmware could not keep the binding of an import in flash. */
const HEADS = LIST;

export const HEAD: Layout = kindLayout("head", HEADS);

type WithoutWeights<T> = T extends unknown ? Omit<T, "map" | "scaling"> : never;

/** A head without its weights. */
export type HeadHeader = WithoutWeights<Head>;

/** What is known of a head by its header. */
export interface HeadHeaderRead {
	head: HeadHeader;
	outputs: number;
	pooling: ReturnType<HeadKind<Head>["pooling"]>;
	perStep: boolean;
	scaled: boolean;
}

/** What the head's header says, with what follows for every kind of head. @throws BlobError */
export function readHeadHeader(blob: Uint8Array, { sections }: Container): HeadHeaderRead {
	const { start, length } = sections.head;
	const end = start + length;
	const head = {} as Head;
	const at = readHeader(HEAD, blob, start, end, "the head", head);
	const kind = HEADS[head.kind] as HeadKind<Head>;
	readHeader(kind.layout, blob, at, end, "the head", head);
	const { scaled } = kind;
	return {
		head,
		outputs: kind.outputs(head),
		pooling: kind.pooling(head),
		perStep: kind.perStep(head),
		scaled,
	};
}

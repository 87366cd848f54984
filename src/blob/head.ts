// The section of the head as the device reads it: its header, not its weights, which only the kernel reads. Separate from
// components.ts, so that a device's code contains only the kinds of heads.
import * as LIST from "../network/heads";
import type { HeadKind } from "../network/kind";
import type { Layout } from "../network/layout";
import type { Head } from "../network/network";
import { readHeader } from "./codec";
import type { Container } from "./container";
import { kindLayout } from "./kind-layout";

/** A local constant: firmware cannot keep the binding of an import in flash. */
const HEADS = LIST;

export const HEAD: Layout = kindLayout("head", HEADS);

type WithoutWeights<T> = T extends unknown ? Omit<T, "map" | "scaling"> : never;

/** A head without its weights. */
export type HeadHeader = WithoutWeights<Head>;

/** Properties of a head given by its header. */
export interface HeadHeaderRead {
	head: HeadHeader;
	outputs: number;
	pooling: ReturnType<HeadKind<Head>["pooling"]>;
	perStep: boolean;
	scaled: boolean;
}

/** Reads the head's header, with what follows from it for every kind of head. @throws BlobError */
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

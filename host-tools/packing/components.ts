// The content of a blob's bytes, and savings relative to float32. Counts only, from the layouts shared by writer and reader;
// every byte of the file is counted once.
import { z } from "zod";
import { BLOCK, ENCODER } from "../../src/blob/components";
import { readContainer } from "../../src/blob/container";
import { HEAD } from "../../src/blob/head";
import { HEADER, SECTION } from "../../src/blob/schema";
import { arenaLayout } from "../../src/network/arena";
import { packedBytes } from "../../src/network/bits";
import { align4, bitsOf, getPath, headerBytes, type Layout, sizeOf } from "../../src/network/layout";
import { encoderKind, headKind, mixerKind, type Network, stages } from "../../src/network/network";
import { type FloatModel, parameterCount, stateCount } from "../float/model";

/** Bytes of a blob by content, summing to `total`, the file's length. */
export interface BlobComponents {
	header: number;
	/** Packed codes by tensor, such as A, B, C, D; "weights": all linear maps. */
	codes: Record<string, number>;
	/** Scales, offsets, biases, and component headers. */
	scales: number;
	input: number;
	labels: number;
	notes: number;
	golden: number;
	signature: number;
	/** Section headers, and padding to multiples of four. */
	padding: number;
	total: number;
}

/** Sums the bytes of a component's parts by tensor. */
function countParts(
	layout: Layout,
	part: object,
	sizes: Record<string, number>,
	codes: Record<string, number>,
): number {
	let scales = headerBytes(layout);
	for (const of of layout.parts) {
		const bytes =
			sizeOf(of.rows, sizes, part) * packedBytes(sizeOf(of.columns, sizes, part), bitsOf(of, part));
		if (of.holds) codes[of.holds] = (codes[of.holds] ?? 0) + bytes;
		else scales += bytes;
	}
	const { inner } = layout;
	if (!inner) return scales;
	const inside = getPath(part, inner.path) as { kind: string };
	const kind = inner.kinds[inside.kind] as { layout: Layout };
	const within = Object.entries(inner.sizes).map(([name, size]) => [name, sizeOf(size, sizes, part)]);
	return scales + countParts(kind.layout, inside, Object.fromEntries(within), codes);
}

export function blobComponents(blob: Uint8Array, network: Network): BlobComponents {
	const { H, blocks, encoder, head, input } = network;
	const sizes = { heads: H, channels: input.length };
	const { length, sections, signature } = readContainer(blob);
	const codes: Record<string, number> = {};
	let scales = headerBytes(ENCODER) + headerBytes(HEAD) + blocks.length * headerBytes(BLOCK);
	for (const block of blocks)
		for (const { kind, part } of stages(block)) scales += countParts(kind.layout, part, sizes, codes);
	scales += countParts(encoderKind(encoder).layout, encoder, sizes, codes);
	scales += countParts(headKind(head).layout, head, sizes, codes);
	const parts = {
		header: headerBytes(HEADER),
		scales,
		input: sections.input.length,
		labels: sections.labels.length,
		notes: sections.notes.length,
		golden: sections.golden.length,
		signature: signature?.length ?? 0,
	};
	const counted = [...Object.values(parts), ...Object.values(codes)].reduce((a, b) => a + b, 0);
	return { ...parts, codes, padding: length - counted, total: length };
}

/** Bytes of the sections of encoder, blocks and head, with headers and padding. */
export function parameterBytes(blob: Uint8Array): number {
	const { blocks, sections } = readContainer(blob, { checked: true });
	return [sections.encoder, ...blocks, sections.head].reduce(
		(sum, { length }) => sum + headerBytes(SECTION) + align4(length),
		0,
	);
}

/** The float network in float32 against its integers: parameters plus state, nothing else on either side. */
export interface Saving {
	/** Trainable parameters as PyTorch counts them, and state values, of the network before pruning. */
	parameters: number;
	stateValues: number;
	/** 4 (parameters + stateValues). */
	floatBytes: number;
	/** Sections of encoder, blocks and head: codes, scales, offsets, biases, headers, padding. */
	parameterBytes: number;
	/** Bytes of the arena that hold x. */
	stateBytes: number;
	/** 100 (1 - (parameterBytes + stateBytes) / floatBytes). */
	percent: number;
}

const notesType = z.object({
	/** Of the original float network, before modes were pruned. */
	float: z.object({ parameters: z.int().positive(), stateValues: z.int().nonnegative() }),
});

/** The float network's size from the notes; without notes no saving is counted. */
function floatNetwork({ notes }: Network): { parameters: number; stateValues: number } | undefined {
	try {
		return notesType.parse(JSON.parse(notes)).float;
	} catch {
		return undefined;
	}
}

/** @param model the float network, where it is at hand @returns undefined when it is not, and the notes do not describe it */
export function saving(blob: Uint8Array, network: Network, model?: FloatModel): Saving | undefined {
	const float =
		floatNetwork(network) ?? (model && { parameters: parameterCount(model), stateValues: stateCount(model) });
	if (!float) return undefined;
	const floatBytes = 4 * (float.parameters + float.stateValues);
	const bytes = parameterBytes(blob);
	const stateBytes = arenaLayout(network).states;
	return {
		...float,
		floatBytes,
		parameterBytes: bytes,
		stateBytes,
		percent: 100 * (1 - (bytes + stateBytes) / floatBytes),
	};
}

/** State values of all mixers. */
export function stateValues({ H, blocks }: Pick<Network, "H" | "blocks">): number {
	return blocks.reduce((sum, { mixer }) => sum + mixerKind(mixer).stateValues(mixer, H), 0);
}

/** The arena by purpose, in bytes, summing to `total`. */
export function arenaComponents(network: Network) {
	const { control, pool, states, residual, signal, rows, total } = arenaLayout(network);
	return { state: states, pooling: pool, residual, activations: signal, rows, control, total };
}

// A blob's bytes to an entire network. It accepts exactly the blobs that the kernel accepts. Callers check identity and
// signature: no hash function runs on every target.
import { isUtf8, readUtf8 } from "../bytes/utf8";
import type { Layout } from "../network/layout";
import { LIMITS } from "../network/limits";
import {
	arithmeticVersion,
	type Block,
	ENCODERS,
	type Encoder,
	HEADS,
	type Head,
	headKind,
	type Network,
} from "../network/network";
import { BlobError } from "./blob-error";
import { readComponent, readHeader } from "./codec";
import { BLOCK, ENCODER, STAGES } from "./components";
import {
	type Container,
	goldenPlaces,
	readContainer,
	readGolden,
	readInput,
	readLabels,
	readOutputs,
	type Span,
} from "./container";
import { readDetector } from "./detector";
import { HEAD } from "./head";
import { readStream } from "./stream";

type Kinds = Readonly<Record<string, { readonly layout: Layout }>>;

/** Reads a section with one component, encoder or head. */
function readSingle(
	layout: Layout,
	kinds: Kinds,
	blob: Uint8Array,
	{ start, length }: Span,
	sizes: Record<string, number>,
): object {
	const end = start + length;
	const part = {} as { kind: string };
	const at = readHeader(layout, blob, start, end, `the ${layout.name}`, part);
	const kind = kinds[part.kind] as { layout: Layout };
	if (readComponent(kind.layout, blob, at, end, sizes, `the ${layout.name}`, part) !== end)
		// B26
		throw new BlobError("LAYOUT", `the ${layout.name} does not fill its section.`);
	return part;
}

/** The head, from a container already checked. @throws BlobError */
export function readHead(blob: Uint8Array, container: Container): Head {
	const { sections, H } = container;
	const head = readSingle(HEAD, HEADS, blob, sections.head, { heads: H }) as Head;
	const kind = headKind(head);
	const scaling = readOutputs(blob, container, kind.outputs(head), kind.scaled);
	return scaling ? ({ ...head, scaling } as Head) : head;
}

function readBlock(blob: Uint8Array, { start, length }: Span, heads: number, l: number): Block {
	const end = start + length;
	const block = {} as Record<keyof typeof STAGES, { kind: string }>;
	let at = readHeader(BLOCK, blob, start, end, `block ${l}`, block);
	for (const stage of Object.keys(STAGES) as (keyof typeof STAGES)[]) {
		const kinds = STAGES[stage] as unknown as Kinds;
		const { layout } = kinds[block[stage].kind] as { layout: Layout };
		at = readComponent(layout, blob, at, end, { heads }, `block ${l} ${stage}`, block[stage]);
	}
	if (at !== end) throw new BlobError("LAYOUT", `block ${l} does not fill its section.`);
	return block as unknown as Block;
}

/**
 * The entire network of a blob.
 * @param blob begins with the blob; what follows it (the rest of a partition) is ignored
 * @throws BlobError with the kernel's error name
 */
export function readBlob(blob: Uint8Array): Network {
	const container = readContainer(blob);
	const { H, sections } = container;
	const { rate, input } = readInput(blob, container);
	const channels = input.length;
	const encoder = readSingle(ENCODER, ENCODERS, blob, sections.encoder, { heads: H, channels }) as Encoder;
	const blocks = container.blocks.map((span, l) => readBlock(blob, span, H, l));
	const head = readHead(blob, container);
	const kind = headKind(head);
	const outputs = kind.outputs(head);
	const labels = readLabels(blob, container, outputs);
	const perStep = kind.perStep(head);
	const mean = kind.pooling(head) === "mean";
	const stream = readStream(blob, container, { outputs, scaled: kind.scaled, mean });
	const ahead = head.kind === "values" ? head.ahead : 0;
	const detector = readDetector(blob, container, { channels, outputs, perStep, ahead });
	const limit = mean ? LIMITS.meanSteps : Infinity;
	const places = goldenPlaces(blob, container, {
		...{ channels, outputs, perStep, limit },
	});
	const { start, length } = sections.notes;
	// B28
	if (!isUtf8(blob, start, start + length)) throw new BlobError("TEXT", "the notes are not UTF-8.");
	const version = arithmeticVersion({ encoder, blocks, head });
	if (container.arithmetic !== version)
		// B29
		throw new BlobError(
			"VERSION",
			`the blob states arithmetic ${container.arithmetic}, its kinds need ${version}.`,
		);
	return {
		version: container.version,
		H,
		residualBits: container.residualBits,
		ditherSeed: container.ditherSeed,
		steps: container.steps,
		rate,
		input,
		encoder,
		blocks,
		head,
		labels,
		...(stream && { stream }),
		...(detector && { detector }),
		notes: readUtf8(blob, start, start + length),
		golden: readGolden(blob, places, channels),
	};
}

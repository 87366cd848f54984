// Shapes of a network, as far as sizes and costs depend on them: kinds with their sizes, no widths and no codes.
import { z } from "zod";
import type { Network } from "../../src/network/network";
import { type FloatModel, normsOf, outputsOf } from "../float/model";
import { normQuantizer } from "./block";
import type { Size } from "./widths/kind";
import {
	ACTIVATIONS,
	type BlockKinds,
	CHANNELS,
	ENCODERS,
	encoderWidths,
	HEADS,
	headWidths,
	MIXERS,
	type NetworkKinds,
	NORMS,
	POSTS,
	type ShapeOf,
	STAGES,
	stageWidths,
} from "./widths/kinds";

export interface BlockShape {
	norm: ShapeOf<typeof NORMS>;
	mixer: ShapeOf<typeof MIXERS>;
	activation: ShapeOf<typeof ACTIVATIONS>;
	channel: ShapeOf<typeof CHANNELS>;
	post: ShapeOf<typeof POSTS>;
}

export interface Shape {
	channels: number;
	H: number;
	encoder: ShapeOf<typeof ENCODERS>;
	blocks: BlockShape[];
	head: ShapeOf<typeof HEADS>;
}

/** Any shape of a list of kinds. */
function oneOf<List extends Record<string, { shape: z.ZodType }>>(list: List) {
	return z.union(Object.values(list).map(({ shape }) => shape)) as unknown as z.ZodType<ShapeOf<List>>;
}

/** A shape as stored in files. */
export const shapeType: z.ZodType<Shape> = z.object({
	channels: z.number(),
	H: z.number(),
	encoder: oneOf(ENCODERS),
	blocks: z.array(
		z.object({
			norm: oneOf(NORMS),
			mixer: oneOf(MIXERS),
			activation: oneOf(ACTIVATIONS),
			channel: oneOf(CHANNELS),
			post: oneOf(POSTS).default({ kind: "none" }),
		}),
	),
	head: oneOf(HEADS),
});

/** The parts that determine a shape: of a quantized network, or of a float network with the kinds it is quantized to. */
function shapeOfParts(
	{ channels, H, head, encoder }: { channels: number; H: number } & Pick<NetworkKinds, "encoder" | "head">,
	blocks: readonly BlockKinds[],
): Shape {
	return {
		channels,
		H,
		encoder: encoderWidths(encoder).shape.parse(encoder) as Shape["encoder"],
		blocks: blocks.map((block) => {
			const parts = STAGES.map((stage) => [stage, stageWidths(stage, block).shape.parse(block[stage])]);
			return Object.fromEntries(parts) as BlockShape;
		}),
		head: headWidths(head).shape.parse(head) as Shape["head"],
	};
}

export function shapeOf(network: Pick<Network, "H" | "blocks" | "input" | "encoder" | "head">): Shape {
	return shapeOfParts({ ...network, channels: network.input.length }, network.blocks);
}

/** The shape that a float network is quantized to: its norms become those of their quantizers. */
export function floatShape(model: FloatModel): Shape {
	const { H, channels, encoder, blocks } = model;
	const head = { ...model.head, outputs: outputsOf(model) };
	return shapeOfParts(
		{ H, channels, encoder, head },
		// A kind without integers is refused by name when its widths are requested.
		blocks.map((block) => {
			const { before, after } = normsOf(block);
			const norm = { kind: normQuantizer(before).norm };
			return { ...block, norm, post: { kind: normQuantizer(after).post } } as BlockKinds;
		}),
	);
}

const distinct = <T>(items: readonly T[]) => [...new Set(items)];
const blockParts = (shape: Shape) =>
	shape.blocks.flatMap((block) =>
		STAGES.map((stage) => ({ widths: stageWidths(stage, block), part: block[stage] })),
	);

/** The shape in words. @param named with the names of sizes, such as "H 12 heads" */
export function shapeText(shape: Shape, named: boolean): string {
	const { channels, H, encoder, blocks, head } = shape;
	const inBlocks = blockParts(shape).flatMap(({ widths, part }) => widths.sizes?.(part) ?? []);
	// Sizes of the same meaning are merged, with all their values.
	const merged = distinct(inBlocks.map(({ what }) => what)).map((what) => {
		const same = inBlocks.filter((size) => size.what === what);
		return { name: same[0]!.name, what, value: distinct(same.map(({ value }) => value)).join(", ") };
	});
	const sizes: (Omit<Size, "value"> & { value: number | string })[] = [
		{ name: "", value: channels, what: channels === 1 ? "channel" : "channels" },
		...(encoderWidths(encoder).sizes?.(encoder) ?? []),
		{ name: "H", value: H, what: "heads" },
		...merged,
		{ name: "L", value: blocks.length, what: "layers" },
		...(headWidths(head).sizes?.(head) ?? []),
	];
	return sizes
		.map(({ name, value, what }) => `${named && name ? `${name} ` : ""}${value} ${what}`)
		.join(", ");
}

/** Other properties of a shape, by name; all values where blocks differ. */
export function shapeTraits(shape: Shape): Record<string, string> {
	const parts = [{ widths: headWidths(shape.head), part: shape.head }, ...blockParts(shape)];
	const pairs = parts.flatMap(({ widths, part }) => Object.entries(widths.traits?.(part) ?? {}));
	return Object.fromEntries(
		distinct(pairs.map(([name]) => name)).map((name) => [
			name,
			distinct(pairs.filter(([of]) => of === name).map(([, value]) => value)).join(", "),
		]),
	);
}

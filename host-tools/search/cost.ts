// Cost of a choice of widths: bytes in flash and arena exactly, from the layout shared by writer and kernel; instructions per
// step on RV32IMC from a model fitted to counts.
import { componentBytes } from "../../src/blob/codec";
import { BLOCK, ENCODER } from "../../src/blob/components";
import { HEAD } from "../../src/blob/head";
import { SECTION } from "../../src/blob/schema";
import { arenaLayout } from "../../src/network/arena";
import { headerBytes, type Layout } from "../../src/network/layout";
import { encoderKind, headKind, stages } from "../../src/network/network";
import type { Precision } from "../quantization/precision";
import { type Skeleton, skeleton } from "../quantization/precision-of";
import type { Shape } from "../quantization/shape";
import { STAGES } from "../quantization/widths/kinds";
import { COEFFICIENTS } from "./coefficients";
import { encoderSearch, stageSearch } from "./kinds/kinds";

export interface Cost {
	/** Bytes of the sections of encoder, blocks and head, with headers and padding. */
	parameters: number;
	/** Bytes of the arena. */
	arena: number;
	/** Instructions per step on RV32IMC. */
	instructions: number;
}

/** Bytes of the arena by purpose. */
export function arenaOf(shape: Shape, precision: Precision): ReturnType<typeof arenaLayout> {
	return arenaLayout(skeleton(shape, precision));
}

/** Bytes of the sections of encoder, blocks and head, with headers and padding. */
export function parameterBytes(shape: Shape, precision: Precision): number {
	const network = skeleton(shape, precision);
	const sizes = { heads: shape.H, channels: shape.channels };
	const component = (kind: { layout: Layout }, part: object) => componentBytes(kind.layout, part, sizes);
	const section = headerBytes(SECTION);
	const blocks = network.blocks.map((block) =>
		stages(block).reduce((sum, { kind, part }) => sum + component(kind, part), section + headerBytes(BLOCK)),
	);
	return (
		section +
		headerBytes(ENCODER) +
		component(encoderKind(network.encoder), network.encoder) +
		blocks.reduce((sum, bytes) => sum + bytes, 0) +
		section +
		headerBytes(HEAD) +
		component(headKind(network.head), network.head)
	);
}

/** Up to this many heads the kernel processes up to 16 steps of a layer together (ESSM_BLOCK_HEADS, ESSM_BLOCK). */
const [BLOCK_HEADS, BLOCK_STEPS] = [32, 16];

/** How the kernel passes through a network (essm_write): in blocks of steps, of fewer where y is kept beside g, or in single steps. */
function passOf({ H, blocks }: Skeleton): { way: string; steps: number } {
	if (H > BLOCK_HEADS) return { way: "single", steps: 1 };
	const both = blocks.some((block) => stages(block).some(({ kind }) => kind.needsY));
	return both ? { way: "halves", steps: BLOCK_STEPS / 2 } : { way: "blocks", steps: BLOCK_STEPS };
}

/** Operations per step by name, after the way of the kernel's passes; instructions are these counts times coefficients.ts. */
export function workOf(network: Skeleton): Record<string, number> {
	const { H, encoder, blocks, head } = network;
	const { way, steps } = passOf(network);
	const work: Record<string, number> = {};
	const add = (name: string, count: number) => {
		const key = `${way}: ${name}`;
		work[key] = (work[key] ?? 0) + count;
	};
	add("step", 1);
	if (headKind(head).pooling(head) === "mean") add("mean", H);
	encoderSearch(encoder).work(add, encoder, H, steps);
	for (const block of blocks) {
		add("layer", 1);
		add("head", H);
		for (const stage of STAGES) stageSearch(stage, block).work(add, block[stage], H, steps);
	}
	return work;
}

/** Instructions per step on RV32IMC with many samples per call: a model fitted to counts, not a count. */
export function instructionsOf(network: Skeleton, coefficients = COEFFICIENTS): number {
	const work = Object.entries(workOf(network));
	return Math.round(work.reduce((sum, [name, count]) => sum + count * (coefficients[name] ?? 0), 0));
}

/** All costs of a choice. */
export function costOf(shape: Shape, precision: Precision): Cost {
	return {
		parameters: parameterBytes(shape, precision),
		arena: arenaOf(shape, precision).total,
		instructions: instructionsOf(skeleton(shape, precision)),
	};
}

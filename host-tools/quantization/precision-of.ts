// The precisions of a quantized network, and networks with shape and precisions but without codes, from which sizes and costs
// are computed.

import type { Block, Network } from "../../src/network/network";
import type { LayerPrecision, Precision } from "./precision";
import type { Shape } from "./shape";
import { encoderWidths, headWidths, kindsOf, STAGES, stageWidths } from "./widths/kinds";

/** The widths of a quantized network. */
export function precisionOf({
	encoder,
	head,
	residualBits,
	blocks,
}: Pick<Network, "encoder" | "head" | "residualBits" | "blocks">): Precision {
	return {
		kinds: { encoder: { kind: encoder.kind }, head: { kind: head.kind } },
		...encoderWidths(encoder).precisionOf(encoder),
		...headWidths(head).precisionOf(head),
		residual: residualBits,
		layers: blocks.map((block) => {
			const widths = STAGES.map((stage) => stageWidths(stage, block).precisionOf(block[stage]));
			return Object.assign({ kinds: kindsOf(block) }, ...widths) as LayerPrecision;
		}),
	} as Precision;
}

/** A network without codes. */
export type Skeleton = Pick<Network, "H" | "encoder" | "blocks" | "head">;

/** A network of this shape and precision without codes: its sizes are those of every such network. */
export function skeleton(shape: Shape, precision: Precision): Skeleton {
	const { H, channels, encoder, head, blocks } = shape;
	const around = { H, channels };
	return {
		H,
		encoder: encoderWidths(encoder).skeleton(encoder, precision, around) as Network["encoder"],
		blocks: blocks.map((block, l) => {
			const parts = STAGES.map((stage) => [
				stage,
				stageWidths(stage, block).skeleton(block[stage], precision.layers[l]!, around),
			]);
			return { ...Object.fromEntries(parts), yFraction: 3 } as Block;
		}),
		head: headWidths(head).skeleton(head, precision, around) as Network["head"],
	};
}

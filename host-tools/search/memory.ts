// Parameters and state by component, in float32 and in a blob: the bars of the report. Sums to packing's `saving`.

import { arenaLayout } from "../../src/network/arena";
import type { Network } from "../../src/network/network";
import type { FloatModel } from "../float/model";
import { blobComponents, saving, stateValues } from "../packing/components";
import { STAGES } from "../quantization/widths/kinds";
import { encoderSearch, headSearch, stageSearch } from "./kinds/kinds";

export interface MemoryPart {
	name: string;
	/** Bytes. */
	float: number;
	integer: number;
}

/** Empty where the float network is not known. @param model it, where it is at hand */
export function memoryParts(blob: Uint8Array, network: Network, model?: FloatModel): MemoryPart[] {
	const saved = saving(blob, network, model);
	if (!saved) return [];
	const { codes } = blobComponents(blob, network);
	const { H, blocks, encoder, head } = network;
	const before = saved.stateValues / stateValues(network);
	const tensors = [
		...blocks.flatMap((block) =>
			STAGES.flatMap((stage) => stageSearch(stage, block).float(block[stage], H, before)),
		),
		...encoderSearch(encoder).float(encoder, H, before),
		...headSearch(head).float(head, H, before),
	];
	const parts = new Map<string, MemoryPart>();
	for (const { tensor, name, values } of tensors) {
		const part = parts.get(tensor) ?? { name, float: 0, integer: codes[tensor] ?? 0 };
		parts.set(tensor, { ...part, float: part.float + 4 * values });
	}
	const state = { name: "state x", float: 4 * saved.stateValues, integer: arenaLayout(network).states };
	const rest = (of: "float" | "integer", total: number) =>
		[...parts.values(), state].reduce((left, part) => left - part[of], total);
	return [
		...parts.values(),
		{
			name: "scales, biases",
			float: rest("float", saved.floatBytes),
			integer: rest("integer", saved.parameterBytes + saved.stateBytes),
		},
		state,
	];
}

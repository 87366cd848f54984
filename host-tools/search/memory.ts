// Parameters and state by component, in float32 and in a blob: the bars of the report. Adds up to `saving` of packing.
import { arenaLayout } from "../../src/model/blob-layout";
import type { QuantizedNetwork } from "../../src/model/network";
import { blobComponents, saving } from "../packing/components";

export interface MemoryPart {
	name: string;
	/** Bytes. */
	float: number;
	integer: number;
}

export function memoryParts(blob: Uint8Array, network: QuantizedNetwork): MemoryPart[] {
	const { H, channels, classes, layers } = network;
	const L = layers.length;
	const { A, B, C, D, weights } = blobComponents(blob, network);
	const { floatBytes, parameterBytes, modes: N } = saving(blob, network);
	const parts = [
		{ name: "A (with dt)", float: 4 * L * (H + 2 * H * N), integer: A },
		{ name: "B", float: 0, integer: B },
		{ name: "C", float: 4 * L * 2 * H * N, integer: C },
		{ name: "D", float: 4 * L * H, integer: D },
		{ name: "linear weights", float: 4 * H * (channels + 2 * L * H + classes), integer: weights },
		{ name: "state x", float: 4 * L * 2 * H * N, integer: arenaLayout(network).states },
	];
	const rest = (of: "float" | "integer", total: number) =>
		parts.reduce((left, part) => left - part[of], total);
	return [
		...parts.slice(0, 5),
		{
			name: "scales, biases",
			float: rest("float", floatBytes),
			integer: rest("integer", parameterBytes + arenaLayout(network).states),
		},
		parts[5]!,
	];
}

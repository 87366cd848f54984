// What the host says of a model before any device has seen it: from shapes and widths alone, by the layout that the writer
// and the kernel share, and by the cost model of the search.
import { align4, arenaLayout, HEADER_BYTES, layerLayout, linearBytes } from "../../src/model/blob-layout";
import type { QuantizedNetwork } from "../../src/model/network";
import { readBlobHeader } from "../../src/model/read-blob";
import type { Precision } from "../quantization/precision";
import { costOf } from "../search/cost";

export interface Prediction {
	/** Bytes of the arena and of the blob: exact. */
	arena: number;
	blob: number;
	/** Instructions of one step on RV32IMC: a few per cent off. */
	instructions: number;
}

/** The widths that a network was quantized to. */
function precisionOf({ encoder, decoder, residualBits, layers }: QuantizedNetwork): Precision {
	return {
		encoder: encoder.bits,
		decoder: decoder.bits,
		residual: residualBits,
		layers: layers.map(({ A, x, B, C, D, value, gate, u, g }) => ({
			A:
				A.format === "polar"
					? { format: A.format, radiusBits: A.radiusBits, phaseBits: A.phaseBits }
					: { format: A.format, bits: A.bits },
			x: x.bits,
			rounding: x.rounding,
			B: B.bits,
			C: C.bits,
			D: D.bits,
			value: value.bits,
			gate: gate.bits,
			bias: value.biasBits,
			u: u.bits,
			g: g.bits,
		})),
	};
}

/** @param blob for what has no width: labels, notes, golden vectors, signature */
export function predict(blob: Uint8Array, network: QuantizedNetwork): Prediction {
	const { sections, signature } = readBlobHeader(blob);
	const { H, N, layers, encoder, decoder } = network;
	const parameters =
		align4(linearBytes(encoder)) +
		layers.reduce((sum, layer) => sum + layerLayout(layer, H, N).length, 0) +
		align4(linearBytes(decoder));
	const { input, labels, notes, golden } = sections;
	const rest = [input, labels, notes, golden].reduce((sum, { length }) => sum + align4(length), 0);
	return {
		arena: arenaLayout(network).total,
		blob: HEADER_BYTES + parameters + rest + (signature?.length ?? 0),
		instructions: costOf({ ...network, L: layers.length }, precisionOf(network)).instructions,
	};
}

// The embedding to integers: a step for each head, codes rounded to nearest. A sample is the token itself.
import type { Embedding } from "../../src/network/embedding";
import type { FloatEmbedding } from "../float/embedding";
import { COARSE_MAX, INT16_MAX } from "./formats";
import type { EncoderQuantizer } from "./kind";
import { encodeCoarseScale } from "./scale";
import { nearestCodes } from "./weight-rows";

/** Codes count as those of so many bits, so that scales reach as far at any width. */
const ALIGNED = 9;

export const embedding: EncoderQuantizer<FloatEmbedding, Embedding> = {
	quantize({ vocabulary, weight }, { H, first, bits, held }) {
		const table = new Int8Array(vocabulary * H);
		const scale = new Uint8Array(H);
		const bias = new Int16Array(H);
		const grid = new Float64Array(H);
		const most = COARSE_MAX * 2 ** (ALIGNED - bits);
		for (let h = 0; h < H; h++) {
			const unit = first.scale[h]!;
			const values = Float64Array.from({ length: vocabulary }, (_, v) => weight[v * H + h]! / unit);
			const middle = (Math.min(...values) + Math.max(...values)) / 2;
			const around = (zero: number) => values.map((value) => value - zero);
			const chosen = held && held[h]! / Math.abs(unit);
			const { step } = nearestCodes(around(middle), bits, chosen, most);
			// Whole steps, so that what becomes of a value does not hang on the others.
			const zero = step * Math.round(middle / step);
			const { codes } = nearestCodes(around(zero), bits, step);
			for (let v = 0; v < vocabulary; v++) table[v * H + h] = codes[v]!;
			scale[h] = encodeCoarseScale(`encoder scale of head ${h}`, step * 2 ** (bits - ALIGNED));
			grid[h] = step * Math.abs(unit);
			const wanted = Math.round(zero - first.offset[h]! / unit);
			if (Math.abs(wanted) > INT16_MAX)
				throw new RangeError(`encoder bias of head ${h}: ${wanted} is beyond 16 bits`);
			bias[h] = wanted;
		}
		const encoder: Embedding = { kind: "embedding", vocabulary, bits, table, scale, bias };
		return { encoder, input: [{ scale: 1, offset: 0 }], grid };
	},
};

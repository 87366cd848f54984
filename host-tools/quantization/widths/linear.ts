// A linear map with widths and no codes.
import type { Linear } from "../../../src/network/linear";

/** How linear maps of few bits are rounded. */
export const CARRIED = "under 8 bits with error carrying";

/** Name of linear weights in tables of bytes. */
export const LINEAR_TENSORS = { weights: "linear weights" };

export function emptyLinear(rows: number, columns: number, bits: number, biasBits: 8 | 16): Linear {
	return {
		rows,
		columns,
		bits,
		weights: new Int8Array(0),
		preshift: 0,
		scale: new Uint8Array(0),
		biasBits,
		biasShift: 0,
		bias: new Int16Array(0),
	};
}

// The grids that the codes of a network lie on: what the quantizer chooses beside the codes themselves. Training through the
// quantizer holds them, so that weights that move a little move their own codes and not everybody's. Real units.
import type { PolarA, S4dLayer } from "../../src/model/network";

export type PolarGrid = Pick<PolarA, "radiusStep" | "phaseShift" | "radiusOffset" | "phaseBase">;

/** The grid of poles that have their codes. */
export function polarGrid({ radiusStep, phaseShift, radiusOffset, phaseBase }: PolarA): PolarGrid {
	return { radiusStep, phaseShift, radiusOffset, phaseBase };
}

/** Steps are real sizes of a code. */
export interface LayerGrid {
	/** Only of a log-polar A. */
	A: PolarGrid | null;
	B: Pick<S4dLayer["B"], "codes" | "shift">;
	/** (H) scale of u. */
	u: Uint8Array;
	C: Float64Array; // (H), of y for a unit of x
	D: number; // of y for a unit of u
	value: Float64Array; // (H)
	gate: Float64Array; // (H)
}

export interface Grid {
	encoder: Float64Array; // (H)
	decoder: Float64Array; // (classes)
	layers: LayerGrid[];
}

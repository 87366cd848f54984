// Widths shared by diagonal mixers.
import type { Output, State } from "../../../src/network/diagonal";
import type { Poles } from "../../../src/network/poles-union";
import { type PolesPrecision, polesPrecision } from "./poles-key";
import type { StatePrecision } from "./state";

export interface DiagonalPrecision extends StatePrecision {
	A: PolesPrecision;
	B: number;
	C: number;
	D: number;
}

type Mixer<B> = Output & { A: Poles; B: { bits: B }; x: State };

/** The widths of a quantized mixer. */
export const diagonalPrecision = <B extends number>({ A, x, B, C, D }: Mixer<B>) => ({
	A: polesPrecision(A),
	x: x.bits,
	rounding: x.rounding,
	B: B.bits,
	C: C.bits,
	D: D.bits,
});

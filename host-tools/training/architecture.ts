// What a new network is like before anything is trained.
import type { GateTable } from "../../src/network/glu";
import type { Pooling } from "../../src/network/pooling";
import type { ActivationName } from "../float/activation-name";
import type { Placement } from "../float/model";
import type { NormKind } from "../float/norm-kind";

/** Shape of a new network and how its SSM starts. */
export interface Architecture {
	heads: number;
	/** Complex modes per head (N). */
	modes: number;
	layers: number;
	activation: ActivationName;
	/** What opens the gates. */
	gate: GateTable;
	pooling: Pooling;
	/** Where each block has its norm. */
	norm: Placement | "none";
	/** BatchNorm unless another is said. */
	normKind?: NormKind | undefined;
	/** Imaginary parts of A: "lin" n pi, "inv" (2N / pi) (2N / (2n + 1) - 1); real parts are -1/2 (Gu et al., S4D). */
	init: "lin" | "inv";
	/** dt of each head is drawn log-uniformly from this range, in steps. */
	dtMin: number;
	dtMax: number;
}

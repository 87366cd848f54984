// What a new network is like before anything is trained.
import type { GateTable } from "../../src/network/glu";
import type { Pooling } from "../../src/network/pooling";
import type { ActivationName } from "../float/activation-name";
import type { FloatChannel, FloatMixer, Placement } from "../float/model";
import type { NormKind } from "../float/norm-kind";

/** Shape of a new network and how its SSM starts. */
export interface Architecture {
	heads: number;
	/** S4D unless another is said. */
	mixer?: FloatMixer["kind"];
	/** Complex modes, per head (N of S4D) or of a layer (P of S5). */
	modes: number;
	layers: number;
	activation: ActivationName;
	/** GLU unless another is said. */
	channel?: FloatChannel["kind"];
	/** What opens the gates. */
	gate: GateTable;
	pooling: Pooling;
	/** Where each block has its norm. */
	norm: Placement | "none";
	/** BatchNorm unless another is said. */
	normKind?: NormKind | undefined;
	/** How A starts, one of the mixer's `inits`; the first unless another is said. */
	init?: string | undefined;
	/** HiPPO matrices along the diagonal of S5's A; 1 unless another is said. */
	initBlocks?: number;
	/** dt is drawn log-uniformly from this range, in steps. */
	dtMin: number;
	dtMax: number;
}

// Shape of a new network before training.
import type { GateTable } from "../../src/network/glu";
import type { Pooling } from "../../src/network/pooling";
import type { ActivationName } from "../float/activation-name";
import type { FloatChannel, FloatMixer, Placement } from "../float/model";
import type { NormKind } from "../float/norm-kind";

/** Shape of a new network and how its SSM starts. */
export interface Architecture {
	heads: number;
	/** Default: S4D. */
	mixer?: FloatMixer["kind"];
	/** Complex modes, per head (N of S4D) or per layer (P of S5). */
	modes: number;
	layers: number;
	activation: ActivationName;
	/** Default: GLU. */
	channel?: FloatChannel["kind"];
	/** Gate function. */
	gate: GateTable;
	pooling: Pooling;
	/** Norm placement. */
	norm: Placement | "none";
	/** Default: BatchNorm. */
	normKind?: NormKind | undefined;
	/** Initialization of A, one of the mixer's `inits`; default: its first. */
	init?: string | undefined;
	/** HiPPO blocks on the diagonal of S5's A; default: 1. */
	initBlocks?: number;
	/** dt is drawn log-uniformly from this range, in steps. */
	dtMin: number;
	dtMax: number;
}

// Gate functions.
import type { GateTable } from "../../src/network/glu";
import { sigmoid } from "./linear";

export const OPENINGS: Record<GateTable, (b: number) => number> = {
	sigmoid,
	hard_sigmoid: (b) => Math.max(0, Math.min(1, b / 6 + 0.5)),
};

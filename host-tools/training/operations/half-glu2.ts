// The gate multiplies the mixer's output; native/kinds/half_glu.c.
import type { HalfGlu2 } from "../../../src/network/half-glu2";
import { halfGlu, putHalfGlu } from "./half-glu";
import type { PutStage } from "./operation";

export const half_glu2 = halfGlu("half_glu2");

export const putHalfGlu2: PutStage<HalfGlu2> = (sink, channel, block) =>
	putHalfGlu(sink, channel, block, { zero: 0, unit: 2 ** -block.yFraction });

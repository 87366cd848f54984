// The gate multiplies the activation's output; native/kinds/half_glu.c.
import type { HalfGlu1 } from "../../../src/network/half-glu1";
import { scaleValue } from "../../quantization/scale";
import { halfGlu, putHalfGlu } from "./half-glu";
import type { PutStage } from "./operation";

export const half_glu1 = halfGlu("half_glu1");

export const putHalfGlu1: PutStage<HalfGlu1> = (sink, channel, block) => {
	const unit = 2 ** -block.yFraction / scaleValue(block.activation.scale);
	putHalfGlu(sink, channel, block, { zero: channel.zero, unit });
};

import { applyScale } from "../arithmetic/arithmetic";
import type { HalfGlu2 } from "../network/half-glu2";
import { halfGlu } from "./half-glu";

export function half_glu2(channel: HalfGlu2, g: Int16Array, add: Int32Array, y: Int16Array): void {
	halfGlu(channel, g, add, (h) => applyScale(y[h]!, channel.scale[h]!));
}

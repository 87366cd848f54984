import { applyScale } from "../arithmetic/arithmetic";
import type { HalfGlu1 } from "../network/half-glu1";
import { halfGlu } from "./half-glu";

export function half_glu1(channel: HalfGlu1, g: Int16Array, add: Int32Array): void {
	halfGlu(channel, g, add, (h) => applyScale(g[h]! + channel.zero, channel.scale[h]!));
}

// The gate multiplies g.

import { type FloatHalfGlu, halfGlu } from "./half-glu";
import type { FloatChannelKind } from "./kind";

export const half_glu1: FloatChannelKind<FloatHalfGlu<"half_glu1">> = halfGlu((g) => g);

// The gate multiplies y.

import { type FloatHalfGlu, halfGlu } from "./half-glu";
import type { FloatChannelKind } from "./kind";

export const half_glu2: FloatChannelKind<FloatHalfGlu<"half_glu2">> = halfGlu((_, y) => y);

// Gate function: the sigmoid or, `hard`, its piecewise linear form clip(x / 6 + 1 / 2, 0, 1).
#ifndef OPENING_H
#define OPENING_H

#include "../arithmetic/real.h"

static inline vec opening(vec x, int hard) { return hard ? clip(x * (real)(1 / 6.0) + 0.5f, 0, 1) : sigmoid(x); }

/** ds/dx times `factor`, from s(x) and factor s(x). */
static inline vec opening_slope(vec s, vec factor, vec factor_s, int hard) {
	if (hard) return keep((s > splat(0)) & (s < splat(1)), factor * (real)(1 / 6.0));
	return factor_s * (1.0f - s);
}

#endif

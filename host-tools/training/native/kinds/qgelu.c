// Activation "qgelu": phi is clip(x + 2, 0, 4) / 4.
#include "activation.h"

static inline vec phi_of(vec x) { return 0.25f * clip(x + 2.0f, 0, 4); }

static inline vec slope_of(vec factor, vec x, vec p) {
	return factor * (p + keep((x > splat(-2)) & (x < splat(2)), 0.25f * x));
}

ACTIVATION(qgelu, phi_of, slope_of)

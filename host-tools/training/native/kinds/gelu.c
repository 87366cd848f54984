// Activation "gelu": phi is the cumulative distribution of the normal distribution.
#include "activation.h"

static inline vec slope_of(vec factor, vec x, vec p) { return factor * (p + 0.3989422804f * x * exponential(-0.5f * x * x)); }

ACTIVATION(gelu, normal_cdf, slope_of)

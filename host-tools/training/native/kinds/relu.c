// Activation "relu": phi is 1 above 0. In integers its table is all ones, and the negative side is 0.
#include "activation.h"

static inline vec phi_of(vec x) { return choose(x > splat(0), splat(1), splat(0)); }

static inline vec slope_of(vec factor, vec x, vec p) {
	(void)x;
	return factor * p;
}

ACTIVATION(relu, phi_of, slope_of)

// Activation "gelu_sigmoid": phi is sigmoid(1.702 x).
#include "activation.h"

static inline vec phi_of(vec x) { return sigmoid(1.702f * x); }

static inline vec slope_of(vec factor, vec x, vec p) { return factor * p * (1.0f + 1.702f * x * (1.0f - p)); }

ACTIVATION(gelu_sigmoid, phi_of, slope_of)

// Activation "gelu_tanh": GELU in its tanh form, (1 + tanh(z)) / 2 = sigmoid(2 z) with z = sqrt(2 / pi) (x + 0.044715 x^3).
#include "activation.h"

static inline vec phi_of(vec x) { return sigmoid(x * (1.5957691216f + 0.0713548163f * x * x)); }

static inline vec slope_of(vec factor, vec x, vec p) {
	return factor * p * (1.0f + x * (1.0f - p) * (1.5957691216f + 0.2140644488f * x * x));
}

ACTIVATION(gelu_tanh, phi_of, slope_of)

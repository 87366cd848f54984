// The loss of values: squared error, Huber's, which is linear beyond a limit, or sMAPE. In double.
#ifndef LOSS_VALUES_H
#define LOSS_VALUES_H

#include <math.h>

#include "../objective.h"
#include "loss_smape.h"

/**
 * Loss of output `k`, and its derivative by the output: sMAPE where the objective has weights, which are the zeros of the outputs;
 * else quadratic within `huber`, or everywhere when that is 0.
 */
static inline double values_loss(const Objective *objective, int k, double output, double target, double *slope) {
	if (objective->weights) return smape_loss(output, target, objective->weights[k], slope);
	const double huber = objective->huber, error = output - target, size = fabs(error);
	if (huber > 0 && size > huber) {
		*slope = error > 0 ? 2 * huber : -2 * huber;
		return huber * (2 * size - huber);
	}
	*slope = 2 * error;
	return error * error;
}

#endif

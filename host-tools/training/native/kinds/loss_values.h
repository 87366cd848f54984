// The loss of values: squared error, or Huber's, which is linear beyond a limit. In double.
#ifndef LOSS_VALUES_H
#define LOSS_VALUES_H

#include <math.h>

#include "../objective.h"

/** Loss of one output, and its derivative by the error; quadratic within `huber`, or everywhere when that is 0. */
static inline double values_loss(const Objective *objective, double error, double *slope) {
	const double huber = objective->huber, size = fabs(error);
	if (huber > 0 && size > huber) {
		*slope = error > 0 ? 2 * huber : -2 * huber;
		return huber * (2 * size - huber);
	}
	*slope = 2 * error;
	return error * error;
}

#endif

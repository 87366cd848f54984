// The loss sMAPE: |error| / mean size of output and target, 0 to 2. In double.
#ifndef LOSS_SMAPE_H
#define LOSS_SMAPE_H

#include <math.h>

/**
 * Loss of one output, and its derivative by the output; both 0 where output and target are 0, and the derivative where they are
 * equal. @param zero what is 0 in the units that the targets name
 */
static inline double smape_loss(double output, double target, double zero, double *slope) {
	const double error = output - target, value = output - zero;
	const double size = (fabs(target - zero) + fabs(value)) / 2;
	*slope = 0;
	if (!(size > 0) || error == 0) return 0;
	const double loss = fabs(error) / size;
	*slope = ((error > 0 ? 1 : -1) - loss * (value > 0 ? 0.5 : value < 0 ? -0.5 : 0)) / size;
	return loss;
}

#endif

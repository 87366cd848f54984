// The loss of classification for one sample's logits. In double.
#ifndef LOSS_CLASSES_H
#define LOSS_CLASSES_H

#include "../objective.h"

/** Loss of a sample and its derivatives by the logits. `weight`: of its label; `teacher`: its logits, or NULL. */
double classes_loss(const Objective *objective, const double *logits, int classes, int label, double weight,
	const float *teacher, double *slope);

#endif

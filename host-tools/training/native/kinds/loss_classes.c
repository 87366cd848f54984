// See loss_classes.h.
#include "loss_classes.h"

#include <math.h>
#include <stddef.h>

/** log of the sum of e^(logits[c] / temperature). */
static double log_sum_exp(const double *logits, int classes, double temperature) {
	double highest = logits[0], sum = 0;
	for (int c = 1; c < classes; c++) highest = fmax(highest, logits[c]);
	for (int c = 0; c < classes; c++) sum += exp((logits[c] - highest) / temperature);
	return highest / temperature + log(sum);
}

/** CE(target, softmax(logits)) with the target 1 - smoothing on the label plus smoothing / classes on every class. */
static double label_loss(const double *logits, int classes, int label, double smoothing, double *slope) {
	const double log_sum = log_sum_exp(logits, classes, 1);
	double mean = 0;
	for (int c = 0; c < classes; c++) {
		mean += logits[c] / classes;
		slope[c] = exp(logits[c] - log_sum) - (c == label ? 1 - smoothing : 0) - smoothing / classes;
	}
	return log_sum - (1 - smoothing) * logits[label] - smoothing * mean;
}

/**
 * Distance of the logits from the teacher's, both softened by the temperature, times its square to weigh the same at any
 * temperature (Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015).
 */
static double teacher_loss(const double *logits, const float *teacher, int classes, double temperature, double *slope) {
	double theirs[MAX_OUTPUTS], loss = 0;
	for (int c = 0; c < classes; c++) theirs[c] = teacher[c];
	const double log_sum = log_sum_exp(logits, classes, temperature);
	const double log_sum_theirs = log_sum_exp(theirs, classes, temperature);
	for (int c = 0; c < classes; c++) {
		const double target = exp(theirs[c] / temperature - log_sum_theirs);
		loss += target * (log_sum - logits[c] / temperature);
		slope[c] = temperature * (exp(logits[c] / temperature - log_sum) - target);
	}
	return temperature * temperature * loss;
}

double classes_loss(const Objective *objective, const double *logits, int classes, int label, double weight,
	const float *teacher, double *slope) {
	const double part = teacher ? objective->distill : 0;
	weight /= objective->weight_sum;
	double teacher_slope[MAX_OUTPUTS] = {0};
	double loss = (1 - part) * label_loss(logits, classes, label, objective->smoothing, slope);
	if (part > 0) loss += part * teacher_loss(logits, teacher, classes, objective->temperature, teacher_slope);
	for (int c = 0; c < classes; c++) slope[c] = weight * ((1 - part) * slope[c] + part * teacher_slope[c]);
	return weight * loss;
}

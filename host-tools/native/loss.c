// Decoder and cross-entropy of one group. Small work, in double, sample by sample.
#include <math.h>
#include <string.h>

#include "quantized.h"

static void logits_of(const Network *net, const Group *group, int lane, double *logits) {
	if (net->quantized) {
		quantized_logits(net, group, lane, logits);
		return;
	}
	for (int c = 0; c < net->shape.classes; c++) {
		double sum = net->weights.decoder_bias[c];
		for (int h = 0; h < net->H; h++) sum += net->weights.decoder[c * net->H + h] * group->pooled[h][lane];
		logits[c] = sum;
	}
}

static double pooled_of(const Network *net, const Group *group, int h, int lane) {
	return net->quantized ? quantized_pooled(net, group, h, lane) : group->pooled[h][lane];
}

void group_logits(const Network *net, const Group *group, float *logits) {
	double row[256];
	for (int i = 0; i < LANES; i++) {
		if (group->row[i] < 0) continue;
		logits_of(net, group, i, row);
		for (int c = 0; c < net->shape.classes; c++) logits[(size_t)group->row[i] * net->shape.classes + c] = row[c];
	}
}

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
 * How far the logits are from the teacher's, both softened by the temperature, times its square so that it weighs the same
 * at any (Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015).
 */
static double teacher_loss(const double *logits, const float *teacher, int classes, double temperature, double *slope) {
	double theirs[256], loss = 0;
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

/** Adds the group's loss. With `train`, gradients of the decoder are added too, and group->pooled becomes its gradient. */
void group_loss(const Network *net, Thread *thread, Group *group, const Objective *objective, int train) {
	const int H = net->H, classes = net->shape.classes;
	const double part = objective->teacher ? objective->distill : 0;
	double logits[256], slope[256], slope_teacher[256] = {0};
	for (int i = 0; i < LANES; i++) {
		if (group->row[i] < 0) {
			for (int h = 0; h < H; h++) group->pooled[h][i] = 0;
			continue;
		}
		const int label = group->label[i];
		const double weight = objective->class_weights[label] / objective->weight_sum;
		logits_of(net, group, i, logits);
		int best = 0;
		for (int c = 1; c < classes; c++)
			if (logits[c] > logits[best]) best = c;
		thread->correct += best == label;
		double loss = (1 - part) * label_loss(logits, classes, label, objective->smoothing, slope);
		if (part > 0)
			loss += part * teacher_loss(logits, objective->teacher + (size_t)group->row[i] * classes, classes,
				objective->temperature, slope_teacher);
		thread->loss += weight * loss;
		if (!train) continue;
		for (int c = 0; c < classes; c++) {
			slope[c] = weight * ((1 - part) * slope[c] + part * slope_teacher[c]);
			thread->decoder_bias[c] += slope[c];
			for (int h = 0; h < H; h++) thread->decoder[c * H + h] += slope[c] * pooled_of(net, group, h, i);
		}
		for (int h = 0; h < H; h++) {
			double back = 0;
			for (int c = 0; c < classes; c++) back += slope[c] * net->weights.decoder[c * H + h];
			group->pooled[h][i] = back;
		}
	}
}

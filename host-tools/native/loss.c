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

/**
 * Adds the group's loss: sum over samples of weight[label] * CE(target, softmax(logits)) / weight_sum, where the target is
 * 1 - smoothing on the label plus smoothing / classes on every class. With `train`, group->pooled becomes its gradient.
 */
void group_loss(const Network *net, Thread *thread, Group *group, double smoothing, const double *class_weights,
	double weight_sum, int train) {
	const int H = net->H, classes = net->shape.classes;
	double p[256];
	for (int i = 0; i < LANES; i++) {
		if (group->row[i] < 0) {
			for (int h = 0; h < H; h++) group->pooled[h][i] = 0;
			continue;
		}
		const int label = group->label[i];
		const double weight = class_weights[label] / weight_sum;
		logits_of(net, group, i, p);
		int best = 0;
		for (int c = 1; c < classes; c++)
			if (p[c] > p[best]) best = c;
		thread->correct += best == label;
		double sum = 0, mean = 0;
		const double highest = p[best];
		for (int c = 0; c < classes; c++) sum += exp(p[c] - highest);
		const double log_sum = highest + log(sum);
		for (int c = 0; c < classes; c++) mean += p[c] / classes;
		thread->loss += weight * (log_sum - (1 - smoothing) * p[label] - smoothing * mean);
		if (!train) continue;
		for (int c = 0; c < classes; c++) {
			const double target = (c == label ? 1 - smoothing : 0) + smoothing / classes;
			p[c] = weight * (exp(p[c] - log_sum) - target);
			thread->decoder_bias[c] += p[c];
			for (int h = 0; h < H; h++) thread->decoder[c * H + h] += p[c] * pooled_of(net, group, h, i);
		}
		for (int h = 0; h < H; h++) {
			double back = 0;
			for (int c = 0; c < classes; c++) back += p[c] * net->weights.decoder[c * H + h];
			group->pooled[h][i] = back;
		}
	}
}

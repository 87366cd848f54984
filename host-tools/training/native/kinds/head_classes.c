// Head "head_classes": logits of classes; see readout.h.
#include "loss_classes.h"
#include "readout.h"

static int label_of(const Objective *objective, uint32_t row) { return ((const uint8_t *)objective->targets)[row]; }

static double weigh(const Operation *op, const Objective *objective, uint32_t row, int length) {
	(void)op, (void)length;
	return objective->weights ? objective->weights[label_of(objective, row)] : 1;
}

static void judge(Operation *op, Thread *thread, Group *group, const Objective *objective, int train) {
	const Readout *head = (Readout *)op;
	const int classes = head->outputs;
	vec *pooled = group->memory + head->pooled;
	double logits[MAX_OUTPUTS], slope[MAX_OUTPUTS];
	for (int i = 0; i < LANES; i++) {
		const int row = group->row[i];
		if (row < 0) {
			readout_skip(head, pooled, i);
			continue;
		}
		const int label = label_of(objective, row);
		const double weight = weigh(op, objective, row, group->length[i]);
		const float *teacher = objective->teacher ? objective->teacher + (size_t)row * classes : NULL;
		readout_of(head, pooled, i, logits);
		int best = 0;
		for (int c = 1; c < classes; c++)
			if (logits[c] > logits[best]) best = c;
		thread->correct += best == label;
		thread->loss += classes_loss(objective, logits, classes, label, weight, teacher, slope);
		if (train) readout_back(head, thread, pooled, i, slope);
	}
}

const Kind kind_head_classes = {
	.name = "head_classes",
	.role = ROLE_HEAD,
	.open = readout_open,
	.expand = readout_expand,
	.collect = readout_collect,
	.real = {.forward = readout_forward, .backward = readout_backward},
	.quantized = {.forward = readout_forward_quantized, .backward = readout_backward},
	.read = readout_read,
	.interpret = readout_interpret,
	.weigh = weigh,
	.outputs = readout_outputs,
	.judge = judge,
};

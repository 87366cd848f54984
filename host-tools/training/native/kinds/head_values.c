// Head "head_values": values of a sequence; see readout.h. Targets are (rows, outputs) floats; the loss is a mean over outputs.
#include "loss_values.h"
#include "readout.h"

static double weigh(const Operation *op, const Objective *objective, uint32_t row, int length) {
	(void)op, (void)objective, (void)row, (void)length;
	return 1;
}

static void judge(Operation *op, Thread *thread, Group *group, const Objective *objective, int train) {
	const Readout *head = (Readout *)op;
	const int count = head->outputs;
	const double share = 1 / (count * objective->weight_sum);
	vec *pooled = group->memory + head->pooled;
	double outputs[MAX_OUTPUTS], slope[MAX_OUTPUTS];
	for (int i = 0; i < LANES; i++) {
		if (group->row[i] < 0) {
			readout_skip(head, pooled, i);
			continue;
		}
		const float *targets = (const float *)objective->targets + (size_t)group->row[i] * count;
		readout_of(head, pooled, i, outputs);
		for (int k = 0; k < count; k++) {
			thread->loss += share * values_loss(objective, k, outputs[k], targets[k], &slope[k]);
			slope[k] *= share;
		}
		if (train) readout_back(head, thread, pooled, i, slope);
	}
}

const Kind kind_head_values = {
	.name = "head_values",
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

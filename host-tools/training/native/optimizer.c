// AdamW; see optimizer.h. beta1 0.9, beta2 0.999, eps 1e-8.
#include "optimizer.h"

#include <stdlib.h>

#include "operation.h"

int optimizer_open(Optimizer *o, const Network *net) {
	const int n = net->parameter_count;
	o->step = 0;
	o->first = calloc(n, sizeof(double));
	o->second = calloc(n, sizeof(double));
	o->average = calloc(n + 2 * net->statistic_count, sizeof(double));
	return o->first && o->second && o->average;
}

void optimizer_close(Optimizer *o) { free(o->first), free(o->second), free(o->average); }

double gradient_norm(const Network *net) {
	double sum = 0;
	for (int i = 0; i < net->parameter_count; i++) sum += net->parameter_gradient[i] * net->parameter_gradient[i];
	return sqrt(sum);
}

double schedule(const Optimization *optimization, double step) {
	if (step < optimization->warmup_steps) return (step + 1) / optimization->warmup_steps;
	const double span = optimization->total_steps - optimization->warmup_steps;
	const double done = span > 0 ? fmin(1, (step - optimization->warmup_steps) / span) : 1;
	return 0.5 * (1 + cos(M_PI * done));
}

/** Moves average towards now by 1 - decay. */
static void follow(double *average, const double *now, int count, double decay) {
	for (int i = 0; i < count; i++) average[i] += (1 - decay) * (now[i] - average[i]);
}

void optimizer_step(Optimizer *o, Network *net, const Optimization *optimization, double norm) {
	const double share = schedule(optimization, o->step);
	const double clip = optimization->clip > 0 && norm > optimization->clip ? optimization->clip / norm : 1;
	o->step++;
	const double correct1 = 1 - pow(0.9, o->step), correct2 = 1 - pow(0.999, o->step);
	for (int i = 0; i < net->operation_count; i++) {
		Operation *op = net->operations[i];
		if (op->kind->to_coordinates) op->kind->to_coordinates(op, optimization->a_form);
	}
	for (int i = 0; i < net->parameter_count; i++) {
		const double g = net->parameter_gradient[i] * clip;
		const double rate = share * (net->rules[i] == RULE_SSM ? optimization->ssm_rate : optimization->rate);
		o->first[i] = 0.9 * o->first[i] + 0.1 * g;
		o->second[i] = 0.999 * o->second[i] + 0.001 * g * g;
		if (net->rules[i] == RULE_DECAYED) net->parameters[i] -= rate * optimization->weight_decay * net->parameters[i];
		net->parameters[i] -= rate * (o->first[i] / correct1) / (sqrt(o->second[i] / correct2) + 1e-8);
	}
	for (int i = 0; i < net->operation_count; i++) {
		Operation *op = net->operations[i];
		if (op->kind->from_coordinates) op->kind->from_coordinates(op, optimization->a_form);
	}
	if (optimization->averaging > 0) {
		// A young average forgets faster (the first update replaces it), so that the initial weights do not linger.
		const double decay = fmin(optimization->averaging, (o->step - 1) / (9 + o->step));
		const int n = net->parameter_count, stats = net->statistic_count;
		follow(o->average, net->parameters, n, decay);
		follow(o->average + n, net->running_mean, stats, decay);
		follow(o->average + n + stats, net->running_var, stats, decay);
	}
}

// AdamW; see optimizer.h. beta1 0.9, beta2 0.999, eps 1e-8.
#include "optimizer.h"

#include <stdlib.h>
#include <string.h>

enum { KIND_PLAIN, KIND_DECAYED, KIND_SSM };

int optimizer_open(Optimizer *o, const Network *net) {
	const Shape *s = &net->shape;
	const int n = net->parameter_count, H = net->H;
	o->step = 0;
	o->first = calloc(n, sizeof(double));
	o->second = calloc(n, sizeof(double));
	o->average = calloc(n + 2 * s->layers * H, sizeof(double));
	o->kind = calloc(n, 1);
	o->phase = calloc(s->layers * H * s->modes, sizeof(double));
	if (!o->first || !o->second || !o->average || !o->kind || !o->phase) return 0;
	memset(o->kind + net->encoder_weight, KIND_DECAYED, H * s->channels);
	memset(o->kind + net->decoder_weight, KIND_DECAYED, H * s->classes);
	for (int l = 0; l < s->layers; l++) {
		memset(o->kind + net->offsets[l].log_dt, KIND_SSM, H);
		memset(o->kind + net->offsets[l].log_a_real, KIND_SSM, H * s->modes);
		memset(o->kind + net->offsets[l].a_imag, KIND_SSM, H * s->modes);
		memset(o->kind + net->offsets[l].output_weight, KIND_DECAYED, 2 * H * H);
	}
	return 1;
}

void optimizer_close(Optimizer *o) { free(o->first), free(o->second), free(o->average), free(o->kind), free(o->phase); }

double gradient_norm(const Network *net) {
	double sum = 0;
	for (int i = 0; i < net->parameter_count; i++) sum += net->gradient[i] * net->gradient[i];
	return sqrt(sum);
}

double schedule(const Recipe *recipe, double step) {
	if (step < recipe->warmup_steps) return (step + 1) / recipe->warmup_steps;
	const double span = recipe->total_steps - recipe->warmup_steps;
	const double done = span > 0 ? fmin(1, (step - recipe->warmup_steps) / span) : 1;
	return 0.5 * (1 + cos(M_PI * done));
}

/** average moves towards now by 1 - decay. */
static void follow(double *average, const double *now, int count, double decay) {
	for (int i = 0; i < count; i++) average[i] += (1 - decay) * (now[i] - average[i]);
}

void optimizer_step(Optimizer *o, Network *net, const Recipe *recipe, double norm) {
	const double share = schedule(recipe, o->step);
	const double clip = recipe->clip > 0 && norm > recipe->clip ? recipe->clip / norm : 1;
	o->step++;
	const double correct1 = 1 - pow(0.9, o->step), correct2 = 1 - pow(0.999, o->step);
	network_to_coordinates(net, recipe->a_form, o->phase);
	for (int i = 0; i < net->parameter_count; i++) {
		const double g = net->gradient[i] * clip;
		const double rate = share * (o->kind[i] == KIND_SSM ? recipe->ssm_rate : recipe->rate);
		o->first[i] = 0.9 * o->first[i] + 0.1 * g;
		o->second[i] = 0.999 * o->second[i] + 0.001 * g * g;
		if (o->kind[i] == KIND_DECAYED) net->parameters[i] -= rate * recipe->weight_decay * net->parameters[i];
		net->parameters[i] -= rate * (o->first[i] / correct1) / (sqrt(o->second[i] / correct2) + 1e-8);
	}
	network_from_coordinates(net, recipe->a_form, o->phase);
	if (recipe->averaging > 0) {
		// A young average forgets faster (the first update replaces it), so that the start does not linger in it.
		const double decay = fmin(recipe->averaging, (o->step - 1) / (9 + o->step));
		const int n = net->parameter_count, stats = net->shape.layers * net->H;
		follow(o->average, net->parameters, n, decay);
		follow(o->average + n, net->running_mean, stats, decay);
		follow(o->average + n + stats, net->running_var, stats, decay);
	}
}

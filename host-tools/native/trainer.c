// Epochs and evaluations over a team of threads; see trainer.h. Groups of samples belong to threads by number; the team meets
// where batch statistics need everybody.
#include "trainer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "quantized.h"
#include "team.h"

enum { MODE_TRAIN, MODE_GRADIENT, MODE_EVALUATE };

/** One call's work, shared by the team. */
typedef struct {
	int mode;
	const Recipe *recipe;
	const double *class_weights;
	const float *teacher; // (rows of the data set, classes); NULL: none
	const float *values;
	const uint8_t *labels;
	const uint32_t *lengths;
	uint32_t *rows; // sorted by length within each batch
	int count, batches;
	float *logits;
	// The batch at work.
	int batch, first, size, layer;
	double weight_sum, valid_steps;
	double loss_sum;
	int stop, result;
} Job;

struct Trainer {
	Network *net;
	Optimizer optimizer;
	Team team;
	Job job;
	_Atomic int cancel;
	_Atomic double samples, loss, correct, step, batch_loss, norm;
};

Trainer *trainer_open(const Shape *shape) {
	Trainer *t = calloc(1, sizeof *t);
	if (!t) return NULL;
	t->net = network_open(shape);
	if (!t->net || !optimizer_open(&t->optimizer, t->net)) return trainer_close(t), NULL;
	for (int c = 0; c < shape->channels; c++) t->net->input_std[c] = 1;
	for (int i = 0; i < shape->layers * shape->heads; i++) t->net->running_var[i] = 1;
	return t;
}

void trainer_close(Trainer *t) {
	if (t->net) network_close(t->net);
	optimizer_close(&t->optimizer);
	free(t);
}

static double *array_of(Trainer *t, int32_t array, int32_t *size) {
	Network *net = t->net;
	const int n = net->parameter_count, stats = net->shape.layers * net->H;
	double *const arrays[ARRAY_COUNT] = {net->parameters, net->running_mean, net->running_var, net->input_mean,
		net->input_std, t->optimizer.first, t->optimizer.second, t->optimizer.average, &t->optimizer.step, net->gradient};
	const int sizes[ARRAY_COUNT] = {n, stats, stats, net->shape.channels, net->shape.channels, n, n, n + 2 * stats, 1, n};
	if (array < 0 || array >= ARRAY_COUNT) return *size = 0, NULL;
	*size = sizes[array];
	return arrays[array];
}

int32_t trainer_size(Trainer *t, int32_t array) {
	int32_t size;
	array_of(t, array, &size);
	return size;
}

void trainer_read(Trainer *t, int32_t array, double *to) {
	int32_t size;
	const double *from = array_of(t, array, &size);
	memcpy(to, from, sizeof(double) * size);
}

void trainer_write(Trainer *t, int32_t array, const double *from) {
	int32_t size;
	double *to = array_of(t, array, &size);
	memcpy(to, from, sizeof(double) * size);
}

/** A well mixed 32-bit word of a counter (the finalizer of splitmix64). */
static uint32_t mixed_bits(uint64_t x) {
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((x ^ (x >> 31)) >> 32);
}

/** Puts samples of the batch into the lanes of group `index` and draws its dropout masks. */
static void fill_group(Trainer *t, int index) {
	const Job *job = &t->job;
	const Network *net = t->net;
	Group *group = &net->groups[index];
	for (int i = 0; i < LANES; i++) {
		const int sample = index * LANES + i;
		group->row[i] = sample < job->size ? (int32_t)job->rows[job->first + sample] : -1;
	}
	group_load(net, group, job->values, job->labels, job->lengths);
	if (net->quantized) quantized_load(net, group, job->values);
	const int drop = job->mode != MODE_EVALUATE && !net->quantized && job->recipe->dropout > 0;
	const int count = net->shape.layers * net->H;
	for (int j = 0; j < count; j++) group->kept[j] = splat(1);
	if (!drop) return;
	const double p = job->recipe->dropout;
	const uint64_t stream = mixed_bits(((uint64_t)job->recipe->seed << 32) + (uint64_t)t->optimizer.step);
	for (int j = 0; j < count; j++)
		for (int i = 0; i < LANES; i++) {
			const uint32_t bits = mixed_bits((stream << 32) + (uint64_t)(index * LANES + i) * count + j);
			group->kept[j][i] = bits < p * 4294967296.0 ? 0 : 1 / (1 - p);
		}
}

static int uses_batch_statistics(const Trainer *t) {
	return t->net->shape.norm && !t->net->quantized && t->job.mode != MODE_EVALUATE && !t->job.recipe->frozen_norm;
}

/** Statistics of job.layer's input are complete: make its norm of them and move the running ones. */
static void finish_statistics(void *argument) {
	Trainer *t = argument;
	Network *net = t->net;
	const Job *job = &t->job;
	const int l = job->layer, H = net->H;
	const LayerSums *sums = &net->threads[0].layers[l];
	const vec *base = net->threads[0].vectors;
	const double n = job->valid_steps;
	double mean[H], var[H];
	for (int h = 0; h < H; h++) {
		const double around = network_sum(net, sums->sum_x + h - base) / n;
		mean[h] = net->weights.layers[l].pivot[h] + around;
		var[h] = fmax(0, network_sum(net, sums->sum_xx + h - base) / n - around * around);
		if (job->mode != MODE_TRAIN) continue;
		const double m = job->recipe->norm_momentum;
		net->running_mean[l * H + h] += m * (mean[h] - net->running_mean[l * H + h]);
		net->running_var[l * H + h] += m * (var[h] * (n > 1 ? n / (n - 1) : 1) - net->running_var[l * H + h]);
	}
	network_set_norm(net, l, mean, var);
}

/** Sums of dz are complete: the means that the norm's backward pass needs. */
static void finish_gradient_statistics(void *argument) {
	Trainer *t = argument;
	const Network *net = t->net;
	const int l = t->job.layer;
	const LayerSums *sums = &net->threads[0].layers[l];
	const vec *base = net->threads[0].vectors;
	const int batch_statistics = uses_batch_statistics(t);
	for (int h = 0; h < net->H; h++) {
		const double n = t->job.valid_steps;
		LayerWeights *w = &net->weights.layers[l];
		w->mean_dz[h] = batch_statistics ? network_sum(net, sums->sum_dz + h - base) / n : 0;
		w->mean_dz_xhat[h] = batch_statistics ? network_sum(net, sums->sum_dz_xhat + h - base) / n : 0;
	}
}

/** Chooses batch `job->batch` of the job. */
static void start_batch(Trainer *t) {
	Job *job = &t->job;
	job->first = (int64_t)job->batch * job->count / job->batches;
	job->size = (int64_t)(job->batch + 1) * job->count / job->batches - job->first;
	job->weight_sum = job->valid_steps = 0;
	for (int i = 0; i < job->size; i++) {
		const uint32_t row = job->rows[job->first + i];
		job->weight_sum += job->class_weights[job->labels[row]];
		job->valid_steps += job->lengths[row];
	}
}

/** All threads are through with a batch: add up, update, go to the next or stop. */
static void finish_batch(void *argument) {
	Trainer *t = argument;
	Network *net = t->net;
	Job *job = &t->job;
	double loss = 0;
	int correct = 0;
	for (int i = 0; i < net->shape.threads; i++) loss += net->threads[i].loss, correct += net->threads[i].correct;
	t->batch_loss = loss;
	if (job->mode != MODE_EVALUATE) {
		network_collect_gradient(net, job->recipe->a_form);
		const double norm = gradient_norm(net);
		t->norm = norm;
		if (!isfinite(loss) || !isfinite(norm) || loss > job->recipe->loss_limit) {
			job->result = DIVERGED;
			job->stop = 1;
			return;
		}
		if (job->mode == MODE_TRAIN) {
			optimizer_step(&t->optimizer, net, job->recipe, norm);
			network_expand(net);
		}
	}
	job->loss_sum += loss * job->size;
	t->samples = t->samples + job->size;
	t->correct = t->correct + correct;
	t->loss = job->loss_sum / t->samples;
	t->step = t->optimizer.step;
	job->batch++;
	job->stop = job->batch == job->batches;
	if (!job->stop && t->cancel) {
		job->result = CANCELLED;
		job->stop = 1;
	}
	if (!job->stop) start_batch(t);
}

static void work(void *argument, int number) {
	Trainer *t = argument;
	Network *net = t->net;
	Job *job = &t->job;
	Thread *thread = &net->threads[number];
	const int size = net->shape.threads, layers = net->shape.layers;
	const int train = job->mode != MODE_EVALUATE, meet = uses_batch_statistics(t);
	const int quantized = net->quantized != NULL;
	void (*const forward)(const Network *, Thread *, Group *, int) = quantized ? quantized_layer_forward : layer_forward;
	void (*const backward)(const Network *, Thread *, Group *, int) = quantized ? quantized_layer_backward : layer_backward;
	while (!job->stop) {
		const Objective objective = {train ? job->recipe->label_smoothing : 0, job->class_weights, job->weight_sum,
			job->teacher, train ? job->recipe->distill : 0, train ? job->recipe->temperature : 1};
		const int groups = (job->size + LANES - 1) / LANES;
		thread_clear(net, thread);
		for (int g = number; g < groups; g += size) {
			fill_group(t, g);
			if (quantized) quantized_encode(net, &net->groups[g]);
			else group_encode(net, thread, &net->groups[g]);
		}
		for (int l = 0; l < layers; l++) {
			if (meet) {
				if (number == 0) job->layer = l;
				team_meet(&t->team, finish_statistics, t);
			}
			for (int g = number; g < groups; g += size) forward(net, thread, &net->groups[g], l);
		}
		for (int g = number; g < groups; g += size) {
			Group *group = &net->groups[g];
			if (job->logits) group_logits(net, group, job->logits);
			group_loss(net, thread, group, &objective, train);
			if (train) pooling_backward(net, group);
		}
		for (int l = layers - 1; train && l >= 0; l--) {
			for (int g = number; g < groups; g += size) backward(net, thread, &net->groups[g], l);
			if (number == 0) job->layer = l;
			team_meet(&t->team, finish_gradient_statistics, t);
		}
		for (int g = number; train && g < groups; g += size) {
			if (quantized) quantized_encoder_backward(net, thread, &net->groups[g]);
			else encoder_backward(net, thread, &net->groups[g]);
		}
		team_meet(&t->team, finish_batch, t);
	}
}

typedef struct {
	uint32_t row, length, place;
} Entry;

static int longer_first(const void *a, const void *b) {
	const Entry *x = a, *y = b;
	if (x->length != y->length) return x->length > y->length ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/** Copies the rows (NULL: 0 to count - 1), within each batch the longest first: equal lengths share a vector and padding is not computed. */
static uint32_t *sorted_rows(const uint32_t *rows, const uint32_t *lengths, int count, int batches) {
	uint32_t *sorted = malloc(sizeof *sorted * count);
	Entry *entries = malloc(sizeof *entries * count);
	if (sorted && entries) {
		for (int i = 0; i < count; i++) {
			const uint32_t row = rows ? rows[i] : (uint32_t)i;
			entries[i] = (Entry){row, lengths[row], i};
		}
		for (int b = 0; b < batches; b++) {
			const int first = (int64_t)b * count / batches, end = (int64_t)(b + 1) * count / batches;
			qsort(entries + first, end - first, sizeof *entries, longer_first);
		}
		for (int i = 0; i < count; i++) sorted[i] = entries[i].row;
	} else {
		free(sorted);
		sorted = NULL;
	}
	free(entries);
	return sorted;
}

static int32_t run(Trainer *t, Job job, const uint32_t *rows) {
	Network *net = t->net;
	job.batches = (job.count + net->shape.batch - 1) / net->shape.batch;
	job.rows = sorted_rows(rows, job.lengths, job.count, job.batches);
	if (!job.rows) return FAILED;
	t->job = job;
	t->samples = t->loss = t->correct = t->norm = t->batch_loss = 0;
	network_expand(net);
	start_batch(t);
	if (team_run(&t->team, net->shape.threads, work, t) != 0) t->job.result = FAILED;
	free(t->job.rows);
	return t->job.result;
}

int32_t trainer_train(Trainer *t, const Recipe *recipe, const double *class_weights, const float *teacher,
	const float *values, const uint8_t *labels, const uint32_t *lengths, const uint32_t *rows, int32_t count) {
	return run(t, (Job){.mode = MODE_TRAIN, .recipe = recipe, .class_weights = class_weights, .teacher = teacher,
		.values = values, .labels = labels, .lengths = lengths, .count = count}, rows);
}

int32_t trainer_gradient(Trainer *t, const Recipe *recipe, const double *class_weights, const float *teacher,
	const float *values, const uint8_t *labels, const uint32_t *lengths, const uint32_t *rows, int32_t count) {
	return run(t, (Job){.mode = MODE_GRADIENT, .recipe = recipe, .class_weights = class_weights, .teacher = teacher,
		.values = values, .labels = labels, .lengths = lengths, .count = count}, rows);
}

static void swap(double *a, double *b, int count) {
	for (int i = 0; i < count; i++) {
		const double before = a[i];
		a[i] = b[i];
		b[i] = before;
	}
}

/** Exchanges the weights and running statistics with their averages. */
static void exchange_average(Trainer *t) {
	Network *net = t->net;
	const int n = net->parameter_count, stats = net->shape.layers * net->H;
	swap(net->parameters, t->optimizer.average, n);
	swap(net->running_mean, t->optimizer.average + n, stats);
	swap(net->running_var, t->optimizer.average + n + stats, stats);
}

int32_t trainer_evaluate(Trainer *t, int32_t averaged, const float *values, const uint8_t *labels, const uint32_t *lengths,
	int32_t count, float *logits) {
	double ones[256];
	for (int i = 0; i < 256; i++) ones[i] = 1;
	if (averaged) exchange_average(t);
	const int32_t result = run(t, (Job){.mode = MODE_EVALUATE, .class_weights = ones, .values = values, .labels = labels,
		.lengths = lengths, .count = count, .logits = logits}, NULL);
	if (averaged) exchange_average(t);
	return result;
}

int32_t trainer_quantize(Trainer *t, const int32_t *integers, int32_t integer_count, const double *reals, int32_t real_count) {
	if (quantized_set(t->net, integers, integer_count, reals, real_count)) return DONE;
	quantized_close(t->net);
	return FAILED;
}

void trainer_progress(Trainer *t, Progress *to) {
	*to = (Progress){t->samples, t->loss, t->correct, t->step, t->batch_loss, t->norm};
}

void trainer_cancel(Trainer *t) { t->cancel = 1; }

int32_t trainer_real_bytes(void) { return sizeof(real); }
int32_t trainer_lanes(void) { return LANES; }

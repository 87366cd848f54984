// Epochs and evaluations over a team of threads; see trainer.h. Groups of samples are assigned to threads by number; the team
// meets where batch statistics need every thread.
#include "trainer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "operation.h"
#include "team.h"
#include "watch.h"

enum { MODE_TRAIN, MODE_GRADIENT, MODE_EVALUATE };

/** One call's work, shared by the team. */
typedef struct {
	int mode;
	const Optimization *optimization;
	Objective objective;
	const float *values;
	const uint32_t *lengths;
	uint32_t *rows; // sorted by length within each batch
	int count, batches;
	float *outputs;
	// The current batch.
	int batch, first, size;
	Operation *norm; // at which the team meets
	double valid_steps;
	double loss_sum;
	int stop, result;
} Job;

struct Trainer {
	Network *net;
	Optimizer optimizer;
	Team team;
	Job job;
	Watch *watch;
	_Atomic int cancel;
	_Atomic double samples, loss, correct, step, batch_loss, norm;
};

int32_t trainer_kind(const char *name) { return kind_named(name); }

int32_t trainer_misplaced(const Spec *specs, int32_t blocks) {
	static const Role roles[] = {ROLE_NORM, ROLE_MIXER, ROLE_ACTIVATION, ROLE_CHANNEL, ROLE_POST};
	const int last = 5 * blocks + 1;
	for (int i = 0; i <= last; i++) {
		const Kind *kind = kind_at(specs[i].kind);
		if (!kind || kind->role != (i == 0 ? ROLE_ENCODER : i == last ? ROLE_HEAD : roles[(i - 1) % 5])) return i;
	}
	return -1;
}

Trainer *trainer_open(const Shape *shape, const Spec *specs) {
	Trainer *t = calloc(1, sizeof *t);
	if (!t) return NULL;
	t->net = network_open(shape, specs);
	if (!t->net || !optimizer_open(&t->optimizer, t->net)) return trainer_close(t), NULL;
	return t;
}

void trainer_close(Trainer *t) {
	if (t->net) network_close(t->net);
	watch_close(t->watch);
	optimizer_close(&t->optimizer);
	free(t);
}

static double *array_of(Trainer *t, int32_t array, int32_t *size) {
	Network *net = t->net;
	const int n = net->parameter_count, stats = net->statistic_count;
	double *const arrays[ARRAY_COUNT] = {net->parameters, net->running_mean, net->running_var, net->input_mean, net->input_std,
		t->optimizer.first, t->optimizer.second, t->optimizer.average, &t->optimizer.step, net->parameter_gradient};
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

/** Hash of a 32-bit counter (the finalizer of splitmix64). */
static uint32_t mixed_bits(uint64_t x) {
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((x ^ (x >> 31)) >> 32);
}

/** Loads samples of the batch into the lanes of group `index` and draws its dropout factors. */
static void fill_group(Trainer *t, int index) {
	const Job *job = &t->job;
	Network *net = t->net;
	Group *group = &net->groups[index];
	for (int i = 0; i < LANES; i++) {
		const int sample = index * LANES + i;
		group->row[i] = sample < job->size ? (int32_t)job->rows[job->first + sample] : -1;
	}
	group_load(net, group, job->values, job->lengths);
	const int drop = job->mode != MODE_EVALUATE && !net->quantized && job->optimization->dropout > 0;
	const int count = net->dropout_count;
	for (int j = 0; j < count; j++) group->dropout[j] = splat(1);
	if (!drop) return;
	const double p = job->optimization->dropout;
	const uint64_t stream = mixed_bits(((uint64_t)job->optimization->seed << 32) + (uint64_t)t->optimizer.step);
	for (int j = 0; j < count; j++)
		for (int i = 0; i < LANES; i++) {
			const uint32_t bits = mixed_bits((stream << 32) + (uint64_t)(index * LANES + i) * count + j);
			group->dropout[j][i] = bits < p * 4294967296.0 ? 0 : 1 / (1 - p);
		}
}

static BatchCount batch_count(const Trainer *t) {
	return (BatchCount){t->job.valid_steps, t->job.mode == MODE_TRAIN ? t->job.optimization->norm_momentum : 0};
}

/** job.norm has seen the entire batch. */
static void finish_norm(void *argument) {
	Trainer *t = argument;
	const BatchCount count = batch_count(t);
	t->job.norm->kind->finish(t->job.norm, &count);
}

static void finish_gather(void *argument) {
	Trainer *t = argument;
	const BatchCount count = batch_count(t);
	t->job.norm->kind->finish_gather(t->job.norm, &count);
}

/** Meets the team where a norm or post depends on the entire batch. */
static void meet_at(Trainer *t, int number, Operation *norm, int gathered) {
	if (!t->net->batch_statistics || !(gathered ? norm->kind->finish_gather : norm->kind->finish)) return;
	if (number == 0) t->job.norm = norm;
	team_meet(&t->team, gathered ? finish_gather : finish_norm, t);
}

/** Chooses batch `job->batch` of the job. */
static void start_batch(Trainer *t) {
	Job *job = &t->job;
	job->first = (int64_t)job->batch * job->count / job->batches;
	job->size = (int64_t)(job->batch + 1) * job->count / job->batches - job->first;
	const Operation *head = t->net->head;
	job->objective.weight_sum = job->valid_steps = 0;
	for (int i = 0; i < job->size; i++) {
		const uint32_t row = job->rows[job->first + i];
		job->objective.weight_sum += head->kind->weigh(head, &job->objective, row, job->lengths[row]);
		job->valid_steps += job->lengths[row];
	}
}

/** All threads are done with a batch: sum, update, continue or stop. */
static void finish_batch(void *argument) {
	Trainer *t = argument;
	Network *net = t->net;
	Job *job = &t->job;
	double loss = 0;
	int correct = 0;
	for (int i = 0; i < net->shape.threads; i++) loss += net->threads[i].loss, correct += net->threads[i].correct;
	t->batch_loss = loss;
	if (job->mode != MODE_EVALUATE) {
		network_collect_gradient(net, job->optimization->a_form);
		const double norm = gradient_norm(net);
		t->norm = norm;
		if (!isfinite(loss) || !isfinite(norm) || loss > job->optimization->loss_limit) {
			job->result = DIVERGED;
			job->stop = 1;
			return;
		}
		if (job->mode == MODE_TRAIN) {
			optimizer_step(&t->optimizer, net, job->optimization, norm);
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
	const Kind *head = net->head->kind;
	const int size = net->shape.threads, blocks = net->shape.blocks, train = job->mode != MODE_EVALUATE;
	while (!job->stop) {
		const int groups = (job->size + LANES - 1) / LANES;
		thread_clear(net, thread);
		for (int g = number; g < groups; g += size) {
			fill_group(t, g);
			encode(net, thread, &net->groups[g]);
		}
		for (int b = 0; b < blocks; b++) {
			const Block *block = &net->blocks[b];
			meet_at(t, number, block->norm, 0);
			for (int g = number; g < groups; g += size) block_forward(net, thread, &net->groups[g], b);
			if (!has_post(block)) continue;
			meet_at(t, number, block->post, 0);
			for (int g = number; g < groups; g += size) post_forward(net, thread, &net->groups[g], b);
		}
		for (int g = number; g < groups; g += size) {
			if (job->outputs) head->outputs(net->head, &net->groups[g], job->outputs);
			if (job->objective.targets) head->judge(net->head, thread, &net->groups[g], &job->objective, train);
		}
		for (int b = blocks - 1; train && b >= 0; b--) {
			const Block *block = &net->blocks[b];
			for (int g = number; has_post(block) && g < groups; g += size) post_gather(net, thread, &net->groups[g], b);
			if (has_post(block)) meet_at(t, number, block->post, 1);
			for (int g = number; g < groups; g += size) block_backward(net, thread, &net->groups[g], b);
			meet_at(t, number, block->norm, 1);
		}
		for (int g = number; train && g < groups; g += size) encode_backward(net, thread, &net->groups[g]);
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

/**
 * Copies the rows (NULL: 0 to count - 1), longest first within each batch: equal lengths share a vector and padding is not
 * computed.
 */
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
	net->batch_statistics = job.mode != MODE_EVALUATE && !net->quantized && !job.optimization->frozen_norm;
	network_expand(net);
	start_batch(t);
	if (team_run(&t->team, net->shape.threads, work, t) != 0) t->job.result = FAILED;
	free(t->job.rows);
	return t->job.result;
}

/** The loss of a training pass. */
static Objective objective_of(
	const Optimization *optimization, const double *weights, const float *teacher, const void *targets) {
	return (Objective){.targets = targets,
		.weights = weights,
		.smoothing = optimization->label_smoothing,
		.teacher = teacher,
		.distill = optimization->distill,
		.temperature = optimization->temperature,
		.huber = optimization->huber};
}

static int32_t learn(Trainer *t, int mode, const Optimization *optimization, const double *weights, const float *teacher,
	const float *values, const void *targets, const uint32_t *lengths, const uint32_t *rows, int32_t count) {
	return run(t,
		(Job){.mode = mode,
			.optimization = optimization,
			.objective = objective_of(optimization, weights, teacher, targets),
			.values = values,
			.lengths = lengths,
			.count = count},
		rows);
}

int32_t trainer_train(Trainer *t, const Optimization *optimization, const double *weights, const float *teacher,
	const float *values, const void *targets, const uint32_t *lengths, const uint32_t *rows, int32_t count) {
	return learn(t, MODE_TRAIN, optimization, weights, teacher, values, targets, lengths, rows, count);
}

int32_t trainer_gradient(Trainer *t, const Optimization *optimization, const double *weights, const float *teacher,
	const float *values, const void *targets, const uint32_t *lengths, const uint32_t *rows, int32_t count) {
	return learn(t, MODE_GRADIENT, optimization, weights, teacher, values, targets, lengths, rows, count);
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
	const int n = net->parameter_count, stats = net->statistic_count;
	swap(net->parameters, t->optimizer.average, n);
	swap(net->running_mean, t->optimizer.average + n, stats);
	swap(net->running_var, t->optimizer.average + n + stats, stats);
}

int32_t trainer_evaluate(Trainer *t, int32_t averaged, const float *values, const void *targets, const uint32_t *lengths,
	int32_t count, float *outputs) {
	if (averaged) exchange_average(t);
	const int32_t result = run(t,
		(Job){.mode = MODE_EVALUATE,
			.objective = {.targets = targets, .temperature = 1},
			.values = values,
			.lengths = lengths,
			.count = count,
			.outputs = outputs},
		NULL);
	if (averaged) exchange_average(t);
	return result;
}

int32_t trainer_quantize(Trainer *t, const int32_t *integers, int32_t integer_count, const double *reals, int32_t real_count) {
	return network_quantize(t->net, integers, integer_count, reals, real_count) ? DONE : FAILED;
}

int32_t trainer_watch(Trainer *t, const int32_t *units, int32_t stride, int32_t last) {
	watch_close(t->watch);
	t->watch = watch_open(t->net, units, stride, last);
	return t->watch ? DONE : FAILED;
}

int32_t trainer_observe(Trainer *t, const float *values, const uint32_t *lengths, int32_t count, float *outputs, float *pooled,
	float *drive, int32_t drive_steps) {
	t->watch->pooled = pooled;
	t->watch->drive = drive;
	t->watch->count = count;
	t->watch->drive_steps = drive_steps;
	t->net->watch = t->watch;
	const int32_t result = trainer_evaluate(t, 0, values, NULL, lengths, count, outputs);
	t->net->watch = NULL;
	return result;
}

void trainer_watched_stream(Trainer *t, int32_t number, double *low, double *high) {
	watch_read_stream(t->watch, number, low, high);
}

void trainer_watched_block(Trainer *t, int32_t number, double *sum, double *value, double *mean, double *moments,
	uint32_t *input, uint32_t *state, uint32_t *output) {
	const WatchedBlock to = {sum, value, mean, moments, input, state, output};
	watch_read_block(t->watch, number, &to);
}

void trainer_progress(Trainer *t, Progress *to) {
	*to = (Progress){t->samples, t->loss, t->correct, t->step, t->batch_loss, t->norm};
}

void trainer_cancel(Trainer *t) { t->cancel = 1; }

int32_t trainer_real_bytes(void) { return sizeof(real); }
int32_t trainer_lanes(void) { return LANES; }

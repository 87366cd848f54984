// Memory and the walk over all operations; see network.h.
#include "network.h"

#include <stdlib.h>
#include <string.h>

#include "operation.h"
#include "source.h"

int take_parameters(Network *net, int count, int rule) {
	const int first = net->parameter_count;
	net->parameter_count += count;
	unsigned char *rules = realloc(net->rules, net->parameter_count + 1);
	if (!rules) {
		net->memory.failed = 1;
		return first;
	}
	net->rules = rules;
	memset(rules + first, rule, count);
	return first;
}

int take_statistics(Network *net, int count) { return (net->statistic_count += count) - count; }
int take_dropout(Network *net, int count) { return (net->dropout_count += count) - count; }
long take_sums(Network *net, long count) { return (net->sum_count += count) - count; }
long take_doubles(Network *net, long count) { return (net->double_count += count) - count; }
long take_group(Network *net, long count) { return (net->group_vector_count += count) - count; }

/**
 * Vectors between tensors, so that rows of different tensors are not a multiple of a page apart, which would collide in the
 * cache.
 */
enum { APART = 5 };

long take_scratch(Network *net, long count) {
	const long first = net->scratch_used;
	net->scratch_used += count + APART;
	if (net->scratch_used > net->scratch_count) net->scratch_count = net->scratch_used;
	return first;
}

Region take_tape(Network *net, size_t size) {
	const Region region = {net->tape_count, size};
	net->tape_count += size * net->chunks + APART;
	return region;
}

real *take_reals(Network *net, long count) { return memory_take(&net->memory, sizeof(real) * count); }

static Operation *open_operation(Network *net, const Spec *spec, int block) {
	const Kind *kind = kind_at(spec->kind);
	Operation *op = kind->open(net, spec);
	if (!op) return NULL;
	op->kind = kind;
	op->net = net;
	op->block = block;
	return net->operations[net->operation_count++] = op;
}

static void open_operations(Network *net, const Spec *spec) {
	const size_t stream = (size_t)net->R * STEPS;
	net->gradient = take_tape(net, stream);
	net->gradient_normed = take_tape(net, stream);
	for (int i = 0; i < 3; i++) net->rows[i] = take_scratch(net, stream);
	const long shared = net->scratch_used;
	net->encoder = open_operation(net, spec++, 0);
	for (int b = 0; b < net->shape.blocks; b++) {
		Block *block = &net->blocks[b];
		net->scratch_used = shared; // blocks run one at a time
		block->stream = take_tape(net, stream);
		block->mixed = take_tape(net, stream);
		// Parameters keep the order of a checkpoint's layer: the norm's come last, wherever it is applied.
		block->mixer = open_operation(net, spec + 1, b);
		block->activation = open_operation(net, spec + 2, b);
		block->channel = open_operation(net, spec + 3, b);
		block->norm = open_operation(net, spec, b);
		block->post = open_operation(net, spec + 4, b);
		if (block->post && has_post(block)) block->sum = take_tape(net, stream);
		spec += 5;
	}
	net->head = open_operation(net, spec, net->shape.blocks);
}

static void open_thread(Network *net, Thread *thread) {
	thread->sums = memory_take(&net->memory, sizeof(vec) * net->sum_count);
	thread->doubles = memory_take(&net->memory, sizeof(double) * net->double_count);
	thread->scratch = memory_take(&net->memory, sizeof(vec) * net->scratch_count);
}

static void open_group(Network *net, Group *group) {
	group->tape = memory_take(&net->memory, sizeof(vec) * net->tape_count);
	group->dropout = memory_take(&net->memory, sizeof(vec) * net->dropout_count);
	group->memory = memory_take(&net->memory, sizeof(vec) * net->group_vector_count);
}

static double *take_all(Network *net, int count) { return memory_take(&net->memory, sizeof(double) * count); }

Network *network_open(const Shape *shape, const Spec *specs) {
	Network *net = calloc(1, sizeof *net);
	if (!net) return NULL;
	net->shape = *shape;
	net->H = shape->heads;
	net->R = PADDED(shape->heads);
	net->chunks = (shape->steps + STEPS - 1) / STEPS;
	net->group_count = (shape->batch + LANES - 1) / LANES;
	Memory *memory = &net->memory;
	net->operations = memory_take(memory, sizeof *net->operations * (5 * shape->blocks + 2));
	net->blocks = memory_take(memory, sizeof *net->blocks * shape->blocks);
	net->threads = memory_take(memory, sizeof *net->threads * shape->threads);
	net->groups = memory_take(memory, sizeof *net->groups * net->group_count);
	net->input_mean = take_all(net, shape->channels);
	net->input_std = take_all(net, shape->channels);
	if (!memory->failed) open_operations(net, specs);
	if (memory->failed) return network_close(net), NULL;
	net->parameters = take_all(net, net->parameter_count);
	net->parameter_gradient = take_all(net, net->parameter_count);
	net->running_mean = take_all(net, net->statistic_count);
	net->running_var = take_all(net, net->statistic_count);
	for (int i = 0; i < shape->threads && !memory->failed; i++) open_thread(net, &net->threads[i]);
	for (int i = 0; i < net->group_count && !memory->failed; i++) open_group(net, &net->groups[i]);
	if (memory->failed) return network_close(net), NULL;
	for (int c = 0; c < shape->channels; c++) net->input_std[c] = 1;
	for (int i = 0; i < net->statistic_count; i++) net->running_var[i] = 1;
	return net;
}

void network_close(Network *net) {
	memory_free(&net->memory);
	free(net->rules);
	free(net);
}

void network_expand(Network *net) {
	for (int i = 0; i < net->operation_count; i++) {
		Operation *op = net->operations[i];
		if (op->kind->expand) op->kind->expand(op);
		if (net->quantized && op->kind->interpret) op->kind->interpret(op);
	}
}

void network_collect_gradient(Network *net, int a_form) {
	for (int i = 0; i < net->operation_count; i++) {
		Operation *op = net->operations[i];
		if (op->kind->collect) op->kind->collect(op, a_form);
	}
}

double network_sum(const Network *net, long sum) {
	double total = 0;
	for (int t = 0; t < net->shape.threads; t++)
		for (int i = 0; i < LANES; i++) total += net->threads[t].sums[sum][i];
	return total;
}

void thread_clear(const Network *net, Thread *thread) {
	memset(thread->sums, 0, sizeof(vec) * net->sum_count);
	memset(thread->doubles, 0, sizeof(double) * net->double_count);
	thread->loss = 0;
	thread->correct = 0;
}

static int open_streams(Network *net) {
	const int count = net->shape.blocks + 1;
	net->streams = memory_take(&net->memory, sizeof *net->streams * count);
	for (int i = 0; net->streams && i < count; i++) {
		net->streams[i].unit = take_all(net, net->H);
		net->streams[i].offset = take_all(net, net->H);
	}
	return !net->memory.failed;
}

int network_quantize(Network *net, const int32_t *integers, int32_t integer_count, const double *reals, int32_t real_count) {
	struct Source source = {integers, reals, integer_count, real_count, 0};
	if (!net->streams && !open_streams(net)) return 0;
	net->stream_max = next_integer(&source);
	source.dither = next_integer(&source);
	for (int i = 0; i <= net->shape.blocks; i++) {
		next_reals(&source, net->streams[i].unit, net->H);
		next_reals(&source, net->streams[i].offset, net->H);
	}
	for (int i = 0; i < net->operation_count && !net->memory.failed; i++) {
		Operation *op = net->operations[i];
		if (op->kind->read) op->kind->read(op, &source);
	}
	net->quantized = !net->memory.failed && source.integer_count == 0 && source.real_count == 0;
	return net->quantized;
}

void group_load(Network *net, Group *group, const float *values, const uint32_t *lengths) {
	int longest = 0;
	for (int i = 0; i < LANES; i++) {
		const int row = group->row[i];
		group->length[i] = row < 0 ? 0 : (int)lengths[row];
		group->lengths[i] = group->length[i];
		if (group->length[i] > longest) longest = group->length[i];
	}
	group->chunks = (longest + STEPS - 1) / STEPS;
	net->encoder->kind->load(net->encoder, group, values);
}

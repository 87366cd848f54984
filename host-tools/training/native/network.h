// A network in the trainer's memory: an encoder, blocks and a head, each made of operations (operation.h), and what they share:
// the flat parameters in double, which the optimizer updates; sums and scratch per thread; and per group of LANES samples a
// tape of what the backward pass needs.
//
// A tensor over time is [chunk][row][STEPS] vectors: a chunk is STEPS steps, a vector holds one step of LANES samples. The
// residual stream has R rows: H heads, padded to a multiple of 4 with zeros. Steps after a sample's end hold finite values that
// are never read: statistics, heads and gradients are masked by length.
#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

#include "arithmetic/matrix.h"
#include "arithmetic/real.h"
#include "memory.h"

typedef struct Operation Operation;
struct Watch;

/** Sizes from the caller: at most `batch` samples at a time, `steps` of the longest sequence. */
typedef struct {
	int32_t heads, channels, blocks;
	int32_t steps, batch, threads;
} Shape;

/** One operation as the caller specifies it; each kind's file defines size, option and value. */
typedef struct {
	int32_t kind, size, option;
	double value;
} Spec;

/** How the optimizer updates a parameter: with weight decay, or at the SSM rate without. */
enum { RULE_PLAIN, RULE_DECAYED, RULE_SSM };

/** A tensor of the tape: `size` vectors for each chunk. */
typedef struct {
	size_t start, size;
} Region;

/** Sums of one thread over its groups of a batch, and its scratch memory. */
typedef struct {
	vec *sums;       // (sum_count)
	double *doubles; // (double_count): small sums, in double
	double loss;
	int correct;
	vec *scratch; // (scratch_count)
} Thread;

/** LANES samples and all their activations. */
typedef struct {
	int32_t row[LANES]; // row of the data set, -1: no sample in this lane
	int length[LANES];  // 0: no sample
	mask lengths;
	int chunks;   // of the longest sample
	vec *tape;    // all regions
	vec *dropout; // (dropout_count): factor, 0 or 1 / (1 - p), one per sample and head for all steps
	vec *memory;  // (group_vector_count): kept once per sample
} Group;

/** One residual block: post(stream + channel(activation(mixer(norm(stream))))). */
typedef struct {
	Operation *norm, *mixer, *activation, *channel, *post;
	Region stream; // block input
	Region mixed;  // mixer output
	Region sum;    // input of the post; empty without one
} Block;

/** Real values of the residual stream's integers: value = unit * integer + offset, each (H). */
typedef struct {
	double *unit, *offset;
} Stream;

typedef struct {
	Shape shape;
	int H, R;
	int chunks; // of the longest sequence
	Memory memory;
	Operation **operations; // all, in the order of their parameters
	int operation_count;
	Operation *encoder, *head;
	Block *blocks;
	Region gradient;        // dL/d(stream)
	Region gradient_normed; // dL/d(norm's output) of the block above
	long rows[3];           // scratch of R rows each: see block.c

	// What the operations asked for (the functions below).
	int parameter_count, statistic_count, dropout_count;
	long sum_count, double_count, group_vector_count, scratch_count, scratch_used;
	size_t tape_count;
	unsigned char *rules; // (parameter_count)

	double *parameters, *parameter_gradient; // (parameter_count)
	double *running_mean, *running_var;      // (statistic_count)
	double *input_mean, *input_std;          // (channels)
	Thread *threads;
	Group *groups;
	int group_count;
	int batch_statistics; // norms use the current batch's statistics

	struct Watch *watch; // observer or NULL
	int quantized;       // compute in the operations' integers
	int32_t stream_max;
	Stream *streams; // (blocks + 1): before each block and after the last
} Network;

/**
 * A network of these operations: encoder; norm, mixer, activation, channel mixer and post of each of shape.blocks blocks; head. NULL
 * when memory is short.
 */
Network *network_open(const Shape *shape, const Spec *specs);
void network_close(Network *net);

// Reservations of an operation that is being opened: each returns its place in the network's memory.
/** Parameters, in the flat array. */
int take_parameters(Network *net, int count, int rule);
/** Running statistics, in running_mean and running_var. */
int take_statistics(Network *net, int count);
/** Vectors in Thread.sums, zeroed for every batch. */
long take_sums(Network *net, long count);
/** Numbers in Thread.doubles, zeroed for every batch. */
long take_doubles(Network *net, long count);
/** Vectors in Group.memory. */
long take_group(Network *net, long count);
/** Factors in Group.dropout. */
int take_dropout(Network *net, int count);
/** Vectors in Thread.scratch, the operation's own while its block runs. */
long take_scratch(Network *net, long count);
/** A tensor of the tape. */
Region take_tape(Network *net, size_t size);
/** Numbers that live as long as the network. */
real *take_reals(Network *net, long count);

static inline vec *tape(const Group *group, Region region, int chunk) {
	return group->tape + region.start + region.size * chunk;
}

/** Weights of all operations from their parameters. */
void network_expand(Network *net);

/** Sums over all threads and lanes, in a fixed order, into the parameter gradient, that of A in the coordinates `a_form`. */
void network_collect_gradient(Network *net, int a_form);

/** Sum over threads and lanes of a vector of Thread.sums. */
double network_sum(const Network *net, long sum);

void thread_clear(const Network *net, Thread *thread);

/**
 * The network computes in these integers until the next call. Order: what the streams need, then each operation (its kind's
 * `read`). Returns 0 when there are fewer than the network needs, or memory is short.
 */
int network_quantize(Network *net, const int32_t *integers, int32_t integer_count, const double *reals, int32_t real_count);

/** Lengths of the samples in group->row, and their values passed through the encoder. */
void group_load(Network *net, Group *group, const float *values, const uint32_t *lengths);

/** The mask of lanes whose sample has a step `t`. */
static inline mask valid_at(const Group *group, int t) { return (mask)(((mask){0} + t) < group->lengths); }

#endif

// What an operation is. A kind (kinds/) is a file or two: its constants, its parameters' layout, and one forward and backward
// pair on a chunk of steps, in reals and in integers. Everything else asks the kind.
//
// In integers the vectors between operations hold whole numbers of type ints, in the same places; the backward pass is the
// straight-through one, in reals: integers stand for the reals that they mean, rounding passes a gradient as it is, saturation
// stops it.
#ifndef OPERATION_H
#define OPERATION_H

#include "network.h"
#include "objective.h"

typedef struct Kind Kind;
typedef struct Source Source;
typedef struct Watch Watch;

/** What begins the struct of every kind. */
struct Operation {
	const Kind *kind;
	Network *net;
	int block; // number of its block: 0 for an encoder, one more than the last for a head
};

/** Where an operation is at work. Chunks come in order forward, and from the last to the first backward. */
typedef struct {
	Thread *thread;
	Group *group;
	int chunk;
} Place;

/** out from in; a channel mixer adds `stream`, what came into its block. */
typedef void Forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out);

/**
 * Gradient sums and `din` = dL/d(in) from `dout` = dL/d(out). May spoil `in`. A channel mixer leaves in `dout` what goes on along
 * the stream. A norm or post adds to `din`, the stream's gradient. A head has no `dout`; for a block's activation `din` may be `dout`.
 */
typedef void Backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din);

/** What a kind does to a chunk, in reals or in integers. */
typedef struct {
	Forward *forward;
	Forward *replay; // forward again, when the next call is backward, which finds in scratch what this kept; NULL: forward does
	Backward *backward;
	/** Norms and posts: adds dL/d(out) of a chunk to gradient sums, before any `backward` of the batch; a norm stops it where `in` was saturated. */
	void (*gather)(Operation *op, const Place *at, const vec *in, vec *dout);
} Passes;

/** A norm stands before the mixer; a post is a norm after the residual addition, or does nothing and has no passes. */
typedef enum { ROLE_ENCODER, ROLE_NORM, ROLE_MIXER, ROLE_ACTIVATION, ROLE_CHANNEL, ROLE_POST, ROLE_HEAD } Role;

/** How the batch at work counts in running statistics. */
typedef struct {
	double valid_steps; // of all its samples
	double momentum;    // 0: running statistics stay
} BatchCount;

/** A kind of operation. What is NULL does not concern it. */
struct Kind {
	const char *name;
	Role role;
	/** Reserves memory. A failure to get memory shows in net->memory.failed. */
	Operation *(*open)(Network *net, const Spec *spec);
	/** Weights from parameters. */
	void (*expand)(Operation *op);
	/** Gradient of its parameters from the sums. */
	void (*collect)(Operation *op, int a_form);
	Passes real, quantized;
	/** Takes its integers and what they mean; memory for them the first time. */
	void (*read)(Operation *op, Source *source);
	/** Weights again, as what the integers mean: the backward pass differentiates these. */
	void (*interpret)(Operation *op);

	// Encoders: values of the data set into the tape.
	void (*load)(Operation *op, Group *group, const float *values);

	// Norms and posts over the batch: adds a chunk of the stream to the statistics; when all is added, one thread makes the norm of them.
	void (*observe)(Operation *op, const Place *at, const vec *in);
	void (*finish)(Operation *op, const BatchCount *count);
	void (*finish_gather)(Operation *op, const BatchCount *count); // and when all is gathered

	// Mixers: replaces the parameters of A by their coordinates in `a_form` (poles.h) for an update, and back.
	void (*to_coordinates)(Operation *op, int a_form);
	void (*from_coordinates)(Operation *op, int a_form);

	// Mixers: shows `watch` the states of a chunk whose forward pass is done (watch.h). Channel mixers: what they add, before gates.
	void (*watch)(Operation *op, const Place *at, Watch *watch, const vec *in);
	const vec *(*values)(Operation *op, const Place *at, const vec *in);

	// Channel mixers that take the mixer's output itself too: adds dL/d(that) to `dmixed`, after `backward` of the chunk.
	void (*pass_on)(Operation *op, const Place *at, vec *dmixed);

	// Heads: how much a row of the data set counts in the loss; outputs of the group's samples, to[row][...]; adds the group's loss,
	// and with `train` makes ready for backward.
	double (*weigh)(const Operation *op, const Objective *objective, uint32_t row, int length);
	void (*outputs)(Operation *op, const Group *group, float *to);
	void (*judge)(Operation *op, Thread *thread, Group *group, const Objective *objective, int train);
};

/** Kind by its number; NULL when there is none such. */
const Kind *kind_at(int number);
/** Number of the kind of this name, or -1. */
int kind_named(const char *name);

static inline const Passes *passes(const Operation *op) {
	return op->net->quantized ? &op->kind->quantized : &op->kind->real;
}

/** Whether anything stands after the residual addition of a block. */
static inline int has_post(const Block *block) { return block->post->kind->real.forward != NULL; }

/** The mixer's output in the block of `op`. */
static inline vec *mixed_of(const Operation *op, const Place *at) {
	return tape(at->group, op->net->blocks[op->block].mixed, at->chunk);
}

// block.c
/** Samples to the stream in front of the first block. */
void encode(Network *net, Thread *thread, Group *group);
void encode_backward(Network *net, Thread *thread, Group *group);
/** One block over the whole sequence, up to its post if it has one. */
void block_forward(Network *net, Thread *thread, Group *group, int number);
/** The post of a block, when its statistics are those of the batch. */
void post_forward(Network *net, Thread *thread, Group *group, int number);
/** What a post needs of all the batch before block_backward. */
void post_gather(Network *net, Thread *thread, Group *group, int number);
void block_backward(Network *net, Thread *thread, Group *group, int number);

#endif

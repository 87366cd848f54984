// Operations. A kind (kinds/) is one or two files: its constants, its parameter layout, and one forward and backward pair on a
// chunk of steps, in reals and in integers. Everything else asks the kind.
//
// In integers, vectors between operations hold integers of type ints in the same places. The backward pass is a
// straight-through estimator in reals: integers stand for real values, rounding passes gradients unchanged, saturation stops
// them.
#ifndef OPERATION_H
#define OPERATION_H

#include "network.h"
#include "objective.h"

typedef struct Kind Kind;
typedef struct Source Source;
typedef struct Watch Watch;

/** Common head of every kind's struct. */
struct Operation {
	const Kind *kind;
	Network *net;
	int block; // number of its block: 0 for an encoder, one more than the last for a head
};

/** Where an operation runs. Chunks come in order forward, and in reverse order backward. */
typedef struct {
	Thread *thread;
	Group *group;
	int chunk;
} Place;

/** out from in; a channel mixer adds `stream`, its block's input. */
typedef void Forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out);

/**
 * Gradient sums and `din` = dL/d(in) from `dout` = dL/d(out). May overwrite `in`. A channel mixer leaves in `dout` the gradient
 * of the stream. A norm or post adds to `din`, the stream's gradient. A head has no `dout`; for a block's activation `din` may
 * be `dout`.
 */
typedef void Backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din);

/** Passes of a kind over a chunk, in reals or in integers. */
typedef struct {
	Forward *forward;
	Forward *replay; // forward again just before backward, keeping in scratch what that needs; NULL: use forward
	Backward *backward;
	/**
	 * Norms and posts: adds dL/d(out) of a chunk to gradient sums before any `backward` of the batch; a norm stops it where
	 * `in` was saturated.
	 */
	void (*gather)(Operation *op, const Place *at, const vec *in, vec *dout);
} Passes;

/** A norm is applied before the mixer; a post is a norm after the residual addition, or does nothing and has no passes. */
typedef enum { ROLE_ENCODER, ROLE_NORM, ROLE_MIXER, ROLE_ACTIVATION, ROLE_CHANNEL, ROLE_POST, ROLE_HEAD } Role;

/** Weight of the current batch in running statistics. */
typedef struct {
	double valid_steps; // of all its samples
	double momentum;    // 0: running statistics stay
} BatchCount;

/** A kind of operation. NULL where it does not apply. */
struct Kind {
	const char *name;
	Role role;
	/** Reserves memory. Failures are recorded in net->memory.failed. */
	Operation *(*open)(Network *net, const Spec *spec);
	/** Weights from parameters. */
	void (*expand)(Operation *op);
	/** Gradient of its parameters from the sums. */
	void (*collect)(Operation *op, int a_form);
	Passes real, quantized;
	/** Reads its integers and their real units; allocates memory for them the first time. */
	void (*read)(Operation *op, Source *source);
	/** Weights as real values of the integers, which the backward pass differentiates. */
	void (*interpret)(Operation *op);

	// Encoders: values of the data set into the tape.
	void (*load)(Operation *op, Group *group, const float *values);

	// Norms and posts over the batch: adds a chunk of the stream to the statistics; afterwards one thread finishes them.
	void (*observe)(Operation *op, const Place *at, const vec *in);
	void (*finish)(Operation *op, const BatchCount *count);
	void (*finish_gather)(Operation *op, const BatchCount *count); // after the last chunk

	// Mixers: replaces the parameters of A by their coordinates in `a_form` (poles.h) for an update, and back.
	void (*to_coordinates)(Operation *op, int a_form);
	void (*from_coordinates)(Operation *op, int a_form);

	// Mixers: shows `watch` the states of a chunk after its forward pass (watch.h). Channel mixers: their contribution before
	// gates.
	void (*watch)(Operation *op, const Place *at, Watch *watch, const vec *in);
	const vec *(*values)(Operation *op, const Place *at, const vec *in);

	// Channel mixers that also read the mixer's output: adds dL/d(mixer output) to `dmixed`, after `backward` of the chunk.
	void (*pass_on)(Operation *op, const Place *at, vec *dmixed);

	// Heads: weight of a data set row in the loss; outputs of the group's samples, to[row][...]; adds the group's loss and,
	// with `train`, prepares backward.
	double (*weigh)(const Operation *op, const Objective *objective, uint32_t row, int length);
	void (*outputs)(Operation *op, const Group *group, float *to);
	void (*judge)(Operation *op, Thread *thread, Group *group, const Objective *objective, int train);
};

/** Kind by number; NULL if unknown. */
const Kind *kind_at(int number);
/** Number of the kind of this name, or -1. */
int kind_named(const char *name);

static inline const Passes *passes(const Operation *op) { return op->net->quantized ? &op->kind->quantized : &op->kind->real; }

/** Whether a block has a norm after the residual addition. */
static inline int has_post(const Block *block) { return block->post->kind->real.forward != NULL; }

/** The mixer's output in the block of `op`. */
static inline vec *mixed_of(const Operation *op, const Place *at) {
	return tape(at->group, op->net->blocks[op->block].mixed, at->chunk);
}

// block.c
/** Samples to the stream before the first block. */
void encode(Network *net, Thread *thread, Group *group);
void encode_backward(Network *net, Thread *thread, Group *group);
/** One block over the whole sequence, up to its post if it has one. */
void block_forward(Network *net, Thread *thread, Group *group, int number);
/** The post of a block, when its statistics are those of the batch. */
void post_forward(Network *net, Thread *thread, Group *group, int number);
/** What a post needs from the entire batch before block_backward. */
void post_gather(Network *net, Thread *thread, Group *group, int number);
void block_backward(Network *net, Thread *thread, Group *group, int number);

#endif

// The library's interface: what host-tools/training/native.ts calls. Plain C types. One trainer holds one network, its optimizer
// and its buffers; calls on one trainer must not overlap, except trainer_progress and trainer_cancel.
#ifndef TRAINER_H
#define TRAINER_H

#include "network.h"
#include "optimizer.h"

typedef struct Trainer Trainer;

/** Arrays of doubles that can be read and written; order and shapes as in parameters.ts. */
enum {
	ARRAY_PARAMETERS,
	ARRAY_RUNNING_MEAN,
	ARRAY_RUNNING_VAR,
	ARRAY_INPUT_MEAN,
	ARRAY_INPUT_STD,
	ARRAY_FIRST_MOMENT,
	ARRAY_SECOND_MOMENT,
	ARRAY_AVERAGE,
	ARRAY_STEP,
	ARRAY_GRADIENT,
	ARRAY_COUNT
};

enum { DONE, CANCELLED, DIVERGED, FAILED };

/** State of the running call, or of the last one. */
typedef struct {
	double samples, loss, correct; // so far in this call; loss is the mean over batches done
	double step;                   // updates done in total
	double batch_loss, norm;       // of the last batch
} Progress;

/** Number of the operation of this name, for a Spec; -1 when there is none. */
int32_t trainer_kind(const char *name);

/**
 * A trainer with zero weights for a network of these operations, in the order of network_open; NULL when memory is short. Input
 * mean 0 and std 1 until written.
 */
Trainer *trainer_open(const Shape *shape, const Spec *specs);

/** Number of the first of these operations that is misplaced in a network of `blocks` blocks, or -1. */
int32_t trainer_misplaced(const Spec *specs, int32_t blocks);
void trainer_close(Trainer *trainer);

/** Number of doubles of an array; 0 for an unknown one. */
int32_t trainer_size(Trainer *trainer, int32_t array);
void trainer_read(Trainer *trainer, int32_t array, double *to);
void trainer_write(Trainer *trainer, int32_t array, const double *from);

/**
 * One pass over `rows` (indices into a data set of shape.steps steps per row; count of them, in this order), a batch at a time,
 * with an update after each. Batches are as equal as possible. Returns DONE, CANCELLED, DIVERGED (no update by the diverged
 * batch) or FAILED (no threads or memory). `targets` and their `weights` (NULL: all 1) are as the head's kind defines them;
 * `teacher` (rows of the data set, outputs): outputs to approximate, by optimization->distill and optimization->temperature;
 * NULL: none.
 */
int32_t trainer_train(Trainer *trainer, const Optimization *optimization, const double *weights, const float *teacher,
	const float *values, const void *targets, const uint32_t *lengths, const uint32_t *rows, int32_t count);

/** Loss and gradient of one batch (count <= shape.batch) as trainer_train computes them, without an update; loss in progress. */
int32_t trainer_gradient(Trainer *trainer, const Optimization *optimization, const double *weights, const float *teacher,
	const float *values, const void *targets, const uint32_t *lengths, const uint32_t *rows, int32_t count);

/**
 * Outputs (count, outputs) of rows 0 to count - 1 with running statistics and no dropout. `averaged` 1: with averaged weights.
 * progress.loss is the mean plain loss; 0 where `targets` is NULL.
 */
int32_t trainer_evaluate(Trainer *trainer, int32_t averaged, const float *values, const void *targets, const uint32_t *lengths,
	int32_t count, float *outputs);

/**
 * Computes in these integers until the next call: train one batch, then set the integers of the updated weights. Norms stay
 * frozen. Order as in network_quantize. FAILED when there are fewer than the network needs, or memory is short.
 */
int32_t trainer_quantize(
	Trainer *trainer, const int32_t *integers, int32_t integer_count, const double *reals, int32_t real_count);

/**
 * trainer_observe watches the float network from now on, forgetting what it saw before. FAILED where memory is short or a kind
 * cannot be watched. `units`: of each block's state; `stride`, `last`: see watch.h.
 */
int32_t trainer_watch(Trainer *trainer, const int32_t *units, int32_t stride, int32_t last);

/**
 * Evaluates without targets and adds to the observations. Also outputs the pooled stream (count, heads) and the mixers' inputs
 * in the first `drive_steps` steps (blocks, count, drive_steps, heads), unless NULL.
 */
int32_t trainer_observe(Trainer *trainer, const float *values, const uint32_t *lengths, int32_t count, float *outputs,
	float *pooled, float *drive, int32_t drive_steps);

/** Range of the stream before block `number`, or after the last. */
void trainer_watched_stream(Trainer *trainer, int32_t number, double *low, double *high);
/** Observations of a block, added to these; sizes in watch.h. */
void trainer_watched_block(Trainer *trainer, int32_t number, double *sum, double *value, double *mean, double *moments,
	uint32_t *input, uint32_t *state, uint32_t *output);

void trainer_progress(Trainer *trainer, Progress *to);

/** Makes the running call, or the next one if none is running, return CANCELLED after one more batch. Irreversible. */
void trainer_cancel(Trainer *trainer);

/** Bytes of a real and lanes of a vector of this build. */
int32_t trainer_real_bytes(void);
int32_t trainer_lanes(void);

#endif

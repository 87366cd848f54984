// Value statistics of a float network over a data set, from which calibration reads ranges. A watched network adds to them in
// every evaluation until they are read.
#ifndef WATCH_H
#define WATCH_H

#include "operation.h"

/** Magnitudes are counted in 16 bins per octave, from 2^-40 up to 2^24: exponent and four bits of the mantissa of a float. */
enum { WATCH_BINS = 1024 };

/** Share of one thread. Rows are blocks, then heads. */
struct WatchShare {
	vec *low, *high;     // (blocks + 1, H): the stream before each block and after the last
	vec *sum;            // (blocks): max |channel mixer output|
	vec *value;          // (blocks, H): max |value| multiplied by gates
	vec *mean, *moments; // (blocks, R), (blocks, R, R): sums of g and of g g^T
	uint32_t *input;     // (blocks, H, WATCH_BINS): of the mixer's input
	uint32_t *state;     // (units, WATCH_BINS): units of each block's state, block by block
	uint32_t *output;    // (blocks, 3, WATCH_BINS): of y, of positive g, of negative g
	vec *pool;           // (H): of the current group
};

struct Watch {
	Memory memory;
	Network *net;
	struct WatchShare *shares;
	int *unit_of;  // (blocks + 1): number of a block's first unit
	int stride;    // states are sampled every `stride` steps
	int last;      // the head sees the last step, not the mean
	float *pooled; // (count, H) of the current rows
	float *drive;  // (blocks, count, drive_steps, H) of them: mixer inputs; NULL: not kept
	int count, drive_steps;
};

/** NULL where memory is short, or a mixer or channel mixer cannot be watched. @param units of each block's state */
Watch *watch_open(Network *net, const int32_t *units, int stride, int last);
void watch_close(Watch *watch);

/** A chunk of a block after its forward pass; may overwrite `activated`. */
void watch_block(Watch *watch, const Place *at, int number, const vec *normed, vec *activated, const vec *summed);
/** A chunk of the stream after the last block. */
void watch_end(Watch *watch, const Place *at, const vec *stream);

/**
 * For mixers: counts unit `unit` of a block, the larger of |re| and |im| (STEPS vectors, `apart` from each other); im may be
 * NULL.
 */
void watch_state(Watch *watch, const Place *at, int number, int unit, const vec *re, const vec *im, int apart);

/** Over all threads: the stream before block `number`, or after the last; (H) each. */
void watch_read_stream(const Watch *watch, int number, double *low, double *high);

/** Over all threads: one block; sizes as in struct WatchShare, without padding. */
typedef struct {
	double *sum, *value, *mean, *moments;
	uint32_t *input, *state, *output;
} WatchedBlock;
void watch_read_block(const Watch *watch, int number, const WatchedBlock *to);

#endif

// What a float network's values are over a data set: what calibration reads ranges from. A watched network adds to it in every
// evaluation until it is read.
#ifndef WATCH_H
#define WATCH_H

#include "operation.h"

/** Magnitudes are counted in 16 bins per octave, from 2^-40 up to 2^24: exponent and four bits of the mantissa of a float. */
enum { WATCH_BINS = 1024 };

/** One thread's share. Rows are blocks, then heads. */
struct WatchShare {
	vec *low, *high;     // (blocks + 1, H): the stream in front of each block and after the last
	vec *sum;            // (blocks): greatest |what leaves the channel mixer|
	vec *value;          // (blocks, H): greatest |value| that gates let through
	vec *mean, *moments; // (blocks, R), (blocks, R, R): sums of g and of g g^T
	uint32_t *input;     // (blocks, H, WATCH_BINS): of what goes into the mixer
	uint32_t *state;     // (units, WATCH_BINS): units of each block's state in turn
	uint32_t *output;    // (blocks, 3, WATCH_BINS): of y, of positive g, of negative g
	vec *pool;           // (H): of the group at work
};

struct Watch {
	Memory memory;
	Network *net;
	struct WatchShare *shares;
	int *unit_of;  // (blocks + 1): number of a block's first unit
	int stride;    // a state is counted at one step in so many
	int last;      // the head sees the last step, not the mean
	float *pooled; // (count, H) of the rows at work
	float *drive;  // (blocks, count, drive_steps, H) of them: what goes into mixers; NULL: not kept
	int count, drive_steps;
};

/** NULL where memory is short, or a mixer or channel mixer cannot be watched. @param units of each block's state */
Watch *watch_open(Network *net, const int32_t *units, int stride, int last);
void watch_close(Watch *watch);

/** A chunk of a block whose forward pass is done; may spoil `activated`. */
void watch_block(Watch *watch, const Place *at, int number, const vec *normed, vec *activated, const vec *summed);
/** A chunk of the stream after the last block. */
void watch_end(Watch *watch, const Place *at, const vec *stream);

/** For mixers: counts unit `unit` of a block, the greater of `re` and `im` (STEPS vectors, `apart` from each other); im may be NULL. */
void watch_state(Watch *watch, const Place *at, int number, int unit, const vec *re, const vec *im, int apart);

/** Of all threads: the stream in front of block `number`, or after the last; (H) each. */
void watch_read_stream(const Watch *watch, int number, double *low, double *high);

/** Of all threads, what one block did; sizes as in struct WatchShare, without padding. */
typedef struct {
	double *sum, *value, *mean, *moments;
	uint32_t *input, *state, *output;
} WatchedBlock;
void watch_read_block(const Watch *watch, int number, const WatchedBlock *to);

#endif

/*
 * essm.h - the edge-ssm kernel: integer-only inference of state-space models in C99.
 *
 * What it is: everything needed to open a blob (docs/BLOB.md), feed it samples and read its outputs, in the arithmetic
 * of docs/ARITHMETIC.md, versions edge-ssm.int.v2 and v3. No libc, no heap, no floating point, no global state.
 * What it is not: it knows no sensor, file, clock or JavaScript; callers handle those.
 *
 * Memory: all owned by the caller. The blob is read in place while the model is in use (typically mapped flash);
 * the arena holds all mutable state. Both must be 4-byte aligned. `essm` itself is a small struct of the caller.
 * Calls on different models are independent; one model must not be used from two threads at once.
 */
#ifndef ESSM_H
#define ESSM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every error has a name (essm_error_name); 0 is success. */
enum {
	ESSM_OK = 0,
	ESSM_E_TRUNCATED = 1, /* blob: fewer bytes than its header or its stated length needs */
	ESSM_E_MAGIC = 2,     /* blob: does not begin with "ESSM" */
	ESSM_E_VERSION = 3,   /* blob: format or arithmetic version that this kernel does not carry out */
	ESSM_E_CRC = 4,       /* blob: CRC-32 does not match */
	ESSM_E_LAYOUT = 5,    /* blob: a section lies outside the blob, is missing, out of order or not filled */
	ESSM_E_SHAPE = 6,     /* blob: a shape is zero or beyond the kernel's limits */
	ESSM_E_PRECISION = 7, /* blob: a precision or scale that the arithmetic does not have */
	ESSM_E_ALIGNMENT = 8, /* blob or arena not 4-byte aligned */
	ESSM_E_ARENA = 9,     /* arena smaller than essm_arena_size gives */
	ESSM_E_ARGUMENT = 10, /* a null pointer, or a model that was not opened */
	ESSM_E_STATE = 11,    /* saved state: wrong length, from another model, or damaged */
	ESSM_E_LENGTH = 12,   /* sequence longer than the pooling accumulator is proven for */
	ESSM_E_EMPTY = 13,    /* outputs asked for before the first sample */
	ESSM_E_SECTION = 14,  /* blob: a required section of a type that this kernel does not know */
	ESSM_E_KIND = 15,     /* blob: a kind of component that this kernel does not have */
	ESSM_E_TEXT = 16      /* blob: a text is not UTF-8 */
};

/* An open model. Filled by essm_open; read-only for callers. */
typedef struct essm {
	const uint8_t *blob;
	uint8_t *arena;
	const uint8_t *encoder; /* contents of sections */
	const uint8_t *first_block;
	const uint8_t *head;
	uint32_t blob_length;
	uint32_t arena_length;
	uint32_t residual; /* offsets in the arena: residual stream, signal within a block, rows being unpacked */
	uint32_t signal;
	uint32_t rows;
	uint16_t channels; /* input channels of a sample */
	uint16_t outputs;  /* numbers in a result */
	uint16_t heads;    /* H */
	uint8_t blocks;
	uint8_t mean; /* the head pools by the mean */
	uint8_t residual_bits;
	uint8_t needs_y; /* beside g, in the signal's second half */
	uint8_t keep;    /* rows are unpacked once: 1 before the first sample since essm_open, 2 after it */
	uint8_t opened;
} essm;

/*
 * Every call but the last two returns ESSM_OK or an error, and changes nothing on an error unless stated.
 * `model` is the caller's and must have been opened: else ESSM_E_ARGUMENT, as for any NULL pointer where bytes are needed.
 */

/*
 * The arena's exact size in bytes, a multiple of 4, that a blob needs.
 * blob: 4-byte aligned; read during the call. length: readable bytes there, the blob's or more (a partition).
 * size: written on success only.
 * Errors: those marked "blob" above, ESSM_E_ALIGNMENT, ESSM_E_ARGUMENT. Checks the entire blob including its CRC-32: about 20
 * instructions per byte.
 */
int essm_arena_size(const void *blob, uint32_t length, uint32_t *size);

/*
 * The arena's size in bytes with which essm_open keeps everything it unpacks: Abar, gains and weights that the blob packs more
 * tightly are then unpacked only in the first call of essm_write. Results are the same. Equal to essm_arena_size where nothing
 * is packed. Arguments and errors as above.
 */
int essm_preferred_arena_size(const void *blob, uint32_t length, uint32_t *size);

/*
 * Checks the entire blob, as essm_arena_size does, lays out the arena and resets the state.
 * blob: must stay unchanged and in place while the model is in use. arena: `arena_length` bytes, 4-byte aligned, of any
 * content; the model's until the caller stops using the model. There is nothing to close. With essm_preferred_arena_size bytes
 * or more, unpacked rows are kept.
 * Errors: those of essm_arena_size; ESSM_E_ARENA. On an error `model` is closed, whatever it was before.
 */
int essm_open(essm *model, const void *blob, uint32_t length, void *arena, uint32_t arena_length);

/* Resets to before the first sample: states, pooling, dither. Errors: ESSM_E_ARGUMENT. */
int essm_reset(essm *model);

/*
 * Feeds `count` samples of `channels` values each, one after another. However a stream is cut into calls, the results are the
 * same; sixteen at a time are fastest, as the stack allows (about 3 KB then, 5.2 KB with S5 mixers); built with -DESSM_BLOCK=32, thirty-two
 * (2.2 KB more).
 * samples: 2-byte aligned, read during the call; integers in the input scaling of the blob (physical = sample * scale + offset),
 * any int16 is allowed. May be NULL when count is 0.
 * Errors: ESSM_E_ARGUMENT; ESSM_E_LENGTH when mean pooling would exceed 65,536 steps since the reset: then none is taken.
 */
int essm_write(essm *model, const int16_t *samples, uint32_t count);

/*
 * Outputs of the head over the stream so far; for a head with outputs at every step, call after each. May be called any time
 * without affecting the stream, but writes scratch in the arena.
 * outputs: room for `outputs` int32 values, in units of the head (logits: 2^-fraction; values: their scale in the blob).
 * Errors: ESSM_E_ARGUMENT; ESSM_E_EMPTY before the first sample.
 */
int essm_outputs(const essm *model, int32_t *outputs);

/*
 * The state as bytes (docs/BLOB.md), for deep sleep or for moving a stream: little-endian, the same on every target.
 * state: `length` bytes at any address; length must equal essm_state_size.
 * Errors: ESSM_E_ARGUMENT; ESSM_E_STATE for another length and, on restore, for damaged bytes or those of another blob.
 */
int essm_save_state(const essm *model, void *state, uint32_t length);
int essm_restore_state(essm *model, const void *state, uint32_t length);

/* Bytes of a saved state; 0 when the model is not open. */
uint32_t essm_state_size(const essm *model);

/* Name of an error code as in this file, such as "ESSM_E_CRC"; "ESSM_E_UNKNOWN" for anything else. Never freed. */
const char *essm_error_name(int code);

#ifdef __cplusplus
}
#endif

#endif

/*
 * essm.h - the edge-ssm kernel: integer-only S4D inference in C99.
 *
 * What it is: everything needed to open a blob (docs/BLOB.md), feed it samples and read class logits, in the arithmetic
 * of docs/ARITHMETIC.md, version edge-ssm.int.v2. No libc, no heap, no floating point, no global state.
 * What it is not: it knows no sensor, no file, no clock and no JavaScript; those are its callers' business.
 *
 * Memory: the caller owns all of it. The blob is read in place, for as long as the model is used (mapped flash is meant);
 * the arena holds everything that changes. Both must be 4-byte aligned. `essm` itself is a small struct of the caller's.
 * Calls on different models are independent; one model must not be used from two threads at once.
 */
#ifndef ESSM_H
#define ESSM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every error has a name, which essm_error_name gives; 0 is success. */
enum {
	ESSM_OK = 0,
	ESSM_E_TRUNCATED = 1,   /* blob: fewer bytes than its header or its stated length needs */
	ESSM_E_MAGIC = 2,       /* blob: does not begin with "ESSM" */
	ESSM_E_VERSION = 3,     /* blob: format or arithmetic version that this kernel does not carry out */
	ESSM_E_CRC = 4,         /* blob: CRC-32 does not match */
	ESSM_E_LAYOUT = 5,      /* blob: a section lies outside the blob, overlaps or is not aligned */
	ESSM_E_SHAPE = 6,       /* blob: a shape is zero or beyond the kernel's limits */
	ESSM_E_PRECISION = 7,   /* blob: a precision or scale that the arithmetic does not have */
	ESSM_E_ALIGNMENT = 8,   /* blob or arena not 4-byte aligned */
	ESSM_E_ARENA = 9,       /* arena smaller than the blob's header asks for */
	ESSM_E_ARGUMENT = 10,   /* a null pointer, or a model that was not opened */
	ESSM_E_STATE = 11,      /* saved state: wrong length, from another model, or damaged */
	ESSM_E_LENGTH = 12,     /* sequence longer than the pooling accumulator is proven for */
	ESSM_E_EMPTY = 13       /* logits asked for before the first sample */
};

/* An open model. Filled by essm_open; read it freely, write none of it. */
typedef struct essm {
	const uint8_t *blob;
	uint8_t *arena;
	uint32_t blob_length;
	uint32_t arena_length;
	uint16_t channels; /* input channels of a sample */
	uint16_t classes;  /* logits */
	uint16_t heads;    /* H */
	uint16_t modes;    /* N complex modes a head */
	uint16_t layers;   /* L */
	uint16_t opened;
} essm;

/* The arena's exact size in bytes that a blob asks for. Checks the blob first, as essm_open does. */
int essm_arena_size(const void *blob, uint32_t length, uint32_t *size);

/* Checks the whole blob (bounds, versions, CRC-32), lays the arena out and resets the state. On error `model` is closed. */
int essm_open(essm *model, const void *blob, uint32_t length, void *arena, uint32_t arena_length);

/* Back to before the first sample: states, pooling, dither generator. */
int essm_reset(essm *model);

/*
 * Feeds `count` samples of `channels` values each, sample after sample. Any way of cutting a stream into calls gives the
 * same bytes. Sample values are integers in the input scaling of the blob; any int16 is allowed.
 */
int essm_write(essm *model, const int16_t *samples, uint32_t count);

/* Logits of the stream so far, `classes` values, all in one scale (blob header). Changes nothing: ask as often as you like. */
int essm_logits(const essm *model, int32_t *logits);

/* The state as bytes (little-endian, the same on every target), for deep sleep or for moving a stream elsewhere. */
uint32_t essm_state_size(const essm *model);
int essm_save_state(const essm *model, void *state, uint32_t length);
int essm_restore_state(essm *model, const void *state, uint32_t length);

/* Name of an error code as in this file, such as "ESSM_E_CRC"; "ESSM_E_UNKNOWN" for anything else. */
const char *essm_error_name(int code);

#ifdef __cplusplus
}
#endif

#endif

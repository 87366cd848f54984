/*
 * essm-models.h - open models as the native data of JavaScript objects, shared by the bindings of firmware/kernel. Internal: include
 * it in .c files only.
 *
 * A model is one allocation: a record that begins with EssmModel, then the arena. The blob stays where it is; the JavaScript object
 * refers to it by its "blob" property, so that the collector keeps it.
 */
#ifndef ESSM_MODELS_H
#define ESSM_MODELS_H

#include "binding.h"
#include "xsHost.h"

#include "essm.h"

typedef struct EssmModel {
	essm model;
	struct EssmModel *next; /* list of all open models */
	uint32_t size;          /* of the arena, bytes */
} EssmModel;

/* Throws the kernel's name of an error, "ESSM_E_CRC". */
extern void essmCheck(xsMachine *the, int code);

/*
 * Opens a blob for `this`: `own` bytes of record, a multiple of 4, set to zero beyond EssmModel, and `size` of arena. `the`'s first
 * argument is the blob, which must be fixed: in memory that neither moves nor can be written.
 */
extern void *essmOpen(xsMachine *the, const void *blob, uint32_t length, uint32_t own, uint32_t size);

/* The bytes of a blob that is the first argument. Throws a TypeError where they could move or be written. */
extern const void *essmFixedBytes(xsMachine *the, xsUnsignedValue *length);

/* Closes what essmOpen has opened; NULL is nothing. */
extern void essmClose(void *model);

/* Feeds samples at any address, as within a frame. */
extern int essmFeed(essm *model, const uint8_t *samples, uint32_t count);

/*
 * Samples of a call as its arguments: the buffer, the offset of the first byte and the count, of which both may be missing. Coerce
 * with essmSpanArguments first, then fetch host data, then call essmSpan.
 */
typedef struct {
	uint32_t byteOffset;
	uint32_t count;
	int hasCount;
} EssmSpan;

extern EssmSpan essmSpanArguments(xsMachine *the);

/* The first byte. Throws a RangeError where the samples lie outside the buffer or are incomplete; sets span->count. */
extern const uint8_t *essmSpan(xsMachine *the, EssmSpan *span, uint32_t sampleBytes);

#endif

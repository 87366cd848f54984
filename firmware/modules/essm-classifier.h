/*
 * essm-classifier.h - the native part of edge-ssm/classifier (firmware/library/classifier/classifier.js): a stream of samples through a
 * model of classes, with windows, hops, smoothing and what is to be reported. It equals src/classifier/classifier.ts. Internal.
 */
#ifndef ESSM_CLASSIFIER_H
#define ESSM_CLASSIFIER_H

#include "essm-models.h"

#include "essm_internal.h"

/* The threshold of a label that never counts. */
#define BACKGROUND UINT32_MAX

enum { WINDOW, HOP, SMOOTHING, THRESHOLD, HOLD, SETTINGS };

enum {
	ENDLESS = 0x7fffffff, /* steps that stand for no end */
	WRAP = 0x40000000,    /* steps that are counted of a window without end */
	STATE_HEAD = 24       /* CRC-32 and Kept */
};

/* What a saved state has of a stream, after its CRC-32. */
typedef struct {
	uint32_t step; /* since the start of the stream */
	uint32_t inWindow;
	uint32_t latest; /* label of the latest result, and how many in a row have counted for it */
	uint32_t row;
	uint32_t smoothed; /* whether there are smoothed outputs */
} Kept;

typedef struct {
	EssmModel open;
	uint32_t settings[SETTINGS];
	const essm_u32 *thresholds; /* the model's of each label; NULL: none, or another one is set */
	uint32_t maxSteps;          /* without a window */
	Kept kept;
	uint32_t turns; /* of kept.step */
	uint32_t era;
	uint32_t at; /* of samples being taken: the next byte, and how many samples follow */
	uint32_t rest;
	int32_t *fresh;    /* outputs as the kernel gives them */
	int32_t outputs[]; /* smoothed */
} StreamRecord, *Stream;

/* Also identifies our host objects. Called by the collector, without a machine; NULL after close(). */
extern void xs_essm_classifier_destructor(void *data);

/* The open stream of `this`. Throws for foreign objects and after close(). */
extern Stream essmGetStream(xsMachine *the);

/* The content of the first section of a type in a blob that the kernel has accepted; NULL: there is none. */
extern const uint8_t *essmFind(const uint8_t *blob, uint32_t type);

/* Properties of an object; `it` is a variable that is used on the way. */
extern void essmPut(xsMachine *the, xsSlot *object, const char *name, xsSlot *it);
extern void essmPutNumber(xsMachine *the, xsSlot *object, const char *name, double number, xsSlot *it);

#endif

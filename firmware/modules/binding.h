/*
 * binding.h - shared by the native modules: safe conversion of arguments to C values on both versions of XS, 13.3 (desktop
 * and rv32 targets) and 17 (Moddable SDK). Internal: include it in .c files only.
 *
 * The order in every function: coerce all arguments (a valueOf may run the collector or call close()), then fetch host
 * data, then buffers, then work without touching the machine.
 */
#ifndef ESSM_BINDING_H
#define ESSM_BINDING_H

#include "xsmc.h"

#if defined(__has_include)
#if __has_include("mc.xs.h")
#include "mc.xs.h" /* the SDK's build: identifiers as constants, xsID_name */
#define ESSM_SDK 1
#endif
#endif

#include <stdint.h>

/*
 * The bytes of a buffer argument. Returns whether they can move (xsBufferRelocatable). Throws a TypeError for anything else,
 * and for read-only buffers when bytes are to be written.
 */
extern xsIntegerValue essmGetBuffer(xsMachine *the, xsSlot *slot, void **data, xsUnsignedValue *length, int writable);

/* Whether an open kernel reads any of these bytes in place (essm-models.c). Flash must not change them. */
extern int essmKernelReads(const void *bytes, uint32_t length);

/* A count or offset argument: an integer from 0 to 2^31 - 1, else a RangeError. */
extern uint32_t essmToIndex(xsMachine *the, xsSlot *slot);

/* Whether an optional argument is present and not undefined. */
extern int essmHasArgument(xsMachine *the, int index);

#endif

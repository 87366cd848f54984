/*
 * binding.h - what the native modules share: how arguments become C values, safely, on both versions of XS: 13.3 (the
 * desktop and rv32 targets) and 17 (the Moddable SDK). Not an interface of the project: include it in .c files only.
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

#ifndef ESSM_SDK
/* Of XS 13.3, but not in its public header: the data of a host object, NULL for anything else. */
extern void *fxGetHostDataIf(xsMachine *the, xsSlot *slot);
#endif

/*
 * The bytes of a buffer argument. Tells whether they can move (xsBufferRelocatable). Throws a TypeError for anything that
 * is no buffer, and for read-only ones where bytes are to be written.
 */
static inline xsIntegerValue essmGetBuffer(xsMachine *the, xsSlot *slot, void **data, xsUnsignedValue *length, int writable)
{
	xsIntegerValue kind;
#ifndef ESSM_SDK
	/* XS 13.3 takes any host object for a buffer and believes its "byteLength": insist on a true host buffer. */
	if (fxGetHostDataIf(the, slot))
		(void)xsmcGetHostBufferLength(*slot);
#endif
	*data = NULL;
	if (writable)
		kind = xsmcGetBufferWritable(*slot, data, length);
	else
		kind = xsmcGetBufferReadable(*slot, data, length);
	if (NULL == *data)
		xsTypeError("invalid buffer");
	return kind;
}

/* Whether an open kernel reads any of these bytes where they stand (essm-kernel.c). Flash must not change them. */
extern int essmKernelReads(const void *bytes, uint32_t length);

/* An argument that is a count or an offset: a whole number from 0 to 2^31 - 1, else a RangeError. */
static inline uint32_t essmToIndex(xsMachine *the, xsSlot *slot)
{
	double number;
	if (xsIntegerType == xsmcTypeOf(*slot))
		number = xsmcToInteger(*slot);
	else
		number = xsmcToNumber(*slot);
	if (!((number >= 0) && (number <= 2147483647.0)) || (number != (double)(uint32_t)number))
		xsRangeError("invalid number");
	return (uint32_t)number;
}

/* Whether an optional argument was given: there, and not undefined. */
static inline int essmHasArgument(xsMachine *the, int index)
{
	return (index < xsmcArgc) && (xsUndefinedType != xsmcTypeOf(xsArg(index)));
}

#endif

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

#ifndef ESSM_SDK
/* In XS 13.3 but not in its public header: the data of a host object, NULL for anything else. */
extern void *fxGetHostDataIf(xsMachine *the, xsSlot *slot);
#endif

/*
 * The bytes of a buffer argument. Returns whether they can move (xsBufferRelocatable). Throws a TypeError for anything else,
 * and for read-only buffers when bytes are to be written.
 */
static inline xsIntegerValue essmGetBuffer(xsMachine *the, xsSlot *slot, void **data, xsUnsignedValue *length, int writable)
{
	xsIntegerValue kind;
#ifndef ESSM_SDK
	/* XS 13.3 accepts any host object as a buffer and trusts its "byteLength": require a real host buffer. */
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

/* Whether an open kernel reads any of these bytes in place (essm-kernel.c). Flash must not change them. */
extern int essmKernelReads(const void *bytes, uint32_t length);

/* A count or offset argument: an integer from 0 to 2^31 - 1, else a RangeError. */
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

/* Whether an optional argument is present and not undefined. */
static inline int essmHasArgument(xsMachine *the, int index)
{
	return (index < xsmcArgc) && (xsUndefinedType != xsmcTypeOf(xsArg(index)));
}

#endif

/*
 * binding.c - conversion of arguments (binding.h), as functions: copies of them in every binding take flash.
 */
#include "binding.h"

#ifndef ESSM_SDK
/* In XS 13.3 but not in its public header: the data of a host object, NULL for anything else. */
extern void *fxGetHostDataIf(xsMachine *the, xsSlot *slot);
#endif

xsIntegerValue essmGetBuffer(xsMachine *the, xsSlot *slot, void **data, xsUnsignedValue *length, int writable)
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

uint32_t essmToIndex(xsMachine *the, xsSlot *slot)
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

int essmHasArgument(xsMachine *the, int index) { return (index < xsmcArgc) && (xsUndefinedType != xsmcTypeOf(xsArg(index))); }

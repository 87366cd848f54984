/*
 * essm-kernel.c - binds firmware/kernel to JavaScript (essm-kernel.d.ts). One source for XS 13.3 and XS 17.
 */
#include "essm-models.h"

typedef EssmModel *Kernel;

/* Also identifies our host objects. Called by the collector, without a machine; NULL after close(). */
void xs_essm_kernel_destructor(void *data) { essmClose(data); }

/* The open model of `this`. Throws for foreign objects and after close(). */
static Kernel getKernel(xsMachine *the)
{
	Kernel kernel = xsmcGetHostDataValidate(xsThis, (void *)&xs_essm_kernel_destructor);
	if (NULL == kernel)
		xsUnknownError("kernel is closed");
	return kernel;
}

/* The second argument: bytes that the arena may have; 0: as few as can be. */
static uint32_t mostBytes(xsMachine *the) { return essmHasArgument(the, 1) ? essmToIndex(the, &xsArg(1)) : 0; }

/* The arena for a blob: the preferred one where `most` allows it, else the smallest. */
static uint32_t arenaSize(xsMachine *the, const void *blob, uint32_t length, uint32_t most)
{
	uint32_t size = 0;

	if (most) {
		essmCheck(the, essm_preferred_arena_size(blob, length, &size));
		if (size <= most)
			return size;
	}
	essmCheck(the, essm_arena_size(blob, length, &size));
	return size;
}

void xs_essm_kernel_arenaSize(xsMachine *the)
{
	const uint32_t most = mostBytes(the);
	void *blob;
	xsUnsignedValue length;

	essmGetBuffer(the, &xsArg(0), &blob, &length, 0);
	xsmcSetInteger(xsResult, (xsIntegerValue)arenaSize(the, blob, length, most));
}

void xs_essm_kernel(xsMachine *the)
{
	const uint32_t most = mostBytes(the);
	const void *blob;
	xsUnsignedValue length;

	/* Reflect.construct can pass an object of another class: refuse it before storing anything in it */
	if (xsmcGetHostDataValidate(xsThis, (void *)&xs_essm_kernel_destructor))
		xsUnknownError("kernel is open");
	blob = essmFixedBytes(the, &length);
	essmOpen(the, blob, length, sizeof(EssmModel), arenaSize(the, blob, length, most));
}

void xs_essm_kernel_close(xsMachine *the)
{
	xs_essm_kernel_destructor(xsmcGetHostDataValidate(xsThis, (void *)&xs_essm_kernel_destructor));
	xsmcSetHostData(xsThis, NULL);
}

void xs_essm_kernel_write(xsMachine *the)
{
	EssmSpan span = essmSpanArguments(the);
	Kernel kernel = getKernel(the);
	const uint8_t *samples = essmSpan(the, &span, 2 * (uint32_t)kernel->model.channels);
	essmCheck(the, essmFeed(&kernel->model, samples, span.count));
}

void xs_essm_kernel_outputs(xsMachine *the)
{
	Kernel kernel = getKernel(the);
	void *data;
	xsUnsignedValue length;

	essmGetBuffer(the, &xsArg(0), &data, &length, 1);
	if (length / 4 < kernel->model.outputs)
		xsRangeError("buffer too short");
	if ((uintptr_t)data & 3)
		xsRangeError("outputs misaligned");
	essmCheck(the, essm_outputs(&kernel->model, data));
}

void xs_essm_kernel_reset(xsMachine *the) { essmCheck(the, essm_reset(&getKernel(the)->model)); }

void xs_essm_kernel_saveState(xsMachine *the)
{
	Kernel kernel = getKernel(the);
	uint32_t size = essm_state_size(&kernel->model);
	void *data;
	xsUnsignedValue length;

	essmGetBuffer(the, &xsArg(0), &data, &length, 1);
	if (length < size)
		xsRangeError("buffer too short");
	essmCheck(the, essm_save_state(&kernel->model, data, size));
}

void xs_essm_kernel_restoreState(xsMachine *the)
{
	Kernel kernel = getKernel(the);
	uint32_t size = essm_state_size(&kernel->model);
	void *data;
	xsUnsignedValue length;

	essmGetBuffer(the, &xsArg(0), &data, &length, 0);
	if (length < size)
		xsRangeError("buffer too short");
	essmCheck(the, essm_restore_state(&kernel->model, data, size));
}

void xs_essm_kernel_get_channels(xsMachine *the) { xsmcSetInteger(xsResult, getKernel(the)->model.channels); }

void xs_essm_kernel_get_outputCount(xsMachine *the) { xsmcSetInteger(xsResult, getKernel(the)->model.outputs); }

void xs_essm_kernel_get_heads(xsMachine *the) { xsmcSetInteger(xsResult, getKernel(the)->model.heads); }

void xs_essm_kernel_get_blocks(xsMachine *the) { xsmcSetInteger(xsResult, getKernel(the)->model.blocks); }

void xs_essm_kernel_get_arenaBytes(xsMachine *the) { xsmcSetInteger(xsResult, (xsIntegerValue)getKernel(the)->size); }

void xs_essm_kernel_get_stateSize(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)essm_state_size(&getKernel(the)->model));
}

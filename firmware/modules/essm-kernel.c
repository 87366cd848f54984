/*
 * essm-kernel.c - binds firmware/kernel to JavaScript (essm-kernel.d.ts). One source for XS 13.3 and XS 17.
 *
 * Owns one allocation per model: this record followed by the arena. The blob stays where it is; the JavaScript object
 * refers to it by its "blob" property, so that the collector keeps it.
 */
#include "binding.h"
#include "xsHost.h"

#include <stddef.h>

#include "essm.h"

#ifndef ESSM_SDK
#define xsID_blob (xsID("blob"))
#endif

typedef struct KernelRecord {
	essm model;
	struct KernelRecord *next; /* list of all open kernels */
	uint32_t size;             /* of the arena, bytes */
	uint32_t arena[];          /* 4-byte aligned */
} KernelRecord, *Kernel;

/*
 * All open kernels, for the flash modules to query. Empty on ESP chips: the SDK's flash module does not ask, and workers
 * are threads, for which this list would need a lock.
 */
static Kernel openKernels = NULL;

static void enlist(Kernel kernel)
{
#ifndef ESP_PLATFORM
	kernel->next = openKernels;
	openKernels = kernel;
#endif
}

static void delist(Kernel kernel)
{
	Kernel *link = &openKernels;
	while (*link && (*link != kernel))
		link = &(*link)->next;
	if (*link)
		*link = kernel->next;
}

int essmKernelReads(const void *bytes, uint32_t length)
{
	const uintptr_t begin = (uintptr_t)bytes;
	for (Kernel kernel = openKernels; kernel; kernel = kernel->next) {
		const uintptr_t blob = (uintptr_t)kernel->model.blob;
		if ((begin < blob + kernel->model.blob_length) && (blob < begin + length))
			return 1;
	}
	return 0;
}

/* Also identifies our host objects. Called by the collector, without a machine; NULL after close(). */
void xs_essm_kernel_destructor(void *data)
{
	if (data) {
		delist(data);
		c_free(data);
	}
}

/* The open model of `this`. Throws for foreign objects and after close(). */
static Kernel getKernel(xsMachine *the)
{
	Kernel kernel = xsmcGetHostDataValidate(xsThis, (void *)&xs_essm_kernel_destructor);
	if (NULL == kernel)
		xsUnknownError("kernel is closed");
	return kernel;
}

static void check(xsMachine *the, int code)
{
	if (ESSM_OK != code)
		xsUnknownError("%s", essm_error_name(code));
}

/* The second argument: bytes that the arena may have; 0: as few as can be. */
static uint32_t mostBytes(xsMachine *the) { return essmHasArgument(the, 1) ? essmToIndex(the, &xsArg(1)) : 0; }

/* The arena for a blob: the preferred one where `most` allows it, else the smallest. */
static uint32_t arenaSize(xsMachine *the, const void *blob, uint32_t length, uint32_t most)
{
	uint32_t size = 0;

	if (most) {
		check(the, essm_preferred_arena_size(blob, length, &size));
		if (size <= most)
			return size;
	}
	check(the, essm_arena_size(blob, length, &size));
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

/*
 * Whether the bytes can neither move nor change, as in mapped flash: the kernel checks them only once. A SharedArrayBuffer
 * does not move either, but can be written. No call of XS tells what is read-only but one that throws.
 */
static int isFixed(xsMachine *the, xsSlot *buffer, xsIntegerValue kind)
{
	void *data;
	xsUnsignedValue length;
	volatile int fixed = 0;

	if (xsBufferNonrelocatable != kind)
		return 0;
	xsTry { essmGetBuffer(the, buffer, &data, &length, 1); }
	xsCatch { fixed = 1; }
	return fixed;
}

void xs_essm_kernel(xsMachine *the)
{
	const uint32_t most = mostBytes(the);
	void *blob;
	xsUnsignedValue length;
	uint32_t size;
	Kernel kernel;
	int code;

	/* Reflect.construct can pass an object of another class: refuse it before storing anything in it */
	if (xsmcGetHostDataValidate(xsThis, (void *)&xs_essm_kernel_destructor))
		xsUnknownError("kernel is open");

	if (!isFixed(the, &xsArg(0), essmGetBuffer(the, &xsArg(0), &blob, &length, 0)))
		xsTypeError("blob must be in flash");
	size = arenaSize(the, blob, length, most);

	xsmcDefine(xsThis, xsID_blob, xsArg(0), xsDontDelete | xsDontEnum | xsDontSet);

	kernel = c_malloc(offsetof(KernelRecord, arena) + size);
	if (NULL == kernel)
		xsUnknownError("no memory for an arena of %d bytes", (int)size);
	kernel->size = size;
	code = essm_open(&kernel->model, blob, length, kernel->arena, size);
	if (ESSM_OK != code) {
		c_free(kernel);
		check(the, code);
	}
	enlist(kernel);
	xsmcSetHostData(xsThis, kernel);
}

void xs_essm_kernel_close(xsMachine *the)
{
	xs_essm_kernel_destructor(xsmcGetHostDataValidate(xsThis, (void *)&xs_essm_kernel_destructor));
	xsmcSetHostData(xsThis, NULL);
}

/* Samples at an odd address, as within a frame, go through a small aligned buffer. */
static int writeMisaligned(essm *model, const uint8_t *bytes, uint32_t count)
{
	int16_t aligned[256]; /* at least one sample: no model has more channels */
	const uint32_t sampleBytes = 2 * (uint32_t)model->channels;
	const uint32_t maximum = sizeof(aligned) / sampleBytes;
	int code = maximum ? ESSM_OK : ESSM_E_ARGUMENT;

	while ((ESSM_OK == code) && count) {
		uint32_t some = (count < maximum) ? count : maximum;
		c_memcpy(aligned, bytes, some * sampleBytes);
		code = essm_write(model, aligned, some);
		bytes += some * sampleBytes;
		count -= some;
	}
	return code;
}

void xs_essm_kernel_write(xsMachine *the)
{
	uint32_t byteOffset = 0, count = 0, rest;
	int hasCount = essmHasArgument(the, 2);
	Kernel kernel;
	void *data;
	xsUnsignedValue length;
	uint32_t sampleBytes;

	if (essmHasArgument(the, 1))
		byteOffset = essmToIndex(the, &xsArg(1));
	if (hasCount)
		count = essmToIndex(the, &xsArg(2));

	kernel = getKernel(the);
	essmGetBuffer(the, &xsArg(0), &data, &length, 0);

	sampleBytes = 2 * (uint32_t)kernel->model.channels;
	if (byteOffset > length)
		xsRangeError("samples outside buffer");
	rest = length - byteOffset;
	if (!hasCount) {
		count = rest / sampleBytes;
		if (count * sampleBytes != rest)
			xsRangeError("not a whole number of samples");
	} else if (count > rest / sampleBytes)
		xsRangeError("samples outside buffer");

	data = (uint8_t *)data + byteOffset;
	if ((uintptr_t)data & 1)
		check(the, writeMisaligned(&kernel->model, data, count));
	else
		check(the, essm_write(&kernel->model, data, count));
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
	check(the, essm_outputs(&kernel->model, data));
}

void xs_essm_kernel_reset(xsMachine *the) { check(the, essm_reset(&getKernel(the)->model)); }

void xs_essm_kernel_saveState(xsMachine *the)
{
	Kernel kernel = getKernel(the);
	uint32_t size = essm_state_size(&kernel->model);
	void *data;
	xsUnsignedValue length;

	essmGetBuffer(the, &xsArg(0), &data, &length, 1);
	if (length < size)
		xsRangeError("buffer too short");
	check(the, essm_save_state(&kernel->model, data, size));
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
	check(the, essm_restore_state(&kernel->model, data, size));
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

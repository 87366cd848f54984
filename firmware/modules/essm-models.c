/*
 * essm-models.c - open models (essm-models.h). One source for XS 13.3 and XS 17.
 */
#include "essm-models.h"

#ifndef ESSM_SDK
#define xsID_blob (xsID("blob"))
#endif

/*
 * All open models, for the flash modules to query. Empty on ESP chips: the SDK's flash module does not ask, and workers
 * are threads, for which this list would need a lock.
 */
static EssmModel *openModels = NULL;

static void enlist(EssmModel *model)
{
#ifndef ESP_PLATFORM
	model->next = openModels;
	openModels = model;
#endif
}

static void delist(EssmModel *model)
{
	EssmModel **link = &openModels;
	while (*link && (*link != model))
		link = &(*link)->next;
	if (*link)
		*link = model->next;
}

int essmKernelReads(const void *bytes, uint32_t length)
{
	const uintptr_t begin = (uintptr_t)bytes;
	for (EssmModel *model = openModels; model; model = model->next) {
		const uintptr_t blob = (uintptr_t)model->model.blob;
		if ((begin < blob + model->model.blob_length) && (blob < begin + length))
			return 1;
	}
	return 0;
}

void essmCheck(xsMachine *the, int code)
{
	if (ESSM_OK != code)
		xsUnknownError("%s", essm_error_name(code));
}

/*
 * Bytes that can neither move nor change, as in mapped flash: the kernel checks them only once. A SharedArrayBuffer does not
 * move either, but can be written. No call of XS tells what is read-only but one that throws.
 */
const void *essmFixedBytes(xsMachine *the, xsUnsignedValue *length)
{
	void *data, *unused;
	xsUnsignedValue bytes;
	volatile int fixed = 0;

	if (xsBufferNonrelocatable == essmGetBuffer(the, &xsArg(0), &data, length, 0)) {
		xsTry { essmGetBuffer(the, &xsArg(0), &unused, &bytes, 1); }
		xsCatch { fixed = 1; }
	}
	if (!fixed)
		xsTypeError("blob must be in flash");
	return data;
}

void *essmOpen(xsMachine *the, const void *blob, uint32_t length, uint32_t own, uint32_t size)
{
	EssmModel *model;
	int code;

	xsmcDefine(xsThis, xsID_blob, xsArg(0), xsDontDelete | xsDontEnum | xsDontSet);
	model = c_malloc(own + size);
	if (NULL == model)
		xsUnknownError("no memory for an arena of %d bytes", (int)size);
	c_memset(model, 0, own);
	model->size = size;
	code = essm_open(&model->model, blob, length, (uint8_t *)model + own, size);
	if (ESSM_OK != code) {
		c_free(model);
		essmCheck(the, code);
	}
	enlist(model);
	xsmcSetHostData(xsThis, model);
	return model;
}

void essmClose(void *model)
{
	if (model) {
		delist(model);
		c_free(model);
	}
}

int essmFeed(essm *model, const uint8_t *samples, uint32_t count)
{
	int16_t aligned[256]; /* at least one sample: no model has more channels */
	const uint32_t sampleBytes = 2 * (uint32_t)model->channels;
	const uint32_t maximum = sizeof(aligned) / sampleBytes;
	int code = maximum ? ESSM_OK : ESSM_E_ARGUMENT;

	if (!((uintptr_t)samples & 1))
		return essm_write(model, (const int16_t *)(const void *)samples, count);
	while ((ESSM_OK == code) && count) {
		uint32_t some = (count < maximum) ? count : maximum;
		c_memcpy(aligned, samples, some * sampleBytes);
		code = essm_write(model, aligned, some);
		samples += some * sampleBytes;
		count -= some;
	}
	return code;
}

EssmSpan essmSpanArguments(xsMachine *the)
{
	EssmSpan span = {0, 0, essmHasArgument(the, 2)};
	if (essmHasArgument(the, 1))
		span.byteOffset = essmToIndex(the, &xsArg(1));
	if (span.hasCount)
		span.count = essmToIndex(the, &xsArg(2));
	return span;
}

const uint8_t *essmSpan(xsMachine *the, EssmSpan *span, uint32_t sampleBytes)
{
	void *data;
	xsUnsignedValue length;
	uint32_t rest;

	essmGetBuffer(the, &xsArg(0), &data, &length, 0);
	if (span->byteOffset > length)
		xsRangeError("samples outside buffer");
	rest = length - span->byteOffset;
	if (!span->hasCount) {
		span->count = rest / sampleBytes;
		if (span->count * sampleBytes != rest)
			xsRangeError("not a whole number of samples");
	} else if (span->count > rest / sampleBytes)
		xsRangeError("samples outside buffer");
	return (const uint8_t *)data + span->byteOffset;
}

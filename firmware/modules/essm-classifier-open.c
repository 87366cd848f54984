/*
 * essm-classifier-open.c - opens a model of classes as a stream, and sets how it is cut and reported. One source for XS 13.3 and XS 17.
 */
#include "essm-classifier.h"

static const struct {
	const char *name;
	uint32_t high;
} limits[SETTINGS] = {
	[WINDOW] = {"window", 0x7fffffff},
	[HOP] = {"hop", 0x7fffffff},
	[SMOOTHING] = {"smoothing", ESSM_MAX_STREAM_SMOOTHING},
	[THRESHOLD] = {"threshold", 0xffffffff},
	[HOLD] = {"hold", 255},
};

/* A number from its bits in the blob. */
static void putFloat(xsMachine *the, xsSlot *object, const char *name, uint32_t bits, xsSlot *it)
{
	float number;
	c_memcpy(&number, &bits, 4);
	essmPutNumber(the, object, name, number, it);
}

/* A text that ends with a zero byte; returns where the next one begins. */
static const char *text(xsMachine *the, const char *at, xsSlot *it)
{
	xsmcSetString(*it, (char *)at);
	return at + c_strlen(at) + 1;
}

/* ---- Settings ---- */

/* The settings that an object has, undefined and null left out, as a bit each. */
static uint32_t givenSettings(xsMachine *the, xsSlot *object, uint32_t *given, xsSlot *it)
{
	uint32_t which = 0;

	for (int i = 0; i < SETTINGS; i++) {
		double value = -1;
		int type;
		xsmcGet(*it, *object, xsID(limits[i].name));
		type = xsmcTypeOf(*it);
		if ((xsUndefinedType == type) || (xsNullType == type))
			continue;
		if ((xsIntegerType == type) || (xsNumberType == type))
			value = xsmcToNumber(*it);
		given[i] = ((value >= 0) && (value <= limits[i].high)) ? (uint32_t)value : 0;
		if (given[i] != value)
			xsRangeError("invalid %s", limits[i].name);
		which |= 1u << i;
	}
	return which;
}

/* Replaces settings by those given, checked together. */
static void settle(xsMachine *the, uint32_t *settings, const uint32_t *given, uint32_t which, uint32_t maxSteps)
{
	uint32_t window;

	for (int i = 0; i < SETTINGS; i++)
		if (which & (1u << i))
			settings[i] = given[i];
	window = settings[WINDOW];
	if ((1u << WINDOW) == (which & ((1u << WINDOW) | (1u << HOP))))
		settings[HOP] = window;
	if (window > maxSteps)
		xsRangeError("invalid window: mean pooling takes at most %d steps", (int)maxSteps);
	if (settings[HOP] > (window ? window : maxSteps))
		xsRangeError("invalid hop: longer than the window");
}

void xs_essm_classifier_configure(xsMachine *the)
{
	uint32_t settings[SETTINGS], given[SETTINGS], which;
	Stream stream;

	xsmcVars(1);
	which = givenSettings(the, &xsArg(0), given, &xsVar(0));
	stream = essmGetStream(the);
	c_memcpy(settings, stream->settings, sizeof(settings));
	settle(the, settings, given, which, stream->maxSteps);
	c_memcpy(stream->settings, settings, sizeof(settings));
	if (which & (1u << THRESHOLD))
		stream->thresholds = NULL;
}

/* ---- Opening ---- */

/* Refuses a blob with the kernel's name of the error and a sentence, as src/blob/blob-error.ts. */
static void demand(xsMachine *the, int code, xsSlot *it)
{
	const char *sentence = "the blob is damaged.";
	char message[160];

	switch (code) {
	case ESSM_OK:
		return;
	case ESSM_E_MAGIC:
		sentence = "the bytes do not begin with \"ESSM\".";
		break;
	case ESSM_E_VERSION:
	case ESSM_E_SECTION:
		sentence = "firmware and model are of different versions of edge-ssm; make both with the same.";
		break;
	case ESSM_E_CRC:
		sentence = "the CRC-32 does not match.";
		break;
	case ESSM_E_TRUNCATED:
		sentence = "there are fewer bytes than the blob states.";
		break;
	case ESSM_E_KIND:
		sentence = "this firmware leaves out a kind that the model needs; see edge-ssm inspect MODEL --kinds.";
		break;
	}
	c_snprintf(message, sizeof(message), "%s: %s", essm_error_name(code), sentence);
	xsmcSetString(*it, message);
	xsmcCall(*it, xsThis, xsID("refuse"), it, NULL);
}

/* What the model is, as the property `model`. */
static void describe(xsMachine *the, const essm *opened, xsSlot *it)
{
	const uint8_t *blob = opened->blob;
	const essm_input_header *header = (const essm_input_header *)(const void *)essmFind(blob, ESSM_SECTION_INPUT);
	const essm_u32 *scales = (const essm_u32 *)(const void *)(header + 1);
	const char *at = (const char *)essmFind(blob, ESSM_SECTION_LABELS);
	xsSlot *const self = &xsThis, *const model = &xsVar(1), *const list = &xsVar(2), *const channel = &xsVar(3);

	xsmcSetNewObject(*model);
	essmPut(the, self, "model", model);
	essmPutNumber(the, model, "channels", opened->channels, it);
	essmPutNumber(the, model, "steps", ((const essm_blob_header *)(const void *)blob)->steps, it);
	putFloat(the, model, "rate", header->rate, it);

	xsmcSetNewArray(*list, 0);
	essmPut(the, model, "labels", list);
	for (uint32_t i = 0; i < opened->outputs; i++) {
		at = text(the, at, it);
		xsmcSetIndex(*list, i, *it);
	}

	xsmcSetNewArray(*list, 0);
	essmPut(the, model, "input", list);
	at = (const char *)(scales + 2 * opened->channels);
	for (uint32_t i = 0; i < opened->channels; i++) {
		xsmcSetNewObject(*channel);
		xsmcSetIndex(*list, i, *channel);
		at = text(the, at, it);
		essmPut(the, channel, "name", it);
		at = text(the, at, it);
		essmPut(the, channel, "unit", it);
		putFloat(the, channel, "scale", *scales++, it);
		putFloat(the, channel, "offset", *scales++, it);
	}
}

void xs_essm_classifier(xsMachine *the)
{
	static const char *const callbacks[] = {"onResult", "onError", "schedule"};
	const uint8_t *blob;
	xsUnsignedValue length;
	uint32_t size, room, which, maxSteps, settings[SETTINGS] = {0}, given[SETTINGS];
	const essm_head_header *head;
	const essm_classes_head_header *classes;
	const essm_stream_header *reports;
	Stream stream;
	xsSlot *argument, *it;

	/* Reflect.construct can pass an object of another class: refuse it before storing anything in it */
	if (xsmcGetHostDataValidate(xsThis, (void *)&xs_essm_classifier_destructor))
		xsUnknownError("classifier is open");
	xsmcVars(4);
	argument = &xsArg(0);
	it = &xsVar(0);
	for (int i = 0; i < 3; i++) {
		xsmcGet(*it, *argument, xsID(callbacks[i]));
		if ((xsUndefinedType != xsmcTypeOf(*it)) && !xsmcIsCallable(*it))
			xsTypeError("invalid %s", callbacks[i]);
		essmPut(the, &xsThis, callbacks[i], it);
	}
	which = givenSettings(the, argument, given, it);
	xsmcGet(*argument, *argument, xsID("model"));
	if (xsStringType == xsmcTypeOf(*argument))
		xsmcCall(*argument, xsThis, xsID("open"), argument, NULL);
	else if (xsReferenceType != xsmcTypeOf(*argument))
		xsTypeError("model required");
	blob = essmFixedBytes(the, &length);
	demand(the, essm_arena_size(blob, length, &size), it);

	head = (const essm_head_header *)(const void *)essmFind(blob, ESSM_SECTION_HEAD);
	if (ESSM_HEAD_CLASSES != head->kind)
		xsTypeError("the model gives values, not classes");
	classes = (const essm_classes_head_header *)(const void *)(head + 1);
	reports = (const essm_stream_header *)(const void *)essmFind(blob, ESSM_SECTION_STREAM);
	if (reports) {
		settings[WINDOW] = reports->window;
		settings[HOP] = reports->hop;
		settings[SMOOTHING] = reports->smoothing;
		settings[HOLD] = reports->hold;
	} else
		settings[WINDOW] = settings[HOP] = ((const essm_blob_header *)(const void *)blob)->steps;
	maxSteps = classes->pooling ? ENDLESS : ESSM_MEAN_STEPS;
	settle(the, settings, given, which, maxSteps);

	room = 4 * (uint32_t)classes->outputs;
	stream = essmOpen(the, blob, length, (uint32_t)sizeof(StreamRecord) + 2 * room, size);
	c_memcpy(stream->settings, settings, sizeof(settings));
	stream->maxSteps = maxSteps;
	stream->fresh = stream->outputs + classes->outputs;
	if (reports && !(which & (1u << THRESHOLD)))
		stream->thresholds = (const essm_u32 *)(const void *)(reports + 1);
	describe(the, &stream->open.model, it);
}

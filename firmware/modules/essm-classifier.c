/*
 * essm-classifier.c - runs a stream of samples through a model of classes. One source for XS 13.3 and XS 17.
 */
#include "essm-classifier.h"

/* Also identifies our host objects. Called by the collector, without a machine; NULL after close(). */
void xs_essm_classifier_destructor(void *data) { essmClose(data); }

static Stream ofThis(xsMachine *the) { return xsmcGetHostDataValidate(xsThis, (void *)&xs_essm_classifier_destructor); }

/* The open stream of `this`. Throws for foreign objects and after close(). */
Stream essmGetStream(xsMachine *the)
{
	Stream stream = ofThis(the);
	if (NULL == stream)
		xsUnknownError("classifier is closed");
	return stream;
}

/* The content of the first section of a type in a blob that the kernel has accepted; NULL: there is none. */
const uint8_t *essmFind(const uint8_t *blob, uint32_t type)
{
	const uint8_t *const end = blob + ((const essm_blob_header *)(const void *)blob)->length;
	const uint8_t *at = blob + sizeof(essm_blob_header);

	while (at < end) {
		const essm_section_header *heading = (const essm_section_header *)(const void *)at;
		at += sizeof *heading;
		if (type == heading->type)
			return at;
		at += essm_align4(heading->length);
	}
	return NULL;
}

/* ---- Values of JavaScript: `it` is a variable that holds the one at hand ---- */

void essmPut(xsMachine *the, xsSlot *object, const char *name, xsSlot *it) { xsmcSet(*object, xsID(name), *it); }

void essmPutNumber(xsMachine *the, xsSlot *object, const char *name, double number, xsSlot *it)
{
	xsmcSetNumber(*it, number);
	essmPut(the, object, name, it);
}

/* What was before counts no more: samples being taken, events to come. */
static void turn(xsMachine *the, Stream stream)
{
	xsmcVars(1);
	stream->turns = stream->rest = 0;
	essmPutNumber(the, &xsThis, "era", ++stream->era, &xsVar(0));
}

void xs_essm_classifier_close(xsMachine *the)
{
	Stream stream = ofThis(the);
	if (stream) {
		turn(the, stream);
		essmClose(stream);
		xsmcSetHostData(xsThis, NULL);
	}
}

/* ---- Results ---- */

typedef struct {
	uint32_t index;
	uint32_t margin;
} Choice;

/* The greatest logit, and its distance to the second. */
static Choice choose(Stream stream, const int32_t *logits)
{
	const uint32_t outputs = stream->open.model.outputs;
	int32_t second = INT32_MIN;
	uint32_t index = 0;

	for (uint32_t i = 1; i < outputs; i++)
		if (logits[i] > logits[index])
			index = i;
	for (uint32_t i = 0; i < outputs; i++)
		if ((i != index) && (logits[i] > second))
			second = logits[i];
	return (Choice){index, (outputs > 1) ? (uint32_t)logits[index] - (uint32_t)second : 0};
}

/* The result for JavaScript. */
static void give(xsMachine *the, Stream stream, const int32_t *logits)
{
	const essm *model = &stream->open.model;
	const Choice choice = choose(stream, logits);
	const char *label = (const char *)essmFind(model->blob, ESSM_SECTION_LABELS);
	xsSlot *const result = &xsResult, *it;

	xsmcVars(1);
	it = &xsVar(0);
	xsmcSetNewObject(*result);
	essmPutNumber(the, result, "index", choice.index, it);
	for (uint32_t i = 0; i < choice.index; i++)
		label += c_strlen(label) + 1;
	xsmcSetString(*it, (char *)label);
	essmPut(the, result, "label", it);
	xsmcSetArrayBuffer(*it, (void *)logits, 4 * model->outputs);
	xsmcCall(*it, xsThis, xsID("integers"), it, NULL);
	essmPut(the, result, "logits", it);
	essmPutNumber(the, result, "margin", choice.margin, it);
	essmPutNumber(the, result, "step", stream->turns * 4294967296.0 + stream->kept.step, it);
}

/* The smoothed result of a hop or a window; whether it is to be reported. Counts how many in a row count for its label. */
static int conclude(xsMachine *the, Stream stream)
{
	const uint32_t smoothing = stream->settings[SMOOTHING], hold = stream->settings[HOLD];
	int32_t *outputs = stream->outputs;
	const int32_t *now = stream->fresh;
	Choice choice;
	uint32_t least;
	int counts;

	essmCheck(the, essm_outputs(&stream->open.model, stream->fresh));
	for (uint32_t i = 0; i < stream->open.model.outputs; i++) {
		/* shifted before subtracting: no difference needs more than 32 bits */
		uint32_t before = (uint32_t)outputs[i];
		uint32_t moved = stream->kept.smoothed ? (uint32_t)(now[i] >> smoothing) - (uint32_t)(outputs[i] >> smoothing)
											   : (uint32_t)now[i] - before;
		outputs[i] = (int32_t)(before + moved);
	}
	stream->kept.smoothed = 1;
	choice = choose(stream, outputs);

	least = stream->thresholds ? stream->thresholds[choice.index] : stream->settings[THRESHOLD];
	counts = (choice.margin >= least) && (BACKGROUND != least);
	stream->kept.row = counts ? ((choice.index == stream->kept.latest) ? stream->kept.row : 0) + 1 : 0;
	stream->kept.latest = choice.index;
	return hold ? (stream->kept.row == hold) : counts;
}

/* Steps of the window; ENDLESS: it never ends. */
static uint32_t windowOf(Stream stream)
{
	const uint32_t window = stream->settings[WINDOW];
	return window ? window : stream->maxSteps;
}

/* Steps to the next hop or the window's end. */
static uint32_t toResult(Stream stream)
{
	const uint32_t window = windowOf(stream), hop = stream->settings[HOP];
	const uint32_t toEnd = (window > stream->kept.inWindow) ? window - stream->kept.inWindow : 1;
	const uint32_t toHop = hop ? hop - stream->kept.inWindow % hop : toEnd;
	return (toHop < toEnd) ? toHop : toEnd;
}

static void advance(Stream stream, uint32_t steps)
{
	const uint32_t hop = stream->settings[HOP];
	stream->kept.step += steps;
	stream->turns += stream->kept.step < steps;
	stream->kept.inWindow += steps;
	if ((stream->kept.inWindow > WRAP) && (ENDLESS == windowOf(stream)))
		stream->kept.inWindow -= hop ? WRAP / hop * hop : WRAP / 2; /* the hops stay where they are */
}

/* Takes samples up to the next result to be reported, which it gives; where the offset is null it goes on where it stopped. */
void xs_essm_classifier_take(xsMachine *the)
{
	const int goesOn = xsmcArgc > 1 && (xsNullType == xsmcTypeOf(xsArg(1)));
	EssmSpan span = essmSpanArguments(the);
	Stream stream = essmGetStream(the);
	essm *model = &stream->open.model;
	const uint32_t sampleBytes = 2 * (uint32_t)model->channels;
	const uint8_t *samples;

	if (goesOn)
		span = (EssmSpan){stream->at, stream->rest, 1};
	samples = essmSpan(the, &span, sampleBytes);

	while (span.count) {
		uint32_t due = toResult(stream), steps = (due < span.count) ? due : span.count;
		int ends, isHop;

		essmCheck(the, essmFeed(model, samples, steps));
		samples += steps * sampleBytes;
		span.byteOffset += steps * sampleBytes;
		span.count -= steps;
		advance(stream, steps);
		ends = (stream->kept.inWindow >= windowOf(stream)) && (ENDLESS != windowOf(stream));
		isHop = stream->settings[HOP] && (0 == stream->kept.inWindow % stream->settings[HOP]);
		if (ends || isHop) {
			const int reports = conclude(the, stream);
			if (ends) {
				essm_reset(model);
				stream->kept.inWindow = 0;
			}
			if (reports) {
				stream->at = span.byteOffset;
				stream->rest = span.count;
				give(the, stream, stream->outputs);
				return;
			}
		}
	}
}

/* Not smoothed. */
void xs_essm_classifier_read(xsMachine *the)
{
	Stream stream = essmGetStream(the);
	if (0 == stream->kept.inWindow)
		return;
	essmCheck(the, essm_outputs(&stream->open.model, stream->fresh));
	give(the, stream, stream->fresh);
}

/* ---- State ---- */

void xs_essm_classifier_reset(xsMachine *the)
{
	Stream stream = essmGetStream(the);
	Kept *kept = &stream->kept;
	essm_reset(&stream->open.model);
	turn(the, stream);
	kept->step = kept->inWindow = kept->row = kept->smoothed = 0;
}

static uint32_t headBytes(Stream stream) { return STATE_HEAD + 4 * (uint32_t)stream->open.model.outputs; }

static uint32_t checksum(const uint8_t *state, uint32_t size) { return essm_crc32(state + 4, size - 4, 0); }

void xs_essm_classifier_saveState(xsMachine *the)
{
	Stream stream = essmGetStream(the);
	essm *model = &stream->open.model;
	const uint32_t head = headBytes(stream), size = head + essm_state_size(model);
	uint32_t sum;
	uint8_t *state;

	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
	state = xsmcToArrayBuffer(xsResult);
	c_memcpy(state + 4, &stream->kept, sizeof(Kept));
	c_memcpy(state + STATE_HEAD, stream->outputs, head - STATE_HEAD);
	essmCheck(the, essm_save_state(model, state + head, size - head));
	sum = checksum(state, size);
	c_memcpy(state, &sum, 4);
}

void xs_essm_classifier_restoreState(xsMachine *the)
{
	Stream stream = essmGetStream(the);
	essm *model = &stream->open.model;
	const uint32_t head = headBytes(stream), size = head + essm_state_size(model);
	uint32_t sum;
	void *data;
	uint8_t *state;
	xsUnsignedValue length;

	essmGetBuffer(the, &xsArg(0), &data, &length, 0);
	state = data;
	sum = (length == size) ? checksum(state, size) : 0;
	if ((length != size) || c_memcmp(state, &sum, 4))
		xsRangeError("invalid state");
	essmCheck(the, essm_restore_state(model, state + head, size - head));
	c_memcpy(&stream->kept, state + 4, sizeof(Kept));
	c_memcpy(stream->outputs, state + STATE_HEAD, head - STATE_HEAD);
	turn(the, stream); /* last: it may move the state */
}

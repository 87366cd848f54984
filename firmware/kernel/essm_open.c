/*
 * essm_open.c - checks and opens a blob. Blobs arrive over cables and from half-written flash: nothing is used before its
 * bounds are checked, and exactly the blobs that src/blob/read.ts accepts are accepted. docs/BLOB.md has the rules by number.
 */
#include "essm_internal.h"

/* clang-format off */
static const char *const names[] = {
	"ESSM_OK", "ESSM_E_TRUNCATED", "ESSM_E_MAGIC", "ESSM_E_VERSION", "ESSM_E_CRC", "ESSM_E_LAYOUT", "ESSM_E_SHAPE",
	"ESSM_E_PRECISION", "ESSM_E_ALIGNMENT", "ESSM_E_ARENA", "ESSM_E_ARGUMENT", "ESSM_E_STATE", "ESSM_E_LENGTH",
	"ESSM_E_EMPTY", "ESSM_E_SECTION", "ESSM_E_KIND", "ESSM_E_TEXT",
};
/* clang-format on */

ESSM_COLD const char *essm_error_name(int code)
{
	return code >= 0 && code < (int)(sizeof names / sizeof *names) ? names[code] : "ESSM_E_UNKNOWN";
}

/* The sections that are read; an absent one is NULL, with length 0. */
enum { INPUT, ENCODER, BLOCK, HEAD, OUTPUTS, LABELS, STREAM, DETECTOR, GOLDEN, NOTES, SIGNATURE, SECTIONS };
static const uint16_t types[SECTIONS] = {
	ESSM_SECTION_INPUT,
	ESSM_SECTION_ENCODER,
	ESSM_SECTION_BLOCK,
	ESSM_SECTION_HEAD,
	ESSM_SECTION_OUTPUTS,
	ESSM_SECTION_LABELS,
	ESSM_SECTION_STREAM,
	ESSM_SECTION_DETECTOR,
	ESSM_SECTION_GOLDEN,
	ESSM_SECTION_NOTES,
	ESSM_SECTION_SIGNATURE,
};
enum { REQUIRED = LABELS }; /* the last that must be there; of outputs the head decides */

typedef struct {
	const uint8_t *at;
	uint32_t length;
} span;

/* Walks the sections; keeps the first block and counts all. */
ESSM_COLD static int walk(const uint8_t *blob, uint32_t total, span *spans, uint32_t *blocks)
{
	uint32_t at = sizeof(essm_blob_header), last = 0, i;
	for (i = 0; i < SECTIONS; i++)
		spans[i].at = 0, spans[i].length = 0;
	while (at < total) {
		const essm_section_header *heading = (const essm_section_header *)(const void *)(blob + at);
		if (total - at < sizeof *heading)
			return ESSM_E_LAYOUT; /* B9 */
		at += sizeof *heading;
		if (heading->length > total || essm_align4(heading->length) > total - at)
			return ESSM_E_LAYOUT; /* B9 */
		if (heading->type < last || (heading->type == last && last != ESSM_SECTION_BLOCK))
			return ESSM_E_LAYOUT; /* B10 */
		last = heading->type;
		for (i = 0; i < SECTIONS && types[i] != last; i++)
			;
		if (i == SECTIONS && heading->required)
			return ESSM_E_SECTION; /* B11 */
		if (i == BLOCK)
			++*blocks;
		if (i < SECTIONS && !spans[i].at) {
			spans[i].at = blob + at;
			spans[i].length = heading->length;
		}
		if (i == SIGNATURE && heading->length != 64)
			return ESSM_E_LAYOUT; /* B12 */
		at += essm_align4(heading->length);
	}
	for (i = 0; i <= REQUIRED; i++)
		if (!spans[i].at && i != BLOCK && i != OUTPUTS)
			return ESSM_E_LAYOUT; /* B13 */
	return ESSM_OK;
}

/* A float32 by its bits: finite, or also positive. */
static int is_finite(uint32_t bits) { return (bits >> 23 & 255) != 255; }
static int is_positive(uint32_t bits) { return is_finite(bits) && bits != 0 && bits >> 31 == 0; }

/* Whether `count` pairs of scale and offset are usable. */
ESSM_COLD static int check_scales(const uint8_t *at, uint32_t count)
{
	for (; count; count--, at += 8)
		if (!is_positive(essm_read32(at)) || !is_finite(essm_read32(at + 4)))
			return ESSM_E_PRECISION; /* B18 */
	return ESSM_OK;
}

ESSM_COLD static int check_input(span section, uint32_t *channels)
{
	const essm_input_header *header = (const essm_input_header *)(const void *)section.at;
	const uint8_t *const end = section.at + section.length, *at = section.at + sizeof *header;
	int error;
	if (section.length < sizeof *header)
		return ESSM_E_LAYOUT; /* B15 */
	if (header->reserved0 || header->reserved1)
		return ESSM_E_PRECISION; /* B15 */
	if (header->channels < 1 || header->channels > ESSM_MAX_CHANNELS)
		return ESSM_E_SHAPE; /* B15 */
	if ((uint32_t)(end - at) < 8u * header->channels)
		return ESSM_E_LAYOUT; /* B16 */
	if (!is_finite(header->rate) || (header->rate >> 31 && header->rate << 1))
		return ESSM_E_PRECISION; /* B17 */
	error = check_scales(at, header->channels);
	*channels = header->channels;
	return error ? error : essm_check_texts(at + 8 * header->channels, end, 2u * header->channels);
}

ESSM_COLD static int check_outputs(span section, const essm_checker *checker)
{
	const uint32_t bytes = 8 * checker->outputs;
	int error;
	if (checker->scaled != (section.at != 0))
		return ESSM_E_LAYOUT; /* B30 */
	if (!section.at)
		return ESSM_OK;
	if (section.length < bytes)
		return ESSM_E_LAYOUT; /* B31 */
	error = check_scales(section.at, checker->outputs);
	return error ? error : essm_check_texts(section.at + bytes, section.at + section.length, checker->outputs);
}

/* The kernel does not use a stream's settings or a detector, but accepts only usable ones. */
ESSM_COLD static int check_stream(span section, const essm_checker *checker)
{
	const essm_stream_header *header = (const essm_stream_header *)(const void *)section.at;
	const uint32_t most = checker->mean ? ESSM_MEAN_STEPS : 0x7fffffff;
	if (!header)
		return ESSM_OK;
	if (section.length != sizeof *header + 4 * checker->outputs)
		return ESSM_E_LAYOUT; /* B35 */
	if (header->smoothing > ESSM_MAX_STREAM_SMOOTHING || header->reserved0 || header->reserved1 ||
		!(header->window | header->hop) || header->window > most || header->hop > (header->window ? header->window : most))
		return ESSM_E_PRECISION;                     /* B36 */
	return checker->scaled ? ESSM_E_SHAPE : ESSM_OK; /* B37 */
}

ESSM_COLD static int check_detector(span section, const essm_checker *checker)
{
	const essm_detector_header *header = (const essm_detector_header *)(const void *)section.at;
	if (!header)
		return ESSM_OK;
	if (section.length != sizeof *header + 2 * checker->channels)
		return ESSM_E_LAYOUT; /* B32 */
	if (header->smoothing > ESSM_MAX_SMOOTHING || header->reserved0 || !header->release || header->release > header->threshold)
		return ESSM_E_PRECISION;                                                                                     /* B33 */
	return checker->forecast && checker->per_step && checker->outputs == checker->channels ? ESSM_OK : ESSM_E_SHAPE; /* B34 */
}

/* B27 */
ESSM_COLD static int check_golden(span section, const essm_checker *checker)
{
	const uint8_t *at = section.at;
	uint32_t left = section.length;
	while (left) {
		uint32_t steps, bytes, results;
		if (left < 4)
			return ESSM_E_LAYOUT;
		steps = essm_read32(at);
		if (steps == 0 || steps > left || steps * checker->channels > left) /* 2^24 and 2^8 at most: no wrap */
			return ESSM_E_LAYOUT;
		results = checker->per_step ? steps : 1;
		if (results > left >> 2 || results * checker->outputs > left) /* 2^22 and 2^10 at most: no wrap */
			return ESSM_E_LAYOUT;
		bytes = 4 + essm_align4(2 * steps * checker->channels) + 4 * results * checker->outputs;
		if (bytes > left || (checker->mean && steps > ESSM_MEAN_STEPS))
			return ESSM_E_LAYOUT;
		at += bytes;
		left -= bytes;
	}
	return ESSM_OK;
}

/* Encoder, blocks and head; then everything that depends on their sizes. */
ESSM_COLD static int check_network(essm *model, const span *spans, essm_checker *checker)
{
	const uint8_t *at = spans[BLOCK].at;
	uint32_t block;
	int error;
	checker->end = spans[ENCODER].at + spans[ENCODER].length;
	if (!essm_encoder_open(checker, spans[ENCODER].at))
		return checker->error;
	for (block = 0; block < model->blocks; block++) {
		const uint32_t length = essm_read32(at - 4); /* the heading's last field */
		checker->end = at + length;
		if (!essm_block_open(checker, at))
			return checker->error;
		at += essm_align4(length) + sizeof(essm_section_header);
	}
	checker->end = spans[HEAD].at + spans[HEAD].length;
	if (!essm_head_open(checker, spans[HEAD].at))
		return checker->error;
	error = check_outputs(spans[OUTPUTS], checker);
	if (!error)
		error = essm_check_texts(spans[LABELS].at, spans[LABELS].at + spans[LABELS].length, checker->outputs);
	if (!error)
		error = check_stream(spans[STREAM], checker);
	if (!error)
		error = check_detector(spans[DETECTOR], checker);
	if (!error)
		error = check_golden(spans[GOLDEN], checker);
	if (!error && spans[NOTES].at && !essm_is_utf8(spans[NOTES].at, spans[NOTES].at + spans[NOTES].length))
		error = ESSM_E_TEXT; /* B28 */
	if (!error && checker->arithmetic != ((const essm_blob_header *)(const void *)model->blob)->arithmetic)
		error = ESSM_E_VERSION; /* B29 */
	return error;
}

/* Checks everything; fills all of the model except the arena. */
ESSM_COLD static int check(essm *model, const void *bytes, uint32_t length, uint32_t *preferred)
{
	const essm_blob_header *header = bytes;
	span spans[SECTIONS];
	essm_checker checker;
	uint32_t blocks = 0, heads, bytes_of_heads, persistent;
	int error;
	if (!header)
		return ESSM_E_ARGUMENT;
	if ((uintptr_t)header & 3)
		return ESSM_E_ALIGNMENT; /* B1 */
	if (length < sizeof *header)
		return ESSM_E_TRUNCATED; /* B2 */
	if (header->magic != 0x4d535345 /* ESSM */)
		return ESSM_E_MAGIC; /* B3 */
	if (header->format != ESSM_FORMAT || header->arithmetic < ESSM_LOWEST_ARITHMETIC ||
		header->arithmetic > ESSM_HIGHEST_ARITHMETIC)
		return ESSM_E_VERSION; /* B4 */
	if (header->length > length || header->length < sizeof *header)
		return ESSM_E_TRUNCATED; /* B5 */
	if (header->length > ESSM_MAX_BYTES || header->length & 3)
		return ESSM_E_LAYOUT; /* B6 */
	model->blob = bytes;
	model->blob_length = header->length;
	if (essm_crc32(model->blob + ESSM_CRC_START, header->length - ESSM_CRC_START, 0) != header->crc)
		return ESSM_E_CRC; /* B7 */
	/* B8 */
	if (header->blocks < 1 || header->blocks > ESSM_MAX_BLOCKS)
		return ESSM_E_SHAPE;
	if (header->residual_bits < 8 || header->residual_bits > 16)
		return ESSM_E_PRECISION;
	heads = header->h;
	if (heads < 1 || heads > ESSM_MAX_HEADS)
		return ESSM_E_SHAPE;
	error = walk(model->blob, header->length, spans, &blocks);
	if (!error && blocks != header->blocks)
		error = ESSM_E_LAYOUT; /* B14 */
	model->heads = (uint16_t)heads;
	model->blocks = header->blocks;
	model->residual_bits = header->residual_bits;
	checker.heads = heads;
	checker.state = checker.rows = checker.kept = checker.arithmetic = 0;
	checker.needs_y = 0;
	checker.scaled = checker.per_step = checker.forecast = 0;
	if (!error)
		error = check_input(spans[INPUT], &checker.channels);
	if (!error)
		error = check_network(model, spans, &checker);
	if (error)
		return error;
	model->channels = (uint16_t)checker.channels;
	model->outputs = (uint16_t)checker.outputs;
	model->mean = (uint8_t)checker.mean;
	model->encoder = spans[ENCODER].at;
	model->first_block = spans[BLOCK].at;
	model->head = spans[HEAD].at;

	/* The arena: steps, dither; pool; states; residual (last-step pooling keeps it in the pool); signal; rows. */
	bytes_of_heads = essm_align4(2 * heads);
	persistent = 8 + (checker.mean ? 4 * heads : bytes_of_heads) + checker.state;
	model->residual = checker.mean ? persistent : 8;
	model->signal = persistent + (checker.mean ? bytes_of_heads : 0);
	model->rows = model->signal + essm_align4(2 * heads << checker.needs_y);
	model->needs_y = (uint8_t)checker.needs_y;
	model->arena_length = model->rows + checker.rows;
	*preferred = model->arena_length + checker.kept;
	return ESSM_OK;
}

ESSM_COLD int essm_arena_size(const void *blob, uint32_t length, uint32_t *size)
{
	essm model;
	uint32_t preferred;
	int error = size ? check(&model, blob, length, &preferred) : ESSM_E_ARGUMENT;
	if (!error)
		*size = model.arena_length;
	return error;
}

ESSM_COLD int essm_preferred_arena_size(const void *blob, uint32_t length, uint32_t *size)
{
	essm model;
	return size ? check(&model, blob, length, size) : ESSM_E_ARGUMENT;
}

ESSM_COLD int essm_open(essm *model, const void *blob, uint32_t length, void *arena, uint32_t arena_length)
{
	uint32_t preferred;
	int error;
	if (!model)
		return ESSM_E_ARGUMENT;
	model->opened = 0;
	error = check(model, blob, length, &preferred);
	if (error)
		return error;
	if (!arena)
		return ESSM_E_ARGUMENT;
	if ((uintptr_t)arena & 3)
		return ESSM_E_ALIGNMENT;
	if (arena_length < model->arena_length)
		return ESSM_E_ARENA;
	model->arena = arena;
	model->keep = arena_length >= preferred && preferred > model->arena_length ? ESSM_KEEPING : 0;
	model->opened = 1;
	return essm_reset(model);
}

/*
 * draw.c - a small model of any kinds from a few bytes, as a grammar of blobs: headers hold what essm_layout.c allows, contents
 * are noise or extremes, and the kernel's own checks say where a component ends. Nearly all are accepted, so that what runs
 * them is reached; then some bytes are overwritten in a few of them.
 */
#include "draw.h"
#include "../essm_internal.h"
#include <string.h>

enum { SEED = 4, TRIES = 4, STYLES = 8 };

dice dice_of(const uint8_t *bytes, size_t count)
{
	dice from = {bytes, bytes + count, 0x9e3779b9};
	uint32_t i;
	for (i = 0; i < SEED && i < count; i++)
		from.state = (from.state ^ *from.at++) * 0x01000193;
	from.state |= 1;
	return from;
}

/* xorshift32 */
static uint32_t next_word(dice *from)
{
	from->state ^= from->state << 13;
	from->state ^= from->state >> 17;
	from->state ^= from->state << 5;
	return from->state;
}

uint32_t throw_byte(dice *from) { return from->at < from->end ? *from->at++ : next_word(from) >> 24; }

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value);
	put16(at + 2, value >> 16);
}

/* One of the values that `allowed` has a bit for; any for 0. */
static uint8_t allowed_value(dice *from, uint32_t allowed)
{
	uint32_t skip = throw_byte(from);
	uint8_t value = 0;
	if (!allowed)
		return (uint8_t)skip;
	skip %= (uint32_t)__builtin_popcount(allowed);
	for (; !(allowed >> value & 1) || skip--; value++)
		;
	return value;
}

static void fill(dice *from, uint8_t *at, uint32_t count)
{
	static const uint8_t extremes[] = {0x00, 0xff, 0x80, 0x7f};
	const uint32_t style = throw_byte(from) % STYLES;
	uint32_t i;
	if (style < 3)
		memset(at, extremes[style], count);
	else if (style == 3) /* codes of 8 and 16 bits, positive and negative */
		for (i = 0; i < count; i++)
			at[i] = extremes[2 + (next_word(from) & 1)];
	else
		for (i = 0; i < count; i += 4)
			put32(at + i, next_word(from));
}

/* What else a kind's header must hold: how many maps it begins with, where it has a count and the least that this may be. */
typedef struct {
	const essm_check *check;
	uint32_t maps;
	uint32_t count_at;
	uint32_t least;
} demand;

static const demand demands[] = {
	{&essm_linear_encoder_check, 1, 0, 0},
	{&essm_embedding_encoder_check, 0, offsetof(essm_embedding_encoder_header, vocabulary), 2},
	{&essm_s4d_check, 0, offsetof(essm_s4d_header, n), 1},
	{&essm_s5_check, 0, offsetof(essm_s5_header, p), 1},
	{&essm_glu_check, 2, 0, 0},
	{&essm_half_glu1_check, 1, 0, 0},
	{&essm_half_glu2_check, 1, 0, 0},
	{&essm_classes_head_check, 1, offsetof(essm_classes_head_header, outputs), 2},
	{&essm_values_head_check, 1, offsetof(essm_values_head_header, outputs), 1},
	{NULL, 0, 0, 0},
};

static void draw_header(dice *from, const essm_check *check, uint8_t *at)
{
	const demand *wanted = demands;
	uint32_t i;
	for (i = 0; i < check->bytes; i++)
		at[i] = allowed_value(from, check->allowed[i]);
	while (wanted->check && wanted->check != check)
		wanted++;
	for (i = 0; i < wanted->maps; i++)
		if (at[4 * i + 2] == 16)
			at[4 * i + 3] = 0; /* biases of 16 bits have no shift */
	if (wanted->least)
		put16(at + wanted->count_at, wanted->least + throw_byte(from) % 5);
}

typedef struct {
	uint32_t id;
	const essm_check *check;
	const uint8_t *(*open)(essm_checker *checker, const uint8_t *at);
} kind;

#define DRAWN(id, name) {id, &essm_##name##_check, essm_##name##_open},
static const kind norms[] = {ESSM_NORMS(DRAWN){0, 0, 0}};
static const kind mixers[] = {ESSM_MIXERS(DRAWN){0, 0, 0}};
static const kind activations[] = {ESSM_ACTIVATIONS(DRAWN){0, 0, 0}};
static const kind channels[] = {ESSM_CHANNELS(DRAWN){0, 0, 0}};
static const kind posts[] = {ESSM_POSTS(DRAWN){0, 0, 0}};
static const kind encoders[] = {ESSM_ENCODERS(DRAWN){0, 0, 0}};
static const kind heads[] = {ESSM_HEADS(DRAWN){0, 0, 0}};
#define CODING(id, name) {id, &essm_##name##_check, NULL},
static const kind codings[] = {ESSM_POLES(CODING){0, 0, 0}};

static const kind *find(const kind *table, uint32_t id)
{
	while (table->id && table->id != id)
		table++;
	return table;
}

/* The header of a mixer's poles, which follow its parts. */
static void draw_poles(dice *from, const essm_checker *checker, const essm_check *check, uint8_t *at)
{
	essm_s4d_parts s4d;
	essm_s5_parts s5;
	if (check == &essm_s4d_check)
		draw_header(from, find(codings, at[offsetof(essm_s4d_header, a_kind)])->check,
			(uint8_t *)essm_s4d_view(at, checker->heads, &s4d));
	else if (check == &essm_s5_check)
		draw_header(
			from, find(codings, at[offsetof(essm_s5_header, a_kind)])->check, (uint8_t *)essm_s5_view(at, checker->heads, &s5));
}

/* Codes of 3 bits, none of them 7. */
static void lower(uint8_t *at, uint32_t bytes)
{
	static const uint8_t masks[3] = {0xb6, 0x6d, 0xdb};
	uint32_t i;
	for (i = 0; i < bytes; i++)
		at[i] &= masks[i % 3];
}

/* Writes a component of a kind; returns where the next begins. */
static uint8_t *draw_component(dice *from, essm_checker *checker, const kind *drawn, uint8_t *at)
{
	/* more than any component has, with the counts above: rows of modes or square maps */
	const uint32_t square = drawn->check == &essm_s4d_check || drawn->check == &essm_s5_check ? 40 : 2 * checker->heads;
	const uint32_t bytes = 80 + 24 * checker->heads + square * checker->heads;
	const essm_checker before = *checker;
	uint32_t i;
	for (i = 0; i < TRIES; i++) {
		const uint8_t *after;
		draw_header(from, drawn->check, at);
		fill(from, at + drawn->check->bytes, bytes);
		if (drawn->check == &essm_affine_check && i)
			lower(at + drawn->check->bytes, essm_packed_bytes(checker->heads, 3));
		draw_poles(from, checker, drawn->check, at);
		*checker = before;
		checker->end = at + drawn->check->bytes + bytes;
		if (essm_check_header(checker, at, drawn->check) && (after = drawn->open(checker, at)) != NULL)
			return at + (after - at);
	}
	return at + drawn->check->bytes; /* the kernel will refuse it */
}

static uint8_t *begin_section(uint8_t *at, uint32_t type, uint32_t required)
{
	put16(at, type);
	put16(at + 2, required);
	return at + sizeof(essm_section_header);
}

static uint8_t *end_section(uint8_t *content, uint8_t *end)
{
	put32(content - 4, (uint32_t)(end - content));
	while ((end - content) & 3)
		*end++ = 0;
	return end;
}

/* A section of a header that names kinds and their components. */
static uint8_t *draw_section(dice *from, essm_checker *checker, uint8_t *at, uint32_t type, const essm_check *check,
	const kind *const *tables, const uint8_t *places, uint32_t count)
{
	uint8_t *const content = begin_section(at, type, 1);
	uint32_t i;
	draw_header(from, check, content);
	at = content + check->bytes;
	for (i = 0; i < count; i++)
		if (content[places[i]])
			at = draw_component(from, checker, find(tables[i], content[places[i]]), at);
	if (checker->arithmetic < check->arithmetic)
		checker->arithmetic = check->arithmetic;
	return end_section(content, at);
}

/* Scales and offsets. */
static uint8_t *draw_scales(dice *from, uint8_t *at, uint32_t count)
{
	for (; count; count--, at += 8) {
		put32(at, 1 + next_word(from) % 0x7f7fffff);
		put32(at + 4, next_word(from) % 0x7f7fffff);
	}
	return at;
}

/* Empty texts, or one letter. */
static uint8_t *draw_texts(uint8_t *at, uint32_t count, uint32_t letters)
{
	for (; count; count--, letters >>= 1) {
		if (letters & 1)
			*at++ = 'x';
		*at++ = 0;
	}
	return at;
}

static uint8_t *draw_input(dice *from, uint8_t *at, uint32_t count)
{
	uint8_t *const content = begin_section(at, ESSM_SECTION_INPUT, 1);
	memset(content, 0, sizeof(essm_input_header));
	put16(content, count);
	return end_section(
		content, draw_texts(draw_scales(from, content + sizeof(essm_input_header), count), 2 * count, throw_byte(from)));
}

static uint8_t *draw_golden(dice *from, const essm_checker *checker, uint8_t *at)
{
	uint8_t *const content = begin_section(at, ESSM_SECTION_GOLDEN, 0);
	const uint32_t steps = 1 + throw_byte(from) % 3;
	const uint32_t bytes = essm_align4(2 * steps * checker->channels) + 4 * (checker->per_step ? steps : 1) * checker->outputs;
	put32(content, steps);
	fill(from, content + 4, bytes);
	return end_section(content, content + 4 + bytes);
}

/* Sections that a blob may have or not, by the bits of `which`. */
static uint8_t *draw_optional(dice *from, const essm_checker *checker, uint8_t *at, uint32_t which)
{
	uint8_t *content;
	if (which & 1 && !checker->scaled) {
		const uint32_t bytes = sizeof(essm_stream_header) + 4 * checker->outputs;
		content = begin_section(at, ESSM_SECTION_STREAM, 0);
		memset(content, 0, bytes);
		put32(content + offsetof(essm_stream_header, window), throw_byte(from) + 1);
		at = end_section(content, content + bytes);
	}
	if (which & 2 && checker->forecast && checker->per_step && checker->outputs == checker->channels) {
		const uint32_t bytes = sizeof(essm_detector_header) + 2 * checker->channels;
		content = begin_section(at, ESSM_SECTION_DETECTOR, 0);
		memset(content, 0, bytes);
		put32(content + offsetof(essm_detector_header, threshold), 9);
		put32(content + offsetof(essm_detector_header, release), 1 + throw_byte(from) % 9);
		at = end_section(content, content + bytes);
	}
	if (which & 4)
		at = draw_golden(from, checker, at);
	if (which & 8) {
		/* two to four bytes per character, of which one may become something else */
		static const char text[] = "\xc3\xa9\xe0\xa0\x80\xe2\x82\xac\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
		const uint32_t place = throw_byte(from);
		content = begin_section(at, ESSM_SECTION_NOTES, 0);
		memcpy(content, text, sizeof text - 1);
		if (place < sizeof text - 1)
			content[place] = (uint8_t)throw_byte(from);
		at = end_section(content, content + sizeof text - 1);
	}
	if ((which & 0x18) == 0x18) {
		content = begin_section(at, ESSM_SECTION_NOTES + 1, 0); /* unknown: skipped */
		at = end_section(content, content + 3);
	}
	if ((which & 0x60) == 0x60) {
		content = begin_section(at, ESSM_SECTION_SIGNATURE, 0);
		fill(from, content, 64);
		at = end_section(content, content + 64);
	}
	return at;
}

static void finish(uint8_t *blob, uint32_t length, const essm_checker *checker, uint32_t blocks, dice *from)
{
	const uint32_t pokes = throw_byte(from) % 16;
	uint32_t i;
	essm_blob_header *const header = (essm_blob_header *)(void *)blob;
	memset(blob, 0xaa, sizeof *header);
	header->magic = 0x4d535345;
	header->format = ESSM_FORMAT;
	header->arithmetic = (uint16_t)checker->arithmetic;
	header->length = length;
	header->dither_seed = next_word(from);
	header->h = (uint16_t)checker->heads;
	header->blocks = (uint8_t)blocks;
	header->residual_bits = (uint8_t)(8 + throw_byte(from) % 9);
	for (i = 12; i < pokes; i++) {
		const uint32_t place = throw_byte(from) << 8 | throw_byte(from);
		blob[place % length] = (uint8_t)throw_byte(from);
	}
	header->crc = essm_crc32(blob + ESSM_CRC_START, length - ESSM_CRC_START, 0);
}

uint32_t draw_blob(dice *from, uint8_t *blob)
{
	static const kind *const stages[] = {norms, mixers, activations, channels, posts};
	static const uint8_t places[] = {
		offsetof(essm_block_header, norm_kind),
		offsetof(essm_block_header, mixer_kind),
		offsetof(essm_block_header, activation_kind),
		offsetof(essm_block_header, channel_kind),
		offsetof(essm_block_header, post_kind),
	};
	static const uint8_t first[] = {0};
	const kind *const encoder = encoders, *const head = heads;
	const uint32_t size = throw_byte(from), which = throw_byte(from);
	uint32_t blocks = 1 + (throw_byte(from) >= 192), i;
	uint8_t *at = blob + sizeof(essm_blob_header), *content;
	essm_checker checker;
	memset(&checker, 0, sizeof checker);
	checker.arithmetic = ESSM_LOWEST_ARITHMETIC;
	checker.channels = 1 + throw_byte(from) % 3;
	/* small for speed; a few up to and beyond those whose steps go together */
	checker.heads = 1 + (size < 160 ? size & 1 : size < 240 ? size & 3 : size & 15);
	if (size >= 254)
		checker.heads = ESSM_BLOCK_HEADS - 1 + (which & 3), blocks = 1;
	at = draw_input(from, at, checker.channels);
	at = draw_section(from, &checker, at, ESSM_SECTION_ENCODER, &essm_encoder_check, &encoder, first, 1);
	for (i = 0; i < blocks; i++)
		at = draw_section(from, &checker, at, ESSM_SECTION_BLOCK, &essm_block_check, stages, places, sizeof places);
	at = draw_section(from, &checker, at, ESSM_SECTION_HEAD, &essm_head_check, &head, first, 1);
	if (checker.scaled) {
		content = begin_section(at, ESSM_SECTION_OUTPUTS, 1);
		at = end_section(content, draw_texts(draw_scales(from, content, checker.outputs), checker.outputs, which >> 4));
	}
	content = begin_section(at, ESSM_SECTION_LABELS, 1);
	at = end_section(content, draw_texts(content, checker.outputs, which >> 5));
	at = draw_optional(from, &checker, at, which);
	finish(blob, (uint32_t)(at - blob), &checker, blocks, from);
	return (uint32_t)(at - blob);
}

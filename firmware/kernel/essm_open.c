/*
 * essm_open.c - a blob checked and opened. Blobs come over cables and out of half-written flash: nothing is
 * used before its bounds are known, and what is accepted here is exactly what src/model/read-blob.ts accepts.
 */
#include "essm_internal.h"

static const char *const names[] = {
	"ESSM_OK", "ESSM_E_TRUNCATED", "ESSM_E_MAGIC", "ESSM_E_VERSION", "ESSM_E_CRC", "ESSM_E_LAYOUT", "ESSM_E_SHAPE",
	"ESSM_E_PRECISION", "ESSM_E_ALIGNMENT", "ESSM_E_ARENA", "ESSM_E_ARGUMENT", "ESSM_E_STATE", "ESSM_E_LENGTH",
	"ESSM_E_EMPTY",
};

ESSM_COLD const char *essm_error_name(int code)
{
	return code >= 0 && code < (int)(sizeof names / sizeof *names) ? names[code] : "ESSM_E_UNKNOWN";
}

/* Limits of src/model/network.ts. */
enum { MAX_HEADS = 1024, MAX_MODES = 256, MAX_LAYERS = 32, MAX_CHANNELS = 256, MAX_CLASSES = 1024, MAX_BYTES = 1 << 24 };

static int weight_bits(uint32_t bits) { return bits == 2 || bits == 3 || bits == 4 || bits == 6 || bits == 8; }
static int in(uint32_t v, uint32_t low, uint32_t high) { return v >= low && v <= high; }

/* The least and the greatest value of each byte of a layer's header, up to its scales; 255 as the least: a width of weights. */
static const uint8_t header_limits[23][2] = {
	{1, 2}, {1, 16}, {0, 12}, {0, 255}, {0, 10}, {0, 8}, {255, 0}, {0, 30}, {255, 0}, {4, 16}, {0, 1}, {4, 8},
	{3, 12}, {4, 8}, {0, 255}, {255, 0}, {0, 30}, {0, 16}, {0, 8}, {255, 0}, {0, 30}, {0, 16}, {3, 12},
};

/* Precisions of a layer's header, which is known to lie in the blob; the rest of the layer may not. */
ESSM_COLD static int check_layer_header(const uint8_t *at)
{
	uint32_t i;
	for (i = 0; i < sizeof header_limits / sizeof *header_limits; i++)
		if (header_limits[i][0] == 255 ? !weight_bits(at[i]) : !in(at[i], header_limits[i][0], header_limits[i][1]))
			return ESSM_E_PRECISION;
	if ((at[5] & 3 && at[5] != 2) || (at[17] > 8 && at[17] != ESSM_WIDE_BIAS) || (at[21] > 8 && at[21] != ESSM_WIDE_BIAS)) /* B: 0, 2, 4 or 8 bits */
		return ESSM_E_PRECISION;
	if (at[0] == 2)
		return at[1] <= 8 && at[2] >= 2 && at[1] + at[2] <= 16 ? ESSM_OK : ESSM_E_PRECISION;
	return at[1] >= 6 && !at[2] && !at[3] && !at[4] ? ESSM_OK : ESSM_E_PRECISION;
}

ESSM_COLD static int check_map(const essm *model, int section, uint32_t rows, uint32_t columns, uint32_t header)
{
	const uint32_t bits = model->blob[header];
	const uint32_t bias = model->blob[header + 2];
	uint32_t length;
	essm_section(model, section, &length);
	if (!weight_bits(bits) || model->blob[header + 1] > 30 || (bias > 8 && bias != ESSM_WIDE_BIAS))
		return ESSM_E_PRECISION;
	return length == essm_align4(rows * essm_packed_bytes(columns, bits)) + rows * essm_record_bytes(bias) ? ESSM_OK : ESSM_E_LAYOUT;
}

ESSM_COLD static int check_layers(const essm *model)
{
	uint32_t length, l;
	const uint8_t *at = essm_section(model, ESSM_LAYERS, &length);
	for (l = 0; l < model->layers; l++) {
		essm_layer layer;
		int error;
		if (length < ESSM_LAYER_HEADER_BYTES)
			return ESSM_E_LAYOUT;
		error = check_layer_header(at);
		if (error)
			return error;
		essm_view_layer(at, model->heads, model->modes, &layer);
		if ((uint32_t)(layer.end - at) > length)
			return ESSM_E_LAYOUT;
		length -= (uint32_t)(layer.end - at);
		at = layer.end;
	}
	return length ? ESSM_E_LAYOUT : ESSM_OK;
}

/* A float32 as its bits: positive and finite, or just finite. */
static int is_finite(uint32_t bits) { return (bits >> 23 & 255) != 255; }
static int is_positive(uint32_t bits) { return is_finite(bits) && bits != 0 && bits >> 31 == 0; }

ESSM_COLD static int check_input(const essm *model)
{
	uint32_t length, c;
	const uint8_t *at = essm_section(model, ESSM_INPUT, &length);
	if (length != 8u * model->channels)
		return ESSM_E_LAYOUT;
	for (c = 0; c < model->channels; c++, at += 8)
		if (!is_positive(essm_read32(at)) || !is_finite(essm_read32(at + 4)))
			return ESSM_E_PRECISION;
	return ESSM_OK;
}

ESSM_COLD static int check_labels(const essm *model)
{
	uint32_t length, i, count = 0;
	const uint8_t *at = essm_section(model, ESSM_LABELS, &length);
	for (i = 0; i < length; i++)
		count += at[i] == 0;
	return count == model->classes && at[length - 1] == 0 ? ESSM_OK : ESSM_E_LAYOUT;
}

ESSM_COLD static int check_golden(const essm *model)
{
	uint32_t length;
	const uint8_t *at = essm_section(model, ESSM_GOLDEN, &length);
	while (length) {
		uint32_t steps, bytes;
		if (length < 4)
			return ESSM_E_LAYOUT;
		steps = essm_read32(at);
		if (steps == 0 || steps >= length || steps * model->channels >= length) /* 2^24 and 2^8 at most: no wrap */
			return ESSM_E_LAYOUT;
		bytes = 4 + essm_align4(2 * steps * model->channels) + 4u * model->classes;
		if (bytes > length)
			return ESSM_E_LAYOUT;
		at += bytes;
		length -= bytes;
	}
	return ESSM_OK;
}

/* Everything about a blob; fills the model's shapes and nothing of its arena. */
ESSM_COLD static int check(essm *model, const void *bytes, uint32_t length)
{
	const uint8_t *blob = bytes;
	uint32_t at = ESSM_HEADER_BYTES, total, signature, section;
	int error;
	if (!blob)
		return ESSM_E_ARGUMENT;
	if ((uintptr_t)blob & 3)
		return ESSM_E_ALIGNMENT;
	if (length < ESSM_HEADER_BYTES)
		return ESSM_E_TRUNCATED;
	if (essm_read32(blob) != 0x4d535345 /* ESSM */)
		return ESSM_E_MAGIC;
	if (essm_read32(blob + ESSM_AT_FORMAT) != (2 << 16 | 2) /* arithmetic 2, format 2 */)
		return ESSM_E_VERSION;
	total = essm_read32(blob + ESSM_AT_LENGTH);
	if (total > length || total < ESSM_HEADER_BYTES)
		return ESSM_E_TRUNCATED;
	if (total > MAX_BYTES || total & 3)
		return ESSM_E_LAYOUT;
	if (essm_crc32(blob + ESSM_AT_CRC_START, total - ESSM_AT_CRC_START, 0) != essm_read32(blob + ESSM_AT_CRC))
		return ESSM_E_CRC;
	signature = blob[ESSM_AT_SIGNATURE];
	if (signature != 0 && signature != 64)
		return ESSM_E_LAYOUT;
	for (section = 0; section < ESSM_SECTIONS; section++) {
		const uint32_t bytes_of = essm_read32(blob + ESSM_AT_SECTIONS + 4 * section);
		if (bytes_of > MAX_BYTES || at + essm_align4(bytes_of) + signature > total)
			return ESSM_E_LAYOUT;
		at += essm_align4(bytes_of);
	}
	if (at + signature != total)
		return ESSM_E_LAYOUT;

	model->blob = blob;
	model->blob_length = total;
	model->layers = blob[ESSM_AT_LAYERS];
	model->heads = essm_read16(blob + ESSM_AT_SHAPE);
	model->modes = essm_read16(blob + ESSM_AT_SHAPE + 2);
	model->channels = essm_read16(blob + ESSM_AT_SHAPE + 4);
	model->classes = essm_read16(blob + ESSM_AT_SHAPE + 6);
	if (!in(model->layers, 1, MAX_LAYERS) || !in(model->heads, 1, MAX_HEADS) || !in(model->modes, 1, MAX_MODES) ||
		!in(model->channels, 1, MAX_CHANNELS) || !in(model->classes, 2, MAX_CLASSES))
		return ESSM_E_SHAPE;
	if (blob[ESSM_AT_POOLING] > 1 || blob[ESSM_AT_ACTIVATION] > 2 || !in(blob[ESSM_AT_RESIDUAL_BITS], 8, 16) ||
		blob[ESSM_AT_LOGIT_FRACTION] > 24)
		return ESSM_E_PRECISION;
	error = check_layers(model);
	if (!error)
		error = check_map(model, ESSM_ENCODER, model->heads, model->channels, ESSM_AT_ENCODER);
	if (!error)
		error = check_map(model, ESSM_DECODER, model->classes, model->heads, ESSM_AT_DECODER);
	if (!error)
		error = check_input(model);
	if (!error)
		error = check_labels(model);
	if (!error)
		error = check_golden(model);
	if (!error) {
		essm_arena arena;
		essm_view_arena(model, &arena);
		if (arena.total != essm_read32(blob + ESSM_AT_ARENA))
			error = ESSM_E_LAYOUT;
	}
	return error;
}

ESSM_COLD int essm_arena_size(const void *blob, uint32_t length, uint32_t *size)
{
	essm model;
	int error = size ? check(&model, blob, length) : ESSM_E_ARGUMENT;
	if (!error)
		*size = essm_read32(model.blob + ESSM_AT_ARENA);
	return error;
}

ESSM_COLD int essm_open(essm *model, const void *blob, uint32_t length, void *arena, uint32_t arena_length)
{
	int error;
	if (!model)
		return ESSM_E_ARGUMENT;
	model->opened = 0;
	error = check(model, blob, length);
	if (error)
		return error;
	if (!arena)
		return ESSM_E_ARGUMENT;
	if ((uintptr_t)arena & 3)
		return ESSM_E_ALIGNMENT;
	if (arena_length < essm_read32(model->blob + ESSM_AT_ARENA))
		return ESSM_E_ARENA;
	model->arena = arena;
	model->arena_length = essm_read32(model->blob + ESSM_AT_ARENA);
	model->opened = 1;
	return essm_reset(model);
}

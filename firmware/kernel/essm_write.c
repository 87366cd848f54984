/*
 * essm_write.c - the stream: reset, samples in, logits out. One sample goes through the whole network before the next, or
 * four go layer by layer, which cannot be told apart; any way of cutting the stream into calls gives the same bytes.
 */
#include "essm_internal.h"

static uint32_t *steps_of(const essm *model) { return (uint32_t *)(void *)model->arena; }
static uint32_t *seed_of(const essm *model) { return (uint32_t *)(void *)(model->arena + 4); }

int essm_reset(essm *model)
{
	essm_arena arena;
	uint32_t i;
	if (!model || !model->opened)
		return ESSM_E_ARGUMENT;
	essm_view_arena(model, &arena);
	for (i = 0; i < arena.total; i++)
		model->arena[i] = 0;
	*seed_of(model) = essm_read32(model->blob + ESSM_AT_DITHER);
	return ESSM_OK;
}

/* Encoder and decoder as linear maps. */
static void view_map(const essm *model, int section, uint32_t rows, uint32_t columns, uint32_t header, essm_linear *map)
{
	uint32_t length;
	map->weights = essm_section(model, section, &length);
	map->bits = model->blob[header];
	map->preshift = model->blob[header + 1];
	map->bias = model->blob[header + 2];
	map->rows = map->weights + length - rows * essm_record_bytes(map->bias);
	map->stride = essm_packed_bytes(columns, map->bits);
}

/* Where a stream goes through: the parts of a model, found once a call. */
typedef struct {
	essm_arena arena;
	essm_linear encoder;
	const uint8_t *layers;
} path;

/* `steps` samples (1 or ESSM_BLOCK) through encoder, layers and pooling. */
ESSM_HOT static void forward(const essm *model, const path *through, const essm_i16 *samples, uint32_t steps, essm_i16 *residual, int8_t *g)
{
	const uint32_t heads = model->heads, modes = model->modes;
	int8_t *scratch = (int8_t *)(model->arena + through->arena.scratch_w);
	const uint16_t *activation = essm_phi[model->blob[ESSM_AT_ACTIVATION]];
	const uint8_t *layers = through->layers;
	uint8_t *x = model->arena + through->arena.x;
	uint32_t dither[ESSM_BLOCK];
	uint32_t l, h, t, seed = *seed_of(model);

	for (t = 0; t < steps; t++) { /* a seed a step; a generator at 0 would stand still */
		dither[t] = seed | 1;
		seed = seed * 1664525u + 1013904223u;
	}
	*seed_of(model) = seed;
	essm_encode(model, &through->encoder, scratch, samples, residual, steps);
	for (l = 0; l < model->layers; l++) {
		essm_layer layer;
		essm_view_layer(layers, heads, modes, &layer);
		layers = layer.end;
		essm_ssm(model, &layer, &through->arena, x, activation, residual, g, dither, steps);
		essm_glu(model, &layer, scratch, essm_phi[ESSM_PHI_SIGMOID], g, residual, steps);
		x += essm_align4(2 * heads * modes * (layer.x_bits <= 8 ? 1 : 2));
	}

	if (model->blob[ESSM_AT_POOLING] == 0) {
		essm_i32 *sums = (essm_i32 *)(void *)(model->arena + through->arena.pool);
		for (h = 0; h < heads; h++) {
			int32_t sum = sums[h];
			for (t = 0; t < steps; t++)
				sum = essm_add(sum, *residual++);
			sums[h] = sum;
		}
	}
	*steps_of(model) = *steps_of(model) > UINT32_MAX - steps ? UINT32_MAX : *steps_of(model) + steps; /* last-step pooling has no end */
}

/* As many samples as go in whole blocks, with what stands between layers on the stack; returns how many. */
ESSM_HOT static uint32_t write_blocks(const essm *model, const path *through, const int16_t *samples, uint32_t count)
{
	const uint32_t heads = model->heads;
	essm_i16 residual[ESSM_BLOCK * ESSM_BLOCK_HEADS];
	int8_t g[ESSM_BLOCK * ESSM_BLOCK_HEADS];
	uint32_t done = 0, h;
	for (; count - done >= ESSM_BLOCK; done += ESSM_BLOCK)
		forward(model, through, samples + done * model->channels, ESSM_BLOCK, residual, g);
	if (model->blob[ESSM_AT_POOLING] != 0) { /* last-step pooling keeps the residual itself */
		essm_i16 *last = (essm_i16 *)(void *)(model->arena + through->arena.residual);
		for (h = 0; h < heads; h++)
			last[h] = residual[h * ESSM_BLOCK + ESSM_BLOCK - 1];
	}
	return done;
}

int essm_write(essm *model, const int16_t *samples, uint32_t count)
{
	path through;
	uint32_t length;
	if (!model || !model->opened || (!samples && count))
		return ESSM_E_ARGUMENT;
	if (model->blob[ESSM_AT_POOLING] == 0 && (count > ESSM_MEAN_STEPS || *steps_of(model) + count > ESSM_MEAN_STEPS))
		return ESSM_E_LENGTH;
	essm_view_arena(model, &through.arena);
	view_map(model, ESSM_ENCODER, model->heads, model->channels, ESSM_AT_ENCODER, &through.encoder);
	through.layers = essm_section(model, ESSM_LAYERS, &length);
	if (count >= ESSM_BLOCK && model->heads <= ESSM_BLOCK_HEADS) {
		const uint32_t done = write_blocks(model, &through, samples, count);
		samples += done * model->channels;
		count -= done;
	}
	for (; count; count--, samples += model->channels)
		forward(model, &through, samples, 1, (essm_i16 *)(void *)(model->arena + through.arena.residual),
			(int8_t *)(model->arena + through.arena.g));
	return ESSM_OK;
}

/* floor(a / b), b > 0 */
static int32_t floor_divide(int32_t a, int32_t b)
{
	const int32_t q = a / b;
	return q - (a % b < 0);
}

int essm_logits(const essm *model, int32_t *logits)
{
	essm_arena arena;
	essm_linear decoder;
	essm_i16 *pooled;
	uint32_t h, steps;
	if (!model || !model->opened || !logits)
		return ESSM_E_ARGUMENT;
	steps = *steps_of(model);
	if (!steps)
		return ESSM_E_EMPTY;
	essm_view_arena(model, &arena);
	view_map(model, ESSM_DECODER, model->classes, model->heads, ESSM_AT_DECODER, &decoder);
	/* With mean pooling the residual holds nothing between samples: the means go there. */
	pooled = (essm_i16 *)(void *)(model->arena + arena.residual);
	if (model->blob[ESSM_AT_POOLING] == 0) {
		const essm_i32 *sums = (const essm_i32 *)(const void *)(model->arena + arena.pool);
		for (h = 0; h < model->heads; h++)
			pooled[h] = (int16_t)floor_divide(essm_add(sums[h], (int32_t)(steps >> 1)), (int32_t)steps);
	}
	essm_decode(model, &decoder, (int8_t *)(model->arena + arena.scratch_w), pooled, logits);
	return ESSM_OK;
}

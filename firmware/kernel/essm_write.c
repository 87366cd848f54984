/*
 * essm_write.c - the stream: reset, samples in, logits out. One sample goes through the whole network before the next, or
 * several go layer by layer, which cannot be told apart; any way of cutting the stream into calls gives the same bytes.
 */
#include "essm_internal.h"

static uint32_t *steps_of(const essm *model) { return (uint32_t *)(void *)model->arena; }
static uint32_t *seed_of(const essm *model) { return (uint32_t *)(void *)(model->arena + 4); }

ESSM_COLD int essm_reset(essm *model)
{
	uint32_t i;
	if (!model || !model->opened)
		return ESSM_E_ARGUMENT;
	for (i = 0; i < model->arena_length; i++)
		model->arena[i] = 0;
	*seed_of(model) = essm_read32(model->blob + ESSM_AT_DITHER);
	return ESSM_OK;
}

/* Encoder and decoder as linear maps. */
ESSM_COLD ESSM_APART static void view_map(const essm *model, int section, uint32_t rows, uint32_t columns, uint32_t header, essm_linear *map)
{
	uint32_t length;
	map->header = (const essm_map_header *)(const void *)(model->blob + header);
	map->weights = essm_section(model, section, &length);
	map->rows = map->weights + length - rows * essm_record_bytes(map->header->bias);
	map->stride = essm_packed_bytes(columns, map->header->bits);
}

/* `steps` samples (1, or fours up to ESSM_BLOCK) through encoder, layers and pooling. */
ESSM_COLD static void forward(const essm *model, const essm_arena *arena, const essm_i16 *samples, uint32_t steps, essm_i16 *residual, int8_t *g)
{
	const uint32_t heads = model->heads;
	int8_t *scratch = (int8_t *)(model->arena + arena->scratch_w);
	uint8_t *x = model->arena + arena->x;
	essm_i16 *last = (essm_i16 *)(void *)(model->arena + arena->residual);
	uint32_t length, l, h, t, dither = *seed_of(model);
	const uint8_t *layers = essm_section(model, ESSM_LAYERS, &length);
	essm_linear encoder;

	*seed_of(model) = dither + steps * ESSM_DITHER_STEP;
	view_map(model, ESSM_ENCODER, heads, model->channels, ESSM_AT_ENCODER, &encoder);
	essm_encode(model, &encoder, scratch, samples, residual, steps);
	for (l = 0; l < model->layers; l++) {
		essm_layer layer;
		essm_view_layer(layers, heads, model->modes, &layer);
		layers = layer.end;
		dither = essm_ssm(model, &layer, arena, x, residual, g, dither, steps);
		essm_glu(model, &layer, scratch, g, residual, steps);
		x += layer.x_bytes;
	}

	for (h = 0; h < heads; h++, residual += steps)
		if (model->blob[ESSM_AT_POOLING] == 0) {
			essm_i32 *sum = (essm_i32 *)(void *)(model->arena + arena->pool) + h;
			for (t = 0; t < steps; t++)
				*sum = essm_add(*sum, residual[t]);
		} else {
			last[h] = residual[steps - 1];
		}
	*steps_of(model) = *steps_of(model) > UINT32_MAX - steps ? UINT32_MAX : *steps_of(model) + steps; /* last-step pooling has no end */
}

int essm_write(essm *model, const int16_t *samples, uint32_t count)
{
	essm_arena arena;
	essm_i16 residual[ESSM_BLOCK * ESSM_BLOCK_HEADS]; /* what stands between layers: here, or in the arena for one step */
	int8_t g[ESSM_BLOCK * ESSM_BLOCK_HEADS];
	if (!model || !model->opened || (!samples && count))
		return ESSM_E_ARGUMENT;
	if (model->blob[ESSM_AT_POOLING] == 0 && count > ESSM_MEAN_STEPS - *steps_of(model))
		return ESSM_E_LENGTH;
	essm_view_arena(model, &arena);
	while (count) {
		uint32_t steps = count < ESSM_BLOCK ? count & ~3u : ESSM_BLOCK;
		if (steps && model->heads <= ESSM_BLOCK_HEADS) {
			forward(model, &arena, samples, steps, residual, g);
		} else {
			steps = 1;
			forward(model, &arena, samples, 1, (essm_i16 *)(void *)(model->arena + arena.residual), (int8_t *)(model->arena + arena.g));
		}
		samples += steps * model->channels;
		count -= steps;
	}
	return ESSM_OK;
}

/* floor(a / b), b > 0 */
static int32_t floor_divide(int32_t a, int32_t b)
{
	const int32_t q = a / b;
	return q - (a % b < 0);
}

ESSM_COLD int essm_logits(const essm *model, int32_t *logits)
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

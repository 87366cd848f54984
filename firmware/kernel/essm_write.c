/*
 * essm_write.c - the stream: reset, samples in, logits out. One sample goes through the whole network before the next, so
 * any way of cutting the stream into calls gives the same bytes.
 */
#include "essm_internal.h"

static uint32_t *steps_of(const essm *model) { return (uint32_t *)(void *)model->arena; }

int essm_reset(essm *model)
{
	essm_arena arena;
	uint32_t i;
	if (!model || !model->opened)
		return ESSM_E_ARGUMENT;
	essm_view_arena(model, &arena);
	for (i = 0; i < arena.total; i++)
		model->arena[i] = 0;
	*(uint32_t *)(void *)(model->arena + 4) = essm_read32(model->blob + ESSM_AT_DITHER);
	return ESSM_OK;
}

/* Encoder and decoder as linear maps. */
static void view_map(const essm *model, int section, uint32_t rows, uint32_t columns, uint32_t header, essm_linear *map)
{
	uint32_t length;
	map->weights = essm_section(model, section, &length);
	map->rows = map->weights + length - rows * ESSM_ROW_BYTES;
	map->bits = model->blob[header];
	map->preshift = model->blob[header + 1];
	map->stride = essm_packed_bytes(columns, map->bits);
}

/* One sample through encoder, layers and pooling. */
ESSM_HOT static void step(const essm *model, const essm_arena *arena, const essm_linear *encoder, const uint8_t *layers, const essm_i16 *sample)
{
	const uint32_t heads = model->heads, modes = model->modes;
	const int32_t most = essm_symmetric_max(model->blob[ESSM_AT_RESIDUAL_BITS]);
	const uint16_t *activation = essm_phi[model->blob[ESSM_AT_ACTIVATION]];
	essm_i16 *residual = (essm_i16 *)(void *)(model->arena + arena->residual);
	int8_t *g = (int8_t *)(model->arena + arena->g);
	int8_t *scratch = (int8_t *)(model->arena + arena->scratch_w);
	uint8_t *x = model->arena + arena->x;
	uint32_t l, h;

	for (h = 0; h < heads; h++)
		residual[h] = (int16_t)essm_clamp(essm_row16(encoder, h, sample, model->channels, scratch), -most, most);

	for (l = 0; l < model->layers; l++) {
		essm_layer layer;
		int32_t g_least, g_most;
		essm_view_layer(layers, heads, modes, &layer);
		layers = layer.end;
		g_least = -(1 << (layer.g_bits - 1));
		g_most = -1 - g_least;
		for (h = 0; h < heads; h++) {
			const int32_t y = essm_ssm(model, &layer, arena, h, x, residual[h]);
			const int32_t product = essm_round_shift(y * essm_phi_of(activation, y, layer.y_fraction), 15);
			g[h] = (int8_t)essm_clamp(essm_scale(product, layer.g_scale) - layer.g_zero, g_least, g_most);
		}
		for (h = 0; h < heads; h++) {
			int32_t out[2]; /* value, gate */
			essm_row_pair(&layer, h, g, heads, scratch, out);
			residual[h] = (int16_t)essm_clamp(
				residual[h] + essm_round_shift(out[0] * essm_phi_of(essm_phi[ESSM_PHI_SIGMOID], out[1], layer.gate_fraction), 15u - layer.value_shift),
				-most, most);
		}
		x += essm_align4(2 * heads * modes * (layer.x_bits <= 8 ? 1 : 2));
	}

	if (model->blob[ESSM_AT_POOLING] == 0) {
		essm_i32 *sums = (essm_i32 *)(void *)(model->arena + arena->pool);
		for (h = 0; h < heads; h++)
			sums[h] = essm_add(sums[h], residual[h]);
	}
	if (!++*steps_of(model)) /* last-step pooling has no end: the count stays at its greatest */
		--*steps_of(model);
}

int essm_write(essm *model, const int16_t *samples, uint32_t count)
{
	essm_arena arena;
	essm_linear encoder;
	const uint8_t *layers;
	uint32_t length;
	if (!model || !model->opened || (!samples && count))
		return ESSM_E_ARGUMENT;
	if (model->blob[ESSM_AT_POOLING] == 0 && (count > ESSM_MEAN_STEPS || *steps_of(model) + count > ESSM_MEAN_STEPS))
		return ESSM_E_LENGTH;
	essm_view_arena(model, &arena);
	view_map(model, ESSM_ENCODER, model->heads, model->channels, ESSM_AT_ENCODER_BITS, &encoder);
	layers = essm_section(model, ESSM_LAYERS, &length);
	for (; count; count--) {
		step(model, &arena, &encoder, layers, samples);
		samples += model->channels;
	}
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
	uint32_t h, i, steps;
	if (!model || !model->opened || !logits)
		return ESSM_E_ARGUMENT;
	steps = *steps_of(model);
	if (!steps)
		return ESSM_E_EMPTY;
	essm_view_arena(model, &arena);
	view_map(model, ESSM_DECODER, model->classes, model->heads, ESSM_AT_DECODER_BITS, &decoder);
	/* With mean pooling the residual holds nothing between samples: the means go there. */
	pooled = (essm_i16 *)(void *)(model->arena + arena.residual);
	if (model->blob[ESSM_AT_POOLING] == 0) {
		const essm_i32 *sums = (const essm_i32 *)(const void *)(model->arena + arena.pool);
		for (h = 0; h < model->heads; h++)
			pooled[h] = (int16_t)floor_divide(essm_add(sums[h], (int32_t)(steps >> 1)), (int32_t)steps);
	}
	for (i = 0; i < model->classes; i++)
		logits[i] = essm_row16(&decoder, i, pooled, model->heads, (int8_t *)(model->arena + arena.scratch_w));
	return ESSM_OK;
}

/*
 * essm_view.c - where the parts of a blob and of an arena stand, computed from shapes and precisions alone, as
 * src/model/blob-layout.ts does. The blob has been checked, or is being checked, by essm_open.c.
 */
#include "essm_internal.h"

const uint8_t *essm_section(const essm *model, int section, uint32_t *length)
{
	const uint8_t *at = model->blob + ESSM_HEADER_BYTES;
	const uint8_t *lengths = model->blob + ESSM_AT_SECTIONS;
	while (section--) {
		at += essm_align4(essm_read32(lengths));
		lengths += 4;
	}
	*length = essm_read32(lengths);
	return at;
}

ESSM_HOT void essm_view_layer(const uint8_t *at, uint32_t heads, uint32_t modes, essm_layer *layer)
{
	layer->polar = at[0] == 2;
	layer->a_bits = at[1];
	layer->phase_bits = at[2];
	layer->radius_step = at[3];
	layer->phase_shift = at[4];
	layer->b_bits = at[5];
	layer->c_bits = at[6];
	layer->c_preshift = at[7];
	layer->d_bits = at[8];
	layer->x_bits = at[9];
	layer->dithered = at[10];
	layer->u_bits = at[11];
	layer->y_fraction = at[12];
	layer->g_bits = at[13];
	layer->g_zero = (int8_t)at[14];
	layer->value.bits = at[15];
	layer->value.preshift = at[16];
	layer->value.bias = at[17];
	layer->value_shift = at[18];
	layer->gate.bits = at[19];
	layer->gate.preshift = at[20];
	layer->gate.bias = at[21];
	layer->gate_fraction = at[22];
	layer->g_scale = essm_read16(at + 24);
	layer->d_scale = essm_read16(at + 26);
	layer->value.stride = essm_packed_bytes(heads, layer->value.bits);
	layer->gate.stride = essm_packed_bytes(heads, layer->gate.bits);

	layer->heads = at + ESSM_LAYER_HEADER_BYTES;
	layer->polar_heads = layer->heads + essm_align4(heads * ESSM_HEAD_BYTES);
	layer->d = layer->polar_heads + (layer->polar ? essm_align4(heads * ESSM_POLAR_HEAD_BYTES) : 0);
	layer->a = layer->d + essm_align4(essm_packed_bytes(heads, layer->d_bits));
	layer->b = layer->a + essm_align4(heads * (layer->polar ? essm_packed_bytes(modes, (uint32_t)layer->a_bits + layer->phase_bits)
	                                                        : essm_packed_bytes(2 * modes, layer->a_bits)));
	layer->c = layer->b + essm_align4(heads * essm_packed_bytes(modes, layer->b_bits));
	layer->value.weights = layer->c + essm_align4(heads * essm_packed_bytes(2 * modes, layer->c_bits));
	layer->gate.weights = layer->value.weights + essm_align4(heads * layer->value.stride);
	layer->value.rows = layer->gate.weights + essm_align4(heads * layer->gate.stride);
	layer->gate.rows = layer->value.rows + heads * essm_record_bytes(layer->value.bias);
	layer->end = at + essm_align4((uint32_t)(layer->gate.rows - at) + heads * essm_record_bytes(layer->gate.bias));
}

void essm_view_arena(const essm *model, essm_arena *arena)
{
	const uint32_t heads = model->heads, modes = model->modes;
	const int mean = model->blob[ESSM_AT_POOLING] == 0;
	uint32_t length, l, at, a = 0, c = 0, w = 0;
	const uint8_t *layers = essm_section(model, ESSM_LAYERS, &length);
	arena->pool = 8;
	arena->x = at = arena->pool + (mean ? 4 * heads : essm_align4(2 * heads));
	for (l = 0; l < model->layers; l++) {
		essm_layer layer;
		essm_view_layer(layers, heads, modes, &layer);
		layers = layer.end;
		at += essm_align4(2 * heads * modes * (layer.x_bits <= 8 ? 1 : 2));
		if (layer.polar || layer.a_bits != 16)
			a = 4 * modes;
		if (layer.c_bits != 8)
			c = essm_align4(2 * modes);
		if (layer.value.bits != 8 || layer.gate.bits != 8)
			w = essm_align4(2 * heads);
	}
	if (model->blob[ESSM_AT_ENCODER] != 8 && w < essm_align4(model->channels))
		w = essm_align4(model->channels);
	if (model->blob[ESSM_AT_DECODER] != 8 && w < essm_align4(heads))
		w = essm_align4(heads);
	arena->residual = mean ? at : arena->pool;
	arena->g = at + (mean ? essm_align4(2 * heads) : 0);
	arena->scratch_a = arena->g + essm_align4(heads);
	arena->scratch_b = arena->scratch_a + a;
	arena->scratch_c = arena->scratch_b + 4 * modes; /* gains are unpacked in every format */
	arena->scratch_w = arena->scratch_c + c;
	arena->total = arena->scratch_w + w;
}

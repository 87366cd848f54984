/*
 * essm_view.c - where the parts of a blob and of an arena stand, computed from shapes and precisions alone, as
 * src/model/blob-layout.ts does. The blob has been checked, or is being checked, by essm_open.c.
 */
#include "essm_internal.h"

ESSM_COLD const uint8_t *essm_section(const essm *model, int section, uint32_t *length)
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

ESSM_COLD void essm_view_layer(const uint8_t *at, uint32_t heads, uint32_t modes, essm_layer *layer)
{
	const essm_layer_header *header = (const essm_layer_header *)(const void *)at;
	const int polar = header->kind == ESSM_POLAR;
	const uint32_t a_bits = polar ? (uint32_t)header->a_bits + header->phase_bits : 2u * header->a_bits; /* of a mode */
	layer->header = header;
	layer->value.header = &header->value;
	layer->gate.header = &header->gate;
	layer->x_bytes = essm_align4((header->x_bits <= 8 ? 2 : 4) * heads * modes);
	layer->a_stride = essm_packed_bytes(modes, a_bits);
	layer->b_stride = essm_packed_bytes(modes, header->b_bits);
	layer->c_stride = essm_packed_bytes(2 * modes, header->c_bits);
	layer->value.stride = essm_packed_bytes(heads, header->value.bits);
	layer->gate.stride = essm_packed_bytes(heads, header->gate.bits);

	layer->heads = at + ESSM_LAYER_HEADER_BYTES;
	layer->polar_heads = layer->heads + essm_align4(heads * ESSM_HEAD_BYTES);
	layer->d = layer->polar_heads + (polar ? essm_align4(heads * ESSM_POLAR_HEAD_BYTES) : 0);
	layer->a = layer->d + essm_align4(essm_packed_bytes(heads, header->d_bits));
	layer->b = layer->a + essm_align4(heads * layer->a_stride);
	layer->c = layer->b + essm_align4(heads * layer->b_stride);
	layer->value.weights = layer->c + essm_align4(heads * layer->c_stride);
	layer->gate.weights = layer->value.weights + essm_align4(heads * layer->value.stride);
	layer->value.rows = layer->gate.weights + essm_align4(heads * layer->gate.stride);
	layer->gate.rows = layer->value.rows + heads * essm_record_bytes(header->value.bias);
	layer->end = at + essm_align4((uint32_t)(layer->gate.rows - at) + heads * essm_record_bytes(header->gate.bias));
}

ESSM_COLD void essm_view_arena(const essm *model, essm_arena *arena)
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
		at += layer.x_bytes;
		if (layer.header->kind == ESSM_POLAR || layer.header->a_bits != 16)
			a = 4 * modes;
		if (layer.header->c_bits != 8)
			c = essm_align4(2 * modes);
		if (layer.header->value.bits != 8 || layer.header->gate.bits != 8)
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

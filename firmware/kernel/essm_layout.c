/* essm_layout.c - where the parts of components stand and what their headers may hold; made by `npm run generate` from src/blob and src/network. Do not edit. */
/* clang-format off */
#include "essm_layout.h"

static const uint32_t encoder_allowed[] = {0x6, 0x1, 0x1, 0x1};
const essm_check essm_encoder_check = {encoder_allowed, 4, 0x1, 2};

static const uint32_t head_allowed[] = {0x6, 0x1, 0x1, 0x1};
const essm_check essm_head_check = {head_allowed, 4, 0x1, 2};

static const uint32_t block_allowed[] = {0xe, 0x6, 0x6, 0x1e, 0x1ff8, 0x7, 0x1, 0x1};
const essm_check essm_block_check = {block_allowed, 8, 0x2f, 2};

static const uint32_t affine_allowed[] = {0x1f0, 0x1, 0x1, 0x1};
const essm_check essm_affine_check = {affine_allowed, 4, 0x0, 2};

static const uint32_t layer_norm_allowed[] = {0x1f0, 0x1, 0x1, 0x1, 0, 0, 0, 0};
const essm_check essm_layer_norm_check = {layer_norm_allowed, 8, 0x0, 3};

static const uint32_t rms_norm_allowed[] = {0x1f0, 0x1, 0x1, 0x1, 0, 0, 0, 0};
const essm_check essm_rms_norm_check = {rms_norm_allowed, 8, 0x0, 3};

static const uint32_t s4d_allowed[] = {0, 0, 0xe, 0x115, 0x15c, 0x7fffffff, 0x15c, 0x1fff0, 0x3, 0x1, 0, 0};
const essm_check essm_s4d_check = {s4d_allowed, 12, 0x4, 2};

static const uint32_t s5_allowed[] = {0, 0, 0xe, 0x15c, 0x1ffffff, 0x15c, 0x7fffffff, 0x15c, 0x1fff0, 0x3, 0, 0};
const essm_check essm_s5_check = {s5_allowed, 12, 0x4, 3};

static const uint32_t gelu_allowed[] = {0xf, 0x1f0, 0, 0x1, 0, 0, 0x1, 0x1};
const essm_check essm_gelu_check = {gelu_allowed, 8, 0x0, 2};

static const uint32_t relu_allowed[] = {0x1f0, 0, 0, 0};
const essm_check essm_relu_check = {relu_allowed, 4, 0x0, 3};

static const uint32_t glu_allowed[] = {0x15c, 0x7fffffff, 0x10100, 0x1ff, 0x15c, 0x7fffffff, 0x10100, 0x1ff, 0x1ff, 0x1ff8, 0x3, 0x1};
const essm_check essm_glu_check = {glu_allowed, 12, 0x0, 2};

static const uint32_t half_glu1_allowed[] = {0x15c, 0x7fffffff, 0x10100, 0x1ff, 0x1ff, 0x1ff8, 0x3, 0};
const essm_check essm_half_glu1_check = {half_glu1_allowed, 8, 0x0, 3};

static const uint32_t half_glu2_allowed[] = {0x15c, 0x7fffffff, 0x10100, 0x1ff, 0x1ff, 0x1ff8, 0x3, 0x1};
const essm_check essm_half_glu2_check = {half_glu2_allowed, 8, 0x0, 3};

static const uint32_t ungated_allowed[] = {0, 0x1, 0x1, 0x1};
const essm_check essm_ungated_check = {ungated_allowed, 4, 0x0, 3};

static const uint32_t layer_post_allowed[] = {0, 0, 0, 0};
const essm_check essm_layer_post_check = {layer_post_allowed, 4, 0x0, 3};

static const uint32_t rms_post_allowed[] = {0, 0, 0, 0};
const essm_check essm_rms_post_check = {rms_post_allowed, 4, 0x0, 3};

static const uint32_t embedding_encoder_allowed[] = {0x15c, 0x1, 0, 0};
const essm_check essm_embedding_encoder_check = {embedding_encoder_allowed, 4, 0x0, 3};

static const uint32_t linear_encoder_allowed[] = {0x15c, 0x7fffffff, 0x10100, 0x1ff};
const essm_check essm_linear_encoder_check = {linear_encoder_allowed, 4, 0x0, 2};

static const uint32_t classes_head_allowed[] = {0x15c, 0x7fffffff, 0x10100, 0x1ff, 0, 0, 0x1ffffff, 0x3};
const essm_check essm_classes_head_check = {classes_head_allowed, 8, 0x0, 2};

static const uint32_t values_head_allowed[] = {0x15c, 0x7fffffff, 0x10100, 0x1ff, 0, 0, 0x3, 0x3, 0, 0, 0, 0};
const essm_check essm_values_head_check = {values_head_allowed, 12, 0x0, 3};

static const uint32_t cartesian_allowed[] = {0x1ffc0, 0x1, 0x1, 0x1};
const essm_check essm_cartesian_check = {cartesian_allowed, 4, 0x0, 2};

static const uint32_t harmonic_allowed[] = {0x1fe, 0x1ffc, 0, 0x7ff};
const essm_check essm_harmonic_check = {harmonic_allowed, 4, 0x0, 2};

static const uint32_t logarithmic_allowed[] = {0x1fe, 0x1ffe, 0, 0, 0, 0, 0, 0};
const essm_check essm_logarithmic_check = {logarithmic_allowed, 8, 0x0, 3};

ESSM_COLD static const uint8_t *view_map(const uint8_t *at, const essm_map_header *header, uint32_t rows, uint32_t columns, essm_linear *map)
{
	map->header = header;
	map->weights = at;
	map->stride = essm_packed_bytes(columns, header->bits);
	at += rows * map->stride;
	map->scale = at;
	at += rows;
	at = header->bias_bits == 16 ? essm_even(at) : at;
	map->bias = at;
	at += essm_packed_bytes(rows, header->bias_bits);
	return at;
}

ESSM_COLD const uint8_t *essm_affine_view(const uint8_t *at, uint32_t heads, essm_affine_parts *view)
{
	const essm_affine_header *header = (const essm_affine_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	view->zero_shift = at;
	at += essm_packed_bytes(heads, 3);
	at = essm_even(at);
	view->zero = at;
	at += essm_packed_bytes(heads, 16);
	view->scale = at;
	at += heads;
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_layer_norm_view(const uint8_t *at, uint32_t heads, essm_layer_norm_parts *view)
{
	const essm_layer_norm_header *header = (const essm_layer_norm_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	view->negative = at;
	at += essm_packed_bytes(heads, 1);
	at = essm_even(at);
	view->scale = at;
	at += essm_packed_bytes(heads, 16);
	at = essm_even(at);
	view->zero = at;
	at += essm_packed_bytes(heads, 16);
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_s4d_view(const uint8_t *at, uint32_t heads, essm_s4d_parts *view)
{
	const essm_s4d_header *header = (const essm_s4d_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	view->b_shift = at;
	at += essm_packed_bytes(heads, 5);
	view->c_scale = at;
	at += heads;
	view->d = at;
	at += essm_packed_bytes(heads, header->d_bits);
	view->b = at;
	view->b_stride = essm_packed_bytes((uint32_t)header->n, header->b_bits);
	at += heads * view->b_stride;
	view->c = at;
	view->c_stride = essm_packed_bytes(2 * (uint32_t)header->n, header->c_bits);
	at += heads * view->c_stride;
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_s5_view(const uint8_t *at, uint32_t heads, essm_s5_parts *view)
{
	const essm_s5_header *header = (const essm_s5_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	view->b_scale = at;
	at += (uint32_t)header->p;
	view->c_scale = at;
	at += heads;
	view->d = at;
	at += essm_packed_bytes(heads, header->d_bits);
	view->b = at;
	view->b_stride = essm_packed_bytes(heads, header->b_bits);
	at += 2 * (uint32_t)header->p * view->b_stride;
	view->c = at;
	view->c_stride = essm_packed_bytes(2 * (uint32_t)header->p, header->c_bits);
	at += heads * view->c_stride;
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_glu_view(const uint8_t *at, uint32_t heads, essm_glu_parts *view)
{
	const essm_glu_header *header = (const essm_glu_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	at = view_map(at, &header->value, heads, heads, &view->value);
	at = view_map(at, &header->gate, heads, heads, &view->gate);
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_half_glu1_view(const uint8_t *at, uint32_t heads, essm_half_glu1_parts *view)
{
	const essm_half_glu1_header *header = (const essm_half_glu1_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	at = essm_even(at);
	view->scale = at;
	at += essm_packed_bytes(heads, 16);
	at = view_map(at, &header->gate, heads, heads, &view->gate);
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_ungated_view(const uint8_t *at, uint32_t heads, essm_ungated_parts *view)
{
	const essm_ungated_header *header = (const essm_ungated_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	at = essm_even(at);
	view->scale = at;
	at += essm_packed_bytes(heads, 16);
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_layer_post_view(const uint8_t *at, uint32_t heads, essm_layer_post_parts *view)
{
	const essm_layer_post_header *header = (const essm_layer_post_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	view->negative = at;
	at += essm_packed_bytes(heads, 1);
	at = essm_even(at);
	view->scale = at;
	at += essm_packed_bytes(heads, 16);
	at = essm_even(at);
	view->zero = at;
	at += essm_packed_bytes(heads, 16);
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_embedding_encoder_view(const uint8_t *at, uint32_t heads, essm_embedding_encoder_parts *view)
{
	const essm_embedding_encoder_header *header = (const essm_embedding_encoder_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	view->table = at;
	view->table_stride = essm_packed_bytes(heads, header->bits);
	at += (uint32_t)header->vocabulary * view->table_stride;
	view->scale = at;
	at += heads;
	at = essm_even(at);
	view->bias = at;
	at += essm_packed_bytes(heads, 16);
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_linear_encoder_view(const uint8_t *at, uint32_t heads, uint32_t channels, essm_linear_encoder_parts *view)
{
	const essm_linear_encoder_header *header = (const essm_linear_encoder_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	at = view_map(at, &header->map, heads, channels, &view->map);
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_classes_head_view(const uint8_t *at, uint32_t heads, essm_classes_head_parts *view)
{
	const essm_classes_head_header *header = (const essm_classes_head_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	at = view_map(at, &header->map, (uint32_t)header->outputs, heads, &view->map);
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_values_head_view(const uint8_t *at, uint32_t heads, essm_values_head_parts *view)
{
	const essm_values_head_header *header = (const essm_values_head_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	at = view_map(at, &header->map, (uint32_t)header->outputs, heads, &view->map);
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_cartesian_view(const uint8_t *at, uint32_t rows, uint32_t columns, essm_cartesian_parts *view)
{
	const essm_cartesian_header *header = (const essm_cartesian_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	at = header->bits == 16 ? essm_even(at) : at;
	view->codes = at;
	view->codes_stride = essm_packed_bytes(2 * columns, header->bits);
	at += rows * view->codes_stride;
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_harmonic_view(const uint8_t *at, uint32_t rows, uint32_t columns, essm_harmonic_parts *view)
{
	const essm_harmonic_header *header = (const essm_harmonic_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	view->radius = at;
	view->radius_stride = essm_packed_bytes(columns, header->radius_bits);
	at += rows * view->radius_stride;
	view->phase = at;
	view->phase_stride = essm_packed_bytes(columns, header->phase_bits);
	at += rows * view->phase_stride;
	view->radius_offset = at;
	at += essm_packed_bytes(rows, 6);
	view->phase_base = at;
	at += essm_packed_bytes(rows, 10);
	return essm_aligned(at);
}

ESSM_COLD const uint8_t *essm_logarithmic_view(const uint8_t *at, uint32_t rows, uint32_t columns, essm_logarithmic_parts *view)
{
	const essm_logarithmic_header *header = (const essm_logarithmic_header *)(const void *)at;
	view->header = header;
	at += sizeof *header;
	view->radius = at;
	view->radius_stride = essm_packed_bytes(columns, header->radius_bits);
	at += rows * view->radius_stride;
	view->phase = at;
	view->phase_stride = essm_packed_bytes(columns, header->phase_bits);
	at += rows * view->phase_stride;
	return essm_aligned(at);
}

/*
 * essm_layout.h - the blob's structs (docs/BLOB.md); made by `npm run generate` from src/blob and src/network. Do not edit.
 * A struct overlays the bytes of a blob, which are little-endian; whoever uses one has checked that they are there.
 */
/* clang-format off */
#ifndef ESSM_LAYOUT_H
#define ESSM_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "essm_bits.h"

#define ESSM_ASSERT(name, condition) typedef char essm_assert_##name[(condition) ? 1 : -1]

enum {
	ESSM_FORMAT = 3,
	ESSM_LOWEST_ARITHMETIC = 2,
	ESSM_HIGHEST_ARITHMETIC = 3,
	ESSM_CRC_START = 16,
	ESSM_MAX_CHANNELS = 256,
	ESSM_MAX_HEADS = 1024,
	ESSM_MAX_BLOCKS = 32,
	ESSM_MAX_BYTES = 1 << 24,
	ESSM_MAX_STREAM_SMOOTHING = 8,
	ESSM_MAX_SMOOTHING = 12,
	ESSM_MEAN_STEPS = 65536
};

/* types of sections, in their order */
enum {
	ESSM_SECTION_INPUT = 16,
	ESSM_SECTION_ENCODER = 32,
	ESSM_SECTION_BLOCK = 48,
	ESSM_SECTION_HEAD = 64,
	ESSM_SECTION_OUTPUTS = 72,
	ESSM_SECTION_LABELS = 80,
	ESSM_SECTION_STREAM = 84,
	ESSM_SECTION_DETECTOR = 88,
	ESSM_SECTION_GOLDEN = 96,
	ESSM_SECTION_NOTES = 112,
	ESSM_SECTION_SIGNATURE = 65535
};

/* kinds */
enum { ESSM_NORM_AFFINE = 1, ESSM_NORM_LAYER = 2, ESSM_NORM_RMS = 3 };
enum { ESSM_MIXER_S4D = 1, ESSM_MIXER_S5 = 2 };
enum { ESSM_ACTIVATION_GELU = 1, ESSM_ACTIVATION_RELU = 2 };
enum { ESSM_CHANNEL_GLU = 1, ESSM_CHANNEL_HALF_GLU1 = 2, ESSM_CHANNEL_HALF_GLU2 = 3, ESSM_CHANNEL_UNGATED = 4 };
enum { ESSM_POST_LAYER = 1, ESSM_POST_NONE = 0, ESSM_POST_RMS = 2 };
enum { ESSM_ENCODER_EMBEDDING = 2, ESSM_ENCODER_LINEAR = 1 };
enum { ESSM_HEAD_CLASSES = 1, ESSM_HEAD_VALUES = 2 };
enum { ESSM_POLES_CARTESIAN = 1, ESSM_POLES_HARMONIC = 2, ESSM_POLES_LOGARITHMIC = 3 };

/* What the bytes of a header may be: for each a bit per value, 0 for any; `kinds` has a bit for each byte that names a kind; the
   lowest version of the arithmetic that defines them. */
typedef struct {
	const uint32_t *allowed;
	uint32_t bytes;
	uint32_t kinds;
	uint32_t arithmetic;
} essm_check;

/* How a linear map is packed. */
typedef struct ESSM_ALIAS {
	uint8_t bits; /* of a weight */
	uint8_t preshift;
	uint8_t bias_bits;  /* 8 or 16 */
	uint8_t bias_shift; /* a bias is its code times 2^this */
} essm_map_header;

/* A linear map in the blob: packed rows of weights, a scale and a bias per row. */
typedef struct {
	const essm_map_header *header;
	const uint8_t *weights;
	const uint8_t *scale;
	const uint8_t *bias;
	uint32_t stride;
} essm_linear;

/* the file: the header */
typedef struct ESSM_ALIAS {
	uint32_t magic; /* ESSM */
	uint16_t format; /* format version: 3 */
	uint16_t arithmetic; /* arithmetic version: 2 or 3, the lowest that defines the kinds */
	uint32_t length; /* bytes of the blob: a multiple of 4, 64 to 2^24 */
	uint32_t crc; /* CRC-32 of bytes 16 to the end */
	uint8_t identity[32]; /* SHA-256 of bytes 48 to the signature's section, or to the end */
	uint32_t version; /* version of the model, for rollback protection; 0: none stated */
	uint32_t dither_seed; /* seed of the dither */
	uint32_t steps; /* steps per sequence that the model was made for; 0: any */
	uint16_t h; /* heads H */
	uint8_t blocks; /* blocks */
	uint8_t residual_bits; /* bits of the residual stream */
} essm_blob_header;
ESSM_ASSERT(blob_size, sizeof(essm_blob_header) == 64);
ESSM_ASSERT(blob_magic, offsetof(essm_blob_header, magic) == 0);
ESSM_ASSERT(blob_format, offsetof(essm_blob_header, format) == 4);
ESSM_ASSERT(blob_arithmetic, offsetof(essm_blob_header, arithmetic) == 6);
ESSM_ASSERT(blob_length, offsetof(essm_blob_header, length) == 8);
ESSM_ASSERT(blob_crc, offsetof(essm_blob_header, crc) == 12);
ESSM_ASSERT(blob_identity, offsetof(essm_blob_header, identity) == 16);
ESSM_ASSERT(blob_version, offsetof(essm_blob_header, version) == 48);
ESSM_ASSERT(blob_dither_seed, offsetof(essm_blob_header, dither_seed) == 52);
ESSM_ASSERT(blob_steps, offsetof(essm_blob_header, steps) == 56);
ESSM_ASSERT(blob_h, offsetof(essm_blob_header, h) == 60);
ESSM_ASSERT(blob_blocks, offsetof(essm_blob_header, blocks) == 62);
ESSM_ASSERT(blob_residual_bits, offsetof(essm_blob_header, residual_bits) == 63);

/* heading of a section: the header */
typedef struct ESSM_ALIAS {
	uint16_t type; /* type */
	uint16_t required; /* 0: a reader that does not know the type skips the section; otherwise it refuses the blob */
	uint32_t length; /* bytes of the content, without padding */
} essm_section_header;
ESSM_ASSERT(section_size, sizeof(essm_section_header) == 8);
ESSM_ASSERT(section_type, offsetof(essm_section_header, type) == 0);
ESSM_ASSERT(section_required, offsetof(essm_section_header, required) == 2);
ESSM_ASSERT(section_length, offsetof(essm_section_header, length) == 4);

/* channels and rate: the header */
typedef struct ESSM_ALIAS {
	uint16_t channels; /* channels */
	uint8_t reserved0;
	uint8_t reserved1;
	uint32_t rate; /* samples per second that the model was made for: finite, not negative; 0: unknown, as its bits */
} essm_input_header;
ESSM_ASSERT(input_size, sizeof(essm_input_header) == 8);
ESSM_ASSERT(input_channels, offsetof(essm_input_header, channels) == 0);
ESSM_ASSERT(input_rate, offsetof(essm_input_header, rate) == 4);

/* conversion of a stream's results to reports: the header */
typedef struct ESSM_ALIAS {
	uint32_t window; /* steps after which the network restarts; 0: as many as allowed */
	uint32_t hop; /* steps between results; 0: the window */
	uint8_t smoothing; /* a new result moves the smoothed outputs by 2^-this of the difference */
	uint8_t hold; /* consecutive results of one label that make one report; 0: every result */
	uint8_t reserved0;
	uint8_t reserved1;
} essm_stream_header;
ESSM_ASSERT(stream_size, sizeof(essm_stream_header) == 12);
ESSM_ASSERT(stream_window, offsetof(essm_stream_header, window) == 0);
ESSM_ASSERT(stream_hop, offsetof(essm_stream_header, hop) == 4);
ESSM_ASSERT(stream_smoothing, offsetof(essm_stream_header, smoothing) == 8);
ESSM_ASSERT(stream_hold, offsetof(essm_stream_header, hold) == 9);

/* detection of abnormal data by forecasts: the header */
typedef struct ESSM_ALIAS {
	uint8_t smoothing; /* a new error moves the score by 2^-this of the difference */
	uint8_t reserved0;
	uint16_t settling; /* initial steps whose forecasts are ignored */
	uint32_t threshold; /* score at which an alarm begins */
	uint32_t release; /* score below which it ends; 1 to the threshold */
} essm_detector_header;
ESSM_ASSERT(detector_size, sizeof(essm_detector_header) == 12);
ESSM_ASSERT(detector_smoothing, offsetof(essm_detector_header, smoothing) == 0);
ESSM_ASSERT(detector_settling, offsetof(essm_detector_header, settling) == 2);
ESSM_ASSERT(detector_threshold, offsetof(essm_detector_header, threshold) == 4);
ESSM_ASSERT(detector_release, offsetof(essm_detector_header, release) == 8);

/* kind of the encoder: the header */
typedef struct ESSM_ALIAS {
	uint8_t kind; /* kind of the encoder */
	uint8_t reserved0;
	uint8_t reserved1;
	uint8_t reserved2;
} essm_encoder_header;
ESSM_ASSERT(encoder_size, sizeof(essm_encoder_header) == 4);
ESSM_ASSERT(encoder_kind, offsetof(essm_encoder_header, kind) == 0);
extern const essm_check essm_encoder_check;

/* kind of the head: the header */
typedef struct ESSM_ALIAS {
	uint8_t kind; /* kind of the head */
	uint8_t reserved0;
	uint8_t reserved1;
	uint8_t reserved2;
} essm_head_header;
ESSM_ASSERT(head_size, sizeof(essm_head_header) == 4);
ESSM_ASSERT(head_kind, offsetof(essm_head_header, kind) == 0);
extern const essm_check essm_head_check;

/* a block: the header */
typedef struct ESSM_ALIAS {
	uint8_t norm_kind; /* kind of the norm */
	uint8_t mixer_kind; /* kind of the mixer */
	uint8_t activation_kind; /* kind of the activation */
	uint8_t channel_kind; /* kind of the channel mixer */
	uint8_t y_fraction; /* fractional bits of y */
	uint8_t post_kind; /* kind of the norm after the channel mixer */
	uint8_t reserved0;
	uint8_t reserved1;
} essm_block_header;
ESSM_ASSERT(block_size, sizeof(essm_block_header) == 8);
ESSM_ASSERT(block_norm_kind, offsetof(essm_block_header, norm_kind) == 0);
ESSM_ASSERT(block_mixer_kind, offsetof(essm_block_header, mixer_kind) == 1);
ESSM_ASSERT(block_activation_kind, offsetof(essm_block_header, activation_kind) == 2);
ESSM_ASSERT(block_channel_kind, offsetof(essm_block_header, channel_kind) == 3);
ESSM_ASSERT(block_y_fraction, offsetof(essm_block_header, y_fraction) == 4);
ESSM_ASSERT(block_post_kind, offsetof(essm_block_header, post_kind) == 5);
extern const essm_check essm_block_check;

/* folded norm: scale and zero per head: the header */
typedef struct ESSM_ALIAS {
	uint8_t bits; /* bits of u */
	uint8_t reserved0;
	uint8_t reserved1;
	uint8_t reserved2;
} essm_affine_header;
ESSM_ASSERT(affine_size, sizeof(essm_affine_header) == 4);
ESSM_ASSERT(affine_bits, offsetof(essm_affine_header, bits) == 0);
extern const essm_check essm_affine_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_affine_header *header;
	const uint8_t *zero_shift;
	const uint8_t *zero;
	const uint8_t *scale;
} essm_affine_parts;
const uint8_t *essm_affine_view(const uint8_t *at, uint32_t heads, essm_affine_parts *view);

/* LayerNorm: mean and variance of each step: the header */
typedef struct ESSM_ALIAS {
	uint8_t bits; /* bits of u */
	uint8_t reserved0;
	uint8_t reserved1;
	uint8_t reserved2;
	uint32_t epsilon; /* epsilon: added to the sum of the squares */
} essm_layer_norm_header;
ESSM_ASSERT(layer_norm_size, sizeof(essm_layer_norm_header) == 8);
ESSM_ASSERT(layer_norm_bits, offsetof(essm_layer_norm_header, bits) == 0);
ESSM_ASSERT(layer_norm_epsilon, offsetof(essm_layer_norm_header, epsilon) == 4);
extern const essm_check essm_layer_norm_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_layer_norm_header *header;
	const uint8_t *negative;
	const uint8_t *scale;
	const uint8_t *zero;
} essm_layer_norm_parts;
const uint8_t *essm_layer_norm_view(const uint8_t *at, uint32_t heads, essm_layer_norm_parts *view);

/* RMSNorm: mean square of each step: laid out as layer_norm */
typedef essm_layer_norm_header essm_rms_norm_header;
typedef essm_layer_norm_parts essm_rms_norm_parts;
#define essm_rms_norm_view essm_layer_norm_view
extern const essm_check essm_rms_norm_check;

/* S4D: N complex modes per head: the header */
typedef struct ESSM_ALIAS {
	uint16_t n; /* complex modes per head */
	uint8_t a_kind; /* coding of the poles */
	uint8_t b_bits; /* bits of B */
	uint8_t c_bits; /* bits of C */
	uint8_t c_preshift; /* preshift of C */
	uint8_t d_bits; /* bits of D */
	uint8_t x_bits; /* bits of x */
	uint8_t x_rounding; /* rounding of x */
	uint8_t reserved0;
	uint16_t d_scale; /* scale of D */
} essm_s4d_header;
ESSM_ASSERT(s4d_size, sizeof(essm_s4d_header) == 12);
ESSM_ASSERT(s4d_n, offsetof(essm_s4d_header, n) == 0);
ESSM_ASSERT(s4d_a_kind, offsetof(essm_s4d_header, a_kind) == 2);
ESSM_ASSERT(s4d_b_bits, offsetof(essm_s4d_header, b_bits) == 3);
ESSM_ASSERT(s4d_c_bits, offsetof(essm_s4d_header, c_bits) == 4);
ESSM_ASSERT(s4d_c_preshift, offsetof(essm_s4d_header, c_preshift) == 5);
ESSM_ASSERT(s4d_d_bits, offsetof(essm_s4d_header, d_bits) == 6);
ESSM_ASSERT(s4d_x_bits, offsetof(essm_s4d_header, x_bits) == 7);
ESSM_ASSERT(s4d_x_rounding, offsetof(essm_s4d_header, x_rounding) == 8);
ESSM_ASSERT(s4d_d_scale, offsetof(essm_s4d_header, d_scale) == 10);
extern const essm_check essm_s4d_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_s4d_header *header;
	const uint8_t *b_shift;
	const uint8_t *c_scale;
	const uint8_t *d;
	const uint8_t *b;
	uint32_t b_stride;
	const uint8_t *c;
	uint32_t c_stride;
} essm_s4d_parts;
const uint8_t *essm_s4d_view(const uint8_t *at, uint32_t heads, essm_s4d_parts *view);

/* S5: P complex modes shared by all heads: the header */
typedef struct ESSM_ALIAS {
	uint16_t p; /* complex modes */
	uint8_t a_kind; /* coding of the poles */
	uint8_t b_bits; /* bits of B */
	uint8_t b_lift; /* lift of B's scales */
	uint8_t c_bits; /* bits of C */
	uint8_t c_preshift; /* preshift of C */
	uint8_t d_bits; /* bits of D */
	uint8_t x_bits; /* bits of x */
	uint8_t x_rounding; /* rounding of x */
	uint16_t d_scale; /* scale of D */
} essm_s5_header;
ESSM_ASSERT(s5_size, sizeof(essm_s5_header) == 12);
ESSM_ASSERT(s5_p, offsetof(essm_s5_header, p) == 0);
ESSM_ASSERT(s5_a_kind, offsetof(essm_s5_header, a_kind) == 2);
ESSM_ASSERT(s5_b_bits, offsetof(essm_s5_header, b_bits) == 3);
ESSM_ASSERT(s5_b_lift, offsetof(essm_s5_header, b_lift) == 4);
ESSM_ASSERT(s5_c_bits, offsetof(essm_s5_header, c_bits) == 5);
ESSM_ASSERT(s5_c_preshift, offsetof(essm_s5_header, c_preshift) == 6);
ESSM_ASSERT(s5_d_bits, offsetof(essm_s5_header, d_bits) == 7);
ESSM_ASSERT(s5_x_bits, offsetof(essm_s5_header, x_bits) == 8);
ESSM_ASSERT(s5_x_rounding, offsetof(essm_s5_header, x_rounding) == 9);
ESSM_ASSERT(s5_d_scale, offsetof(essm_s5_header, d_scale) == 10);
extern const essm_check essm_s5_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_s5_header *header;
	const uint8_t *b_scale;
	const uint8_t *c_scale;
	const uint8_t *d;
	const uint8_t *b;
	uint32_t b_stride;
	const uint8_t *c;
	uint32_t c_stride;
} essm_s5_parts;
const uint8_t *essm_s5_view(const uint8_t *at, uint32_t heads, essm_s5_parts *view);

/* y Phi(y), Phi from a table: the header */
typedef struct ESSM_ALIAS {
	uint8_t table; /* Phi */
	uint8_t bits; /* bits of g */
	int8_t zero; /* zero of g */
	uint8_t reserved0;
	uint16_t scale; /* scale of g */
	uint8_t reserved1;
	uint8_t reserved2;
} essm_gelu_header;
ESSM_ASSERT(gelu_size, sizeof(essm_gelu_header) == 8);
ESSM_ASSERT(gelu_table, offsetof(essm_gelu_header, table) == 0);
ESSM_ASSERT(gelu_bits, offsetof(essm_gelu_header, bits) == 1);
ESSM_ASSERT(gelu_zero, offsetof(essm_gelu_header, zero) == 2);
ESSM_ASSERT(gelu_scale, offsetof(essm_gelu_header, scale) == 4);
extern const essm_check essm_gelu_check;

/* max(y, 0): the header */
typedef struct ESSM_ALIAS {
	uint8_t bits; /* bits of g */
	int8_t zero; /* zero of g */
	uint16_t scale; /* scale of g */
} essm_relu_header;
ESSM_ASSERT(relu_size, sizeof(essm_relu_header) == 4);
ESSM_ASSERT(relu_bits, offsetof(essm_relu_header, bits) == 0);
ESSM_ASSERT(relu_zero, offsetof(essm_relu_header, zero) == 1);
ESSM_ASSERT(relu_scale, offsetof(essm_relu_header, scale) == 2);
extern const essm_check essm_relu_check;

/* gated linear unit: the header */
typedef struct ESSM_ALIAS {
	essm_map_header value;
	essm_map_header gate;
	uint8_t value_shift; /* a value is 2^this units of the residual */
	uint8_t gate_fraction; /* fractional bits of the gate */
	uint8_t gate_table; /* gate function */
	uint8_t reserved0;
} essm_glu_header;
ESSM_ASSERT(glu_size, sizeof(essm_glu_header) == 12);
ESSM_ASSERT(glu_value, offsetof(essm_glu_header, value) == 0);
ESSM_ASSERT(glu_gate, offsetof(essm_glu_header, gate) == 4);
ESSM_ASSERT(glu_value_shift, offsetof(essm_glu_header, value_shift) == 8);
ESSM_ASSERT(glu_gate_fraction, offsetof(essm_glu_header, gate_fraction) == 9);
ESSM_ASSERT(glu_gate_table, offsetof(essm_glu_header, gate_table) == 10);
extern const essm_check essm_glu_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_glu_header *header;
	essm_linear value;
	essm_linear gate;
} essm_glu_parts;
const uint8_t *essm_glu_view(const uint8_t *at, uint32_t heads, essm_glu_parts *view);

/* half-gated linear unit over g: the header */
typedef struct ESSM_ALIAS {
	essm_map_header gate;
	uint8_t value_shift; /* a value is 2^this units of the residual */
	uint8_t gate_fraction; /* fractional bits of the gate */
	uint8_t gate_table; /* gate function */
	int8_t zero; /* added to a code of g to make it a value */
} essm_half_glu1_header;
ESSM_ASSERT(half_glu1_size, sizeof(essm_half_glu1_header) == 8);
ESSM_ASSERT(half_glu1_gate, offsetof(essm_half_glu1_header, gate) == 0);
ESSM_ASSERT(half_glu1_value_shift, offsetof(essm_half_glu1_header, value_shift) == 4);
ESSM_ASSERT(half_glu1_gate_fraction, offsetof(essm_half_glu1_header, gate_fraction) == 5);
ESSM_ASSERT(half_glu1_gate_table, offsetof(essm_half_glu1_header, gate_table) == 6);
ESSM_ASSERT(half_glu1_zero, offsetof(essm_half_glu1_header, zero) == 7);
extern const essm_check essm_half_glu1_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_half_glu1_header *header;
	essm_linear gate;
	const uint8_t *scale;
} essm_half_glu1_parts;
const uint8_t *essm_half_glu1_view(const uint8_t *at, uint32_t heads, essm_half_glu1_parts *view);

/* half-gated linear unit over y: laid out as half_glu1 */
typedef essm_half_glu1_header essm_half_glu2_header;
typedef essm_half_glu1_parts essm_half_glu2_parts;
#define essm_half_glu2_view essm_half_glu1_view
extern const essm_check essm_half_glu2_check;

/* the activation itself: the header */
typedef struct ESSM_ALIAS {
	int8_t zero; /* added to a code of g to make it a value */
	uint8_t reserved0;
	uint8_t reserved1;
	uint8_t reserved2;
} essm_ungated_header;
ESSM_ASSERT(ungated_size, sizeof(essm_ungated_header) == 4);
ESSM_ASSERT(ungated_zero, offsetof(essm_ungated_header, zero) == 0);
extern const essm_check essm_ungated_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_ungated_header *header;
	const uint8_t *scale;
} essm_ungated_parts;
const uint8_t *essm_ungated_view(const uint8_t *at, uint32_t heads, essm_ungated_parts *view);

/* LayerNorm of the residual: mean and variance of each step: the header */
typedef struct ESSM_ALIAS {
	uint32_t epsilon; /* epsilon: added to the sum of the squares */
} essm_layer_post_header;
ESSM_ASSERT(layer_post_size, sizeof(essm_layer_post_header) == 4);
ESSM_ASSERT(layer_post_epsilon, offsetof(essm_layer_post_header, epsilon) == 0);
extern const essm_check essm_layer_post_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_layer_post_header *header;
	const uint8_t *negative;
	const uint8_t *scale;
	const uint8_t *zero;
} essm_layer_post_parts;
const uint8_t *essm_layer_post_view(const uint8_t *at, uint32_t heads, essm_layer_post_parts *view);

/* RMSNorm of the residual: mean square of each step: laid out as layer_post */
typedef essm_layer_post_header essm_rms_post_header;
typedef essm_layer_post_parts essm_rms_post_parts;
#define essm_rms_post_view essm_layer_post_view
extern const essm_check essm_rms_post_check;

/* embedding of tokens: the header */
typedef struct ESSM_ALIAS {
	uint8_t bits; /* bits of a code */
	uint8_t reserved0;
	uint16_t vocabulary; /* tokens */
} essm_embedding_encoder_header;
ESSM_ASSERT(embedding_encoder_size, sizeof(essm_embedding_encoder_header) == 4);
ESSM_ASSERT(embedding_encoder_bits, offsetof(essm_embedding_encoder_header, bits) == 0);
ESSM_ASSERT(embedding_encoder_vocabulary, offsetof(essm_embedding_encoder_header, vocabulary) == 2);
extern const essm_check essm_embedding_encoder_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_embedding_encoder_header *header;
	const uint8_t *table;
	uint32_t table_stride;
	const uint8_t *scale;
	const uint8_t *bias;
} essm_embedding_encoder_parts;
const uint8_t *essm_embedding_encoder_view(const uint8_t *at, uint32_t heads, essm_embedding_encoder_parts *view);

/* linear encoder: the header */
typedef struct ESSM_ALIAS {
	essm_map_header map;
} essm_linear_encoder_header;
ESSM_ASSERT(linear_encoder_size, sizeof(essm_linear_encoder_header) == 4);
ESSM_ASSERT(linear_encoder_map, offsetof(essm_linear_encoder_header, map) == 0);
extern const essm_check essm_linear_encoder_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_linear_encoder_header *header;
	essm_linear map;
} essm_linear_encoder_parts;
const uint8_t *essm_linear_encoder_view(const uint8_t *at, uint32_t heads, uint32_t channels, essm_linear_encoder_parts *view);

/* logits of classes: the header */
typedef struct ESSM_ALIAS {
	essm_map_header map;
	uint16_t outputs; /* classes */
	uint8_t fraction; /* fractional bits of a logit */
	uint8_t pooling; /* pooling */
} essm_classes_head_header;
ESSM_ASSERT(classes_head_size, sizeof(essm_classes_head_header) == 8);
ESSM_ASSERT(classes_head_map, offsetof(essm_classes_head_header, map) == 0);
ESSM_ASSERT(classes_head_outputs, offsetof(essm_classes_head_header, outputs) == 4);
ESSM_ASSERT(classes_head_fraction, offsetof(essm_classes_head_header, fraction) == 6);
ESSM_ASSERT(classes_head_pooling, offsetof(essm_classes_head_header, pooling) == 7);
extern const essm_check essm_classes_head_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_classes_head_header *header;
	essm_linear map;
} essm_classes_head_parts;
const uint8_t *essm_classes_head_view(const uint8_t *at, uint32_t heads, essm_classes_head_parts *view);

/* values with units: the header */
typedef struct ESSM_ALIAS {
	essm_map_header map;
	uint16_t outputs; /* outputs */
	uint8_t pooling; /* pooling */
	uint8_t moment; /* when outputs are valid */
	uint32_t ahead; /* outputs are the input channels this many steps later; 0: something else */
} essm_values_head_header;
ESSM_ASSERT(values_head_size, sizeof(essm_values_head_header) == 12);
ESSM_ASSERT(values_head_map, offsetof(essm_values_head_header, map) == 0);
ESSM_ASSERT(values_head_outputs, offsetof(essm_values_head_header, outputs) == 4);
ESSM_ASSERT(values_head_pooling, offsetof(essm_values_head_header, pooling) == 6);
ESSM_ASSERT(values_head_moment, offsetof(essm_values_head_header, moment) == 7);
ESSM_ASSERT(values_head_ahead, offsetof(essm_values_head_header, ahead) == 8);
extern const essm_check essm_values_head_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_values_head_header *header;
	essm_linear map;
} essm_values_head_parts;
const uint8_t *essm_values_head_view(const uint8_t *at, uint32_t heads, essm_values_head_parts *view);

/* Abar as real and imaginary part: the header */
typedef struct ESSM_ALIAS {
	uint8_t bits; /* bits of a coordinate */
	uint8_t reserved0;
	uint8_t reserved1;
	uint8_t reserved2;
} essm_cartesian_header;
ESSM_ASSERT(cartesian_size, sizeof(essm_cartesian_header) == 4);
ESSM_ASSERT(cartesian_bits, offsetof(essm_cartesian_header, bits) == 0);
extern const essm_check essm_cartesian_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_cartesian_header *header;
	const uint8_t *codes;
	uint32_t codes_stride;
} essm_cartesian_parts;
const uint8_t *essm_cartesian_view(const uint8_t *at, uint32_t rows, uint32_t columns, essm_cartesian_parts *view);

/* Abar as a radius on a logarithmic scale and a phase relative to a harmonic series: the header */
typedef struct ESSM_ALIAS {
	uint8_t radius_bits; /* bits of the radius */
	uint8_t phase_bits; /* bits of the phase; at most 16 with the radius */
	uint8_t radius_step; /* step of the radius */
	uint8_t phase_shift; /* shift of the phase */
} essm_harmonic_header;
ESSM_ASSERT(harmonic_size, sizeof(essm_harmonic_header) == 4);
ESSM_ASSERT(harmonic_radius_bits, offsetof(essm_harmonic_header, radius_bits) == 0);
ESSM_ASSERT(harmonic_phase_bits, offsetof(essm_harmonic_header, phase_bits) == 1);
ESSM_ASSERT(harmonic_radius_step, offsetof(essm_harmonic_header, radius_step) == 2);
ESSM_ASSERT(harmonic_phase_shift, offsetof(essm_harmonic_header, phase_shift) == 3);
extern const essm_check essm_harmonic_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_harmonic_header *header;
	const uint8_t *radius;
	uint32_t radius_stride;
	const uint8_t *phase;
	uint32_t phase_stride;
	const uint8_t *radius_offset;
	const uint8_t *phase_base;
} essm_harmonic_parts;
const uint8_t *essm_harmonic_view(const uint8_t *at, uint32_t rows, uint32_t columns, essm_harmonic_parts *view);

/* Abar as a radius and a phase on logarithmic scales: the header */
typedef struct ESSM_ALIAS {
	uint8_t radius_bits; /* bits of the radius */
	uint8_t phase_bits; /* bits of the phase */
	uint8_t radius_offset; /* offset of the radius */
	uint8_t radius_step; /* step of the radius */
	uint16_t phase_offset; /* offset of the phase */
	uint16_t phase_step; /* step of the phase */
} essm_logarithmic_header;
ESSM_ASSERT(logarithmic_size, sizeof(essm_logarithmic_header) == 8);
ESSM_ASSERT(logarithmic_radius_bits, offsetof(essm_logarithmic_header, radius_bits) == 0);
ESSM_ASSERT(logarithmic_phase_bits, offsetof(essm_logarithmic_header, phase_bits) == 1);
ESSM_ASSERT(logarithmic_radius_offset, offsetof(essm_logarithmic_header, radius_offset) == 2);
ESSM_ASSERT(logarithmic_radius_step, offsetof(essm_logarithmic_header, radius_step) == 3);
ESSM_ASSERT(logarithmic_phase_offset, offsetof(essm_logarithmic_header, phase_offset) == 4);
ESSM_ASSERT(logarithmic_phase_step, offsetof(essm_logarithmic_header, phase_step) == 6);
extern const essm_check essm_logarithmic_check;

/* where its parts stand; a stride is the bytes of a row */
typedef struct {
	const essm_logarithmic_header *header;
	const uint8_t *radius;
	uint32_t radius_stride;
	const uint8_t *phase;
	uint32_t phase_stride;
} essm_logarithmic_parts;
const uint8_t *essm_logarithmic_view(const uint8_t *at, uint32_t rows, uint32_t columns, essm_logarithmic_parts *view);

#endif

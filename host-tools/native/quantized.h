// The network as the integers of edge-ssm.int.v2, for quantization-aware training: its forward pass gives the very numbers that
// reference and kernel give, its backward pass is the straight-through one. The integers come from the host's quantizer
// (host-tools/quantization/quantize.ts), the one place that knows how to make them; here they are only used.
//
// In a group, residual, state_out, checkpoint and input then hold integers (type ints) instead of reals, in the same places.
#ifndef QUANTIZED_H
#define QUANTIZED_H

#include "integer.h"
#include "network.h"

// The turns of the dither's words from step to step and from mode to mode (src/fixed-point/dither.ts).
#define DITHER_STEP 0x9e3779b9u
#define DITHER_MODE 0xc13fa9a9u

typedef struct {
	integer *a_re, *a_im, *gain, *c_re, *c_im; // (H, P): Abar in Q15, input gain, codes of C
	real *state_re, *state_im;                 // (H, P): real size of a unit of x
	real *limit_re, *limit_im;                 // (H, P): magnitude of x where it saturates, real
	Scale *u_scale, *c_scale;                  // (H)
	int32_t *u_zero, *d;                       // (H)
	double *u_unit;                            // (H)
	real *codes;                               // (H, J): of the linear map, laid out as LayerWeights.output_forward
	Scale *row_scale;                          // (J)
	int32_t *row_bias;                         // (J)
	int32_t u_most, x_most, dithered, c_preshift, y_fraction, g_low, g_high, g_zero;
	int32_t value_preshift, value_shift, gate_preshift, gate_fraction;
	Scale d_scale, g_scale;
	real y_unit, g_unit, gate_unit;
	uint32_t dither; // word of the first step behind the last dithered mode of the layers before
} QuantizedLayer;

typedef struct Quantized {
	QuantizedLayer *layers;
	integer activation[PHI_ENTRIES], sigmoid[PHI_ENTRIES];
	int32_t residual_most, encoder_preshift, decoder_preshift;
	int32_t *encoder, *encoder_bias;           // (H, channels), (H)
	Scale *encoder_scale;                      // (H)
	int32_t *decoder, *decoder_bias;           // (classes, H), (classes)
	Scale *decoder_scale;                      // (classes)
	double logit_unit;
	double *input_scale, *input_offset;        // (channels)
	double *residual_unit, *residual_offset;   // (H): real value = unit integer + offset
	double *decoder_real;                      // (classes, H): what the decoder's codes mean
} Quantized;

/**
 * Makes `net` compute in these integers from now on; may be called again with others. The order of `integers` and `reals` is
 * that of host-tools/training/quantizer.ts. Returns 0 when there are not as many as the shape needs or memory is short.
 */
int quantized_set(Network *net, const int32_t *integers, int32_t integer_count, const double *reals, int32_t real_count);
void quantized_close(Network *net);

/** Overwrites net->weights by what the integers mean in reals: the backward pass differentiates these. */
void quantized_weights(Network *net);

// quantized_forward.c
void quantized_load(const Network *net, Group *group, const float *values);
void quantized_encode(const Network *net, Group *group);
void quantized_layer_forward(const Network *net, Thread *thread, Group *group, int l);
void quantized_logits(const Network *net, const Group *group, int lane, double *logits);
real quantized_pooled(const Network *net, const Group *group, int h, int lane);

// quantized_backward.c
void quantized_layer_backward(const Network *net, Thread *thread, Group *group, int l);
void quantized_encoder_backward(const Network *net, Thread *thread, Group *group);

/** Rows of u in integers before saturation. */
static inline ints quantized_input(const QuantizedLayer *q, int h, ints residual) {
	return scaled(residual - q->u_zero[h], q->u_scale[h]);
}

/** y phi(y) in units of y. */
static inline ints quantized_activation(const Quantized *net, const QuantizedLayer *q, ints y) {
	return scaled(round_shift(y * phi(net->activation, y, q->y_fraction), 15), q->g_scale) - q->g_zero;
}

#endif

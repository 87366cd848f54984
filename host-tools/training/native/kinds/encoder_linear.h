// Encoder "encoder_linear": stream = W (values - mean) / std + b, of the data's channels.
#ifndef ENCODER_LINEAR_H
#define ENCODER_LINEAR_H

#include "../arithmetic/integer.h"
#include "../operation.h"

/** Codes of W, and the input scaling of samples: value = scale sample + offset. */
typedef struct {
	int32_t *weight, *bias; // (H, channels), (H)
	Scale *scale;           // (H)
	int32_t preshift;
	double *input_scale, *input_offset; // (channels)
} EncoderIntegers;

typedef struct {
	Operation op;
	int weight, bias;          // parameters: (H, channels), (H)
	long sum_weight, sum_bias; // (channels, R), (R)
	real *weight_of, *bias_of; // (channels, R), (R)
	Region input;              // (channels)
	EncoderIntegers *integers;
} EncoderLinear;

// encoder_linear_quantized.c
Forward encoder_linear_forward_quantized;
Backward encoder_linear_backward_quantized;
void encoder_linear_read(Operation *op, Source *source);
/** Values in the data's units to samples, as toSamples of the quantizer does it. */
void encoder_linear_load_quantized(EncoderLinear *encoder, Group *group, const float *values);

#endif

/*
 * float-blocked.c - the network of float.c as the kernel passes through it: up to sixteen steps of a block before the next block
 * starts, each mode through all steps with its state in registers, and products of two rows for eight steps at a time, their
 * sums in registers. What depends on the step is stored by head, then by step.
 */
#include "float.h"

enum { BLOCK = 16, EIGHT = 8 };

static float state_re[STATES], state_im[STATES];
static float residual[HEADS][BLOCK], g[HEADS][BLOCK], u[BLOCK], y[BLOCK], sums[HEADS];

/* residual += value * sigmoid(gate) of one row each (H), for all steps of the block. */
static void add_gated(const float *value, const float *gate, float value_bias, float gate_bias, uint32_t H, float *to)
{
	uint32_t first, i, t;
	for (first = 0; first < BLOCK; first += EIGHT) {
		float v[EIGHT], s[EIGHT];
		for (t = 0; t < EIGHT; t++) {
			v[t] = value_bias;
			s[t] = gate_bias;
		}
		for (i = 0; i < H; i++) {
			const float *of = g[i] + first, a = value[i], b = gate[i];
#pragma GCC unroll 8
			for (t = 0; t < EIGHT; t++) {
				v[t] += a * of[t];
				s[t] += b * of[t];
			}
		}
		for (t = 0; t < EIGHT; t++)
			to[first + t] += v[t] * sigmoid(s[t]);
	}
}

int main(void)
{
	const uint32_t channels = NETWORK[0], outputs = NETWORK[1], H = NETWORK[2], N = NETWORK[3], L = NETWORK[4];
	const uint32_t steps = NETWORK[5], form = NETWORK[6], last = NETWORK[7];
	const float *encoder = take(H * channels), *encoder_bias = take(H);
	const float *layers = take(L * (3 * H + 4 * H * N + 2 * H * H + 2 * H));
	const float *decoder = take(outputs * H), *decoder_bias = take(outputs), *samples = take(steps * channels);
	uint32_t at, t, l, h, n, i;
	const uint32_t start = (uint32_t)machineInstructions();

	/* rv32.ts gives a multiple of BLOCK */
	for (at = 0; at < steps; at += BLOCK, samples += BLOCK * channels) {
		float *re = state_re, *im = state_im;
		for (h = 0; h < H; h++)
			for (t = 0; t < BLOCK; t++) {
				float sum = encoder_bias[h];
				for (i = 0; i < channels; i++)
					sum += encoder[h * channels + i] * samples[t * channels + i];
				residual[h][t] = sum;
			}
		next = layers;
		for (l = 0; l < L; l++) {
			const float *scale = take(H), *offset = take(H), *a_re = take(H * N), *a_im = take(H * N);
			const float *c_re = take(H * N), *c_im = take(H * N), *d = take(H), *w = take(2 * H * H), *bias = take(2 * H);
			for (h = 0; h < H; h++) {
				for (t = 0; t < BLOCK; t++) {
					u[t] = residual[h][t] * scale[h] + offset[h];
					y[t] = d[h] * u[t];
				}
				for (n = 0; n < N; n++) {
					const float ar = *a_re++, ai = *a_im++, cr = *c_re++, ci = *c_im++;
					float x = *re, z = *im;
#pragma GCC unroll 4
					for (t = 0; t < BLOCK; t++) {
						const float r = ar * x - ai * z + u[t];
						z = ar * z + ai * x;
						x = r;
						y[t] += cr * x - ci * z;
					}
					*re++ = x;
					*im++ = z;
				}
				for (t = 0; t < BLOCK; t++)
					g[h][t] = gelu(y[t], form);
			}
			for (h = 0; h < H; h++)
				add_gated(w + h * H, w + (H + h) * H, bias[h], bias[H + h], H, residual[h]);
		}
		for (h = 0; h < H; h++)
			for (t = 0; t < BLOCK; t++)
				sums[h] += residual[h][t];
	}
	const uint32_t instructions = (uint32_t)machineInstructions() - start;
	for (h = 0; h < H; h++)
		sums[h] = last ? residual[h][BLOCK - 1] : sums[h] / (float)steps;
	finish(instructions, decoder, decoder_bias, sums);
	return 0;
}

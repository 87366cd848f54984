/*
 * float.c - the same network in float32, without optimizations, one sample at a time, on the same bare RV32IMC with software
 * floating point or an FPU. Counts the instructions of its steps and prints them with the outputs' bits (float.h).
 */
#include "float.h"

static float state_re[STATES], state_im[STATES], residual[HEADS], g[HEADS], sums[HEADS];

int main(void)
{
	const uint32_t channels = NETWORK[0], outputs = NETWORK[1], H = NETWORK[2], N = NETWORK[3], L = NETWORK[4];
	const uint32_t steps = NETWORK[5], form = NETWORK[6], last = NETWORK[7];
	const float *encoder = take(H * channels), *encoder_bias = take(H);
	const float *layers = take(L * (3 * H + 4 * H * N + 2 * H * H + 2 * H));
	const float *decoder = take(outputs * H), *decoder_bias = take(outputs), *samples = take(steps * channels);
	uint32_t t, l, h, n, i;
	const uint32_t start = (uint32_t)machineInstructions();

	for (t = 0; t < steps; t++, samples += channels) {
		float *re = state_re, *im = state_im;
		for (h = 0; h < H; h++) {
			residual[h] = encoder_bias[h];
			for (i = 0; i < channels; i++)
				residual[h] += encoder[h * channels + i] * samples[i];
		}
		next = layers;
		for (l = 0; l < L; l++) {
			const float *scale = take(H), *offset = take(H), *a_re = take(H * N), *a_im = take(H * N);
			const float *c_re = take(H * N), *c_im = take(H * N), *d = take(H), *w = take(2 * H * H), *bias = take(2 * H);
			for (h = 0; h < H; h++) {
				const float u = residual[h] * scale[h] + offset[h];
				float y = d[h] * u;
				for (n = 0; n < N; n++) {
					const float r = *a_re * *re - *a_im * *im + u;
					const float m = *a_re++ * *im + *a_im++ * *re;
					*re++ = r;
					*im++ = m;
					y += *c_re++ * r - *c_im++ * m;
				}
				g[h] = gelu(y, form);
			}
			for (h = 0; h < H; h++) {
				float value = bias[h], gate = bias[H + h];
				for (i = 0; i < H; i++) {
					value += w[h * H + i] * g[i];
					gate += w[(H + h) * H + i] * g[i];
				}
				residual[h] += value * sigmoid(gate);
			}
		}
		for (h = 0; h < H; h++)
			sums[h] += residual[h];
	}
	const uint32_t instructions = (uint32_t)machineInstructions() - start;
	for (h = 0; h < H; h++)
		sums[h] = last ? residual[h] : sums[h] / (float)steps;
	finish(instructions, decoder, decoder_bias, sums);
	return 0;
}

/*
 * float.h - what float.c and float-blocked.c share: the network in float32, its nonlinear functions, its outputs. QEMU's loader
 * puts NETWORK in place; benchmarks/rv32.ts defines its layout: eight words (channels, outputs, H, N, L, steps, form of GELU,
 * pooling: 0 mean), then float32 arrays in the order in which they are taken.
 */
#include <math.h>

#include "machine.h"

#define NETWORK ((const uint32_t *)0x80800000)

enum { HEADS = 64, STATES = 4096 };

static const float *next = (const float *)(NETWORK + 8);

static const float *take(uint32_t count)
{
	const float *array = next;
	next += count;
	return array;
}

static float sigmoid(float v) { return 1.0f / (1.0f + expf(-v)); }

static float gelu(float v, uint32_t form)
{
	if (form == 0)
		return 0.5f * v * (1.0f + erff(v * 0.70710678f));
	if (form == 1)
		return 0.5f * v * (1.0f + tanhf(0.79788456f * (v + 0.044715f * v * v * v)));
	return v * sigmoid(1.702f * v);
}

/* Prints the instructions of all steps, then the bits of the outputs of `pooled` (H). */
static void finish(uint32_t instructions, const float *decoder, const float *bias, const float *pooled)
{
	const uint32_t outputs = NETWORK[1], H = NETWORK[2];
	uint32_t h, i;
	machinePrint("steps ");
	machinePrintNumber(NETWORK[5], 10);
	machinePrint("\nchunked ");
	machinePrintNumber(instructions, 10);
	machinePrint("\n");
	for (i = 0; i < outputs; i++) {
		union {
			float f;
			uint32_t u;
		} sum = {bias[i]};
		for (h = 0; h < H; h++)
			sum.f += decoder[i * H + h] * pooled[h];
		machinePrint("output ");
		machinePrintNumber(sum.u, 10);
		machinePrint("\n");
	}
}

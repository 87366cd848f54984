/*
 * fuzz.c - the kernel against hostile blobs, samples and saved states. An input is a blob and, after the length stated in its
 * header, the samples to feed. The CRC-32 is repaired first, otherwise hardly any input would pass it.
 *
 * One source, two programs (../Makefile): with clang a libFuzzer target; with any compiler and -DESSM_REPLAY a program that
 * runs every given file once. Both are built with ASan and UBSan: blob, samples and arena are blocks of exactly their size, so
 * an access out of bounds is reported. `hold` checks what else the kernel promises. Not part of the kernel: it uses libc.
 */
#include "../essm_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SAMPLES = 64, HEADER = sizeof(essm_blob_header), LENGTH_AT = offsetof(essm_blob_header, length) };

static void hold(int promise, const char *what)
{
	if (!promise) {
		fprintf(stderr, "broken promise: %s\n", what);
		abort();
	}
}

static void *exactly(const void *from, size_t size)
{
	void *block = malloc(size ? size : 1);
	hold(block != NULL, "memory for a copy");
	if (size)
		memcpy(block, from, size);
	return block;
}

/* Opens with the smallest arena or one that keeps rows, and returns the arena, or NULL and the error. */
static uint8_t *open_model(essm *model, const uint8_t *blob, uint32_t length, int keep, int *error)
{
	uint32_t size = 0, preferred = 0;
	uint8_t *arena;
	*error = essm_arena_size(blob, length, &size);
	if (*error) {
		hold(essm_open(model, blob, length, NULL, 0) == *error, "essm_open and essm_arena_size refuse alike");
		hold(!model->opened && essm_state_size(model) == 0, "a refused model is closed");
		return NULL;
	}
	hold(essm_preferred_arena_size(blob, length, &preferred) == ESSM_OK && preferred >= size, "a larger arena is preferred");
	if (keep)
		size = preferred;
	arena = malloc(size);
	hold(arena != NULL, "memory for the arena");
	memset(arena, 0xa5, size);
	if (!keep)
		hold(essm_open(model, blob, length, arena, size - 1) == ESSM_E_ARENA, "an arena one byte short is refused");
	hold(essm_open(model, blob, length, arena, size) == ESSM_OK, "a blob with an arena size opens");
	return arena;
}

/* Two models on one blob: one fed at once, one in pieces with the other arena and its state carried over; then a tampered
 * state. */
static void run(const uint8_t *blob, uint32_t length, const uint8_t *rest, size_t rest_bytes)
{
	essm whole, cut;
	int error;
	uint8_t *arena = open_model(&whole, blob, length, 0, &error), *arena_cut, *state, *state_cut;
	uint32_t count, at, step, state_bytes;
	int16_t *samples;
	int32_t *outputs, *outputs_cut;
	if (!arena)
		return;
	arena_cut = open_model(&cut, blob, length, 1, &error);
	count = (uint32_t)(rest_bytes / (2u * whole.channels));
	if (count > MOST_SAMPLES)
		count = MOST_SAMPLES;
	samples = exactly(rest, 2u * whole.channels * count);
	outputs = malloc(4u * whole.outputs);
	outputs_cut = malloc(4u * whole.outputs);
	state_bytes = essm_state_size(&whole);
	state = malloc(state_bytes);
	state_cut = malloc(state_bytes);
	hold(outputs && outputs_cut && state && state_cut, "memory for results");

	hold(essm_outputs(&whole, outputs) == ESSM_E_EMPTY, "no outputs before the first sample");
	hold(essm_write(&whole, samples, count) == ESSM_OK, "samples are taken");
	for (at = 0; at < count; at += step) {
		step = 1 + at % 4;
		if (step > count - at)
			step = count - at;
		hold(essm_write(&cut, samples + at * cut.channels, 0) == ESSM_OK, "no sample is taken");
		hold(essm_write(&cut, samples + at * cut.channels, step) == ESSM_OK, "samples are taken in pieces");
		essm_outputs(&cut, outputs_cut);
		hold(essm_save_state(&cut, state_cut, state_bytes) == ESSM_OK, "a state is saved");
		essm_reset(&cut);
		hold(essm_restore_state(&cut, state_cut, state_bytes) == ESSM_OK, "a saved state is restored");
	}
	hold(essm_save_state(&whole, state, state_bytes) == ESSM_OK, "a state is saved");
	hold(essm_save_state(&cut, state_cut, state_bytes) == ESSM_OK, "a state is saved");
	hold(memcmp(state, state_cut, state_bytes) == 0, "any chunks give the same state");
	if (count) {
		hold(essm_outputs(&whole, outputs) == ESSM_OK && essm_outputs(&cut, outputs_cut) == ESSM_OK, "outputs after samples");
		hold(memcmp(outputs, outputs_cut, 4u * whole.outputs) == 0, "any chunks give the same outputs");
	}

	/* A state with a valid CRC and fuzzed content. */
	for (at = 8; at + 4 < state_bytes && rest_bytes; at++)
		state[at] ^= rest[at % rest_bytes];
	at = essm_crc32(state, state_bytes - 4, 0);
	memcpy(state + state_bytes - 4, &at, 4);
	if (essm_restore_state(&whole, state, state_bytes) == ESSM_OK) {
		essm_outputs(&whole, outputs);
		essm_write(&whole, samples, count);
		essm_outputs(&whole, outputs);
	}

	free(state_cut);
	free(state);
	free(outputs_cut);
	free(outputs);
	free(samples);
	free(arena_cut);
	free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t length = (uint32_t)size;
	uint8_t *blob;
	if (size > 1u << 25)
		return 0;
	if (size >= HEADER) {
		uint32_t stated;
		memcpy(&stated, data + LENGTH_AT, 4);
		if (stated < length)
			length = stated;
	}
	blob = exactly(data, length);
	if (length >= HEADER) {
		const uint32_t crc = essm_crc32(blob + ESSM_CRC_START, length - ESSM_CRC_START, 0);
		memcpy(blob + offsetof(essm_blob_header, crc), &crc, 4);
	}
	run(blob, length, data + length, size - length);
	free(blob);
	return 0;
}

#ifdef ESSM_REPLAY
int main(int count, char **files)
{
	int i;
	for (i = 1; i < count; i++) {
		FILE *file = fopen(files[i], "rb");
		long size = -1;
		uint8_t *data;
		if (file && fseek(file, 0, SEEK_END) == 0)
			size = ftell(file);
		if (size < 0 || fseek(file, 0, SEEK_SET) != 0 || !(data = malloc(size ? (size_t)size : 1)) ||
			fread(data, 1, (size_t)size, file) != (size_t)size) {
			fprintf(stderr, "%s: cannot be read\n", files[i]);
			return 2;
		}
		fclose(file);
		LLVMFuzzerTestOneInput(data, (size_t)size);
		free(data);
	}
	printf("%d inputs\n", count - 1);
	return 0;
}
#endif

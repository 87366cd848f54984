/*
 * fuzz.c - the kernel against hostile blobs, samples and saved states. An input that begins with "E" is a blob and, after the
 * length stated in its header, the samples to feed; its CRC-32 is repaired, otherwise hardly any would pass. Any other input is
 * a model drawn from its bytes (draw.c), then samples and how to cut them.
 *
 * One source, three programs (../Makefile): with clang two libFuzzer targets; with any compiler and -DESSM_REPLAY a program that
 * runs every given file once. Blob, samples, states, outputs and arenas are blocks of exactly their size (room.c), so an access
 * out of bounds is noticed. `hold` checks what else the kernel promises. Not part of the kernel: it uses libc.
 */
#include "../essm_internal.h"
#include "draw.h"
#include "room.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SAMPLES = 40, FEW_HEADS = 8, HEADER = sizeof(essm_blob_header), LENGTH_AT = offsetof(essm_blob_header, length) };

/* Executions so far by form of input, how many of their models opened, what these did; printed now and then. */
static struct {
	unsigned long blobs, drawn, blobs_opened, drawn_opened, samples, states;
} count;

static void print_counts(void)
{
	fprintf(stderr, "executions: %lu (%lu blobs, %lu opened; %lu drawn, %lu opened); %lu samples, %lu foreign states run\n",
		count.blobs + count.drawn, count.blobs, count.blobs_opened, count.drawn, count.drawn_opened, count.samples,
		count.states);
}

static void *exactly(const void *from, size_t size)
{
	void *block = take(size);
	if (size)
		memcpy(block, from, size);
	return block;
}

/* Opens with the smallest arena; returns whether the blob is accepted. */
static int open_small(essm *model, const uint8_t *blob, uint32_t length)
{
	uint32_t size = 0;
	uint8_t *arena;
	const int error = essm_arena_size(blob, length, &size);
	if (error) {
		hold(essm_open(model, blob, length, NULL, 0) == error, "essm_open and essm_arena_size refuse alike");
		hold(!model->opened && essm_state_size(model) == 0, "a refused model is closed");
		return 0;
	}
	arena = take(size);
	memset(arena, 0xa5, size);
	if (blob[offsetof(essm_blob_header, crc)] < 32)
		hold(essm_open(model, blob, length, arena, size - 1) == ESSM_E_ARENA, "an arena one byte short is refused");
	hold(essm_open(model, blob, length, arena, size) == ESSM_OK, "a blob with an arena size opens");
	return 1;
}

/* Opens the same blob with an arena that keeps rows. */
static void open_large(essm *model, const uint8_t *blob, uint32_t length, uint32_t small)
{
	uint32_t size;
	uint8_t *arena;
	hold(essm_preferred_arena_size(blob, length, &size) == ESSM_OK && size >= small, "a larger arena is preferred");
	arena = take(size);
	memset(arena, 0xa5, size);
	hold(essm_open(model, blob, length, arena, size) == ESSM_OK, "a blob with a preferred arena size opens");
}

/* Feeds samples in pieces of 1 to 7, with the state carried over a reset after every other one. */
static void write_in_pieces(essm *model, const int16_t *samples, uint32_t steps, int32_t *outputs, uint8_t *state, dice *cuts)
{
	const uint32_t bytes = essm_state_size(model);
	uint32_t at, step;
	for (at = 0; at < steps; at += step) {
		const uint32_t cut = throw_byte(cuts);
		step = 1 + cut % 7;
		if (step > steps - at)
			step = steps - at;
		hold(essm_write(model, samples + at * model->channels, step) == ESSM_OK, "samples are taken in pieces");
		if (cut & 64)
			hold(essm_outputs(model, outputs) == ESSM_OK, "outputs at any time");
		if (cut & 128) {
			hold(essm_write(model, samples, 0) == ESSM_OK, "no sample is taken");
			hold(essm_save_state(model, state, bytes) == ESSM_OK, "a state is saved");
			essm_reset(model);
			hold(essm_restore_state(model, state, bytes) == ESSM_OK, "a saved state is restored");
		}
	}
}

/* Damaged states are refused and change nothing; one whose CRC-32 is right is run, whatever it holds. */
static void restore_foreign(essm *model, uint8_t *state, const int16_t *samples, uint32_t steps, int32_t *outputs, dice *noise)
{
	const uint32_t bytes = essm_state_size(model);
	uint8_t *const again = take(bytes);
	const uint32_t how = throw_byte(noise), place = throw_byte(noise) % bytes;
	uint32_t at;
	state[place] ^= 1 << how % 8;
	hold(essm_restore_state(model, state, bytes) == ESSM_E_STATE, "a damaged state is refused");
	hold(essm_restore_state(model, state, bytes - 1) == ESSM_E_STATE, "a state of another length is refused");
	state[place] ^= 1 << how % 8;
	hold(
		essm_save_state(model, again, bytes) == ESSM_OK && memcmp(state, again, bytes) == 0, "a refused state changes nothing");

	for (at = 8; at + 4 < bytes; at++)
		if (how & 128 || throw_byte(noise) < 64)
			state[at] = (uint8_t)throw_byte(noise);
	if (how & 64) /* steps that mean pooling may have had */
		state[10] = state[11] = 0;
	at = essm_crc32(state, bytes - 4, 0);
	memcpy(state + bytes - 4, &at, 4);
	if (essm_restore_state(model, state, bytes) == ESSM_OK) {
		count.states++;
		essm_outputs(model, outputs);
		essm_write(model, samples, steps);
		essm_outputs(model, outputs);
	}
}

/*
 * Two models on one blob: one fed at once, one in pieces with the other arena and its state carried over. Then states of
 * strangers.
 */
static int run(const uint8_t *blob, uint32_t length, dice *from)
{
	essm whole, cut;
	uint32_t steps, i, state_bytes;
	int16_t *samples;
	int32_t *outputs, *outputs_cut;
	uint8_t *state, *state_cut;
	if (!open_small(&whole, blob, length))
		return 0;
	open_large(&cut, blob, length, whole.arena_length);
	steps = throw_byte(from);
	steps = steps < 192 ? steps % 8 : steps % (whole.heads > FEW_HEADS ? ESSM_BLOCK + 3 : MOST_SAMPLES + 1);
	samples = take(2u * whole.channels * steps);
	for (i = 0; i < steps * whole.channels; i++) {
		const uint32_t low = throw_byte(from);
		samples[i] = (int16_t)(low | throw_byte(from) << 8);
	}
	outputs = take(4u * whole.outputs);
	outputs_cut = take(4u * whole.outputs);
	state_bytes = essm_state_size(&whole);
	state = take(state_bytes);
	state_cut = take(state_bytes);

	hold(essm_outputs(&whole, outputs) == ESSM_E_EMPTY, "no outputs before the first sample");
	hold(essm_write(&whole, samples, steps) == ESSM_OK, "samples are taken");
	write_in_pieces(&cut, samples, steps, outputs_cut, state_cut, from);
	hold(essm_save_state(&whole, state, state_bytes) == ESSM_OK, "a state is saved");
	hold(essm_save_state(&cut, state_cut, state_bytes) == ESSM_OK, "a state is saved");
	hold(memcmp(state, state_cut, state_bytes) == 0, "any chunks give the same state");
	if (steps) {
		hold(essm_outputs(&whole, outputs) == ESSM_OK && essm_outputs(&cut, outputs_cut) == ESSM_OK, "outputs after samples");
		hold(memcmp(outputs, outputs_cut, 4u * whole.outputs) == 0, "any chunks give the same outputs");
	}
	restore_foreign(&whole, state, samples, steps < 4 ? steps : 4, outputs, from);
	count.samples += 2 * steps;
	return 1;
}

/* A blob as it is, but for its CRC-32. */
static int run_blob(const uint8_t *data, size_t size)
{
	uint32_t length = (uint32_t)size;
	uint8_t *blob;
	dice rest;
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
	rest = dice_of(data + length, size - length);
	return run(blob, length, &rest);
}

static int run_drawn(const uint8_t *data, size_t size)
{
	static uint8_t drawn[DRAWN_MAX] __attribute__((aligned(16)));
	dice from = dice_of(data, size);
	const uint32_t length = draw_blob(&from, drawn);
	return run(exactly(drawn, length), length, &from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 1u << 20)
		return 0;
	take_back();
	if (size && data[0] != 'E') {
		count.drawn++;
		count.drawn_opened += (unsigned long)run_drawn(data, size);
	} else {
		count.blobs++;
		count.blobs_opened += (unsigned long)run_blob(data, size);
	}
	if (((count.blobs + count.drawn) & ((1u << 20) - 1)) == 0)
		print_counts();
	return 0;
}

int LLVMFuzzerInitialize(int *arguments, char ***values);
int LLVMFuzzerInitialize(int *arguments, char ***values)
{
	(void)arguments;
	(void)values;
	return atexit(print_counts);
}

#ifdef ESSM_REPLAY
int main(int arguments, char **files)
{
	int i;
	for (i = 1; i < arguments; i++) {
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
	printf("%d inputs\n", arguments - 1);
	return 0;
}
#endif

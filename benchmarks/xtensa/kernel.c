/*
 * kernel.c - runs a blob's golden vectors on Xtensa under QEMU's user emulation, which has no clock to count by: the caller counts
 * executed instructions of runs of different lengths.
 *
 * stdin: the blob. stdout: for each vector the outputs (int32) and the saved state, as bytes. With any argument only the first
 * sixteen steps of each vector are run. Exit code: 0, an error of essm.h, or 100 when writing failed.
 */
#include "essm_internal.h"

enum { READ = 12, WRITE = 13, BLOB_BYTES = 1024 * 1024, ARENA_BYTES = 256 * 1024, OUTPUTS = 1024, CHUNK = 16, FAILED = 100 };

extern int32_t linux_call(int32_t number, int32_t file, const void *bytes, uint32_t length);

static uint32_t blob[BLOB_BYTES / 4], arena[ARENA_BYTES / 4], state[ARENA_BYTES / 4];
static int32_t outputs[OUTPUTS];

static const uint8_t *find(const essm *model, uint32_t type, const uint8_t **end)
{
	const uint8_t *at = model->blob + sizeof(essm_blob_header), *last = model->blob + model->blob_length;
	while (at < last) {
		const essm_section_header *heading = (const essm_section_header *)(const void *)at;
		at += sizeof *heading;
		if (heading->type == type) {
			*end = at + heading->length;
			return at;
		}
		at += essm_align4(heading->length);
	}
	*end = NULL;
	return NULL;
}

static int put(const void *bytes, uint32_t length) { return linux_call(WRITE, 1, bytes, length) == (int32_t)length; }

int main(int count)
{
	uint32_t length = 0, size = 0, steps;
	int32_t some;
	int code;
	const uint8_t *at, *next, *end;
	essm model;

	while ((some = linux_call(READ, 0, (uint8_t *)blob + length, BLOB_BYTES - length)) > 0)
		length += (uint32_t)some;
	if ((code = essm_arena_size(blob, length, &size)) || (code = essm_open(&model, blob, length, arena, sizeof(arena))))
		return code;
	for (at = find(&model, ESSM_SECTION_GOLDEN, &end); at && (at < end);) {
		const int16_t *samples = (const int16_t *)(const void *)(at + 4);
		uint32_t done;
		steps = essm_read32(at);
		next = at + 4 + essm_align4(2 * steps * model.channels) + 4 * model.outputs;
		if (count > 1 && steps > CHUNK)
			steps = CHUNK;
		if ((code = essm_reset(&model)))
			return code;
		for (done = 0; done < steps; done += CHUNK)
			if ((code = essm_write(&model, samples + done * model.channels, steps - done < CHUNK ? steps - done : CHUNK)))
				return code;
		if ((code = essm_outputs(&model, outputs)) || (code = essm_save_state(&model, state, essm_state_size(&model))))
			return code;
		if (!put(outputs, 4 * model.outputs) || !put(state, essm_state_size(&model)))
			return FAILED;
		at = next;
	}
	return 0;
}

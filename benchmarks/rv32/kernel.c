/*
 * kernel.c - counts the kernel's instructions on bare RV32IMC, on the samples of a blob's first golden vector, and checks its
 * outputs. Prints "name number" lines. QEMU's loader puts the blob at BLOB.
 */
#include "essm_internal.h"
#include "machine.h"

#define BLOB ((const uint8_t *)0x80800000)

enum { ARENA_BYTES = 256 * 1024, OUTPUTS = 1024, CHUNK = ESSM_BLOCK };

static uint32_t arena[ARENA_BYTES / 4];
static int32_t outputs[OUTPUTS];

static void print(const char *name, uint32_t value)
{
	machinePrint(name);
	machinePut(' ');
	machinePrintNumber(value, 10);
	machinePut('\n');
}

static void check(const char *what, int error)
{
	if (!error)
		return;
	machinePrint(what);
	machinePut(' ');
	machinePrint(essm_error_name(error));
	machinePut('\n');
	machineExit(1);
}

/* Overhead: instructions between two consecutive counter reads. */
static uint32_t nothing(void)
{
	const uint32_t start = (uint32_t)machineInstructions();
	return (uint32_t)machineInstructions() - start;
}

/* The content of an existing section. */
static const uint8_t *section(const essm *model, uint32_t type)
{
	const uint8_t *at = model->blob + sizeof(essm_blob_header);
	for (;;) {
		const essm_section_header *heading = (const essm_section_header *)(const void *)at;
		at += sizeof *heading;
		if (heading->type == type)
			return at;
		at += essm_align4(heading->length);
	}
}

/* Instructions of all samples, `chunk` per call; `worst` is raised to those of the longest call. */
static uint32_t run(essm *model, const int16_t *samples, uint32_t steps, uint32_t chunk, uint32_t overhead, uint32_t *worst)
{
	const uint32_t start = (uint32_t)machineInstructions();
	uint32_t at, one, count;
	for (at = 0; at < steps; at += count) {
		const uint32_t before = (uint32_t)machineInstructions();
		count = steps - at < chunk ? steps - at : chunk;
		check("write", essm_write(model, samples + at * model->channels, count));
		one = (uint32_t)machineInstructions() - before - overhead;
		if (one > *worst)
			*worst = one;
	}
	return (uint32_t)machineInstructions() - start - overhead;
}

/* Whether the golden vector has outputs of every step: of a head of values at that moment. */
static int every_step(const essm *model)
{
	const essm_head_header *head = (const essm_head_header *)(const void *)section(model, ESSM_SECTION_HEAD);
	const essm_values_head_header *values = (const essm_values_head_header *)(const void *)(head + 1);
	return head->kind == ESSM_HEAD_VALUES && values->moment == 1;
}

int main(void)
{
	const uint32_t length = ((const essm_blob_header *)(const void *)BLOB)->length, overhead = nothing();
	const uint8_t *golden, *expected;
	const int16_t *samples;
	uint32_t steps, at, start, worst = 0, size = 0;
	essm model;

	check("arena", essm_arena_size(BLOB, length, &size));
	print("arena", size);
	start = (uint32_t)machineInstructions();
	check("open", essm_open(&model, BLOB, length, arena, size));
	print("open", (uint32_t)machineInstructions() - start - overhead);

	golden = section(&model, ESSM_SECTION_GOLDEN);
	steps = essm_read32(golden);
	samples = (const int16_t *)(const void *)(golden + 4);
	expected = golden + 4 + essm_align4(2 * steps * model.channels);
	print("steps", steps);
	print("chunked", run(&model, samples, steps, CHUNK, overhead, &worst));
	essm_reset(&model);
	worst = 0;
	print("single", run(&model, samples, steps, 1, overhead, &worst));
	print("worst", worst);

	/* with the arena that keeps rows, which the first call fills */
	check("preferred", essm_preferred_arena_size(BLOB, length, &size));
	print("preferred", size);
	check("preferred", size > sizeof arena ? ESSM_E_ARENA : ESSM_OK);
	check("open", essm_open(&model, BLOB, length, arena, size));
	check("write", essm_write(&model, samples, 1));
	essm_reset(&model);
	print("kept_single", run(&model, samples, steps, 1, overhead, &worst));
	essm_reset(&model);
	print("kept_chunked", run(&model, samples, steps, CHUNK, overhead, &worst));

	start = (uint32_t)machineInstructions();
	check("outputs", essm_outputs(&model, outputs));
	print("outputs", (uint32_t)machineInstructions() - start - overhead);
	if (every_step(&model))
		expected += 4 * (steps - 1) * model.outputs;
	for (at = 0; at < model.outputs; at++)
		if (outputs[at] != (int32_t)essm_read32(expected + 4 * at))
			check("golden", ESSM_E_STATE);
	print("golden", 1);
	print("stack", machineStackBytes() - machineStackUnused());
	return 0;
}

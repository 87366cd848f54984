/*
 * kernel.c - counts the instructions of the kernel on a bare RV32IMC, on the samples of a blob's first golden vector, and
 * checks that the golden logits come out. Prints "name number" lines. The blob is put at BLOB by QEMU's loader.
 */
#include "essm_internal.h"
#include "machine.h"

#define BLOB ((const uint8_t *)0x80800000)

enum { ARENA_BYTES = 256 * 1024, CLASSES = 1024, CHUNK = 16 };

static uint32_t arena[ARENA_BYTES / 4];
static int32_t logits[CLASSES];

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

/* Instructions between two readings of the counter with nothing between. */
static uint32_t nothing(void)
{
	const uint32_t start = (uint32_t)machineInstructions();
	return (uint32_t)machineInstructions() - start;
}

int main(void)
{
	const uint32_t length = essm_read32(BLOB + ESSM_AT_LENGTH), overhead = nothing();
	const uint8_t *golden, *expected;
	const int16_t *samples;
	uint32_t steps, at, start, worst = 0, size = 0;
	essm model;

	check("arena", essm_arena_size(BLOB, length, &size));
	print("arena", size);
	start = (uint32_t)machineInstructions();
	check("open", essm_open(&model, BLOB, length, arena, sizeof(arena)));
	print("open", (uint32_t)machineInstructions() - start - overhead);

	golden = essm_section(&model, ESSM_GOLDEN, &size);
	steps = essm_read32(golden);
	samples = (const int16_t *)(const void *)(golden + 4);
	expected = golden + 4 + essm_align4(2 * steps * model.channels);
	print("steps", steps);

	start = (uint32_t)machineInstructions();
	for (at = 0; at < steps; at += CHUNK)
		check("write", essm_write(&model, samples + at * model.channels, steps - at < CHUNK ? steps - at : CHUNK));
	print("chunked", (uint32_t)machineInstructions() - start - overhead);

	essm_reset(&model);
	start = (uint32_t)machineInstructions();
	for (at = 0; at < steps; at++) {
		const uint32_t before = (uint32_t)machineInstructions();
		uint32_t one;
		check("write", essm_write(&model, samples + at * model.channels, 1));
		one = (uint32_t)machineInstructions() - before - overhead;
		if (one > worst)
			worst = one;
	}
	print("single", (uint32_t)machineInstructions() - start - overhead);
	print("worst", worst);

	start = (uint32_t)machineInstructions();
	check("logits", essm_logits(&model, logits));
	print("logits", (uint32_t)machineInstructions() - start - overhead);
	for (at = 0; at < model.classes; at++)
		if (logits[at] != (int32_t)essm_read32(expected + 4 * at))
			check("golden", ESSM_E_STATE);
	print("golden", 1);
	print("stack", machineStackBytes() - machineStackUnused());
	return 0;
}

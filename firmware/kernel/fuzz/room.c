/*
 * room.c - guarded blocks, faster than malloc. Under ASan they are in one pool, and every byte that belongs to none is poisoned.
 * Without ASan each ends, up to its alignment, where a page begins that may not be touched.
 */
#include "room.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN
#endif

void hold(int promise, const char *what)
{
	if (!promise) {
		fprintf(stderr, "broken promise: %s\n", what);
		abort();
	}
}

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>

enum { POOL = 1 << 24, REDZONE = 32 };
static uint8_t pool[POOL] __attribute__((aligned(16)));
static size_t taken;

void *take(size_t size)
{
	uint8_t *block = pool + taken;
	hold(size <= POOL - REDZONE && taken <= POOL - REDZONE - size, "memory for a run");
	ASAN_UNPOISON_MEMORY_REGION(block, size);
	taken += (size + 15) / 16 * 16 + REDZONE;
	return block;
}

void take_back(void)
{
	static int started;
	ASAN_POISON_MEMORY_REGION(pool, started ? taken : (size_t)POOL);
	started = 1;
	taken = REDZONE;
}

#else
#include <sys/mman.h>

enum { BLOCKS = 16, ROOM = 1 << 21, PAGE = 1 << 14 };
static uint8_t *rooms;
static uint32_t taken;

void *take(size_t size)
{
	hold(taken < BLOCKS && size <= ROOM, "memory for a run");
	return rooms + (size_t)taken++ * (ROOM + PAGE) + ROOM - (size + 3) / 4 * 4;
}

void take_back(void)
{
	uint32_t i;
	taken = 0;
	if (rooms)
		return;
	rooms = mmap(NULL, (size_t)BLOCKS * (ROOM + PAGE), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	hold(rooms != MAP_FAILED, "memory for all runs");
	for (i = 0; i < BLOCKS; i++)
		hold(mprotect(rooms + (size_t)i * (ROOM + PAGE) + ROOM, PAGE, PROT_NONE) == 0, "a page that is not to be touched");
}
#endif

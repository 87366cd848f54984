// Memory that lives as long as its owner: allocated piece by piece, freed all at once.
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

typedef struct {
	struct Piece *last;
	int failed; // an allocation failed; callers check once, after the last
} Memory;

/** `bytes` zeroed bytes, aligned to 64; NULL (and `failed`) when memory is exhausted. */
void *memory_take(Memory *memory, size_t bytes);
void memory_free(Memory *memory);

#endif

// Memory that lives as long as its owner: pieces are taken one by one and freed all at once.
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

typedef struct {
	struct Piece *last;
	int failed; // a piece could not be had; whoever takes several checks once, after the last
} Memory;

/** `bytes` zeroed bytes, aligned to 64; NULL (and `failed`) when there are none left. */
void *memory_take(Memory *memory, size_t bytes);
void memory_free(Memory *memory);

#endif

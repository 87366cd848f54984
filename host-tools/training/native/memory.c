// See memory.h.
#include "memory.h"

#include <stdlib.h>
#include <string.h>

/** Header of every allocation; as long as the alignment. */
struct Piece {
	struct Piece *before;
	char padding[64 - sizeof(struct Piece *)];
};

void *memory_take(Memory *memory, size_t bytes) {
	void *start = NULL;
	// Vector loads read slightly past the end.
	if (posix_memalign(&start, 64, sizeof(struct Piece) + bytes + 64) != 0) {
		memory->failed = 1;
		return NULL;
	}
	memset(start, 0, sizeof(struct Piece) + bytes + 64);
	struct Piece *piece = start;
	piece->before = memory->last;
	memory->last = piece;
	return piece + 1;
}

void memory_free(Memory *memory) {
	while (memory->last) {
		struct Piece *piece = memory->last;
		memory->last = piece->before;
		free(piece);
	}
}

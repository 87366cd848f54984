/* room.h - blocks of memory for one run, whose bounds are guarded; room.c. */
#ifndef ESSM_FUZZ_ROOM_H
#define ESSM_FUZZ_ROOM_H

#include <stddef.h>

/* Ends the program, saying what, unless the promise holds. */
void hold(int promise, const char *what);

/* A block of `size` bytes, aligned to 4, of any content; until take_back. */
void *take(size_t size);

/* Takes all blocks back; needed before the first. */
void take_back(void);

#endif

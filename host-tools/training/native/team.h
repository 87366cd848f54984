// A fixed team of threads that run one function together and meet at barriers. Which thread does what is decided by its number
// alone, never by who comes first, so that sums have one order.
#ifndef TEAM_H
#define TEAM_H

#include <pthread.h>

typedef struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int size, waiting;
	unsigned round;
} Team;

/** Runs work(argument, thread) for thread 0 to size - 1, all at once, and returns when all are done; 0, or -1 if no thread could be made. */
int team_run(Team *team, int size, void (*work)(void *argument, int thread), void *argument);

/** Waits for the whole team; the last to come runs `serial(argument)` (if not NULL) before any goes on. */
void team_meet(Team *team, void (*serial)(void *argument), void *argument);

#endif

// A fixed team of threads that run one function together and meet at barriers. Work is assigned by thread number alone, never
// by arrival, so that sums have one order.
#ifndef TEAM_H
#define TEAM_H

#include <pthread.h>

typedef struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int size, waiting;
	unsigned round;
} Team;

/**
 * Runs work(argument, thread) for thread 0 to size - 1 concurrently and returns when all are done; 0, or -1 if no thread could
 * be started.
 */
int team_run(Team *team, int size, void (*work)(void *argument, int thread), void *argument);

/** Waits for the entire team; the last to arrive runs `serial(argument)` (if not NULL) before any continues. */
void team_meet(Team *team, void (*serial)(void *argument), void *argument);

#endif

// Threads and their barrier; see team.h. A mutex and a condition, because pthread_barrier_t does not exist everywhere.
#include "team.h"

#include <stdlib.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

typedef struct {
	void (*work)(void *, int);
	void *argument;
	int thread;
} Member;

static void *member_main(void *pointer) {
	const Member *member = pointer;
#if defined(__SSE__)
	// Decaying states pass through denormals, which cost a hundred cycles each here: flush them to zero.
	_mm_setcsr(_mm_getcsr() | 0x8040);
#endif
	member->work(member->argument, member->thread);
	return NULL;
}

int team_run(Team *team, int size, void (*work)(void *, int), void *argument) {
	pthread_t *threads = malloc(sizeof *threads * size);
	Member *members = malloc(sizeof *members * size);
	int started = 0;
	if (threads && members) {
		pthread_mutex_init(&team->lock, NULL);
		pthread_cond_init(&team->changed, NULL);
		team->size = size;
		team->waiting = 0;
		team->round = 0;
		// Held until all threads exist: nobody may pass a barrier of an incomplete team.
		pthread_mutex_lock(&team->lock);
		for (; started < size; started++) {
			members[started] = (Member){work, argument, started};
			if (pthread_create(&threads[started], NULL, member_main, &members[started]) != 0) break;
		}
		pthread_mutex_unlock(&team->lock);
	}
	// Fewer threads than expected would wait at the barrier forever; a machine that cannot start a few threads cannot train.
	if (started > 0 && started < size) abort();
	for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
	free(threads);
	free(members);
	return started == size ? 0 : -1;
}

void team_meet(Team *team, void (*serial)(void *), void *argument) {
	pthread_mutex_lock(&team->lock);
	if (++team->waiting == team->size) {
		if (serial) serial(argument);
		team->waiting = 0;
		team->round++;
		pthread_cond_broadcast(&team->changed);
	} else {
		const unsigned round = team->round;
		while (team->round == round) pthread_cond_wait(&team->changed, &team->lock);
	}
	pthread_mutex_unlock(&team->lock);
}

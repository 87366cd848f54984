/*
 * timer.c - the module "timer" on the desktop: a list of timers that the event loop runs.
 */
#include "binding.h"
#include "loop.h"
#include "xsHost.h"

#include <time.h>

typedef struct TimerRecord {
	struct TimerRecord *next;
	xsSlot self;     /* the JavaScript object, protected from the collector */
	xsSlot callback; /* likewise */
	int64_t due;     /* ms of the clock below; RESTING until Timer.schedule */
	uint32_t repeat; /* ms; 0: fires once */
	int firing;
} TimerRecord, *Timer;

enum { RESTING = -1 };

static Timer timers = NULL;

static int64_t milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Also identifies timers. Called when the machine ends, or with NULL. */
static void destructor(void *data)
{
	Timer *link = &timers;
	if (!data)
		return;
	while (*link && (*link != data))
		link = &(*link)->next;
	if (*link)
		*link = (*link)->next;
	c_free(data);
}

static void release(xsMachine *the, Timer timer)
{
	xsmcSetHostData(timer->self, NULL);
	xsForget(timer->self);
	xsForget(timer->callback);
	destructor(timer);
}

static void create(xsMachine *the, uint32_t interval, uint32_t repeat)
{
	Timer timer, *link = &timers;

	if (!xsmcIsCallable(xsArg(0)))
		xsTypeError("callback is not a function");
	xsResult = xsNewHostObject(destructor);
	timer = c_calloc(1, sizeof(TimerRecord));
	if (!timer)
		xsUnknownError("no memory");
	xsmcSetHostData(xsResult, timer);
	/* not a plain copy: the slot of a function in ROM has the collector's mark, and xsForget skips slots with that mark */
	timer->self = xsAccess(xsResult);
	timer->callback = xsAccess(xsArg(0));
	xsRemember(timer->self);
	xsRemember(timer->callback);
	timer->due = milliseconds() + interval;
	timer->repeat = repeat;
	while (*link)
		link = &(*link)->next;
	*link = timer;
}

static uint32_t optionalIndex(xsMachine *the, int index)
{
	return essmHasArgument(the, index) ? essmToIndex(the, &xsArg(index)) : 0;
}

void xs_timer_set(xsMachine *the)
{
	uint32_t interval = optionalIndex(the, 1);
	uint32_t repeat = optionalIndex(the, 2);
	create(the, interval, repeat);
}

void xs_timer_repeat(xsMachine *the)
{
	uint32_t interval = essmToIndex(the, &xsArg(1));
	create(the, interval, interval ? interval : 1);
}

void xs_timer_schedule(xsMachine *the)
{
	int rests = !essmHasArgument(the, 1);
	uint32_t interval = optionalIndex(the, 1);
	uint32_t repeat = optionalIndex(the, 2);
	Timer timer = xsmcGetHostDataValidate(xsArg(0), (void *)&destructor);
	if (!timer)
		xsUnknownError("timer has ended");
	timer->due = rests ? RESTING : milliseconds() + interval;
	timer->repeat = repeat;
	timer->firing = 0;
}

void xs_timer_clear(xsMachine *the)
{
	Timer timer;
	if ((0 == xsmcArgc) || (xsReferenceType != xsmcTypeOf(xsArg(0))))
		return;
	timer = xsmcGetHostDataValidate(xsArg(0), (void *)&destructor);
	if (timer)
		release(the, timer);
}

void xs_timer_delay(xsMachine *the)
{
	uint32_t ms = essmToIndex(the, &xsArg(0));
	struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
	nanosleep(&time, NULL);
}

static void fire(xsMachine *machine, Timer timer)
{
	xsBeginHost(machine);
	xsmcVars(2);
	xsVar(0) = xsAccess(timer->callback);
	xsVar(1) = xsAccess(timer->self);
	if (timer->repeat)
		timer->due += timer->repeat;
	else
		release(the, timer);
	xsCallFunction1(xsVar(0), xsGlobal, xsVar(1));
	xsEndHost(machine);
}

void timersRun(void *machine)
{
	int64_t now = milliseconds();
	Timer timer;

	/* mark first, then fire: a callback may end or add any timer, and new ones wait for the next turn */
	for (timer = timers; timer; timer = timer->next)
		timer->firing = (RESTING != timer->due) && (timer->due <= now);
	for (timer = timers; timer;) {
		if (timer->firing) {
			timer->firing = 0;
			fire(machine, timer);
			timer = timers;
		} else
			timer = timer->next;
	}
}

int timersNext(void)
{
	int64_t now = milliseconds(), next = -1;
	Timer timer;
	for (timer = timers; timer; timer = timer->next) {
		int64_t wait = (timer->due > now) ? timer->due - now : 0;
		if ((RESTING != timer->due) && ((next < 0) || (wait < next)))
			next = wait;
	}
	return (next > 3600000) ? 3600000 : (int)next;
}

int timersOneShot(void)
{
	Timer timer;
	for (timer = timers; timer; timer = timer->next)
		if ((0 == timer->repeat) && (RESTING != timer->due))
			return 1;
	return 0;
}

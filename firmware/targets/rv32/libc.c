/*
 * libc.c - what the C library needs from a system: memory from the RAM that link.ld leaves, time from the machine's
 * clock, the UART as stdin and stdout, and stderr as the machine's log.
 */
#include "machine.h"
#include "poll.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern char __heap_start[], __heap_end[];

static char *heapBreak = __heap_start;

void *sbrk(ptrdiff_t increment)
{
	char *start = heapBreak;
	if (increment > __heap_end - start) {
		errno = ENOMEM;
		return (void *)-1;
	}
	heapBreak += increment;
	return start;
}

void essmSystemFigures(int32_t figures[4])
{
	const int32_t untouched = __heap_end - heapBreak;
	figures[0] = untouched + (int32_t)mallinfo().fordblks;
	figures[1] = untouched; /* never allocated */
	figures[2] = untouched;
	figures[3] = (int32_t)machineStackUnused();
}

/* ---- Time ---- */

int clock_gettime(clockid_t clock, struct timespec *time)
{
	const uint64_t now = machineMicroseconds();
	(void)clock;
	time->tv_sec = (time_t)(now / 1000000);
	time->tv_nsec = (long)(now % 1000000) * 1000;
	return 0;
}

int gettimeofday(struct timeval *time, void *zone)
{
	const uint64_t now = machineMicroseconds();
	(void)zone;
	time->tv_sec = (time_t)(now / 1000000);
	time->tv_usec = (suseconds_t)(now % 1000000);
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
	const uint64_t end = machineMicroseconds() + (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_nsec / 1000;
	(void)rest;
	while (machineMicroseconds() < end)
		;
	return 0;
}

uint32_t modMilliseconds(void) { return (uint32_t)(machineMicroseconds() / 1000); }

/* ---- UART ---- */

/* The core sleeps where only a byte can end the wait; it busy-waits for timers, which the shipped application does not use. */
int poll(struct pollfd *polls, unsigned count, int milliseconds)
{
	const uint64_t end = machineMicroseconds() + (uint64_t)(milliseconds < 0 ? 0 : milliseconds) * 1000;
	int ready = 0;
	do {
		machineFeed();
		for (unsigned i = 0; i < count; i++) {
			polls[i].revents = 0;
			if ((0 == polls[i].fd) && machineHas())
				polls[i].revents = POLLIN;
			else if (1 == polls[i].fd)
				polls[i].revents = POLLOUT;
			ready += 0 != polls[i].revents;
		}
		if (!ready && (milliseconds < 0))
			machineWait();
	} while (!ready && ((milliseconds < 0) || (machineMicroseconds() < end)));
	return ready;
}

ssize_t read(int file, void *buffer, size_t count)
{
	uint8_t *bytes = buffer;
	size_t i = 0;
	(void)file;
	for (; (i < count) && machineHas(); i++)
		bytes[i] = (uint8_t)machineGet();
	return (ssize_t)i;
}

ssize_t write(int file, const void *buffer, size_t count)
{
	const uint8_t *bytes = buffer;
	(void)file;
	for (size_t i = 0; i < count; i++)
		machinePut(bytes[i]);
	return (ssize_t)count;
}

/* ---- stderr, line by line ---- */

static int putLog(char c, FILE *file)
{
	static char line[160];
	static unsigned length = 0;
	(void)file;
	line[length++] = c;
	if (('\n' == c) || (length == sizeof(line) - 1)) {
		line[length] = 0;
		machineLog(line);
		length = 0;
	}
	return (uint8_t)c;
}

static FILE logFile = FDEV_SETUP_STREAM(putLog, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stderr = &logFile;
FILE *const stdout = &logFile;
FILE *const stdin = &logFile;

void _exit(int code) { machineExit(code); }

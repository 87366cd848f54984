/* poll.h - as much of POSIX's as the event loop uses: descriptor 0 is the UART's input, 1 its output. libc.c has it. */
#ifndef ESSM_POLL_H
#define ESSM_POLL_H

struct pollfd {
	int fd; /* negative: not to be looked at */
	short events;
	short revents;
};

enum { POLLIN = 1, POLLOUT = 4 };

int poll(struct pollfd *polls, unsigned count, int milliseconds);

#endif

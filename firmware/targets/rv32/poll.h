/* poll.h - the part of POSIX's that the event loop uses: descriptor 0 is the UART's input, 1 its output. Implemented in libc.c. */
#ifndef ESSM_POLL_H
#define ESSM_POLL_H

struct pollfd {
	int fd; /* negative: ignored */
	short events;
	short revents;
};

enum { POLLIN = 1, POLLOUT = 4 };

int poll(struct pollfd *polls, unsigned count, int milliseconds);

#endif

/* A pseudo-terminal for the emulated chip: prints the path of its far end on stderr, then carries bytes between stdin and
   stdout and the terminal. Knows nothing of what they mean. Ends when stdin does.
   After SIGUSR1 it takes nothing from the terminal any more, whose buffer then fills. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static int carry(int from, int to)
{
	char bytes[4096];
	ssize_t count = read(from, bytes, sizeof bytes);
	for (ssize_t sent = 0; sent < count;) {
		ssize_t written = write(to, bytes + sent, count - sent);
		if (written < 0)
			return 0;
		sent += written;
	}
	return count > 0;
}

static volatile sig_atomic_t deaf;

static void deafen(int signal)
{
	(void)signal;
	deaf = 1;
}

int main(void)
{
	signal(SIGUSR1, deafen);
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		return 1;
	const char *path = ptsname(terminal);
	/* held open, so that clients may come and go; raw, so that every byte gets through */
	int far = open(path, O_RDWR | O_NOCTTY);
	struct termios raw;
	tcgetattr(far, &raw);
	cfmakeraw(&raw);
	tcsetattr(far, TCSANOW, &raw);
	fprintf(stderr, "%s\n", path);
	struct pollfd ends[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = terminal, .events = POLLIN}};
	for (;;) {
		if (poll(ends, deaf ? 1 : 2, -1) <= 0) {
			if (errno != EINTR)
				return 1;
			continue;
		}
		if (ends[0].revents && !carry(STDIN_FILENO, terminal))
			return 0;
		if (!deaf && ends[1].revents && !carry(terminal, STDOUT_FILENO))
			return 0;
	}
}

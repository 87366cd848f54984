/*
 * serial-options.c - connects the desktop's serial port to stdin and stdout, a Unix socket, or a new pseudo-terminal.
 */
#define _GNU_SOURCE /* pseudo-terminals */
#include "loop.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static const char *pseudoTerminal = NULL; /* symlink to it, removed at exit */

static void fail(const char *what)
{
	fprintf(stderr, "serial port %s: %s\n", what, strerror(errno));
	exit(2);
}

static void connectSocket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		fail(path);
	}
	strcpy(address.sun_path, path);
	int file = socket(AF_UNIX, SOCK_STREAM, 0);
	if ((file < 0) || (connect(file, (struct sockaddr *)&address, sizeof(address)) < 0))
		fail(path);
	serialUse(file, file);
}

static void openTerminal(const char *path)
{
	struct termios settings;
	struct stat left;
	const char *name;
	int terminal, file = posix_openpt(O_RDWR | O_NOCTTY);
	if ((file < 0) || (grantpt(file) < 0) || (unlockpt(file) < 0) || !(name = ptsname(file)))
		fail(path);
	/* stays open here: a cable does not close when nobody listens */
	terminal = open(name, O_RDWR | O_NOCTTY);
	if ((terminal < 0) || (tcgetattr(terminal, &settings) < 0))
		fail(path);
	cfmakeraw(&settings);
	if (tcsetattr(terminal, TCSANOW, &settings) < 0)
		fail(path);
	if ((0 == lstat(path, &left)) && S_ISLNK(left.st_mode))
		unlink(path); /* left by a killed process */
	if (symlink(name, path) < 0)
		fail(path);
	pseudoTerminal = path;
	serialUse(file, file);
}

void serialOpen(const char *text)
{
	if (!strncmp(text, "unix:", 5))
		connectSocket(text + 5);
	else if (!strncmp(text, "pty:", 4))
		openTerminal(text + 4);
	else if (strcmp(text, "stdio")) {
		errno = EINVAL;
		fail(text);
	}
}

void serialClose(void)
{
	if (pseudoTerminal)
		unlink(pseudoTerminal);
}

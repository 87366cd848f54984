/*
 * lin.c - the Moddable SDK's desktop simulator as a device: the desktop target's flash.c and serial.c, driven by GLib's
 * loop in place of engine.c. The simulated hardware comes from the environment, since the SDK owns the command line:
 *
 *   ESSM_FLASH=FILE                          the flash, 4 MB; created if it does not exist
 *   ESSM_SERIAL=stdio|unix:PATH|pty:PATH     the port that carries the link
 *   ESSM_RESET_CAUSE=CAUSE                   how the run before ended, "crash" or "watchdog reset"; may be absent
 */
#include "binding.h"
#include "xsHost.h"

#include <glib.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop.h"
#include "options.h"

typedef struct {
	GSource source;
	xsMachine *machine;
	struct pollfd polls[SERIAL_POLLS];
	gpointer watched[SERIAL_POLLS]; /* NULL: not waited for */
} PortSource;

static const char *need(const char *name)
{
	const char *value = getenv(name);
	if (!value || !*value) {
		fprintf(stderr, "%s is not set; see firmware/targets/lin/lin.c\n", name);
		exit(2);
	}
	return value;
}

/* Makes GLib poll what the port polls. */
static gboolean prepare(GSource *source, gint *timeout)
{
	PortSource *port = (PortSource *)source;
	if (!serialActive())
		exit(0); /* the other side hung up */
	serialPrepare(port->polls);
	for (int i = 0; i < SERIAL_POLLS; i++) {
		int wanted = port->polls[i].fd >= 0;
		if (wanted && !port->watched[i])
			port->watched[i] = g_source_add_unix_fd(source, port->polls[i].fd, (GIOCondition)port->polls[i].events);
		else if (!wanted && port->watched[i]) {
			g_source_remove_unix_fd(source, port->watched[i]);
			port->watched[i] = NULL;
		}
	}
	*timeout = -1;
	return serialReady();
}

static gboolean check(GSource *source)
{
	PortSource *port = (PortSource *)source;
	int ready = serialReady();
	for (int i = 0; i < SERIAL_POLLS; i++) {
		port->polls[i].revents = port->watched[i] ? (short)g_source_query_unix_fd(source, port->watched[i]) : 0;
		ready |= port->polls[i].revents;
	}
	return 0 != ready;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	PortSource *port = (PortSource *)source;
	(void)callback, (void)data;
	serialService(port->machine, port->polls);
	return G_SOURCE_CONTINUE;
}

void xs_lin_resetCause(xsMachine *the)
{
	char *cause = getenv("ESSM_RESET_CAUSE");
	if (cause && *cause)
		xsmcSetString(xsResult, cause);
}

void xs_lin_start(xsMachine *the)
{
	static GSourceFuncs functions = {.prepare = prepare, .check = check, .dispatch = dispatch};
	PortSource *port;

	flashOpen(need("ESSM_FLASH"));
	flashAddPartition("model_a=0x3e0000,0x10000");
	flashAddPartition("model_b=0x3f0000,0x10000");
	serialOpen(need("ESSM_SERIAL"));
	atexit(serialClose);

	port = (PortSource *)g_source_new(&functions, sizeof(PortSource));
	port->machine = the;
	g_source_attach(&port->source, NULL);
}

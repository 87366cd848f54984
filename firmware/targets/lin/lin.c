/*
 * lin.c - the Moddable SDK's desktop simulator as a device: the desktop target's flash.c and serial.c, driven by GLib's
 * loop in place of engine.c. What stands for hardware is said by the environment, for the SDK owns the command line:
 *
 *   ESSM_FLASH=FILE                          the flash, 4 MB; made when it does not exist
 *   ESSM_SERIAL=stdio|unix:PATH|pty:PATH     the port that carries the link
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
	GPollFD watched[SERIAL_POLLS];
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

/* GLib waits for what the port waits for. */
static gboolean prepare(GSource *source, gint *timeout)
{
	PortSource *port = (PortSource *)source;
	if (!serialActive())
		exit(0); /* the other side has hung up */
	serialPrepare(port->polls);
	for (int i = 0; i < SERIAL_POLLS; i++) {
		port->watched[i].fd = port->polls[i].fd;
		port->watched[i].events = (port->polls[i].fd < 0) ? 0 : (gushort)port->polls[i].events;
		port->watched[i].revents = 0;
	}
	*timeout = -1;
	return serialReady();
}

static gboolean check(GSource *source)
{
	PortSource *port = (PortSource *)source;
	int ready = serialReady();
	for (int i = 0; i < SERIAL_POLLS; i++) {
		port->polls[i].revents = (short)port->watched[i].revents;
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

void xs_lin_start(xsMachine *the)
{
	static GSourceFuncs functions = { .prepare = prepare, .check = check, .dispatch = dispatch };
	PortSource *port;

	flashOpen(need("ESSM_FLASH"));
	flashAddPartition("model_a=0x3e0000,0x10000");
	flashAddPartition("model_b=0x3f0000,0x10000");
	serialOpen(need("ESSM_SERIAL"));
	atexit(serialClose);

	port = (PortSource *)g_source_new(&functions, sizeof(PortSource));
	port->machine = the;
	for (int i = 0; i < SERIAL_POLLS; i++) {
		port->watched[i].fd = -1;
		g_source_add_poll(&port->source, port->watched + i);
	}
	g_source_attach(&port->source, NULL);
}

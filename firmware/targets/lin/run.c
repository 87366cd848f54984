/*
 * run.c - runs what mcconfig builds for lin (mc.so) without a window: a screen that shows nothing. The SDK's mcsim runs the
 * same file with one. Built by host-tools/device/build-firmware.ts against the SDK's screen.h.
 *
 *   edge-ssm-lin PATH/mc.so          with the environment of lin.c
 *
 * Exit code: 0 at the end of input on the port, 2 when mc.so can't be run, 64 + XS status when XS gave up.
 */
#define mxLinux 1
#include "screen.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_XS = 64 };

static guint timer = 0;

static gboolean idle(gpointer screen)
{
	if (((txScreen *)screen)->idle)
		((txScreen *)screen)->idle(screen);
	return G_SOURCE_CONTINUE;
}

static void start(txScreen *screen, double interval)
{
	if (!timer)
		timer = g_timeout_add((guint)interval, idle, screen);
}

static void stop(txScreen *screen)
{
	(void)screen;
	if (timer)
		g_source_remove(timer);
	timer = 0;
}

static void ignore(txScreen *screen) { (void)screen; }

static void giveUp(txScreen *screen, int status)
{
	(void)screen;
	fprintf(stderr, "XS gave up, status %d\n", status);
	exit(EXIT_XS + status);
}

typedef struct {
	txScreen *screen;
	int size;
	char bytes[];
} Message;

static gboolean deliver(gpointer data)
{
	Message *message = data;
	if (message->screen->invoke)
		message->screen->invoke(message->screen, message->bytes, message->size);
	free(message);
	return G_SOURCE_REMOVE;
}

/* Size 0 means a string. */
static void post(txScreen *screen, char *bytes, int size)
{
	size_t length = size ? (size_t)size : strlen(bytes) + 1;
	Message *message = malloc(sizeof(Message) + length);
	if (!message)
		abort();
	message->screen = screen;
	message->size = size;
	memcpy(message->bytes, bytes, length);
	g_idle_add(deliver, message);
}

int main(int count, char *arguments[])
{
	void *library = (2 == count) ? dlopen(arguments[1], RTLD_NOW) : NULL;
	txScreenLaunchProc launch = library ? (txScreenLaunchProc)dlsym(library, "fxScreenLaunch") : NULL;
	txScreen *screen = calloc(1, sizeof(txScreen) + 4 * screenBytesPerPixel);
	if (!launch || !screen) {
		fprintf(stderr, "edge-ssm-lin: %s\n", (2 == count) ? dlerror() : "give the path of mc.so");
		return 2;
	}
	screen->width = screen->height = 1;
	screen->abort = giveUp;
	screen->bufferChanged = screen->formatChanged = ignore;
	screen->post = post;
	screen->start = start;
	screen->stop = stop;
	g_mutex_init(&screen->workersMutex);
	launch(screen);
	if (!screen->machine) {
		fprintf(stderr, "edge-ssm-lin: no XS machine could be created\n");
		return 2;
	}
	g_main_loop_run(g_main_loop_new(NULL, FALSE));
	return 0;
}

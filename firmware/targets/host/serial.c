/*
 * serial.c - the module "embedded:io/serial" on the desktop and rv32: one port, on two file descriptors. Its queues are as
 * small as an ESP32 UART's, so that an application that overruns a port fails here too. The event loop moves the bytes and
 * runs the callbacks; none is called from inside a method.
 */
#include "binding.h"
#include "loop.h"
#include "xsHost.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifndef ESSM_SDK
#define xsID_format (xsID("format"))
#define xsID_onReadable (xsID("onReadable"))
#define xsID_onWritable (xsID("onWritable"))
#define xsID_target (xsID("target"))
#endif

enum { QUEUE_BYTES = 128 };

typedef struct {
	uint8_t bytes[QUEUE_BYTES];
	uint32_t count;
} Queue;

/* The port, and the JavaScript object that holds it open. */
static struct {
	int in;
	int out;
	int ended; /* end of input */
	int cut;   /* the reader is gone: output is dropped */

	int open;
	xsSlot self, onReadable, onWritable; /* protected from the collector while open */
	int hasOnReadable, hasOnWritable;
	int readableOwed, writableOwed; /* callbacks due */

	Queue input, output;
} port = {.in = STDIN_FILENO, .out = STDOUT_FILENO};

static void append(Queue *queue, const void *data, uint32_t count)
{
	memcpy(queue->bytes + queue->count, data, count);
	queue->count += count;
}

static void drop(Queue *queue, uint32_t count)
{
	queue->count -= count;
	memmove(queue->bytes, queue->bytes + count, queue->count);
}

void serialUse(int in, int out)
{
	port.in = in;
	port.out = out;
}

/* ---- JavaScript ---- */

/* Also identifies our host objects. Called when the machine ends, or with NULL. */
void xs_serial_destructor(void *data)
{
	if (data)
		port.open = 0;
}

static void getOpen(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, (void *)&xs_serial_destructor))
		xsUnknownError("serial port is closed");
}

/* A callback option: a function or undefined, else an error. */
static int getCallback(xsMachine *the, xsIdentifier id, xsSlot *callback)
{
	xsmcGet(xsVar(0), xsArg(0), id);
	*callback = xsVar(0);
	if (xsUndefinedType == xsmcTypeOf(xsVar(0)))
		return 0;
	if (!xsmcIsCallable(xsVar(0)))
		xsTypeError("callback is not a function");
	return 1;
}

void xs_serial(xsMachine *the)
{
	int hasOnReadable, hasOnWritable;
	xsmcVars(3);

	/* keep the functions in xsVar(1) and xsVar(2): reading the next option may run the collector */
	xsmcGet(xsVar(0), xsArg(0), xsID_format);
	if ((xsUndefinedType != xsmcTypeOf(xsVar(0))) && strcmp(xsmcToString(xsVar(0)), "buffer"))
		xsRangeError("invalid format");
	hasOnReadable = getCallback(the, xsID_onReadable, &xsVar(1));
	hasOnWritable = getCallback(the, xsID_onWritable, &xsVar(2));
	xsmcGet(xsVar(0), xsArg(0), xsID_target);
	if (xsUndefinedType != xsmcTypeOf(xsVar(0)))
		xsmcSet(xsThis, xsID_target, xsVar(0));
	if (xsmcGetHostDataValidate(xsThis, (void *)&xs_serial_destructor) || port.open)
		xsUnknownError("in use");

	xsmcSetHostData(xsThis, &port);
	port.open = 1;
	port.self = xsAccess(xsThis); /* not a plain copy: see timer.c */
	port.onReadable = xsAccess(xsVar(1));
	port.onWritable = xsAccess(xsVar(2));
	xsRemember(port.self);
	xsRemember(port.onReadable);
	xsRemember(port.onWritable);
	port.hasOnReadable = hasOnReadable;
	port.hasOnWritable = hasOnWritable;
	port.readableOwed = port.input.count > 0;
	port.writableOwed = 1;
}

void xs_serial_close(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, (void *)&xs_serial_destructor))
		return;
	xsForget(port.self);
	xsForget(port.onReadable);
	xsForget(port.onWritable);
	port.open = 0;
	xsmcSetHostData(xsThis, NULL);
}

void xs_serial_read(xsMachine *the)
{
	int hasArgument = essmHasArgument(the, 0);
	int intoBuffer = hasArgument && (xsReferenceType == xsmcTypeOf(xsArg(0)));
	uint32_t count = QUEUE_BYTES;
	void *data;
	xsUnsignedValue length;

	if (hasArgument && !intoBuffer) {
		count = essmToIndex(the, &xsArg(0));
		if (0 == count)
			xsRangeError("invalid count");
	}
	getOpen(the);
	if (intoBuffer) {
		essmGetBuffer(the, &xsArg(0), &data, &length, 1);
		if (0 == length)
			xsRangeError("invalid count");
		count = length;
	}
	if (0 == port.input.count)
		return;
	if (count > port.input.count)
		count = port.input.count;
	if (intoBuffer) {
		memcpy(data, port.input.bytes, count);
		xsmcSetInteger(xsResult, (xsIntegerValue)count);
	} else
		xsmcSetArrayBuffer(xsResult, port.input.bytes, (xsIntegerValue)count);
	drop(&port.input, count);
	port.readableOwed = port.input.count > 0; /* announce the rest again */
}

void xs_serial_write(xsMachine *the)
{
	void *data;
	xsUnsignedValue length;

	getOpen(the);
	essmGetBuffer(the, &xsArg(0), &data, &length, 0);
	if (length > QUEUE_BYTES - port.output.count)
		xsUnknownError("output full");
	if (!port.cut)
		append(&port.output, data, length);
	port.writableOwed = 1;
}

void xs_serial_get_format(xsMachine *the)
{
	getOpen(the);
	xsmcSetString(xsResult, "buffer");
}

/* ---- Event loop ---- */

int serialEnded(void) { return port.ended; }

int serialReady(void)
{
	return port.open &&
		((port.readableOwed && port.hasOnReadable) || (port.writableOwed && port.hasOnWritable && (0 == port.output.count)));
}

int serialActive(void) { return (port.output.count > 0) || (port.open && !port.ended) || serialReady(); }

void serialPrepare(struct pollfd polls[SERIAL_POLLS])
{
	int wantsInput = port.open && !port.ended && (port.input.count < QUEUE_BYTES);
	polls[0] = (struct pollfd){.fd = wantsInput ? port.in : -1, .events = POLLIN};
	polls[1] = (struct pollfd){.fd = port.output.count ? port.out : -1, .events = POLLOUT};
}

static void receive(void)
{
	ssize_t count = read(port.in, port.input.bytes + port.input.count, QUEUE_BYTES - port.input.count);
	if (count > 0) {
		port.input.count += (uint32_t)count;
		port.readableOwed = 1;
	} else if ((0 == count) || ((EINTR != errno) && (EAGAIN != errno)))
		port.ended = 1;
}

static void transmit(void)
{
	ssize_t count = write(port.out, port.output.bytes, port.output.count);
	if (count >= 0)
		drop(&port.output, (uint32_t)count);
	else if ((EINTR != errno) && (EAGAIN != errno)) {
		port.output.count = 0;
		port.cut = port.ended = 1;
	}
}

static void callBack(xsMachine *machine, xsSlot *callback, uint32_t count)
{
	xsBeginHost(machine);
	xsmcVars(1);
	xsmcSetInteger(xsVar(0), (xsIntegerValue)count);
	xsCallFunction1(*callback, port.self, xsVar(0));
	xsEndHost(machine);
}

void serialService(void *machine, const struct pollfd polls[SERIAL_POLLS])
{
	if (polls[0].revents)
		receive();
	if (polls[1].revents)
		transmit();
	if (port.open && port.readableOwed && port.hasOnReadable) {
		port.readableOwed = 0;
		callBack(machine, &port.onReadable, port.input.count);
	}
	if (port.open && port.writableOwed && port.hasOnWritable && (0 == port.output.count)) {
		port.writableOwed = 0;
		callBack(machine, &port.onWritable, QUEUE_BYTES);
	}
}

/*
 * loop.h - what the event loop (engine.c) needs from the modules that have events: timer.c and serial.c.
 * For files that include the public xsmc.h and for those that include xsAll.h.
 */
#ifndef ESSM_LOOP_H
#define ESSM_LOOP_H

#include <poll.h>

/* Fires every timer that is due. */
void timersRun(void *machine);

/* Milliseconds until the next timer is due: 0: now, -1: none. */
int timersNext(void);

/* Whether a one-shot timer is pending: work to finish before the process may exit. */
int timersOneShot(void);

/* Sets the port's file descriptors; default stdin and stdout. */
void serialUse(int in, int out);

enum { SERIAL_POLLS = 2 };

/* Whether the other side has closed the port: pending work is finished, then the process exits. */
int serialEnded(void);

/* Whether the port can still cause events: it is open, and not at end of input with all output sent. */
int serialActive(void);

/* Fills in the events to poll for. */
void serialPrepare(struct pollfd polls[SERIAL_POLLS]);

/* Whether a callback is due without waiting for the other side. */
int serialReady(void);

/* Moves bytes as poll() allows, then runs callbacks. */
void serialService(void *machine, const struct pollfd polls[SERIAL_POLLS]);

#endif

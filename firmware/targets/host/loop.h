/*
 * loop.h - what the event loop (engine.c) asks of the modules that have events: timer.c and serial.c.
 * For files that see the public xsmc.h and for those that see xsAll.h alike.
 */
#ifndef ESSM_LOOP_H
#define ESSM_LOOP_H

#include <poll.h>

/* Calls back every timer that is due. */
void timersRun(void *machine);

/* Milliseconds until the next timer is due: 0 for now, -1 when there is none. */
int timersNext(void);

/* Whether a timer waits that fires once, work that is to be finished before the process may end. */
int timersOneShot(void);

/* The port's file descriptors; stdin and stdout unless said otherwise. */
void serialUse(int in, int out);

enum { SERIAL_POLLS = 2 };

/* Whether the other side has closed the port: work that is under way is finished, then the process ends. */
int serialEnded(void);

/* Whether the port can still bring something about: it is open, and not at its end with all output sent. */
int serialActive(void);

/* Fills in what to wait for. */
void serialPrepare(struct pollfd polls[SERIAL_POLLS]);

/* Whether a call-back is owed without waiting for the other side. */
int serialReady(void);

/* Moves bytes as poll() allows, then calls back. */
void serialService(void *machine, const struct pollfd polls[SERIAL_POLLS]);

#endif

/*
 * options.h - what the command line (main.c) tells the modules that stand for hardware. All of these end the process with
 * a sentence on stderr when they can't do it.
 */
#ifndef ESSM_OPTIONS_H
#define ESSM_OPTIONS_H

#include <stdint.h>

/* Exit code when the power is cut (flashCutPower). */
enum { EXIT_POWER_LOST = 90 };

/* The file that is the whole flash: 4 MB, made and erased when it does not exist. */
void flashOpen(const char *path);

/* "name=offset,length", in bytes, whole sectors. */
void flashAddPartition(const char *text);

/* Ends the process once this many bytes were written or erased, in the middle of the work. */
void flashCutPower(uint64_t bytes);

/* "stdio", "unix:PATH" (connects to a listening socket) or "pty:PATH" (a new pseudo-terminal, PATH becomes a link to it). */
void serialOpen(const char *text);
void serialClose(void);

#endif

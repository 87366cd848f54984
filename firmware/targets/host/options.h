/*
 * options.h - what the command line (main.c) tells the simulated hardware. Each of these exits with a sentence on stderr on
 * failure.
 */
#ifndef ESSM_OPTIONS_H
#define ESSM_OPTIONS_H

#include <stdint.h>

/* Exit codes when the watchdog fires, and when the power is cut (flashCutPower). */
enum { EXIT_WATCHDOG = 81, EXIT_POWER_LOST = 90 };

/* The file that holds the flash: 4 MB, created erased if it does not exist. */
void flashOpen(const char *path);

/* "name=offset,length", in bytes, both multiples of a sector. */
void flashAddPartition(const char *text);

/* Kills the process once this many bytes were written or erased, mid-operation. */
void flashCutPower(uint64_t bytes);

/* "stdio", "unix:PATH" (connects to a listening socket) or "pty:PATH" (a new pseudo-terminal, PATH becomes a link to it). */
void serialOpen(const char *text);
void serialClose(void);

#endif

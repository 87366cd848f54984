/*
 * xsplatform.h - what XS needs from a platform (its XSPLATFORM header): headers, and our fields in the machine.
 * The engine's report functions go to stderr, because stdout is the serial port.
 */
#ifndef ESSM_XSPLATFORM_H
#define ESSM_XSPLATFORM_H

#ifdef __APPLE__
#undef mxMacOSX
#define mxMacOSX 1
#else
#undef mxLinux
#define mxLinux 1
#endif

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define c_printf(...) fprintf(stderr, __VA_ARGS__)
#define c_vprintf(format, arguments) vfprintf(stderr, format, arguments)

/* waiter*: used by XS's Atomics. start*: what is in use when main starts, for edge-ssm/memory. */
#define mxMachinePlatform \
	void *waiterCondition; \
	void *waiterData; \
	void *waiterLink; \
	int promiseJobs; \
	int32_t startSlots; \
	int32_t startChunkBytes;

#define ESSM_START_FIGURES 1

/* Set on the command line (main.c). */
#define ESSM_RESET_CAUSE optionResetCause
extern const char *optionResetCause(void);

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultDebug 1
#define mxUseDefaultSharedChunks 1

#endif

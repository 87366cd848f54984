/*
 * xsplatform.h - what XS needs from a platform (its XSPLATFORM header), for rv32 and for the linker that generates its ROM.
 * Slots, identifiers and strings are the same in both; only the linker has a parser.
 */
#ifndef ESSM_XSPLATFORM_H
#define ESSM_XSPLATFORM_H

#ifdef mxLink
#undef mxLinux
#define mxLinux 1
#include <pthread.h>
#define mxUseDefaultCStackLimit 1
#else
#define mxUseDefaultCStackLimit 0
#define mxMisalignedSettersCrash 1
#define mxUnalignedAccess 0
#define C_PATH_MAX 128
#endif

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
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

/* waiter*: used by XS's Atomics. start*: what is in use when main starts, for edge-ssm/memory. fakeCallback: the linker's. */
#define mxMachinePlatform \
	void *waiterCondition; \
	void *waiterData; \
	void *waiterLink; \
	int promiseJobs; \
	int32_t startSlots; \
	int32_t startChunkBytes; \
	uintptr_t fakeCallback;

#define ESSM_START_FIGURES 1

/* Free now, minimum ever free, largest free block, unused native stack, in bytes (libc.c). */
#define ESSM_SYSTEM_FIGURES essmSystemFigures
extern void essmSystemFigures(int32_t figures[4]);

/* CPU counter of edge-ssm/memory (machine.c). */
#define ESSM_COUNTER machineCount
#define ESSM_COUNTED (char *)machineCounted
extern uint64_t machineCount(void);
extern const char machineCounted[];

/* What the machine was started with (machine.c). */
#ifndef mxLink
#define ESSM_RESET_CAUSE machineResetCause
extern const char *machineResetCause(void);
#endif

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultDebug 1
#define mxUseDefaultSharedChunks 1

#endif

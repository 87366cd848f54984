/*
 * essm-memory.c - reads the engine's and the platform's memory figures (essm-memory.d.ts). One source for XS 13.3 and 17.
 *
 * The figures are fields of the machine itself, since release builds lack XS's instrumentation module; so this is the one
 * module that includes xsAll.h. What only instrumented builds keep (stack peak, collections) is -1 elsewhere.
 */
#include "xsAll.h"

#include "binding.h"

#include <stdio.h>
#include <time.h>

#ifdef ESP_PLATFORM
#include "esp_cpu.h"
#include "esp_heap_caps.h"
#include "esp_idf_version.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#endif

/* A free-running CPU counter and its unit; other targets define theirs, or none, in xsplatform.h. */
#ifdef ESP_PLATFORM
#define ESSM_COUNTER esp_cpu_get_cycle_count
#define ESSM_COUNTED "cycles"
#endif

/* The target's name for how the run before ended, "crash" or "watchdog reset"; NULL: neither. */
/* #define ESSM_RESET_CAUSE in xsplatform.h */

/* Build: chip (if any), engine, compiler, SDK. XS's numbers can be expressions. */
#define TEXT_OF(value) #value
#define TEXT(value) TEXT_OF(value)
#ifdef __clang__
#define COMPILER ", " __VERSION__
#else
#define COMPILER ", gcc " __VERSION__
#endif
#ifdef ESP_PLATFORM
#define CHIP CONFIG_IDF_TARGET ", "
#define SDK ", ESP-IDF " TEXT(ESP_IDF_VERSION_MAJOR) "." TEXT(ESP_IDF_VERSION_MINOR) "." TEXT(ESP_IDF_VERSION_PATCH)
#else
#define CHIP ""
#define SDK ""
#endif

#define UNKNOWN (-1)

enum { FIGURES = 18 }; /* order and count as in essm-memory.js */

void xs_essm_memory_sample(xsMachine *the)
{
	int32_t figures[FIGURES] = {
		(int32_t)sizeof(xsSlot),
		the->currentHeapCount,
		the->peakHeapCount,
		the->maximumHeapCount,
		UNKNOWN,
		the->currentChunksSize,
		the->peakChunksSize,
		the->maximumChunksSize,
		UNKNOWN,
		(int32_t)(the->stackTop - the->stack),
		UNKNOWN,
		(int32_t)(the->stackTop - the->stackBottom),
		the->keyIndex - the->keyOffset,
		UNKNOWN,
		UNKNOWN,
		UNKNOWN,
		UNKNOWN,
		UNKNOWN,
	};
	void *data;
	xsUnsignedValue length;

#ifdef ESSM_START_FIGURES
	figures[4] = the->startSlots;
	figures[8] = the->startChunkBytes;
#endif
#ifdef mxInstrument
	figures[10] = (int32_t)(the->stackTop - the->stackPeak);
	figures[13] = the->garbageCollectionCount;
#endif
#ifdef ESP_PLATFORM
	figures[14] = (int32_t)heap_caps_get_free_size(MALLOC_CAP_8BIT);
	figures[15] = (int32_t)heap_caps_get_minimum_free_size(MALLOC_CAP_8BIT);
	figures[16] = (int32_t)heap_caps_get_largest_free_block(MALLOC_CAP_8BIT);
	figures[17] = (int32_t)uxTaskGetStackHighWaterMark(NULL);
#endif
#ifdef ESSM_SYSTEM_FIGURES
	ESSM_SYSTEM_FIGURES(figures + 14); /* the target's own, in the same order */
#endif
	essmGetBuffer(the, &xsArg(0), &data, &length, 1);
	if (length < sizeof(figures))
		xsRangeError("buffer too short");
	c_memcpy(data, figures, sizeof(figures));
}

void xs_essm_memory_collectGarbage(xsMachine *the) { xsCollectGarbage(); }

void xs_essm_memory_microseconds(xsMachine *the)
{
#ifdef ESP_PLATFORM
	xsmcSetNumber(xsResult, (double)esp_timer_get_time());
#else
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	xsmcSetNumber(xsResult, (double)now.tv_sec * 1e6 + (double)(now.tv_nsec / 1000));
#endif
}

void xs_essm_memory_count(xsMachine *the)
{
#ifdef ESSM_COUNTER
	xsmcSetNumber(xsResult, (double)ESSM_COUNTER());
#endif
}

void xs_essm_memory_counted(xsMachine *the)
{
#ifdef ESSM_COUNTED
	xsmcSetString(xsResult, ESSM_COUNTED);
#endif
}

void xs_essm_memory_toolchain(xsMachine *the)
{
	char text[sizeof(CHIP COMPILER SDK) + 40];
	snprintf(text, sizeof(text), "%sXS %d.%d.%d%s", CHIP, (int)(XS_MAJOR_VERSION), (int)(XS_MINOR_VERSION),
		(int)(XS_PATCH_VERSION), COMPILER SDK);
	xsmcSetString(xsResult, text);
}

/* XS gives up by esp_restart: a software reset, which nothing else here makes, is a crash. */
void xs_essm_memory_resetCause(xsMachine *the)
{
	const char *cause = NULL;
#if defined(ESP_PLATFORM)
	switch (esp_reset_reason()) {
	case ESP_RST_SW:
	case ESP_RST_PANIC:
		cause = "crash";
		break;
	case ESP_RST_INT_WDT:
	case ESP_RST_TASK_WDT:
	case ESP_RST_WDT:
		cause = "watchdog reset";
		break;
	default:
		break;
	}
#elif defined(ESSM_RESET_CAUSE)
	cause = ESSM_RESET_CAUSE();
#endif
	if (cause)
		xsmcSetString(xsResult, (char *)cause);
}

void xs_essm_memory_log(xsMachine *the)
{
	char *text = xsmcToString(xsArg(0));
#ifdef ESP_PLATFORM
	xsTrace(text);
	xsTrace("\n");
#else
	fprintf(stderr, "%s\n", text);
#endif
}

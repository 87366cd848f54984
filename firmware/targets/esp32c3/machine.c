/*
 * machine.c - registers of the ESP32-C3: clock, watchdogs, reset, cycle counter, system timer, and the link on UART0 or the
 * chip's own USB port, whichever was heard last.
 */
#include "machine.h"

#include <stddef.h>

typedef volatile uint32_t Register;

static Register *at(uint32_t address) { return (Register *)(uintptr_t)address; }

/* In ROM (link.ld). */
uint32_t rtc_get_reset_reason(int core);
void ets_update_cpu_frequency(uint32_t megahertz);

/* ---- Watchdogs and reset ---- */

enum { RTC = 0x60008000, RTC_OPTIONS = RTC, RTC_WATCHDOG = RTC + 0x90, RTC_WATCHDOG_TICKS = RTC + 0x94 };
enum { RTC_FEED = RTC + 0xa4, RTC_LOCK = RTC + 0xa8, SUPER_WATCHDOG = RTC + 0xac, SUPER_LOCK = RTC + 0xb0 };
enum { TIMER_GROUP = 0x6001f000, TIMER_WATCHDOG = TIMER_GROUP + 0x48, TIMER_LOCK = TIMER_GROUP + 0x64 };

#define KEY 0x50d83aa1u
#define SUPER_KEY 0x8f1d312au
#define RESET_CHIP (1u << 31)
#define FEED (1u << 31)
#define FEEDS_ITSELF (1u << 31)
#define UPDATE (1u << 22)
/* Enabled; stage 0 resets the chip; the longest reset pulses. */
#define WATCHDOG_RESETS (1u << 31 | 3u << 28 | 7u << 16 | 7u << 13)
/* Some 30 s of the slow clock, some 136 kHz; the chip doubles what is set. */
enum { WATCHDOG_TICKS = 2040000 };

/* The ROM leaves watchdogs for whoever boots: they are switched off, and one is set for the application. */
static void setWatchdogs(void)
{
	*at(SUPER_LOCK) = SUPER_KEY;
	*at(SUPER_WATCHDOG) |= FEEDS_ITSELF;
	*at(SUPER_LOCK) = 0;
	*at(TIMER_LOCK) = KEY;
	*at(TIMER_WATCHDOG) = UPDATE;
	*at(TIMER_LOCK) = 0;
	*at(RTC_LOCK) = KEY;
	*at(RTC_WATCHDOG) = 0;
	*at(RTC_WATCHDOG_TICKS) = WATCHDOG_TICKS;
	*at(RTC_WATCHDOG) = WATCHDOG_RESETS;
	*at(RTC_LOCK) = 0;
}

void machineFeed(void)
{
	*at(RTC_LOCK) = KEY;
	*at(RTC_FEED) = FEED;
	*at(RTC_LOCK) = 0;
}

/* The ROM's numbers. A reset by software is a crash: nothing else here makes one. */
const char *machineResetCause(void)
{
	switch (rtc_get_reset_reason(0)) {
	case 3:
	case 12: return "crash";
	case 7:
	case 8:
	case 9:
	case 11:
	case 13:
	case 16:
	case 17:
	case 18: return "watchdog reset";
	default: return NULL;
	}
}

/* ---- Clock and time ---- */

enum { CLOCK_OF_CORE = 0x600c0008, CLOCK_SOURCE = 0x600c0058, MEGAHERTZ = 160 };
enum { PLL_POWER_DOWN = 1 << 10 | 1 << 8 | 1 << 6, PLL_480 = 1 << 2, PERIOD_160 = 1, PERIOD = 3 };
enum { SOURCE_PLL = 1 << 10, SOURCE = 3 << 10 };
enum { TIMER_SETTINGS = 0x60023000, TIMER_SNAPSHOT = 0x60023004, TIMER_HIGH = 0x60023040, TIMER_LOW = 0x60023044 };
#define TIMER_RUNS (1u << 31 | 1u << 30)
enum { SNAPSHOT_TAKE = 1 << 30, SNAPSHOT_TAKEN = 1 << 29, TICKS_A_MICROSECOND = 16 };

const char machineCounted[] = "cycles";

/* 160 MHz of the PLL, which the ROM leaves running; the counter of cycles and the system timer. */
static void setClocks(void)
{
	*at(RTC_OPTIONS) &= ~PLL_POWER_DOWN;
	*at(CLOCK_OF_CORE) = (*at(CLOCK_OF_CORE) & ~PERIOD) | PLL_480 | PERIOD_160;
	*at(CLOCK_SOURCE) = (*at(CLOCK_SOURCE) & ~SOURCE) | SOURCE_PLL;
	ets_update_cpu_frequency(MEGAHERTZ);
	*at(TIMER_SETTINGS) |= TIMER_RUNS;
	__asm__ volatile(".option push\n.option arch, +zicsr\ncsrw 0x7e0, %0\ncsrw 0x7e1, %0\n.option pop" : : "r"(1));
}

uint64_t machineCount(void)
{
	uint32_t cycles;
	__asm__ volatile(".option push\n.option arch, +zicsr\ncsrr %0, 0x7e2\n.option pop" : "=r"(cycles));
	return cycles;
}

uint64_t machineMicroseconds(void)
{
	uint32_t high, low;
	*at(TIMER_SNAPSHOT) = SNAPSHOT_TAKE;
	while (!(*at(TIMER_SNAPSHOT) & SNAPSHOT_TAKEN))
		;
	high = *at(TIMER_HIGH);
	low = *at(TIMER_LOW);
	return ((uint64_t)high << 32 | low) / TICKS_A_MICROSECOND;
}

/* ---- The link ---- */

enum { UART = 0x60000000, UART_DIVIDER = UART + 0x14, UART_STATUS = UART + 0x1c, UART_CLOCK = UART + 0x78 };
enum { UART_QUEUED = 0x3ff, UART_TO_SEND = 16, UART_ROOM = 126, UART_CRYSTAL = 3 << 20, UART_SOURCE = 3 << 20 };
/* 40 MHz / 115,200, in sixteenths: 347 and 4 of them. */
enum { UART_115200 = 4 << 20 | 347 };
enum { USB = 0x60043000, USB_SETTINGS = USB + 4, USB_SEND = 1, USB_CAN_SEND = 2, USB_RECEIVED = 4 };
enum { USB_PATIENCE = 50000 }; /* microseconds; nobody reads then */

static int onUsb = 0;

static void setLink(void)
{
	*at(UART_CLOCK) = (*at(UART_CLOCK) & ~UART_SOURCE) | UART_CRYSTAL; /* as the ROM set it, whatever the core's clock */
	*at(UART_DIVIDER) = UART_115200;
}

static int uartHas(void) { return 0 != (*at(UART_STATUS) & UART_QUEUED); }

static int usbHas(void) { return 0 != (*at(USB_SETTINGS) & USB_RECEIVED); }

static void usbPut(uint8_t byte)
{
	static int deaf = 0; /* waits once for a host that does not read */
	const uint64_t start = machineMicroseconds();
	while (!(*at(USB_SETTINGS) & USB_CAN_SEND))
		if (deaf || (machineMicroseconds() - start > USB_PATIENCE)) {
			deaf = 1;
			return;
		}
	deaf = 0;
	*at(USB) = byte;
	*at(USB_SETTINGS) = USB_SEND;
}

void machinePut(uint8_t byte)
{
	if (onUsb) {
		usbPut(byte);
		return;
	}
	while ((*at(UART_STATUS) >> UART_TO_SEND & UART_QUEUED) >= UART_ROOM)
		;
	*at(UART) = byte;
}

int machineHas(void) { return usbHas() || uartHas(); }

void machineWait(void)
{
	while (!machineHas())
		machineFeed();
}

uint8_t machineGet(void)
{
	onUsb = usbHas();
	return (uint8_t)*at(onUsb ? USB : UART);
}

/* ---- Text ---- */

static char lastLine[160];

/* The link carries the log as events; what XS says before it gives up is kept for machineExit. */
void machineLog(const char *line)
{
	unsigned i = 0;
	for (; line[i] && (i < sizeof(lastLine) - 1); i++)
		lastLine[i] = line[i];
	lastLine[i] = 0;
}

/* ---- Start and end ---- */

void machineStart(void)
{
	setWatchdogs();
	setClocks();
	setLink();
}

/* Starts again: the cause is known afterwards, and a model on trial is counted (src/store). */
void machineExit(int code)
{
	machinePrint("\n");
	machinePrint(code ? lastLine : "the application has ended\n");
	while (*at(UART_STATUS) >> UART_TO_SEND & UART_QUEUED)
		;
	*at(RTC_OPTIONS) |= RESET_CHIP;
	for (;;)
		;
}

void machineTrap(uint32_t cause, uint32_t pc, uint32_t value)
{
	machineLog("");
	machinePrintTrap(cause, pc, value);
	machineExit(EXIT_TRAP);
}

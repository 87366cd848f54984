/*
 * machine.c - registers of QEMU's riscv32 "virt" machine: a 16550 UART, its line into the interrupt controller, SiFive's
 * test finisher, the instruction counter.
 */
#include "machine.h"

#include <stddef.h>

static volatile uint8_t *const uart = (volatile uint8_t *)0x10000000;
static volatile uint32_t *const interrupts = (volatile uint32_t *)0x0c000000;
static volatile uint32_t *const finisher = (volatile uint32_t *)0x00100000;

enum { UART_DATA = 0, UART_INTERRUPTS = 1, UART_STATUS = 5, UART_RECEIVED = 0x01, UART_CAN_SEND = 0x20 };
/* Words of the interrupt controller: priorities from 0 on, enabled sources of this core, the claimed one. */
enum { INTERRUPT_OF_UART = 10, INTERRUPTS_ENABLED = 0x2000 / 4, INTERRUPT_CLAIMED = 0x200004 / 4 };
enum { FINISH_PASS = 0x5555, FINISH_FAIL = 0x3333 };

#define TIMER_INTERRUPT 0x80000007u
enum { TIMER_ENABLED = 1 << 7, EXTERNAL_ENABLED = 1 << 11, INTERRUPTS_ALLOWED = 1 << 3 };
enum { INSTRUCTIONS_A_TICK = 100 }; /* of mtime, with -icount shift=0 */

void machineExit(int code)
{
	*finisher = code ? (uint32_t)code << 16 | FINISH_FAIL : FINISH_PASS;
	for (;;)
		;
}

void machineTrap(uint32_t cause, uint32_t pc, uint32_t value)
{
	if (TIMER_INTERRUPT == cause)
		machineExit(EXIT_WATCHDOG);
	machinePrintTrap(cause, pc, value);
	machinePrint("\n");
	machineExit(EXIT_TRAP);
}

/* ---- Watchdog and reset cause ---- */

static volatile uint32_t *const timerCompare = (volatile uint32_t *)0x02004000;
static volatile uint32_t *const timerNow = (volatile uint32_t *)0x0200bff8;
static uint32_t watchdogTicks = 0; /* 0: none */
static char commandLine[96];

static uint32_t semihosting(uint32_t operation, const void *argument)
{
	register uint32_t result __asm__("a0") = operation;
	register const void *block __asm__("a1") = argument;
	/* the semihosting call sequence: uncompressed, within one page */
	__asm__ volatile(".option push\n.option norvc\n.balign 16\n"
					 "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
					 : "+r"(result)
					 : "r"(block)
					 : "memory");
	return result;
}

/* What follows "NAME=" on the command line, up to a semicolon; NULL: not there. */
static char *argument(const char *name)
{
	for (char *at = commandLine; *at; at++) {
		const char *n = name;
		char *p = at;
		while (*n && (*p == *n))
			p++, n++;
		if (!*n && ('=' == *p))
			return p + 1;
	}
	return NULL;
}

static char *resetCause = NULL;

void machineStart(void)
{
	struct {
		char *text;
		uint32_t length;
	} block = {commandLine, sizeof(commandLine) - 1};
	const char *watchdog;
	uint32_t instructions = 0;
	if (semihosting(0x15, &block)) /* SYS_GET_CMDLINE */
		commandLine[0] = 0;
	resetCause = argument("reset-cause");
	watchdog = argument("watchdog");
	for (; watchdog && (*watchdog >= '0') && (*watchdog <= '9'); watchdog++)
		instructions = 10 * instructions + (uint32_t)(*watchdog - '0');
	for (char *end = resetCause; end && *end; end++) /* last: it ends the command line too */
		if (';' == *end)
			*end = 0;
	watchdogTicks = instructions / INSTRUCTIONS_A_TICK;
	machineFeed();
}

const char *machineResetCause(void) { return resetCause; }

/* Sets the time of the next interrupt; all ones: never. */
static void setTimer(uint32_t low, uint32_t high)
{
	timerCompare[1] = 0xffffffff;
	timerCompare[0] = low;
	timerCompare[1] = high;
}

void machineFeed(void)
{
	uint32_t low, high;
	if (0 == watchdogTicks)
		return;
	do {
		high = timerNow[1];
		low = timerNow[0];
	} while (high != timerNow[1]);
	setTimer(low + watchdogTicks, high + (low + watchdogTicks < low));
	__asm__ volatile(".option push\n.option arch, +zicsr\ncsrs mie, %0\ncsrs mstatus, %1\n.option pop"
					 :
					 : "r"(TIMER_ENABLED), "r"(INTERRUPTS_ALLOWED));
}

/* ---- Time ---- */

static uint64_t slept = 0;

static uint64_t ticks(void)
{
	uint32_t high, low, again;
	do {
		__asm__ volatile(".option push\n.option arch, +zicsr\n"
						 "csrr %0, minstreth\ncsrr %1, minstret\ncsrr %2, minstreth\n.option pop"
						 : "=r"(high), "=r"(low), "=r"(again));
	} while (high != again);
	return (uint64_t)high << 32 | low;
}

uint64_t machineInstructions(void) { return ticks() - slept; }

const char machineCounted[] = "instructions";

uint64_t machineCount(void) { return machineInstructions(); }

/* 160 MHz, one tick per instruction. */
uint64_t machineMicroseconds(void) { return machineInstructions() / 160; }

void machinePut(uint8_t byte)
{
	while (!(uart[UART_STATUS] & UART_CAN_SEND))
		;
	uart[UART_DATA] = byte;
}

int machineHas(void) { return uart[UART_STATUS] & UART_RECEIVED; }

void machineWait(void)
{
	interrupts[INTERRUPT_OF_UART] = 1;
	interrupts[INTERRUPTS_ENABLED] = 1 << INTERRUPT_OF_UART;
	uart[UART_INTERRUPTS] = UART_RECEIVED;
	/* Interrupts wake the core but are not taken: enabled in mie, disabled in mstatus. */
	setTimer(
		0xffffffff, 0xffff); /* in ten months: where it never fires, QEMU's own clock overflows and does not let it sleep */
	__asm__ volatile(".option push\n.option arch, +zicsr\ncsrc mstatus, %0\n.option pop" : : "r"(INTERRUPTS_ALLOWED));
	__asm__ volatile(".option push\n.option arch, +zicsr\ncsrs mie, %0\n.option pop" : : "r"(EXTERNAL_ENABLED));
	while (!machineHas()) {
		const uint64_t before = ticks();
		__asm__ volatile("wfi");
		slept += ticks() - before; /* QEMU's counter follows the emulator's own time while asleep */
		interrupts[INTERRUPT_CLAIMED] = interrupts[INTERRUPT_CLAIMED];
	}
	__asm__ volatile(".option push\n.option arch, +zicsr\ncsrc mie, %0\n.option pop" : : "r"(EXTERNAL_ENABLED));
	machineFeed();
}

uint8_t machineGet(void) { return uart[UART_DATA]; }

void machineLog(const char *line) { (void)semihosting(4, line); /* SYS_WRITE0 */ }

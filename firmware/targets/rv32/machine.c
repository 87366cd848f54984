/*
 * machine.c - registers of QEMU's riscv32 "virt" machine: a 16550 UART, its line into the interrupt controller, SiFive's
 * test finisher, the instruction counter.
 */
#include "machine.h"

static volatile uint8_t *const uart = (volatile uint8_t *)0x10000000;
static volatile uint32_t *const interrupts = (volatile uint32_t *)0x0c000000;
static volatile uint32_t *const finisher = (volatile uint32_t *)0x00100000;

enum { UART_DATA = 0, UART_INTERRUPTS = 1, UART_STATUS = 5, UART_RECEIVED = 0x01, UART_CAN_SEND = 0x20 };
/* Words of the interrupt controller: priorities from 0 on, enabled sources of this core, the claimed one. */
enum { INTERRUPT_OF_UART = 10, INTERRUPTS_ENABLED = 0x2000 / 4, INTERRUPT_CLAIMED = 0x200004 / 4 };
enum { FINISH_PASS = 0x5555, FINISH_FAIL = 0x3333 };
enum { PAINT = 0xA5A5A5A5 }; /* as in start.S */

extern uint32_t __stack_bottom[], __stack_top[];

void machineExit(int code)
{
	*finisher = code ? (uint32_t)code << 16 | FINISH_FAIL : FINISH_PASS;
	for (;;)
		;
}

void machineTrap(uint32_t cause, uint32_t pc, uint32_t value)
{
	machinePrint("\ntrap: cause ");
	machinePrintNumber(cause, 10);
	machinePrint(", at 0x");
	machinePrintNumber(pc, 16);
	machinePrint(", value 0x");
	machinePrintNumber(value, 16);
	machinePrint("\n");
	machineExit(EXIT_TRAP);
}

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

uint64_t machineInstructions(void)
{
	return ticks() - slept;
}

void machinePut(uint8_t byte)
{
	while (!(uart[UART_STATUS] & UART_CAN_SEND))
		;
	uart[UART_DATA] = byte;
}

int machineHas(void)
{
	return uart[UART_STATUS] & UART_RECEIVED;
}

void machineWait(void)
{
	interrupts[INTERRUPT_OF_UART] = 1;
	interrupts[INTERRUPTS_ENABLED] = 1 << INTERRUPT_OF_UART;
	uart[UART_INTERRUPTS] = UART_RECEIVED;
	/* Interrupts wake the core but are not taken: enabled in mie, disabled in mstatus. */
	__asm__ volatile(".option push\n.option arch, +zicsr\ncsrs mie, %0\n.option pop" : : "r"(1 << 11));
	while (!machineHas()) {
		const uint64_t before = ticks();
		__asm__ volatile("wfi");
		slept += ticks() - before; /* QEMU's counter follows the emulator's own time while asleep */
		interrupts[INTERRUPT_CLAIMED] = interrupts[INTERRUPT_CLAIMED];
	}
}

uint8_t machineGet(void)
{
	return uart[UART_DATA];
}

void machineLog(const char *line)
{
	register uint32_t operation __asm__("a0") = 4; /* SYS_WRITE0 */
	register const char *text __asm__("a1") = line;
	/* the semihosting call sequence: uncompressed, within one page */
	__asm__ volatile(".option push\n.option norvc\n.balign 16\n"
		"slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
		: "+r"(operation) : "r"(text) : "memory");
}

void machinePrint(const char *text)
{
	while (*text)
		machinePut((uint8_t)*text++);
}

void machinePrintNumber(uint32_t number, uint32_t base)
{
	char digits[33];
	char *p = digits + sizeof(digits) - 1;
	*p = 0;
	do {
		*--p = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	machinePrint(p);
}

uint32_t machineStackBytes(void)
{
	return (uint32_t)((uint8_t *)__stack_top - (uint8_t *)__stack_bottom);
}

uint32_t machineStackUnused(void)
{
	const uint32_t *p = __stack_bottom;
	while ((p < __stack_top) && (PAINT == *p))
		p++;
	return (uint32_t)((const uint8_t *)p - (const uint8_t *)__stack_bottom);
}

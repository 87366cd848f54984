/*
 * machine.h - the parts of a machine that make a small device: a UART, a counter, a clock, a way to exit. Implemented for QEMU's
 * riscv32 "virt" machine (machine.c) and for the ESP32-C3 (targets/esp32c3). Independent of XS and of networks; needs no C
 * library.
 */
#ifndef ESSM_MACHINE_H
#define ESSM_MACHINE_H

#include <stdint.h>

/* Exit codes of QEMU after a trap, such as an access outside memory, and when the watchdog fired. */
enum { EXIT_TRAP = 80, EXIT_WATCHDOG = 81 };

/* Exits the emulator with this code, 0 to 255; a chip starts again. */
void machineExit(int code) __attribute__((noreturn));

/* Called from start.S: prints the trap and exits; the watchdog's interrupt exits only. */
void machineTrap(uint32_t cause, uint32_t pc, uint32_t value) __attribute__((noreturn));

/* Instructions since reset, excluding sleep in machineWait; exact and repeatable when QEMU runs with -icount shift=0. */
uint64_t machineInstructions(void);

/* The CPU counter of edge-ssm/memory and its unit; the time since reset. */
uint64_t machineCount(void);
extern const char machineCounted[];
uint64_t machineMicroseconds(void);

/*
 * Prepares the machine. On QEMU: reads what it was started with (QEMU's -semihosting-config arg=NAME=VALUE): reset-cause, and watchdog, the
 * instructions after which the watchdog fires unless it is fed.
 */
void machineStart(void);
const char *machineResetCause(void); /* NULL: none */
void machineFeed(void);

/* UART: send a byte, blocking; whether one has arrived; sleep until one has; read it. */
void machinePut(uint8_t byte);
int machineHas(void);
void machineWait(void);
uint8_t machineGet(void);

/* Prints a line on the emulator's stderr, where there is one; needs -semihosting-config enable=on,target=native. */
void machineLog(const char *line);

static inline void machinePrint(const char *text)
{
	while (*text)
		machinePut((uint8_t)*text++);
}

static inline void machinePrintNumber(uint32_t number, uint32_t base)
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

static inline void machinePrintTrap(uint32_t cause, uint32_t pc, uint32_t value)
{
	machinePrint("\ntrap: cause ");
	machinePrintNumber(cause, 10);
	machinePrint(", at 0x");
	machinePrintNumber(pc, 16);
	machinePrint(", value 0x");
	machinePrintNumber(value, 16);
}

/* Bytes of the native stack, and how many were never used: start.S fills it with MACHINE_PAINT. */
enum { MACHINE_PAINT = 0xA5A5A5A5 };
extern uint32_t __stack_bottom[], __stack_top[];

static inline uint32_t machineStackBytes(void) { return (uint32_t)((uint8_t *)__stack_top - (uint8_t *)__stack_bottom); }

static inline uint32_t machineStackUnused(void)
{
	const uint32_t *p = __stack_bottom;
	while ((p < __stack_top) && (MACHINE_PAINT == *p))
		p++;
	return (uint32_t)((const uint8_t *)p - (const uint8_t *)__stack_bottom);
}

#endif

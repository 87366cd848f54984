/*
 * machine.h - the few things that QEMU's riscv32 "virt" machine offers as a small device: a UART, a count of instructions,
 * a way to end. Nothing of XS and nothing of networks; needs no C library.
 */
#ifndef ESSM_MACHINE_H
#define ESSM_MACHINE_H

#include <stdint.h>

/* Exit code of QEMU after a trap, such as an access outside all memory. */
enum { EXIT_TRAP = 80 };

/* Ends the emulator with this code, 0 to 255. */
void machineExit(int code) __attribute__((noreturn));

/* Called from start.S: says what happened and ends. */
void machineTrap(uint32_t cause, uint32_t pc, uint32_t value) __attribute__((noreturn));

/* Instructions since reset, without the sleep of machineWait; exact and repeatable when QEMU runs with -icount shift=0. */
uint64_t machineInstructions(void);

/* UART: waits until the byte is taken; whether one has come; sleeps until one has; takes it. */
void machinePut(uint8_t byte);
int machineHas(void);
void machineWait(void);
uint8_t machineGet(void);

/* Shows a line on the emulator's stderr; needs -semihosting-config enable=on,target=native. */
void machineLog(const char *line);

void machinePrint(const char *text);
void machinePrintNumber(uint32_t number, uint32_t base);

/* Bytes of the native stack, and how many of them were never used. */
uint32_t machineStackBytes(void);
uint32_t machineStackUnused(void);

#endif

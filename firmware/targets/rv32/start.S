/*
 * start.S - from reset to main() in machine mode: copies initial data out of ROM, clears .bss, paints the native stack so
 * that its high-water mark can be read (machine.c), and routes traps to machineTrap().
 */
	.section .init, "ax"
	.globl _start
_start:
	.option arch, +zicsr
	.option push
	.option norelax
	la gp, __global_pointer$
	.option pop
	la sp, __stack_top
#ifdef __riscv_flen /* benchmark builds for a chip with an FPU: enable it */
	li t0, 0x2000
	csrs mstatus, t0
#endif

	la a0, __data_start
	la a1, __data_end
	la a2, __data_load
copy:	bgeu a0, a1, clear
	lw t0, 0(a2)
	sw t0, 0(a0)
	addi a0, a0, 4
	addi a2, a2, 4
	j copy

clear:	la a0, __bss_start
	la a1, __bss_end
zero:	bgeu a0, a1, paint
	sw zero, 0(a0)
	addi a0, a0, 4
	j zero

paint:	la a0, __stack_bottom
	li t0, 0xA5A5A5A5
fill:	bgeu a0, sp, go
	sw t0, 0(a0)
	addi a0, a0, 4
	j fill

go:	la t0, trap
	csrw mtvec, t0
	la tp, __tls_base
	call main
	call machineExit

	.align 2
trap:	csrr a0, mcause
	csrr a1, mepc
	csrr a2, mtval
	la sp, __stack_top
	call machineTrap

/*
 * start.S - from the ROM's direct boot to main(): copies code and initial data into RAM, clears .bss, paints the native stack
 * so that its high-water mark can be read (machine.c), and routes traps to machineTrap().
 */
	.macro copy from, to, end
	la a0, \to
	la a1, \end
	la a2, \from
1:	bgeu a0, a1, 2f
	lw t0, 0(a2)
	sw t0, 0(a0)
	addi a0, a0, 4
	addi a2, a2, 4
	j 1b
2:
	.endm

	.macro fill from, end, word
	la a0, \from
	la a1, \end
	li t0, \word
1:	bgeu a0, a1, 2f
	sw t0, 0(a0)
	addi a0, a0, 4
	j 1b
2:
	.endm

	.section .init, "ax"
	.word 0xaedb041d, 0xaedb041d /* the ROM maps the flash and jumps behind these */
	.globl _start
_start:
	.option arch, +zicsr
	.option push
	.option norelax
	la gp, __global_pointer$
	.option pop
	la sp, __stack_top

	copy __iram_load, __iram_start, __iram_end
	copy __data_load, __data_start, __data_end
	fill __bss_start, __bss_end, 0
	fill __stack_bottom, __stack_top, 0xA5A5A5A5

	la t0, vectors
	ori t0, t0, 1
	csrw mtvec, t0
	la tp, __tls_base
	call main
	call machineExit

/* The chip knows vectored traps only. Interrupts are off: each entry is for an exception. */
	.balign 256
vectors:
	.option push
	.option norvc
	.rept 32
	j trap
	.endr
	.option pop

trap:	csrr a0, mcause
	csrr a1, mepc
	csrr a2, mtval
	la sp, __stack_top
	call machineTrap

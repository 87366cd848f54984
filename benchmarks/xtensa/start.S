/* Entry of a Linux process without a C library; a1 is the stack. */
	.text
	.global _start
_start:
	l32i a2, a1, 0 /* argc */
	call0 main
	mov a6, a2
	movi a2, 118 /* exit */
	syscall

/* int32_t linux_call(int32_t number, int32_t file, const void *bytes, uint32_t length) */
	.global linux_call
	.align 4
linux_call:
	mov a6, a3
	mov a3, a4
	mov a4, a5
	syscall
	ret

/*
 * essm_bits.h - bytes of a blob and of an arena as numbers, and hints for the compiler. Needs nothing but <stdint.h>.
 */
#ifndef ESSM_BITS_H
#define ESSM_BITS_H

#include <stdint.h>

#if defined(__BYTE_ORDER__) && (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
#error "edge-ssm blobs are read in place and are little-endian"
#endif

/*
 * Functions of a step; a port may place them in fast memory: -DESSM_HOT_SECTION=.iram1. Without quotes, on which command lines with
 * Windows paths break.
 */
#ifdef ESSM_HOT_SECTION
#define ESSM_TEXT_OF(tokens) #tokens
#define ESSM_SECTION(name) __attribute__((section(ESSM_TEXT_OF(name))))
#define ESSM_HOT ESSM_SECTION(ESSM_HOT_SECTION)
#else
#define ESSM_HOT
#endif

/*
 * Compiler hints: exempt from aliasing rules, unroll, inline, noinline, optimize for size, unlikely; and a barrier that keeps
 * later loads after it, so that an unrolled loop does not run out of registers.
 */
/*
 * GCC's passes that hoist loads and sink loop tests use more registers than RV32 and Xtensa have: without them the loops of a
 * step are 2 % faster and the kernel 3 % smaller. Those of the second line copy exits, or save registers in several places: 1 %.
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-schedule-insns", "no-tree-pre", "no-tree-ch", "no-tree-scev-cprop")
#pragma GCC optimize("no-shrink-wrap", "no-tree-tail-merge", "no-caller-saves")
#endif

#if defined(__GNUC__)
#define ESSM_ALIAS __attribute__((may_alias))
#define ESSM_UNROLL _Pragma("GCC unroll 8")
#define ESSM_INLINE static inline __attribute__((always_inline))
#define ESSM_APART __attribute__((noinline))
#define ESSM_LOOP ESSM_HOT __attribute__((noinline, hot))
#define ESSM_COLD __attribute__((cold))
#define ESSM_RARELY(condition) __builtin_expect(condition, 0)
#define ESSM_IN_ORDER __asm__ volatile("" ::: "memory")
#else
#define ESSM_ALIAS
#define ESSM_UNROLL
#define ESSM_INLINE static inline
#define ESSM_APART
#define ESSM_LOOP ESSM_HOT
#define ESSM_COLD
#define ESSM_RARELY(condition) (condition)
#define ESSM_IN_ORDER ((void)0)
#endif

/* Numbers in a blob or an arena, stored as bytes. */
typedef int16_t ESSM_ALIAS essm_i16;
typedef uint16_t ESSM_ALIAS essm_u16;
typedef int32_t ESSM_ALIAS essm_i32;
typedef uint32_t ESSM_ALIAS essm_u32;

static inline uint32_t essm_read32(const uint8_t *p) { return *(const essm_u32 *)(const void *)p; }

static inline uint32_t essm_align4(uint32_t n) { return (n + 3) & ~3u; }

/* The next even address, or multiple of 4, at or after `at`. */
static inline const uint8_t *essm_even(const uint8_t *at) { return at + ((uintptr_t)at & 1); }
static inline const uint8_t *essm_aligned(const uint8_t *at) { return at + (-(uintptr_t)at & 3); }

/* Bytes of a row of `count` codes. */
static inline uint32_t essm_packed_bytes(uint32_t count, uint32_t bits) { return (count * bits + 7) >> 3; }

/*
 * At least 17 bits of a row of packed codes, from `bit` on. May read two bytes after the row, which belong to the blob:
 * something always follows packed rows.
 */
static inline uint32_t essm_bits(const uint8_t *row, uint32_t bit)
{
	row += bit >> 3;
	return (row[0] | (uint32_t)row[1] << 8 | (uint32_t)row[2] << 16) >> (bit & 7);
}

/* The same for codes of at most 8 bits: 9 bits, and one byte after the row. */
static inline uint32_t essm_few_bits(const uint8_t *row, uint32_t bit)
{
	row += bit >> 3;
	return (row[0] | (uint32_t)row[1] << 8) >> (bit & 7);
}

/* Code `index` of a row of packed codes, unsigned, for rare reads: out of line. essm_unpack.c */
uint32_t essm_code(const uint8_t *row, uint32_t index, uint32_t bits);

#endif

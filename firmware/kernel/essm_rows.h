/*
 * essm_rows.h - two matrices times inputs of one or more steps, one row of each at a time: every input is loaded once for both.
 */
#ifndef ESSM_ROWS_H
#define ESSM_ROWS_H

#include "essm_internal.h"

typedef struct {
	uint32_t first, second;
} essm_sums;

/* Two matrices of the same number of columns, and their inputs. */
typedef struct {
	const uint8_t *first, *second;
	uint32_t first_bits, second_bits;
	uint32_t first_stride, second_stride; /* bytes from row to row */
	uint32_t columns;
	int words;          /* both rows share words: where essm_share_words says so */
	const essm_i16 *in; /* input i of step t at [i * stride + t] */
	uint32_t stride;
	essm_sums start; /* what sums begin with */
	int ready;       /* which rows need no unpacking */
} essm_rows;

/* Rows of 8 bits, for one step and for several; words in the arena that keeps rows, for one step. */
enum { ESSM_ONE_STEP = 1, ESSM_SEVERAL, ESSM_KEPT_WORDS };

enum { ESSM_WORDS = 32 };

/*
 * Whether two rows share words, second 2^16 + first, so that one multiplication serves both: low-bit rows do, with 8-bit
 * inputs. A sum of products then is -32,767 to 32,768.
 */
static inline int essm_share_words(uint32_t columns, uint32_t first_bits, uint32_t second_bits)
{
	return first_bits == second_bits && first_bits <= 4 && columns <= ESSM_WORDS;
}

/* Rows of one matrix, two at a time, in words if the caller chooses. essm_rows.c */
void essm_rows_of(essm_rows *rows, const uint8_t *matrix, uint32_t stride, uint32_t columns, uint32_t bits, uint32_t start);

/* Call when all else is set: chooses how rows are multiplied for `steps` steps. essm_rows.c */
void essm_begin_rows(const essm_pass *pass, essm_rows *rows, uint32_t steps);

/* Counts the arena's bytes for `pairs` of rows, used together with `beside` other bytes. essm_rows.c */
void essm_need_row_pairs(essm_checker *checker, uint32_t beside, uint32_t pairs, uint32_t columns, uint32_t first_bits,
	uint32_t second_bits, int wide);

/* The sums of two byte rows for one step, or for several. essm_rows.c */
void essm_one_step(const essm_rows *rows, const int8_t *first, const int8_t *second, essm_sums *out);
void essm_times_bytes(const essm_rows *rows, const int8_t *first, const int8_t *second, uint32_t steps, essm_sums *out);

/* The same for two packed rows that share words; for one step of kept ones, which are at `kept`. essm_words.c */
void essm_times_words(
	essm_pass *pass, const essm_rows *rows, const uint8_t *first, const uint8_t *second, uint32_t steps, essm_sums *out);
void essm_one_step_of_words(const essm_rows *rows, const void *kept, essm_sums *out);

/*
 * The sums of row `index` of each for one step, or for a multiple of four: then inputs are read and sums written up to a
 * multiple of eight. essm_rows.c
 */
void essm_times(essm_pass *pass, const essm_rows *rows, uint32_t index, uint32_t steps, essm_sums *out);

/*
 * Each of `count` rows of one matrix, set up by essm_rows_of, two at a time: `each` gets the row's sums for all steps, in every
 * other word from `sum` on. essm_rows.c
 */
typedef void (*essm_each_row)(const void *context, uint32_t row, const uint32_t *sum);
void essm_each_of_rows(
	essm_pass *pass, essm_rows *rows, uint32_t count, uint32_t steps, essm_each_row each, const void *context);

#endif

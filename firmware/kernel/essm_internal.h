/*
 * essm_internal.h - shared by the kernel's files: checking a component, running it, and helpers. Not for callers, which include
 * only essm.h.
 */
#ifndef ESSM_INTERNAL_H
#define ESSM_INTERNAL_H

#include "essm.h"
#include "essm_arithmetic.h"
#include "essm_kinds.h"
#include "essm_layout.h"

/* ---- checking: essm_open.c, essm_check.c ---- */

/* A blob being checked. A check that fails sets `error` and returns NULL. */
typedef struct {
	const uint8_t *end; /* of the section */
	uint32_t heads;
	uint32_t channels;
	uint32_t outputs;    /* set by the head */
	uint32_t state;      /* bytes of the mixers' states so far */
	uint32_t rows;       /* bytes that the hungriest operation unpacks rows into */
	uint32_t kept;       /* bytes of all rows that are unpacked, where they are kept */
	uint32_t arithmetic; /* the lowest version that defines the kinds so far */
	int mean;            /* the head pools by the mean, set by it */
	int needs_y;         /* a channel mixer needs y beside g, set by it */
	int scaled;          /* the section `outputs` has their scaling, likewise */
	int per_step;        /* every step has outputs, likewise */
	int forecast;        /* outputs are the channels some steps later, likewise */
	int error;
} essm_checker;

/* Refuses: sets the error, returns NULL. */
static inline const uint8_t *essm_refuse(essm_checker *checker, int error)
{
	checker->error = error;
	return 0;
}

/* Whether a header of `check->bytes` bytes fits the section and each of its bytes is allowed. */
int essm_check_header(essm_checker *checker, const uint8_t *at, const essm_check *check);

/* `after` where it is within the section. */
const uint8_t *essm_check_end(essm_checker *checker, const uint8_t *after);

/* The same where a linear map's header is consistent: biases of 16 bits have no shift. */
const uint8_t *essm_check_map(essm_checker *checker, const essm_linear *map, const uint8_t *after);

/* Counts the version of the arithmetic that a component needs beyond that of its header. */
void essm_need_arithmetic(essm_checker *checker, uint32_t version);

/* Counts the arena's bytes for rows that must be unpacked: for those used together, and for all when kept. */
void essm_need_rows(essm_checker *checker, uint32_t together, uint32_t kept);

/* Bytes of an unpacked row of codes: 0 where it is read in place. */
static inline uint32_t essm_row_bytes(uint32_t count, uint32_t bits) { return bits == 8 ? 0 : essm_align4(count); }

/* Whether a section's content is a component of a known kind that fills it; essm_block.c */
int essm_encoder_open(essm_checker *checker, const uint8_t *at);
int essm_block_open(essm_checker *checker, const uint8_t *at);
int essm_head_open(essm_checker *checker, const uint8_t *at);

/* ---- running ---- */

/*
 * Steps that go through the blocks together, so that parameters are loaded and unpacked once for all of them: one, or multiples
 * of four up to ESSM_BLOCK where the stack holds what is passed between operations. Values of step t of head h are at [h *
 * steps + t]. A build may choose 32, -DESSM_BLOCK=32, which takes 2.2 KB more stack (docs/PERFORMANCE.md).
 */
#ifndef ESSM_BLOCK
#define ESSM_BLOCK 16
#endif
ESSM_ASSERT(block, ESSM_BLOCK == 16 || ESSM_BLOCK == 32);
enum { ESSM_BLOCK_HEADS = 32 };

/* Maximum steps of an operation at once: it may read up to one less past the last step; those values are ignored. */
enum { ESSM_LANES = 8 };

/* Values of a model's `keep`: rows are to be unpacked in the next pass, or have been. */
enum { ESSM_KEEPING = 1, ESSM_KEPT = 2 };

/* One pass of `steps` steps through the network. */
typedef struct {
	const essm_i16 *samples; /* (steps, channels) */
	essm_i16 *residual;      /* (heads, steps) */
	essm_i16 *signal;        /* (heads, steps): u from norm to mixer, in its place y from mixer to activation */
	essm_i16 *g;     /* (heads, steps) from activation to channel mixer: in the place of y unless that is still needed */
	int8_t *rows;    /* where the next row is unpacked to, aligned to 4 */
	int8_t *scratch; /* where rows begin that are not kept */
	int keep;        /* each row has a place of its own, */
	int unpack;      /* which is still empty */
	uint8_t *x;      /* state of the next mixer; a mixer moves it on */
	uint32_t steps;
	uint32_t heads;
	uint32_t channels;
	uint32_t y_fraction;  /* fractional bits of y */
	int32_t residual_max; /* the residual stream saturates at this magnitude */
	int32_t *outputs;     /* of a head */
	uint32_t dither;      /* word of the first step after the last dithered mode so far */
} essm_pass;

/*
 * Room for rows that are used together, and for each of them `bytes`, a multiple of 4. An arena that keeps rows has a place for
 * each, assigned in the same order in every pass and unpacked in the first; otherwise all rows used together share one place.
 */
ESSM_INLINE void essm_next_rows(essm_pass *pass)
{
	if (!pass->keep)
		pass->rows = pass->scratch;
}

ESSM_INLINE void *essm_take_row(essm_pass *pass, uint32_t bytes)
{
	int8_t *const room = pass->rows;
	pass->rows += bytes;
	return room;
}

/* Section contents by kind; essm_block.c */
void essm_encode(essm_pass *pass, const uint8_t *encoder);
void essm_block(essm_pass *pass, const uint8_t *block);
/* one step: `outputs` from the pooled `residual` */
void essm_conclude(essm_pass *pass, const uint8_t *head);

#define ESSM_DECLARE(id, name) \
	const uint8_t *essm_##name##_open(essm_checker *checker, const uint8_t *at); \
	const uint8_t *essm_##name##_run(essm_pass *pass, const uint8_t *at);
ESSM_NORMS(ESSM_DECLARE)
ESSM_MIXERS(ESSM_DECLARE)
ESSM_ACTIVATIONS(ESSM_DECLARE)
ESSM_CHANNELS(ESSM_DECLARE)
ESSM_POSTS(ESSM_DECLARE)
ESSM_ENCODERS(ESSM_DECLARE)
ESSM_HEADS(ESSM_DECLARE)
#undef ESSM_DECLARE

/* ---- poles: essm_poles.c ---- */

typedef struct essm_coding essm_coding;

/* Poles of `rows` x `columns` modes in the blob. */
typedef struct {
	const essm_coding *coding;
	uint32_t columns;
	union {
#define ESSM_MEMBER(id, name) essm_##name##_parts name;
		ESSM_POLES(ESSM_MEMBER)
#undef ESSM_MEMBER
	} of;
} essm_poles;

/* Checks poles; returns where the next component begins. */
const uint8_t *essm_poles_open(essm_checker *checker, uint32_t kind, const uint8_t *at, uint32_t rows, uint32_t columns);
const uint8_t *essm_poles_view(uint32_t kind, const uint8_t *at, uint32_t rows, uint32_t columns, essm_poles *poles);
/* Bytes of an unpacked row: 0 where it is read in place. */
uint32_t essm_poles_scratch(uint32_t kind, const uint8_t *at, uint32_t columns);
/* Abar in Q15, (real, imaginary) pairs: of all rows if the blob has this form, else NULL; of one row, unpacked. */
const essm_i16 *essm_poles_ready(const essm_poles *poles);
const essm_i16 *essm_poles_row(essm_pass *pass, const essm_poles *poles, uint32_t row);

/* Per coding: its check, and unpacking of a row. */
#define ESSM_DECLARE(id, name) \
	int essm_##name##_check_poles(essm_checker *checker, const uint8_t *at); \
	void essm_##name##_row(const essm_poles *poles, uint32_t row, essm_i16 *out);
ESSM_POLES(ESSM_DECLARE)
#undef ESSM_DECLARE

/* ---- rows: essm_unpack.c ---- */

/* A row of signed codes as int8: in place for 8 bits, unpacked for 2, 3, 4 or 6. */
const int8_t *essm_unpack(const uint8_t *row, uint32_t count, uint32_t bits, int8_t *room); /* returns room */
const int8_t *essm_row_of(essm_pass *pass, const uint8_t *row, uint32_t count, uint32_t bits);

/* floor(a / b), b > 0; the kernel's one division. essm_divide.c */
int32_t essm_floor_divide(int32_t a, int32_t b);

/* CRC-32 of IEEE 802.3; start with crc 0. essm_crc32.c */
uint32_t essm_crc32(const uint8_t *bytes, uint32_t length, uint32_t crc);

/* Whether bytes are well-formed UTF-8 (Unicode, table 3-7). essm_text.c */
int essm_is_utf8(const uint8_t *at, const uint8_t *end);
/* Whether bytes are `count` zero-terminated texts of UTF-8; an error of essm.h, or ESSM_OK. */
int essm_check_texts(const uint8_t *at, const uint8_t *end, uint32_t count);

#endif

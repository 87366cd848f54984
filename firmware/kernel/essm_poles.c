/* essm_poles.c - poles by their kind. */
#include "essm_internal.h"

struct essm_coding {
	uint32_t id; /* 0: the end of the table */
	int (*check)(essm_checker *checker, const uint8_t *at);
	const uint8_t *(*view)(const uint8_t *at, uint32_t rows, uint32_t columns, essm_poles *poles);
	void (*row)(const essm_poles *poles, uint32_t row, essm_i16 *out);
};

#define ESSM_VIEW(id, name) \
	ESSM_COLD static const uint8_t *view_##name(const uint8_t *at, uint32_t rows, uint32_t columns, essm_poles *poles) \
	{ \
		return essm_##name##_view(at, rows, columns, &poles->of.name); \
	}
ESSM_POLES(ESSM_VIEW)
#define ESSM_CODING(id, name) {id, essm_##name##_check_poles, view_##name, essm_##name##_row},
static const essm_coding codings[] = {ESSM_POLES(ESSM_CODING){0, 0, 0, 0}};

ESSM_COLD const uint8_t *essm_poles_view(uint32_t kind, const uint8_t *at, uint32_t rows, uint32_t columns, essm_poles *poles)
{
	const essm_coding *coding = codings;
	while (coding->id != kind)
		coding++;
	poles->coding = coding;
	poles->columns = columns;
	return coding->view(at, rows, columns, poles);
}

ESSM_COLD const uint8_t *essm_poles_open(
	essm_checker *checker, uint32_t kind, const uint8_t *at, uint32_t rows, uint32_t columns)
{
	const essm_coding *coding = codings;
	essm_poles poles;
	while (coding->id && coding->id != kind)
		coding++;
	if (!coding->id)
		return essm_refuse(checker, ESSM_E_KIND);
	return coding->check(checker, at) ? essm_check_end(checker, coding->view(at, rows, columns, &poles)) : 0;
}

/* Whether a row can be read in place. */
static int stands_ready(uint32_t kind, const uint8_t *at)
{
	return kind == ESSM_POLES_CARTESIAN && ((const essm_cartesian_header *)(const void *)at)->bits == 16;
}

ESSM_COLD uint32_t essm_poles_scratch(uint32_t kind, const uint8_t *at, uint32_t columns)
{
	return stands_ready(kind, at) ? 0 : 4 * columns;
}

ESSM_COLD const essm_i16 *essm_poles_ready(const essm_poles *poles)
{
	const essm_cartesian_parts *parts = (const void *)&poles->of;
	return poles->coding->id == ESSM_POLES_CARTESIAN && parts->header->bits == 16 ? (const essm_i16 *)(const void *)parts->codes
																				  : 0;
}

ESSM_HOT const essm_i16 *essm_poles_row(essm_pass *pass, const essm_poles *poles, uint32_t row)
{
	essm_i16 *const room = essm_take_row(pass, 4 * poles->columns);
	if (pass->unpack)
		poles->coding->row(poles, row, room);
	return room;
}

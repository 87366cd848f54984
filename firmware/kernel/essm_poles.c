/* essm_poles.c - poles by their kind. */
#include "essm_internal.h"

ESSM_COLD const uint8_t *essm_poles_view(uint32_t kind, const uint8_t *at, uint32_t rows, uint32_t columns, essm_poles *poles)
{
	poles->kind = kind;
	poles->columns = columns;
	switch (kind) {
#define ESSM_CASE(id, name) \
	case id: \
		return essm_##name##_view(at, rows, columns, &poles->of.name);
		ESSM_POLES(ESSM_CASE)
#undef ESSM_CASE
	default:
		return 0;
	}
}

ESSM_COLD const uint8_t *essm_poles_open(
	essm_checker *checker, uint32_t kind, const uint8_t *at, uint32_t rows, uint32_t columns)
{
	essm_poles poles;
	switch (kind) {
#define ESSM_CASE(id, name) \
	case id: \
		if (!essm_##name##_check_poles(checker, at)) \
			return 0; \
		break;
		ESSM_POLES(ESSM_CASE)
#undef ESSM_CASE
	default:
		return essm_refuse(checker, ESSM_E_KIND);
	}
	return essm_check_end(checker, essm_poles_view(kind, at, rows, columns, &poles));
}

ESSM_COLD uint32_t essm_poles_scratch(uint32_t kind, const uint8_t *at, uint32_t columns)
{
	return kind == ESSM_POLES_CARTESIAN && ((const essm_cartesian_header *)(const void *)at)->bits == 16 ? 0 : 4 * columns;
}

ESSM_COLD const essm_i16 *essm_poles_ready(const essm_poles *poles)
{
	const essm_cartesian_parts *parts = &poles->of.cartesian;
	return poles->kind == ESSM_POLES_CARTESIAN && parts->header->bits == 16 ? (const essm_i16 *)(const void *)parts->codes : 0;
}

ESSM_HOT const essm_i16 *essm_poles_row(essm_pass *pass, const essm_poles *poles, uint32_t row)
{
	essm_i16 *const room = essm_take_row(pass, 4 * poles->columns);
	if (pass->unpack)
		switch (poles->kind) {
#define ESSM_CASE(id, name) \
	case id: \
		essm_##name##_row(&poles->of.name, row, poles->columns, room); \
		break;
			ESSM_POLES(ESSM_CASE)
#undef ESSM_CASE
		}
	return room;
}

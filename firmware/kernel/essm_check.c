/* essm_check.c - primitives of component checks; docs/BLOB.md has the rules by number. */
#include "essm_internal.h"

ESSM_COLD int essm_check_header(essm_checker *checker, const uint8_t *at, const essm_check *check)
{
	uint32_t i;
	if ((uint32_t)(checker->end - at) < check->bytes)
		return essm_refuse(checker, ESSM_E_LAYOUT) != 0; /* B21 */
	essm_need_arithmetic(checker, check->arithmetic);
	for (i = 0; i < check->bytes; i++)
		if (check->allowed[i] && (at[i] > 31 || !(check->allowed[i] >> at[i] & 1)))
			return essm_refuse(checker, check->kinds >> i & 1 ? ESSM_E_KIND : ESSM_E_PRECISION) != 0; /* B22 */
	return 1;
}

ESSM_COLD const uint8_t *essm_check_end(essm_checker *checker, const uint8_t *after)
{
	return after <= checker->end ? after : essm_refuse(checker, ESSM_E_LAYOUT); /* B24 */
}

ESSM_COLD const uint8_t *essm_check_map(essm_checker *checker, const essm_linear *map, const uint8_t *after)
{
	if (map->header->bias_bits == 16 && map->header->bias_shift)
		return essm_refuse(checker, ESSM_E_PRECISION); /* B23 */
	return essm_check_end(checker, after);
}

ESSM_COLD void essm_need_arithmetic(essm_checker *checker, uint32_t version)
{
	if (checker->arithmetic < version)
		checker->arithmetic = version;
}

ESSM_COLD void essm_need_rows(essm_checker *checker, uint32_t together, uint32_t kept)
{
	if (checker->rows < together)
		checker->rows = together;
	checker->kept += kept;
}

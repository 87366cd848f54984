/* essm_text.c - texts of a blob: UTF-8, closed by zero bytes. */
#include "essm_internal.h"

ESSM_COLD int essm_is_utf8(const uint8_t *at, const uint8_t *end)
{
	while (at != end) {
		const uint32_t first = *at++;
		const uint32_t extra = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
		const uint32_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
		const uint32_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
		uint32_t i;
		if (first < 0x80)
			continue;
		if (!extra || (uint32_t)(end - at) < extra || *at < low || *at > high)
			return 0;
		for (i = 1; i < extra; i++)
			if ((at[i] & 0xc0) != 0x80)
				return 0;
		at += extra;
	}
	return 1;
}

ESSM_COLD int essm_check_texts(const uint8_t *at, const uint8_t *end, uint32_t count)
{
	const uint8_t *p;
	uint32_t zeros = 0;
	for (p = at; p != end; p++)
		zeros += *p == 0;
	if (zeros != count || at == end || end[-1])
		return ESSM_E_LAYOUT;                             /* B19 */
	return essm_is_utf8(at, end) ? ESSM_OK : ESSM_E_TEXT; /* B20 */
}

/* essm_text.c - texts of a blob: zero-terminated UTF-8. */
#include "essm_internal.h"

ESSM_COLD int essm_is_utf8(const uint8_t *at, const uint8_t *end)
{
	uint32_t left = 0, low = 0x80, high = 0xbf; /* bytes of a character that are to come, and what the next may be */
	for (; at != end; at++) {
		const uint32_t byte = *at;
		if (left) {
			if (byte < low || byte > high)
				return 0;
			left--;
			low = 0x80, high = 0xbf;
		} else if (byte >= 0x80) {
			if (byte < 0xc2 || byte > 0xf4)
				return 0;
			left = 1u + (byte >= 0xe0) + (byte >= 0xf0);
			if (byte == 0xe0)
				low = 0xa0;
			if (byte == 0xed)
				high = 0x9f;
			if (byte == 0xf0)
				low = 0x90;
			if (byte == 0xf4)
				high = 0x8f;
		}
	}
	return !left;
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

/* essm_crc32.c - CRC-32 as in IEEE 802.3 and zip, four bits per step with a 16-entry table. */
#include "essm_internal.h"

/* clang-format off */
static const uint32_t table[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};
/* clang-format on */

ESSM_COLD uint32_t essm_crc32(const uint8_t *bytes, uint32_t length, uint32_t crc)
{
	uint32_t c = ~crc;
	uint32_t i;
	for (i = 0; i < length; i++) {
		c ^= bytes[i];
		c = (c >> 4) ^ table[c & 15];
		c = (c >> 4) ^ table[c & 15];
	}
	return ~c;
}

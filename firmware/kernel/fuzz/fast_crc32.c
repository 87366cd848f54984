/*
 * fast_crc32.c - in the libFuzzer target in place of the kernel's essm_crc32, which would take a third of all time: four bytes
 * per step, after asking ASan, where it is there, whether all may be read. Now and then the kernel's own is asked too.
 */
#define essm_crc32 kernel_crc32
#include "../essm_crc32.c"
#undef essm_crc32
#include <stdlib.h>
#include <string.h>

uint32_t essm_crc32(const uint8_t *bytes, uint32_t length, uint32_t crc);

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif

/* by[i][v]: what a byte v contributes when i more follow */
static uint32_t by[4][256];

static void fill_tables(void)
{
	uint32_t v, i;
	for (v = 0; v < 256; v++) {
		const uint8_t byte = (uint8_t)v;
		by[0][v] = ~kernel_crc32(&byte, 1, 0xffffffff);
	}
	for (i = 1; i < 4; i++)
		for (v = 0; v < 256; v++)
			by[i][v] = by[i - 1][v] >> 8 ^ by[0][by[i - 1][v] & 255];
}

__attribute__((no_sanitize("address", "undefined"))) static uint32_t fast(const uint8_t *bytes, uint32_t length, uint32_t crc)
{
	uint32_t c = ~crc, word;
	for (; length >= 4; bytes += 4, length -= 4) {
		memcpy(&word, bytes, 4);
		c ^= word;
		c = by[3][c & 255] ^ by[2][c >> 8 & 255] ^ by[1][c >> 16 & 255] ^ by[0][c >> 24];
	}
	for (; length; bytes++, length--)
		c = c >> 8 ^ by[0][(c ^ *bytes) & 255];
	return ~c;
}

uint32_t essm_crc32(const uint8_t *bytes, uint32_t length, uint32_t crc)
{
	static uint32_t calls;
	uint32_t result;
	if (!by[0][1])
		fill_tables();
#if __has_feature(address_sanitizer)
	if (__asan_region_is_poisoned((void *)bytes, length))
		return kernel_crc32(bytes, length, crc); /* which is reported */
#endif
	result = fast(bytes, length, crc);
	if (!(calls++ & 1023) && kernel_crc32(bytes, length, crc) != result)
		abort();
	return result;
}

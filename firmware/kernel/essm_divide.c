/* essm_divide.c - the kernel's one division: of means, never within a loop over heads or modes. */
#include "essm_internal.h"

ESSM_HOT int32_t essm_floor_divide(int32_t a, int32_t b)
{
	const int32_t q = a / b;
	return q - (a % b < 0);
}

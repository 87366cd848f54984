// A row of a linear map in integers.
#ifndef ROW_H
#define ROW_H

#include "../arithmetic/integer.h"

/** From a row's accumulator to its output. */
typedef struct {
	Scale scale;
	int32_t bias, preshift;
} Row;

/** Output of a row before saturation. */
static inline ints row_of(Row row, vec sum) { return scaled(round_shift(to_ints(sum), row.preshift), row.scale) + row.bias; }

#endif

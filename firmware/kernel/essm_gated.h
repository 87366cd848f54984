/* essm_gated.h - shared by the gated linear units: residual = saturate(residual + value sigma(gate)). */
#ifndef ESSM_GATED_H
#define ESSM_GATED_H

#include "essm_linear.h"
#include "essm_rows.h"

/* Values that are no map of g: scale (value + zero). */
typedef struct {
	const essm_i16 *values; /* (heads, steps) */
	const uint8_t *scale;   /* of each head, 16 bits */
	int32_t zero;
	essm_sums *pair; /* room for the sums of two gates */
} essm_inputs;

/*
 * `gates`: a map of g, whose header the unit's settings follow. Values are the map `values`, with `inputs` NULL; or they are
 * `inputs`, with `values` the gates again. essm_gated.c
 */
void essm_add_gated(essm_pass *pass, const essm_linear *values, const essm_linear *gates, const essm_inputs *inputs);

#endif

/* essm_half_glu.h - what the half-gated linear units share: residual = saturate(residual + value sigma(gate(g))). */
#ifndef ESSM_HALF_GLU_H
#define ESSM_HALF_GLU_H

#include "essm_linear.h"

typedef struct {
	const essm_linear *gate;
	const uint8_t *scale;      /* of each head's value, 16 bits */
	const essm_i16 *values;    /* y, or g, to which `zero` is added */
	const essm_segment *table; /* what opens the gate */
	int32_t zero;
	uint32_t shift; /* of value times opening */
	uint32_t fraction;
} essm_half_glu;

/* Checks what is not in the header; `after` where the component is within the section. essm_half_glu.c */
const uint8_t *essm_half_glu_open(essm_checker *checker, const essm_linear *gate, const uint8_t *after);
void essm_half_glu_run(essm_pass *pass, const essm_half_glu *half);

#endif

// The recurrence of edge-ssm.int.v2 over one block of STEPS steps of one head, four modes at a time; layout as in scan.h.
#ifndef QUANTIZED_SCAN_H
#define QUANTIZED_SCAN_H

#include "quantized.h"

/** What is added before the shift of modes n to n + 3 of head h in block b: [STEPS][re 4, im 4]. */
static inline void rounding_of(const Network *net, const QuantizedLayer *q, int b, int h, int n, integer *restrict to) {
	const uint32_t word = q->dither + DITHER_STEP * STEPS * b + DITHER_MODE * (h * net->shape.modes + n + 1);
	for (int k = 0; k < STEPS; k++)
		for (int i = 0; i < MODES; i++) {
			const int32_t drawn = (word + DITHER_STEP * k + DITHER_MODE * i) >> 17;
			to[k * 2 * MODES + i] = q->dithered ? drawn : 1 << 14;
			to[k * 2 * MODES + MODES + i] = q->dithered ? 32767 - drawn : 1 << 14;
		}
}

/**
 * Moves `state` (8 vectors) through block b from mode n of head h, n a multiple of MODES. Adds the outputs to `sum`, or, where
 * `history` is given, keeps every state there in reals.
 */
static inline void quantized_scan(ints *restrict state, const Network *net, const QuantizedLayer *q, int b, int h, int n,
	const ints *restrict u, ints *restrict sum, vec *restrict history) {
	const int at = h * net->P + n;
	integer rounding[STEPS * 2 * MODES];
	rounding_of(net, q, b, h, n, rounding);
	ints re[MODES], im[MODES], ar[MODES], ai[MODES], gain[MODES], cr[MODES], ci[MODES];
	vec unit_re[MODES], unit_im[MODES];
	for (int i = 0; i < MODES; i++) {
		re[i] = state[i], im[i] = state[MODES + i];
		ar[i] = whole(q->a_re[at + i]), ai[i] = whole(q->a_im[at + i]), gain[i] = whole(q->gain[at + i]);
		cr[i] = whole(q->c_re[at + i]), ci[i] = whole(q->c_im[at + i]);
		unit_re[i] = splat(q->state_re[at + i]), unit_im[i] = splat(q->state_im[at + i]);
	}
	for (int k = 0; k < STEPS; k++) {
		const integer *d = rounding + k * 2 * MODES;
		ints acc = whole(0);
		for (int i = 0; i < MODES; i++) {
			const ints next_re = ar[i] * re[i] - ai[i] * im[i] + (gain[i] * u[k] + d[i]);
			const ints next_im = ar[i] * im[i] + (ai[i] * re[i] + d[MODES + i]);
			re[i] = saturated(next_re >> 15, q->x_most);
			im[i] = saturated(next_im >> 15, q->x_most);
			if (history) {
				history[k * 2 * MODES + i] = to_real(re[i]) * unit_re[i];
				history[k * 2 * MODES + MODES + i] = to_real(im[i]) * unit_im[i];
			} else {
				acc += cr[i] * re[i] - ci[i] * im[i];
			}
		}
		if (!history) sum[k] += acc;
	}
	for (int i = 0; i < MODES; i++) state[i] = re[i], state[MODES + i] = im[i];
}

#endif

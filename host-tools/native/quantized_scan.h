// The recurrence of edge-ssm.int.v1 over one block of STEPS steps of one head, four modes at a time; layout as in scan.h.
#ifndef QUANTIZED_SCAN_H
#define QUANTIZED_SCAN_H

#include "quantized.h"

/**
 * Moves `state` (8 vectors) on by STEPS steps from mode `at` = h P + n, n a multiple of MODES. Adds the outputs to `sum`, or,
 * where `history` is given, keeps every state there in reals.
 */
static inline void quantized_scan(ints *restrict state, const QuantizedLayer *q, int at, const integer *restrict dither,
	const ints *restrict u, ints *restrict sum, vec *restrict history) {
	ints re[MODES], im[MODES], ar[MODES], ai[MODES], gain[MODES], cr[MODES], ci[MODES];
	vec unit_re[MODES], unit_im[MODES];
	for (int n = 0; n < MODES; n++) {
		re[n] = state[n], im[n] = state[MODES + n];
		ar[n] = whole(q->a_re[at + n]), ai[n] = whole(q->a_im[at + n]), gain[n] = whole(q->gain[at + n]);
		cr[n] = whole(q->c_re[at + n]), ci[n] = whole(q->c_im[at + n]);
		unit_re[n] = splat(q->state_re[at + n]), unit_im[n] = splat(q->state_im[at + n]);
	}
	for (int k = 0; k < STEPS; k++) {
		const integer *d = dither + k * 2 * MODES;
		ints acc = whole(0);
		for (int n = 0; n < MODES; n++) {
			const ints r = ar[n] * re[n] - ai[n] * im[n] + (gain[n] * u[k] + d[n]);
			const ints i = ar[n] * im[n] + (ai[n] * re[n] + d[MODES + n]);
			re[n] = saturated(r >> 15, q->x_most);
			im[n] = saturated(i >> 15, q->x_most);
			if (history) {
				history[k * 2 * MODES + n] = to_real(re[n]) * unit_re[n];
				history[k * 2 * MODES + MODES + n] = to_real(im[n]) * unit_im[n];
			} else {
				acc += cr[n] * re[n] - ci[n] * im[n];
			}
		}
		if (!history) sum[k] += acc;
	}
	for (int n = 0; n < MODES; n++) state[n] = re[n], state[MODES + n] = im[n];
}

#endif

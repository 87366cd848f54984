// Products of small weight matrices with a chunk of STEPS columns, each column a vector of samples, and the outer products
// that their gradients are. Row counts are multiples of 4: tensors are padded with zero rows. Register tiles of 4 rows x 2
// steps, so that every weight that is broadcast and every activation that is loaded serves several multiplications.
#ifndef MATRIX_H
#define MATRIX_H

#include "real.h"

#define STEPS 32 // steps of a chunk, between state checkpoints; multiple of 2
#define PADDED(n) (((n) + 3) / 4 * 4)

/** out[j][k] = bias[j] + sum over i of weight[i][j] in[i][k], i < inputs, j < outputs (multiple of 4); bias may be NULL. */
static inline void multiply(vec *restrict out, const real *restrict weight, const real *restrict bias, const vec *restrict in,
	int outputs, int inputs) {
	for (int j = 0; j < outputs; j += 4) {
		for (int k = 0; k < STEPS; k += 2) {
			vec sum[4][2];
			for (int r = 0; r < 4; r++) sum[r][0] = sum[r][1] = splat(bias ? bias[j + r] : 0);
			for (int i = 0; i < inputs; i++) {
				const vec a = in[i * STEPS + k], b = in[i * STEPS + k + 1];
				for (int r = 0; r < 4; r++) {
					const vec w = splat(weight[i * outputs + j + r]);
					sum[r][0] += w * a;
					sum[r][1] += w * b;
				}
			}
			for (int r = 0; r < 4; r++) {
				out[(j + r) * STEPS + k] = sum[r][0];
				out[(j + r) * STEPS + k + 1] = sum[r][1];
			}
		}
	}
}

/** sum[i][j] += sum over k of in[i][k] out[j][k], lane by lane; i < inputs (any), j < outputs (multiple of 4). */
static inline void accumulate_outer(
	vec *restrict sum, const vec *restrict in, const vec *restrict out, int inputs, int outputs) {
	for (int i = 0; i < inputs; i += 2) {
		const int second = i + 1 < inputs ? i + 1 : i; // an odd last row is computed twice and stored once
		for (int j = 0; j < outputs; j += 4) {
			vec s[2][4];
			for (int r = 0; r < 4; r++) s[0][r] = s[1][r] = splat(0);
			for (int k = 0; k < STEPS; k++) {
				const vec a = in[i * STEPS + k], b = in[second * STEPS + k];
				for (int r = 0; r < 4; r++) {
					const vec o = out[(j + r) * STEPS + k];
					s[0][r] += a * o;
					s[1][r] += b * o;
				}
			}
			for (int r = 0; r < 4; r++) {
				sum[i * outputs + j + r] += s[0][r];
				if (second != i) sum[second * outputs + j + r] += s[1][r];
			}
		}
	}
}

/** sum[j] += sum over k of out[j][k]. */
static inline void accumulate_rows(vec *restrict sum, const vec *restrict out, int outputs) {
	for (int j = 0; j < outputs; j++) {
		vec s[4] = {out[j * STEPS], out[j * STEPS + 1], out[j * STEPS + 2], out[j * STEPS + 3]};
		for (int k = 4; k < STEPS; k += 4)
			for (int r = 0; r < 4; r++) s[r] += out[j * STEPS + k + r];
		sum[j] += (s[0] + s[1]) + (s[2] + s[3]);
	}
}

#endif

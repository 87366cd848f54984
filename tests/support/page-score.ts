// A59 of docs/ARITHMETIC.md written down a second time, in big integers.

export interface ScoreRule {
	weights: ArrayLike<number>;
	smoothing: number;
	settling: number;
	ahead: number;
}

/** The score after each step; undefined before the first error. @param samples, forecasts (steps, channels) */
export function pageScores(
	samples: readonly ArrayLike<number>[],
	forecasts: readonly ArrayLike<number>[],
	{ weights, smoothing, settling, ahead }: ScoreRule,
): (number | undefined)[] {
	let S: bigint | undefined;
	return samples.map((sample, t) => {
		if (t >= ahead + settling) {
			let sum = 0n;
			for (let c = 0; c < weights.length; c++) {
				const d = Math.min(65535, Math.abs(forecasts[t - ahead]![c]! - sample[c]!));
				sum += BigInt(d) * BigInt(weights[c]!);
			}
			const e = sum / 4096n > 2n ** 24n - 1n ? 2n ** 24n - 1n : sum / 4096n;
			S = S === undefined ? e << BigInt(smoothing) : S + e - (S >> BigInt(smoothing));
		}
		return S === undefined ? undefined : Number(S >> BigInt(smoothing));
	});
}

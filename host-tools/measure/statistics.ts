// Statistics of many runs: median, 95th percentile, worst; net of the clock's own overhead.

export interface Statistics {
	runs: number;
	median: number;
	p95: number;
	worst: number;
}

/** The value that `share` of the values do not exceed (nearest rank). */
function percentile(sorted: readonly number[], share: number): number {
	return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** @param overhead subtracted from every value; the result is at least 0 */
export function statistics(values: readonly number[], overhead = 0): Statistics {
	const sorted = values.map((value) => Math.max(0, value - overhead)).sort((a, b) => a - b);
	return {
		runs: sorted.length,
		median: percentile(sorted, 0.5),
		p95: percentile(sorted, 0.95),
		worst: sorted.at(-1)!,
	};
}

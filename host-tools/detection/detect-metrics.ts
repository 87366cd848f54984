// Metrics of scores of labelled sequences.
export interface DetectMetrics {
	count: number;
	normal: number;
	/**
	 * Fraction of pairs of a normal and an abnormal sequence in which the abnormal one has the higher score; ties count half.
	 */
	auc: number | null;
	/** At the threshold: fractions of the normal sequences and of the others with an alarm. */
	falseAlarms: number | null;
	detected: number | null;
	/** Median of steps from the start of an abnormal sequence to its alarm; null without any. */
	delay: number | null;
}

/** One sequence: its maximum score, and the step of its first alarm (undefined: none). */
export interface Detection {
	isNormal: boolean;
	score: number;
	alarm: number | undefined;
}

/** Area under the ROC curve, by ranks. */
export function auc(normal: readonly number[], others: readonly number[]): number | null {
	if (normal.length === 0 || others.length === 0) return null;
	const sorted = [...normal].sort((a, b) => a - b);
	const below = (value: number, orEqual: boolean) => {
		let [low, high] = [0, sorted.length];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) low = middle + 1;
			else high = middle;
		}
		return low;
	};
	const wins = others.reduce((sum, value) => sum + (below(value, false) + below(value, true)) / 2, 0);
	return wins / (normal.length * others.length);
}

export function measureDetections(detections: readonly Detection[]): DetectMetrics {
	const normal = detections.filter(({ isNormal }) => isNormal);
	const others = detections.filter(({ isNormal }) => !isNormal);
	const alarmed = (of: readonly Detection[]) =>
		of.length ? of.filter(({ alarm }) => alarm !== undefined).length / of.length : null;
	const delays = others.flatMap(({ alarm }) => alarm ?? []).sort((a, b) => a - b);
	return {
		count: detections.length,
		normal: normal.length,
		auc: auc(
			normal.map(({ score }) => score),
			others.map(({ score }) => score),
		),
		falseAlarms: alarmed(normal),
		detected: alarmed(others),
		delay: delays.length ? delays[delays.length >> 1]! : null,
	};
}

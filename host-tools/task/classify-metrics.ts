// What a classifier's answers on a labelled data set are worth: counts and quotients only, whoever gave the answers.

export interface ClassifyMetrics {
	count: number;
	right: number;
	/** Part of all sequences that is right, 0 to 1. */
	accuracy: number;
	/** Part of each class that is recognized; null for a class that does not occur. */
	recall: (number | null)[];
	/** (classes, classes): row = what it is, column = what it was taken for. */
	confusion: number[][];
}

/**
 * Metrics of `predictions` against `labels`, both class indices below `classes`, of the same length.
 * @throws RangeError when they are not
 */
export function measure(
	labels: ArrayLike<number>,
	predictions: ArrayLike<number>,
	classes: number,
): ClassifyMetrics {
	const count = labels.length;
	if (predictions.length !== count || count === 0)
		throw new RangeError(`${count} labels do not go with ${predictions.length} predictions`);
	const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
	for (let i = 0; i < count; i++) {
		const row = confusion[labels[i]!];
		if (row?.[predictions[i]!] === undefined)
			throw new RangeError(`row ${i} has a class beyond ${classes - 1}`);
		row[predictions[i]!]!++;
	}
	const right = confusion.reduce((sum, row, k) => sum + row[k]!, 0);
	return {
		count,
		right,
		accuracy: right / count,
		recall: confusion.map((row, k) => {
			const total = row.reduce((a, b) => a + b, 0);
			return total === 0 ? null : row[k]! / total;
		}),
		confusion,
	};
}

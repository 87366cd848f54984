// What a classifier's answers on a labelled data set are worth: counts and quotients only, whoever gave the answers.

export interface ClassifyMetrics {
	count: number;
	right: number;
	/** Part of all sequences that is right, 0 to 1. */
	accuracy: number;
	/** Mean recall of the classes that occur: each counts as much, however rare it is. */
	balancedAccuracy: number;
	/** Part of each class that is recognized; null for a class that does not occur. */
	recall: (number | null)[];
	/** Part that is right of what was taken for each class; null where nothing was. */
	precision: (number | null)[];
	/** Harmonic mean of both; null for a class that neither occurs nor is answered. */
	f1: (number | null)[];
	/** Mean F1 of the classes that occur. */
	macroF1: number;
	/** (classes, classes): row = what it is, column = what it was taken for. */
	confusion: number[][];
}

/** Metrics of a network that tells classes. @throws Error for those of others */
export function counted(metrics: object): ClassifyMetrics {
	if (!("confusion" in metrics)) throw new Error("these are metrics of another task than classification");
	return metrics as ClassifyMetrics;
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
	const is = confusion.map((row) => row.reduce((a, b) => a + b, 0));
	const taken = confusion.map((_, k) => confusion.reduce((sum, row) => sum + row[k]!, 0));
	const quotient = (part: number, of: number) => (of === 0 ? null : part / of);
	const recall = is.map((of, k) => quotient(confusion[k]![k]!, of));
	const f1 = is.map((of, k) => quotient(2 * confusion[k]![k]!, of + taken[k]!));
	/** Over the classes that occur. */
	const mean = (values: readonly (number | null)[]) => {
		const present = values.filter((_, k) => is[k]! > 0);
		return present.reduce<number>((sum, value) => sum + value!, 0) / present.length;
	};
	return {
		count,
		right,
		accuracy: right / count,
		balancedAccuracy: mean(recall),
		recall,
		precision: taken.map((of, k) => quotient(confusion[k]![k]!, of)),
		f1,
		macroF1: mean(f1),
		confusion,
	};
}

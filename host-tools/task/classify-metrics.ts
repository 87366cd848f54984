// Metrics of classification results: counts and ratios only, from any source.

export interface ClassifyMetrics {
	count: number;
	right: number;
	/** Fraction of all sequences that is correct, 0 to 1. */
	accuracy: number;
	/** Mean recall over classes that occur, each weighted equally. */
	balancedAccuracy: number;
	/** Recall of each class; null for a class that does not occur. */
	recall: (number | null)[];
	/** Precision of each class; null for a class never predicted. */
	precision: (number | null)[];
	/** F1 of each class; null for a class that neither occurs nor is predicted. */
	f1: (number | null)[];
	/** Mean F1 over classes that occur. */
	macroF1: number;
	/** (classes, classes): rows are true classes, columns predicted ones. */
	confusion: number[][];
}

/** null for metrics of another task. */
export const confusionOf = (metrics: object): number[][] | null =>
	"confusion" in metrics ? counted(metrics).confusion : null;

/** Metrics of a classifier. @throws Error for those of another task */
export function counted(metrics: object): ClassifyMetrics {
	if (!("confusion" in metrics)) throw new Error("these are not metrics of classification");
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
		throw new RangeError(`${count} labels for ${predictions.length} predictions`);
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

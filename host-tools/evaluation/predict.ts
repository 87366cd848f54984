// Classifies a whole data set on this machine: the greatest logit of each row.

import type { Dataset } from "../datasets/dataset";
import { argmax } from "../float/evaluate";
import { Pool } from "./pool";
import type { Runnable } from "./runner";

export interface PredictOptions {
	threads?: number;
	/** Called with the number of rows done. */
	onProgress?: (done: number) => void;
}

/** The class of each row of `logits`, (count, classes): the greatest, the first of equals. */
export function classesOf(logits: Float64Array, count: number): Uint16Array {
	const classes = logits.length / count;
	return Uint16Array.from({ length: count }, (_, i) =>
		argmax(logits.subarray(i * classes, (i + 1) * classes)),
	);
}

/**
 * The class that `runnable` gives to each row of `dataset`, (count).
 * @param options.threads 1 works in this thread
 */
export async function predict(
	runnable: Runnable,
	dataset: Dataset,
	{ threads, onProgress }: PredictOptions = {},
): Promise<Uint16Array> {
	const pool = new Pool(threads);
	let done = 0;
	try {
		const logits = await pool.logits(runnable, dataset, (count) => onProgress?.((done += count)));
		return classesOf(logits, dataset.count);
	} finally {
		await pool.close();
	}
}

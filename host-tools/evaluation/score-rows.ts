// Runs an entire data set on this machine and scores the outputs of each row.
import type { Dataset } from "../datasets/dataset";
import type { Scorer } from "../task/task";
import { Pool } from "./pool";
import type { Runnable } from "./runner";

export interface ScoreOptions {
	/** 1 works in this thread. */
	threads?: number;
	/** What outputs mean; absent: as they are. */
	real?: (outputs: ArrayLike<number>) => ArrayLike<number>;
	/** Called with the number of rows done. */
	onProgress?: (done: number) => void;
}

/** @returns the number of sequences checked one by one, when they ran on vectors */
export async function scoreRows<M>(
	runnable: Runnable,
	dataset: Dataset,
	score: Scorer<M>,
	{ threads, real = (outputs) => outputs, onProgress }: ScoreOptions = {},
): Promise<{ checked: number | undefined }> {
	const pool = new Pool(threads);
	let done = 0;
	try {
		const all = await pool.outputs(runnable, dataset, (count) => onProgress?.((done += count)));
		const outputs = all.length / dataset.count;
		for (let row = 0; row < dataset.count; row++)
			score.add(row, real(all.subarray(row * outputs, (row + 1) * outputs)));
		return { checked: pool.checked };
	} finally {
		await pool.close();
	}
}

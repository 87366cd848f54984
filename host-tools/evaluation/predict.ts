// Classifies a whole data set on this machine with several threads: rows go out in small parts to whoever is free, so that
// threads end together. Same predictions for any number of threads.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Dataset } from "../datasets/dataset";
import { predictRows, takeRows } from "./rows";
import { openRunner, type Runnable } from "./runner";

/** Steps in one part: well under a second of work, and enough to be worth a message. */
const STEPS_A_PART = 16_384;

/** The thread's program, which stands beside this one when both are bundled (rollup.config.js). */
function workerFile(): string | undefined {
	for (const place of ["evaluation-worker.js", "../evaluation-worker.js"]) {
		const path = fileURLToPath(new URL(place, import.meta.url));
		if (existsSync(path)) return path;
	}
	return undefined;
}

/** Threads that are used unless it is said: one a core, and one alone where threads cannot be started (unbundled). */
export function defaultThreads(): number {
	return workerFile() === undefined ? 1 : availableParallelism();
}

export interface PredictOptions {
	threads?: number;
	/** Called with the number of rows done. */
	onProgress?: (done: number) => void;
}

/**
 * The class that `runnable` gives to each row of `dataset`, (count).
 * @param options.threads 1 works in this thread
 */
export async function predict(
	runnable: Runnable,
	dataset: Dataset,
	{ threads = defaultThreads(), onProgress }: PredictOptions = {},
): Promise<Uint16Array> {
	const predictions = new Uint16Array(dataset.count);
	const rowsAPart = Math.max(1, Math.round(STEPS_A_PART / dataset.T));
	let next = 0;
	let done = 0;
	const take = () => {
		const from = next;
		next = Math.min(dataset.count, next + rowsAPart);
		return { from, rows: takeRows(dataset, from, next) };
	};
	const put = (from: number, classes: Uint16Array) => {
		predictions.set(classes, from);
		onProgress?.((done += classes.length));
	};

	if (threads === 1) {
		const runner = openRunner(runnable);
		while (next < dataset.count) {
			const { from, rows } = take();
			put(from, predictRows(runner, rows));
		}
		return predictions;
	}

	const file = workerFile();
	if (file === undefined) throw new Error("evaluation-worker.js is not beside this program");
	const workOn = (worker: Worker) =>
		new Promise<void>((resolve, reject) => {
			let from = 0;
			const send = () => {
				if (next >= dataset.count) return resolve();
				const part = take();
				from = part.from;
				worker.postMessage(part.rows, [part.rows.values.buffer as ArrayBuffer]);
			};
			worker.on("message", (classes: Uint16Array) => {
				put(from, classes);
				send();
			});
			worker.on("error", reject);
			worker.on("exit", (code) => reject(new Error(`a thread ended early with code ${code}`)));
			send();
		});
	const parts = Math.ceil(dataset.count / rowsAPart);
	const workers = Array.from(
		{ length: Math.min(threads, parts) },
		() => new Worker(file, { workerData: runnable }),
	);
	try {
		await Promise.all(workers.map(workOn));
	} finally {
		await Promise.all(workers.map((worker) => worker.terminate()));
	}
	return predictions;
}

// Runs models over data sets: on vectors if possible (on-vectors.ts), else on threads: rows go out in small chunks to whichever
// is free, so that threads finish together. One pool serves many models, in sequence or at once. Same outputs for any number of
// threads.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Dataset } from "../datasets/dataset";
import { onVectors } from "./on-vectors";
import { outputsOfRows, type Rows, takeRows } from "./rows";
import { openRunner, type Runnable } from "./runner";

/** Steps per chunk: well under a second of work, and enough to be worth a message. */
const STEPS_A_PART = 16_384;

/** The thread's program, next to this file when both are bundled (rollup.config.js). */
function workerFile(): string | undefined {
	for (const place of ["evaluation-worker.js", "../evaluation-worker.js"]) {
		const path = fileURLToPath(new URL(place, import.meta.url));
		if (existsSync(path)) return path;
	}
	return undefined;
}

/** Default threads: one per core; one when unbundled. */
export function defaultThreads(): number {
	return workerFile() === undefined ? 1 : availableParallelism();
}

/** A request to a thread: rows for a model. `id` identifies the model, so that it is opened only once. */
export interface Task {
	id: number;
	runnable: Runnable;
	rows: Rows;
}

interface Job {
	task(): Task;
	done(outputs: Float64Array): void;
	failed(error: Error): void;
}

export class Pool {
	readonly threads: number;
	readonly #waiting: Job[] = [];
	readonly #idle: Worker[] = [];
	readonly #workers = new Map<Worker, Job | undefined>();
	#models = 0;
	#broken: Error | undefined;
	/** Of the latest outputs: sequences that also ran one by one; undefined: no vectors were used. */
	checked: number | undefined;

	/** @param threads 1 works in this thread */
	constructor(threads = defaultThreads()) {
		this.threads = threads;
	}

	/**
	 * The outputs of every row of `dataset`, (count, outputs), in the runner's own units.
	 * @param onRows called with the number of rows just done
	 */
	async outputs(
		runnable: Runnable,
		dataset: Dataset,
		onRows?: (count: number) => void,
	): Promise<Float64Array> {
		const vectors = await onVectors(runnable, dataset, this.threads, onRows);
		this.checked = vectors?.checked;
		if (vectors) return vectors.outputs;
		const rowsAPart = Math.max(1, Math.round(STEPS_A_PART / dataset.T));
		const starts = Array.from({ length: Math.ceil(dataset.count / rowsAPart) }, (_, i) => i * rowsAPart);
		const rows = (from: number) => takeRows(dataset, from, Math.min(dataset.count, from + rowsAPart));
		let parts: Float64Array[];
		if (this.threads === 1) {
			const runner = openRunner(runnable);
			parts = starts.map((from) => {
				const part = rows(from);
				const outputs = outputsOfRows(runner, part);
				onRows?.(part.lengths.length);
				return outputs;
			});
		} else {
			const id = this.#models++;
			parts = await Promise.all(
				starts.map(
					(from) =>
						new Promise<Float64Array>((resolve, failed) => {
							const count = Math.min(dataset.count, from + rowsAPart) - from;
							const done = (outputs: Float64Array) => {
								onRows?.(count);
								resolve(outputs);
							};
							this.#waiting.push({ task: () => ({ id, runnable, rows: rows(from) }), done, failed });
							this.#serve();
						}),
				),
			);
		}
		const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
		let at = 0;
		for (const part of parts) {
			all.set(part, at);
			at += part.length;
		}
		return all;
	}

	/** Ends the threads; pending requests fail. */
	async close(): Promise<void> {
		this.#fail(new Error("the pool was closed"));
		await Promise.all([...this.#workers.keys()].map((worker) => worker.terminate()));
	}

	#start(): Worker {
		const file = workerFile();
		if (file === undefined) throw new Error("evaluation-worker.js is not next to this program");
		const worker = new Worker(file);
		worker.on("message", (outputs: Float64Array) => {
			const job = this.#workers.get(worker);
			this.#workers.set(worker, undefined);
			this.#idle.push(worker);
			job?.done(outputs);
			this.#serve();
		});
		worker.on("error", (error) => this.#fail(error));
		worker.on("exit", (code) => this.#fail(new Error(`a thread ended early with code ${code}`)));
		this.#workers.set(worker, undefined);
		return worker;
	}

	#serve(): void {
		if (this.#broken) this.#fail(this.#broken);
		while (this.#waiting.length > 0) {
			const worker = this.#idle.pop() ?? (this.#workers.size < this.threads ? this.#start() : undefined);
			if (!worker) return;
			const job = this.#waiting.shift()!;
			this.#workers.set(worker, job);
			const task = job.task();
			worker.postMessage(task, [task.rows.values.buffer as ArrayBuffer]);
		}
	}

	#fail(error: Error): void {
		this.#broken ??= error;
		for (const job of [...this.#workers.values(), ...this.#waiting.splice(0)]) job?.failed(this.#broken);
	}
}

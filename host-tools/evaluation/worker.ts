// A thread of a pool: keeps the runner of the model that it was asked about last, and runs it over the rows that it is sent.
// Nothing is decided here.
import { parentPort } from "node:worker_threads";
import type { Task } from "./pool";
import { outputsOfRows } from "./rows";
import { openRunner, type Runner } from "./runner";

let open: { id: number; runner: Runner } | undefined;
parentPort!.on("message", ({ id, runnable, rows }: Task) => {
	if (open?.id !== id) open = { id, runner: openRunner(runnable) };
	parentPort!.postMessage(outputsOfRows(open.runner, rows));
});

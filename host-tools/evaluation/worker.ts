// A thread of a pool: keeps the runner of its latest model, and runs it over the rows sent to it. Decides nothing.
import { parentPort } from "node:worker_threads";
import type { Task } from "./pool";
import { outputsOfRows } from "./rows";
import { openRunner, type Runner } from "./runner";

let open: { id: number; runner: Runner } | undefined;
parentPort!.on("message", ({ id, runnable, rows }: Task) => {
	if (open?.id !== id) open = { id, runner: openRunner(runnable) };
	parentPort!.postMessage(outputsOfRows(open.runner, rows));
});

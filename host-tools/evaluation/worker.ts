// A thread of `predict`: holds one runner and classifies the rows that it is sent. Nothing is decided here.
import { parentPort, workerData } from "node:worker_threads";
import { predictRows, type Rows } from "./rows";
import { openRunner, type Runnable } from "./runner";

const runner = openRunner(workerData as Runnable);
parentPort!.on("message", (rows: Rows) => parentPort!.postMessage(predictRows(runner, rows)));

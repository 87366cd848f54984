// Made-up anomalies of the normal sequences that training held out: a data set to choose the settings of a detector on, without a
// label of a fault and without the test split. Sequences of one channel.
//
//     npm run bench -- anomalies DATA CHECKPOINT FOLDER
import { importCheckpoint } from "../host-tools/checkpoints/import";
import { type Dataset, select } from "../host-tools/datasets/dataset";
import { wholeSequences } from "../host-tools/datasets/future";
import { heldOut } from "../host-tools/datasets/held-out";
import { writePackedFolder } from "../host-tools/datasets/packed";
import { Random } from "../host-tools/datasets/random";
import { labelledTargets } from "../host-tools/datasets/targets";
import { openForTask } from "../host-tools/task/open";

const [source, checkpoint, folder] = process.argv.slice(2);
if (!source || !checkpoint || !folder) throw new Error("npm run bench -- anomalies DATA CHECKPOINT FOLDER");
const { metadata, head } = importCheckpoint(checkpoint);
const { normal: label } = metadata;
if (head.kind !== "values") throw new Error("the checkpoint forecasts nothing");
const opened = await openForTask("detect", source, "train", {
	ahead: head.ahead,
	...(label && { normal: label }),
});
const normal = wholeSequences(heldOut(opened.dataset, metadata));
if (normal.channels !== 1) throw new Error("sequences of one channel only");
const { T, count } = normal;
const random = new Random(7);
const whole = (low: number, high: number) => Math.floor(random.uniform(low, high));
const rowOf = (row: number) => normal.values.slice(row * T, (row + 1) * T);

/** Backwards; a fifth of it another sequence's, from elsewhere; slower; with a bump. */
const CHANGES: ((row: number) => Float32Array)[] = [
	(row) => rowOf(row).reverse(),
	(row) => {
		const part = Math.floor(T / 5);
		const from = whole(0, T - part);
		const changed = rowOf(row);
		changed.set(rowOf((row + 1) % count).subarray(from, from + part), whole(0, T - part));
		return changed;
	},
	(row) => {
		const [values, tempo] = [rowOf(row), random.uniform(0.55, 0.8)];
		return values.map((_, t) => {
			const i = Math.floor(t * tempo);
			return values[i]! + (t * tempo - i) * (values[i + 1]! - values[i]!);
		});
	},
	(row) => {
		const middle = random.uniform(0.15 * T, 0.8 * T);
		return rowOf(row).map((v, t) => v + 1.5 * Math.exp(-((((t - middle) * 23) / T) ** 2)));
	},
];

const rows = Array.from({ length: count }, (_, row) => row);
const changed = CHANGES.flatMap((change) => rows.map(change));
const values = new Float32Array((count + changed.length) * T);
values.set(normal.values.subarray(0, count * T));
changed.forEach((row, i) => {
	values.set(row, (count + i) * T);
});
const labels = new Uint8Array(count + changed.length).fill(1, count);
const test: Dataset = {
	...normal,
	...{ name: "anomalies", split: "test", count: labels.length, values },
	targets: labelledTargets("anomalies", ["normal", "made up"], labels),
	lengths: new Uint32Array(labels.length).fill(T),
};
writePackedFolder(folder, { train: { ...select(test, rows), split: "train" }, test }, {});
console.log(`${folder}: ${count} normal sequences, ${changed.length} made-up anomalies`);

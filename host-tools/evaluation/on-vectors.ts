// A data set on the trainer's forward pass, many sequences at once. In every run some also go one by one through the requested
// runner, the kernel or the float network in double precision: integers must be equal.
import { readBlob } from "../../src/blob/read";
import { type Dataset, sequence } from "../datasets/dataset";
import { EXACT, openVectors } from "../training/vectors";
import { openRunner, type Runnable } from "./runner";

const PROGRESS_MS = 200;
/** Checked sequences: these first ones, and one in this many. */
const CHECKED = 2;
const ONE_IN = 500;
/**
 * Maximum difference of float32 from double precision, as a fraction of the largest output; beyond it, vectors are not used.
 */
const FLOAT_ERROR = 1e-3;

export interface VectorOutputs {
	/** (count, outputs), in the runner's own units. */
	outputs: Float64Array;
	/** Sequences also run one by one. */
	checked: number;
}

/**
 * @param onRows called with the number of rows just done
 * @returns undefined where rows must go one by one
 */
export async function onVectors(
	runnable: Runnable,
	dataset: Dataset,
	threads: number,
	onRows?: (count: number) => void,
): Promise<VectorOutputs | undefined> {
	if (runnable.target === "reference") return undefined;
	const of = runnable.target === "float" ? runnable : { network: readBlob(runnable.blob) };
	const native = openVectors(of, dataset, threads);
	if (!native) return undefined;
	let done = 0;
	const report = (now: number) => {
		if (now > done) onRows?.(now - done);
		done = now;
	};
	const timer = setInterval(() => report(native.progress().samples), PROGRESS_MS);
	let found: Float32Array;
	try {
		found = await native.outputs(dataset);
	} finally {
		clearInterval(timer);
		native.close();
	}
	const outputs = Float64Array.from(found);
	const each = outputs.length / dataset.count;
	const { run } = openRunner(runnable);
	const alone = (row: number) => run(sequence(dataset, row), dataset.lengths[row]!);
	const checks = Math.min(dataset.count, CHECKED + Math.floor(dataset.count / ONE_IN));
	for (let i = 0; i < checks; i++) {
		const row = Math.floor((i * dataset.count) / checks);
		const expected = alone(row);
		const ours = outputs.subarray(row * each, row * each + expected.length);
		if (runnable.target === "float") {
			const most = Math.max(1, ...Array.from(expected, Math.abs));
			if (ours.some((value, k) => !(Math.abs(value - expected[k]!) <= FLOAT_ERROR * most))) return undefined;
		} else if (ours.some((value, k) => Math.abs(value) < EXACT && value !== expected[k]))
			throw new Error(
				`sequence ${row} of ${dataset.name} has other outputs on vectors than on the kernel; please report this`,
			);
	}
	// Outputs that float32 cannot represent exactly.
	if (runnable.target === "kernel")
		for (let row = 0; row < dataset.count; row++) {
			const ours = outputs.subarray(row * each, (row + 1) * each);
			if (ours.some((value) => Math.abs(value) >= EXACT)) ours.set(alone(row));
		}
	report(dataset.count);
	return { outputs, checked: checks };
}

// `observe` of quantization/calibrate.ts computed by the native trainer's forward pass, in float32.
import { type Dataset, sequence } from "../datasets/dataset";
import { type FloatModel, floatHeadKind, floatMixerKind, outputsOf } from "../float/model";
import { DRIVEN, DRIVEN_STEPS, Magnitudes, type Observed, type Ranges } from "../quantization/calibrate";
import { checkFit, taskOf } from "../task/fit";
import type { NativeTrainer } from "./native";
import { WATCH_FROM } from "./native";
import { openVectors } from "./vectors";

/** Rows between two reports of progress. */
const ROWS = 64;
/** From this many steps on, states are sampled once in STRIDE steps: they change slowly. */
const MANY_STEPS = 2 ** 16;
const STRIDE = 4;

/** Rows first to end - 1, in place. */
function rowsOf(dataset: Dataset, first: number, end: number): Dataset {
	const width = dataset.T * dataset.channels;
	return {
		...dataset,
		count: end - first,
		values: dataset.values.subarray(first * width, end * width),
		lengths: dataset.lengths.subarray(first, end),
	};
}

/** Mean and covariance of rows (count, H). */
function momentsOf(rows: Float32Array, H: number): NonNullable<Ranges["pooled"]> {
	const count = rows.length / H;
	const mean = new Float64Array(H);
	for (const [i, v] of rows.entries()) mean[i % H]! += v / count;
	const covariance = new Float64Array(H * H);
	for (let row = 0; row < rows.length; row += H)
		for (let h = 0; h < H; h++)
			for (let k = 0; k < H; k++)
				covariance[h * H + k]! += ((rows[row + h]! - mean[h]!) * (rows[row + k]! - mean[k]!)) / count;
	return { covariance, mean };
}

/** @returns undefined where the network has to be observed row by row */
export function observeOnVectors(
	model: FloatModel,
	dataset: Dataset,
	threads: number,
	onRow?: (done: number) => void,
): Observed | undefined {
	checkFit({ ...model, outputs: outputsOf(model) }, dataset);
	const native = openVectors({ model }, dataset, threads);
	if (!native) return undefined;
	try {
		return look(native, model, dataset, onRow);
	} finally {
		native.close();
	}
}

function look(
	native: NativeTrainer,
	model: FloatModel,
	dataset: Dataset,
	onRow?: (done: number) => void,
): Observed | undefined {
	const { H, channels, blocks, head } = model;
	const { count } = dataset;
	const steps = dataset.lengths.reduce((a, b) => a + b, 0);
	const units = Int32Array.from(blocks, ({ mixer }) => floatMixerKind(mixer).stateUnits(mixer, H));
	const last = floatHeadKind(head).pooling(head) === "last";
	if (!native.watch(units, steps < MANY_STEPS ? 1 : STRIDE, last)) return undefined;
	const score = taskOf(dataset).score(dataset.targets, outputsOf(model));
	const outputs: Float64Array[] = [];
	const pooled = new Float32Array(count * H);
	const drives: Float32Array[][] = blocks.map(() => []);
	const driveSteps = Math.min(dataset.T, DRIVEN_STEPS);
	let right = 0;
	for (let first = 0; first < count; ) {
		// The first rows, whose drive is kept, run separately.
		const end = Math.min(count, first < DRIVEN ? DRIVEN : first + ROWS);
		const rows = rowsOf(dataset, first, end);
		const drive = first < DRIVEN ? new Float32Array(blocks.length * rows.count * driveSteps * H) : null;
		const found = native.observe(rows, pooled.subarray(first * H, end * H), drive, driveSteps);
		const each = found.length / rows.count;
		for (let i = 0; i < rows.count; i++) {
			const output = Float64Array.from(found.subarray(i * each, (i + 1) * each));
			outputs.push(output);
			if (score.add(first + i, output)) right++;
		}
		for (const [l, kept] of drives.entries())
			for (let i = 0; drive && i < rows.count; i++) {
				const from = (l * rows.count + i) * driveSteps * H;
				kept.push(drive.slice(from, from + Math.min(rows.lengths[i]!, driveSteps) * H));
			}
		first = end;
		onRow?.(end);
	}
	const inputs = {
		inputMin: new Float64Array(channels).fill(Infinity),
		inputMax: new Float64Array(channels).fill(-Infinity),
	};
	for (let i = 0; i < count; i++)
		for (const [k, v] of sequence(dataset, i).entries()) {
			const c = k % channels;
			inputs.inputMin[c] = Math.min(inputs.inputMin[c]!, v);
			inputs.inputMax[c] = Math.max(inputs.inputMax[c]!, v);
		}
	const magnitudes = (rows: number, bins: Uint32Array) => new Magnitudes(rows, { bins, from: WATCH_FROM });
	const layers = blocks.map((_, l) => {
		const seen = native.watchedBlock(l, units[l]!);
		const { low, high } = native.watchedStream(l);
		return {
			stream: { residualMin: low, residualMax: high },
			known: {
				value: seen.value,
				sum: seen.sum[0]!,
				gMean: seen.mean.map((sum) => sum / steps),
				gMoments: seen.moments.map((sum) => sum / steps),
				drive: drives[l]!,
			},
			z: magnitudes(H, seen.input),
			state: magnitudes(units[l]!, seen.state),
			yAndG: magnitudes(3, seen.output),
		};
	});
	const { low, high } = native.watchedStream(blocks.length);
	const common = {
		...inputs,
		residualMin: low,
		residualMax: high,
		output: outputs.reduce(
			(most, row) => row.reduce((greatest, v) => Math.max(greatest, Math.abs(v)), most),
			0,
		),
		pooled: momentsOf(pooled, H),
		count,
		accuracy: right / count,
	};
	return {
		outputs,
		ranges: (how) => ({
			...common,
			layers: layers.map(({ stream, known, z, state, yAndG }) => ({
				...stream,
				...known,
				z: Float64Array.from({ length: H }, (_, h) => z.range(h, how)),
				state: Float64Array.from({ length: state.rows }, (_, i) => state.range(i, how)),
				y: yAndG.range(0, { method: "minmax" }),
				gMax: yAndG.range(1, how),
				gMin: -yAndG.range(2, how),
			})),
		}),
	};
}

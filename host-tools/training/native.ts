// The native trainer (native/) from TypeScript. Long calls run on another thread to keep the event loop free. Training policy
// is in train.ts.
import type { Dataset } from "../datasets/dataset";
import { taskOf } from "../task/fit";
import type { FittedHead } from "../task/task";
import { UserError } from "../terminal/errors";
import { bind } from "./native-library";
import type { FlatNetwork, Spec } from "./operations/operation";

/** A network as the native trainer opens it. */
export interface NativeNetwork {
	heads: number;
	channels: number;
	/** Numbers in the outputs of a sequence: one result, or one per step. */
	outputs: number;
	/** Loss of value targets. */
	head?: FittedHead;
	/** Encoder; norm, mixer, activation, channel mixer and post of each block; head. */
	operations: Spec[];
}

/** Buffer sizes: `T` steps of the longest sequence, `batch` sequences at a time. */
export interface NativeBuffers {
	T: number;
	batch: number;
	threads: number;
}

/** Settings of one run, as struct Recipe of optimizer.h. */
export interface Optimization {
	rate: number;
	ssmRate: number;
	weightDecay: number;
	clip: number;
	averaging: number;
	labelSmoothing: number;
	distill: number;
	temperature: number;
	dropout: number;
	normMomentum: number;
	lossLimit: number;
	huber: number;
	totalSteps: number;
	warmupSteps: number;
	frozenNorm: number;
	/** Index into A_FORMS. */
	aForm: number;
	seed: number;
}

/** Progress of the current or last call; see struct Progress in trainer.h. */
export interface NativeProgress {
	samples: number;
	loss: number;
	correct: number;
	step: number;
	batchLoss: number;
	norm: number;
}

/** Bins of a row of magnitudes, 16 per octave from 2^WATCH_FROM up; watch.h. */
const WATCH_BINS = 1024;
export const WATCH_FROM = -40;

export interface WatchedBlock {
	sum: Float64Array;
	value: Float64Array;
	mean: Float64Array;
	moments: Float64Array;
	input: Uint32Array;
	state: Uint32Array;
	output: Uint32Array;
}

export type Outcome = "done" | "cancelled" | "diverged";

/** The trainer's arrays by name, in the order of the enumeration in trainer.h. */
export const ARRAYS = [
	"parameters",
	"runningMean",
	"runningVar",
	"inputMean",
	"inputStd",
	"firstMoment",
	"secondMoment",
	"average",
	"step",
	"gradient",
] as const;
export type ArrayName = (typeof ARRAYS)[number];

/** How A is trained, in the order of the enumeration in poles.h. */
export const A_FORMS = ["continuous", "frozen", "discrete", "polar"] as const;

const OUTCOMES: Outcome[] = ["done", "cancelled", "diverged"];
const noThreads = () => new UserError("The trainer could not get memory or threads from the system.");

type NativeFunction = ReturnType<typeof bind>["train"];

const bound: Partial<Record<"float" | "double", ReturnType<typeof bind>>> = {};

/** One network in native memory with its optimizer. Must be closed: the memory is not garbage-collected. Calls must not overlap. */
export class NativeTrainer {
	readonly #library: ReturnType<typeof bind>;
	readonly #network: NativeNetwork;
	readonly #T: number;
	/** Targets of data sets: training in integers passes the same one for every batch. */
	readonly #known = new WeakMap<Dataset, Uint8Array | Float32Array>();
	#trainer: unknown;

	/** @param precision "double" for checking gradients, several times slower */
	constructor(
		network: NativeNetwork,
		{ T, batch, threads }: NativeBuffers,
		precision: "float" | "double" = "float",
	) {
		this.#library = bound[precision] ??= bind(precision === "double");
		this.#network = network;
		this.#T = T;
		const { heads, channels, operations } = network;
		const blocks = (operations.length - 2) / 5;
		const specs = operations.map(({ kind, size = 0, option = 0, value = 0 }) => ({
			kind: this.#library.kind(kind) as number,
			size,
			option,
			value,
		}));
		const misplaced = Number.isInteger(blocks)
			? this.#library.misplaced(specs, blocks)
			: operations.length - 1;
		if (misplaced >= 0)
			throw new Error(
				`the native trainer has no operation ${operations[misplaced]?.kind} for place ${misplaced} of a network`,
			);
		this.#trainer = this.#library.open({ heads, channels, blocks, steps: T, batch, threads }, specs);
		if (!this.#trainer)
			throw new UserError("There is not enough memory for this network and batch; choose a smaller batch.");
	}

	close(): void {
		if (this.#trainer) this.#library.close(this.#trainer);
		this.#trainer = undefined;
	}

	/** A copy of one of the trainer's arrays. */
	read(name: ArrayName): Float64Array {
		const index = ARRAYS.indexOf(name);
		const values = new Float64Array(this.#library.size(this.#trainer, index));
		this.#library.read(this.#trainer, index, values);
		return values;
	}

	write(name: ArrayName, values: Float64Array): void {
		const index = ARRAYS.indexOf(name);
		const size = this.#library.size(this.#trainer, index);
		if (values.length !== size)
			throw new Error(`${name} of the native trainer has ${size} numbers, not ${values.length}`);
		this.#library.write(this.#trainer, index, values);
	}

	/**
	 * One epoch over `rows` of the data set in their order; see trainer_train.
	 * @param teacher outputs (count, outputs) to approximate
	 */
	async train(
		optimization: Optimization,
		targetWeights: Float64Array | null,
		dataset: Dataset,
		rows: Uint32Array,
		teacher?: Float32Array,
	): Promise<Outcome> {
		return this.#pass(this.#library.train, optimization, targetWeights, dataset, rows, teacher);
	}

	/** Computes the gradient of one batch, readable as "gradient"; its loss is in progress(). */
	async gradient(
		optimization: Optimization,
		targetWeights: Float64Array | null,
		dataset: Dataset,
		rows: Uint32Array,
		teacher?: Float32Array,
	): Promise<Outcome> {
		return this.#pass(this.#library.gradient, optimization, targetWeights, dataset, rows, teacher);
	}

	/** Outputs (count, outputs) in evaluation form; `averaged`: with the exponential moving average of the weights. */
	async evaluate(dataset: Dataset, averaged = false): Promise<{ outcome: Outcome; outputs: Float32Array }> {
		const targets = this.#targets(dataset);
		const { values, lengths, count } = dataset;
		const outputs = new Float32Array(count * this.#network.outputs);
		const outcome = await this.#call(
			this.#library.evaluate,
			averaged ? 1 : 0,
			values,
			targets,
			lengths,
			count,
			outputs,
		);
		return { outcome, outputs };
	}

	/** Outputs (count, outputs) of every row, without targets. */
	async outputs(dataset: Dataset): Promise<Float32Array> {
		this.#checkRows(dataset);
		const { values, lengths, count } = dataset;
		const outputs = new Float32Array(count * this.#network.outputs);
		await this.#call(this.#library.evaluate, 0, values, null, lengths, count, outputs);
		return outputs;
	}

	/** The same, synchronously. */
	outputsNow(dataset: Dataset): Float32Array {
		this.#checkRows(dataset);
		const { values, lengths, count } = dataset;
		const outputs = new Float32Array(count * this.#network.outputs);
		const result: number = this.#library.evaluate(this.#trainer, 0, values, null, lengths, count, outputs);
		if (!OUTCOMES[result]) throw noThreads();
		return outputs;
	}

	/**
	 * `observe` watches the float network from now on, and forgets what it saw before.
	 * @param units of each block's state @param stride sampling interval of states, in steps @param last whether the head sees
	 * the last step
	 * @returns false where a kind cannot be watched, or memory is short
	 */
	watch(units: Int32Array, stride: number, last: boolean): boolean {
		return this.#library.watch(this.#trainer, units, stride, last ? 1 : 0) === 0;
	}

	/**
	 * Runs rows and records what the network does.
	 * @param pooled (count, heads) takes what the head sees @param drive (blocks, count, steps, heads) takes the mixers' inputs
	 * @returns outputs (count, outputs)
	 */
	observe(
		dataset: Dataset,
		pooled: Float32Array,
		drive: Float32Array | null,
		driveSteps: number,
	): Float32Array {
		this.#checkRows(dataset);
		const { values, lengths, count } = dataset;
		const outputs = new Float32Array(count * this.#network.outputs);
		const rows = [values, lengths, count] as const;
		const result: number = this.#library.observe(this.#trainer, ...rows, outputs, pooled, drive, driveSteps);
		if (!OUTCOMES[result]) throw noThreads();
		return outputs;
	}

	/** Minimum and maximum of the stream before a block, or after the last. */
	watchedStream(block: number): { low: Float64Array; high: Float64Array } {
		const { heads } = this.#network;
		const [low, high] = [new Float64Array(heads), new Float64Array(heads)];
		this.#library.watchedStream(this.#trainer, block, low, high);
		return { low, high };
	}

	/** What was recorded in a block of `units` of state; see struct WatchShare of watch.h. */
	watchedBlock(block: number, units: number): WatchedBlock {
		const { heads: H } = this.#network;
		const reals = (length: number) => new Float64Array(length);
		const bins = (rows: number) => new Uint32Array(rows * WATCH_BINS);
		const seen = {
			...{ sum: reals(1), value: reals(H), mean: reals(H), moments: reals(H * H) },
			...{ input: bins(H), state: bins(units), output: bins(3) },
		};
		const { sum, value, mean, moments, input, state, output } = seen;
		this.#library.watchedBlock(this.#trainer, block, sum, value, mean, moments, input, state, output);
		return seen;
	}

	/**
	 * Sets the integers to compute with until the next call. Training needs new ones before every batch, so call `train` with
	 * one batch at a time.
	 */
	quantize({ integers, reals }: FlatNetwork): void {
		if (this.#library.quantize(this.#trainer, integers, integers.length, reals, reals.length) !== 0)
			// A different shape would be a bug in operations/.
			throw new UserError("There is not enough memory for the integers of this network.");
	}

	progress(): NativeProgress {
		const progress = {};
		this.#library.progress(this.#trainer, progress);
		return progress as NativeProgress;
	}

	/** Stops the current call, and any later one, after its batch. */
	cancel(): void {
		this.#library.cancel(this.#trainer);
	}

	#pass(
		pass: NativeFunction,
		optimization: Optimization,
		targetWeights: Float64Array | null,
		dataset: Dataset,
		rows: Uint32Array,
		teacher: Float32Array | undefined,
	) {
		const targets = this.#targets(dataset);
		const { values, lengths, count } = dataset;
		if (teacher && teacher.length !== count * this.#network.outputs)
			throw new Error(`the teacher's outputs are not those of the data set ${dataset.name}`);
		return this.#call(
			pass,
			optimization,
			targetWeights,
			teacher ?? null,
			values,
			targets,
			lengths,
			rows,
			rows.length,
		);
	}

	/** Targets as the library takes them. The native side trusts the bounds checked here. */
	#targets(dataset: Dataset): Uint8Array | Float32Array {
		this.#checkRows(dataset);
		const known = this.#known.get(dataset);
		if (known) return known;
		const task = taskOf(dataset);
		if (task.goal(dataset.targets).labels.length > this.#network.outputs)
			throw new Error(`the data set ${dataset.name} does not have the trainer's shape`);
		const targets = task.native(dataset.targets, this.#network.head ?? { kind: "" });
		if (targets.length < dataset.count * task.nativeWidth(dataset.targets))
			throw new Error(`the data set ${dataset.name} holds fewer targets than it states`);
		this.#known.set(dataset, targets);
		return targets;
	}

	/** The native side trusts these bounds. */
	#checkRows({ name, T, channels, count, values, lengths }: Dataset): void {
		if (T !== this.#T || channels !== this.#network.channels)
			throw new Error(`the data set ${name} does not have the trainer's shape`);
		const short = values.length < count * T * channels || lengths.length < count;
		if (short || count < 1 || lengths.some((length) => length > T))
			throw new Error(`the data set ${name} holds fewer values than it states`);
	}

	#call(call: NativeFunction, ...parameters: unknown[]): Promise<Outcome> {
		return new Promise((resolve, reject) => {
			call.async(this.#trainer, ...parameters, (error: unknown, result: number) => {
				const outcome = OUTCOMES[result];
				if (error) reject(error);
				else if (outcome) resolve(outcome);
				else reject(noThreads());
			});
		});
	}
}

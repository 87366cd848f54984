// TypeScript binding of the native trainer (native/): builds the library on first use, calls it through koffi. Long calls run on
// another thread, so the event loop stays free. Training policy is in train.ts.
import koffi from "koffi";
import type { Dataset } from "../datasets/dataset";
import { builtLibrary } from "../files/library";
import { taskOf } from "../task/fit";
import { UserError } from "../terminal/errors";
import type { FlatNetwork, Spec } from "./operations/operation";

/** A network as the native trainer opens it. */
export interface NativeNetwork {
	heads: number;
	channels: number;
	/** Number of outputs per sequence. */
	outputs: number;
	/** Encoder; norm, mixer, activation, channel mixer and post of each block; head. */
	operations: Spec[];
}

/** Buffer sizes: `T` steps of the longest sequence, `batch` sequences at a time. */
export interface NativeBuffers {
	T: number;
	batch: number;
	threads: number;
}

/** One run's settings, as struct Recipe of optimizer.h. */
export interface Recipe {
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

koffi.opaque("Trainer");
koffi.struct("TrainerShape", {
	heads: "int32_t",
	channels: "int32_t",
	blocks: "int32_t",
	steps: "int32_t",
	batch: "int32_t",
	threads: "int32_t",
});
koffi.struct("TrainerSpec", { kind: "int32_t", size: "int32_t", option: "int32_t", value: "double" });
koffi.struct("TrainerRecipe", {
	rate: "double",
	ssmRate: "double",
	weightDecay: "double",
	clip: "double",
	averaging: "double",
	labelSmoothing: "double",
	distill: "double",
	temperature: "double",
	dropout: "double",
	normMomentum: "double",
	lossLimit: "double",
	totalSteps: "int32_t",
	warmupSteps: "int32_t",
	frozenNorm: "int32_t",
	aForm: "int32_t",
	seed: "uint32_t",
});
koffi.struct("TrainerProgress", {
	samples: "double",
	loss: "double",
	correct: "double",
	step: "double",
	batchLoss: "double",
	norm: "double",
});

/** Path in the project of what is built on first use. */
export const LIBRARY = "build/native/libtrainer.so";

function buildLibrary(double: boolean): string {
	return builtLibrary(
		"The trainer",
		"host-tools/training/native",
		double ? "build/native/libtrainer-double.so" : LIBRARY,
		double ? "double" : "all",
	);
}

function bind(double: boolean) {
	const library = koffi.load(buildLibrary(double));
	const data = "const float *values, const void *targets, const uint32_t *lengths";
	const pass = `Trainer *t, const TrainerRecipe *recipe, const double *weights, const float *teacher, ${data}, const uint32_t *rows, int32_t count`;
	return {
		kind: library.func("int32_t trainer_kind(const char *name)"),
		misplaced: library.func("int32_t trainer_misplaced(const TrainerSpec *specs, int32_t blocks)"),
		open: library.func("Trainer *trainer_open(const TrainerShape *shape, const TrainerSpec *specs)"),
		close: library.func("void trainer_close(Trainer *t)"),
		size: library.func("int32_t trainer_size(Trainer *t, int32_t array)"),
		read: library.func("void trainer_read(Trainer *t, int32_t array, double *to)"),
		write: library.func("void trainer_write(Trainer *t, int32_t array, const double *from)"),
		train: library.func(`int32_t trainer_train(${pass})`),
		gradient: library.func(`int32_t trainer_gradient(${pass})`),
		evaluate: library.func(
			`int32_t trainer_evaluate(Trainer *t, int32_t averaged, ${data}, int32_t count, float *outputs)`,
		),
		quantize: library.func(
			"int32_t trainer_quantize(Trainer *t, const int32_t *integers, int32_t integer_count, const double *reals, int32_t real_count)",
		),
		progress: library.func("void trainer_progress(Trainer *t, _Out_ TrainerProgress *to)"),
		cancel: library.func("void trainer_cancel(Trainer *t)"),
	};
}

const noThreads = () => new UserError("The trainer could not get memory or threads from the system.");

type NativeFunction = ReturnType<typeof bind>["train"];

const bound: Partial<Record<"float" | "double", ReturnType<typeof bind>>> = {};

/** One network in native memory with its optimizer. Must be closed: the memory is not garbage-collected. Calls must not overlap. */
export class NativeTrainer {
	readonly #library: ReturnType<typeof bind>;
	readonly #network: NativeNetwork;
	readonly #T: number;
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
		recipe: Recipe,
		targetWeights: Float64Array,
		dataset: Dataset,
		rows: Uint32Array,
		teacher?: Float32Array,
	): Promise<Outcome> {
		return this.#pass(this.#library.train, recipe, targetWeights, dataset, rows, teacher);
	}

	/** Computes the gradient of one batch, readable as "gradient"; its loss is in progress(). */
	async gradient(
		recipe: Recipe,
		targetWeights: Float64Array,
		dataset: Dataset,
		rows: Uint32Array,
		teacher?: Float32Array,
	): Promise<Outcome> {
		return this.#pass(this.#library.gradient, recipe, targetWeights, dataset, rows, teacher);
	}

	/** Outputs (count, outputs) in evaluation form; `averaged`: with the exponential moving average of the weights. */
	async evaluate(dataset: Dataset, averaged = false): Promise<{ outcome: Outcome; outputs: Float32Array }> {
		this.#check(dataset);
		const { values, lengths, count } = dataset;
		const outputs = new Float32Array(count * this.#network.outputs);
		const outcome = await this.#call(
			this.#library.evaluate,
			averaged ? 1 : 0,
			values,
			this.#targets(dataset),
			lengths,
			count,
			outputs,
		);
		return { outcome, outputs };
	}

	/** Outputs (count, outputs) of every row, whatever its target. */
	async outputs(dataset: Dataset): Promise<Float32Array> {
		const outputs = new Float32Array(dataset.count * this.#network.outputs);
		await this.#call(this.#library.evaluate, ...this.#rows(dataset), outputs);
		return outputs;
	}

	/** The same, and nothing else happens meanwhile. */
	outputsNow(dataset: Dataset): Float32Array {
		const outputs = new Float32Array(dataset.count * this.#network.outputs);
		const result = this.#library.evaluate(this.#trainer, ...this.#rows(dataset), outputs) as number;
		if (!OUTCOMES[result]) throw noThreads();
		return outputs;
	}

	/** What `evaluate` of the library takes of rows without targets. */
	#rows(dataset: Dataset) {
		this.#checkRows(dataset);
		const { values, lengths, count } = dataset;
		return [0, values, new Uint8Array(count), lengths, count] as const;
	}

	/**
	 * Sets the integers the trainer computes in, until the next call. Training needs new ones before every batch, so call `train`
	 * with one batch at a time.
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
		recipe: Recipe,
		targetWeights: Float64Array,
		dataset: Dataset,
		rows: Uint32Array,
		teacher: Float32Array | undefined,
	) {
		this.#check(dataset);
		const { values, lengths, count } = dataset;
		if (teacher && teacher.length !== count * this.#network.outputs)
			throw new Error(`the teacher's outputs are not those of the data set ${dataset.name}`);
		return this.#call(
			pass,
			recipe,
			targetWeights,
			teacher ?? null,
			values,
			this.#targets(dataset),
			lengths,
			rows,
			rows.length,
		);
	}

	#targets(dataset: Dataset): Uint8Array {
		return taskOf(dataset).native(dataset.targets);
	}

	/** The native side trusts these bounds. */
	#check(dataset: Dataset): void {
		this.#checkRows(dataset);
		if (taskOf(dataset).goal(dataset.targets).labels.length > this.#network.outputs)
			throw new Error(`the data set ${dataset.name} does not have the trainer's shape`);
		if (this.#targets(dataset).length < dataset.count)
			throw new Error(`the data set ${dataset.name} holds fewer targets than it says`);
	}

	#checkRows({ name, T, channels, count, values, lengths }: Dataset): void {
		if (T !== this.#T || channels !== this.#network.channels)
			throw new Error(`the data set ${name} does not have the trainer's shape`);
		const short = values.length < count * T * channels || lengths.length < count;
		if (short || count < 1 || lengths.some((length) => length > T))
			throw new Error(`the data set ${name} holds fewer values than it says`);
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

// The updates of one epoch: sequence order, augmentation, the teacher's logits, progress.
import type { Dataset } from "../datasets/dataset";
import { Random } from "../datasets/random";
import { taskOf } from "../task/fit";
import { augment } from "./augment";
import type { Integers } from "./integers";
import type { Outcome } from "./native";
import type { Setup } from "./setup";

const PROGRESS_MS = 200;

/** The order of training sequences in an epoch (from 1), independent of other epochs, so that a resumed run need not replay. */
function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
	const order = Uint32Array.from({ length: count }, (_, i) => i);
	new Random(seed, 0x0e, epoch).shuffle(order);
	return order;
}

/** Sequences done, mean loss and number correct. */
export interface Totals {
	samples: number;
	loss: number;
	correct: number;
}

/** The teacher's logits for these data; undefined without a teacher. */
async function teach(
	{ teacher, options }: Setup,
	data: Dataset,
): Promise<Float32Array | undefined | "cancelled"> {
	if (!teacher) return undefined;
	const { answers } = teacher;
	const timer = setInterval(() => options.onTeach?.(answers.done, data.count), PROGRESS_MS);
	try {
		return (await answers.outputs(data)) ?? "cancelled";
	} finally {
		clearInterval(timer);
		options.onTeach?.(data.count, data.count);
	}
}

/** One epoch (from 1) of updates. */
export class Epoch {
	readonly #setup: Setup;
	readonly #integers: Integers;
	readonly #epoch: number;
	readonly #started = performance.now();
	/** Totals of the batches before the current native call. */
	#before: Totals = { samples: 0, loss: 0, correct: 0 };

	constructor(setup: Setup, integers: Integers, epoch: number) {
		this.#setup = setup;
		this.#integers = integers;
		this.#epoch = epoch;
	}

	async train(): Promise<Outcome> {
		const { settings, train, like } = this.#setup;
		const { jitter, rotation, warp, seed } = settings;
		const changes = jitter || rotation || warp;
		const data = changes
			? augment(train, { jitter, rotation, warp }, like.inputStd, seed, this.#epoch)
			: train;
		const answers = await teach(this.#setup, data);
		if (answers === "cancelled") return "cancelled";
		const timer = setInterval(() => this.#report(), PROGRESS_MS);
		try {
			return await this.#pass(data, epochOrder(train.count, seed, this.#epoch), answers);
		} finally {
			clearInterval(timer);
		}
	}

	/** Since the start of the epoch. */
	get seconds(): number {
		return (performance.now() - this.#started) / 1000;
	}

	/** Of this epoch so far. */
	totals(): Totals {
		const { samples, loss, correct } = this.#setup.native.progress();
		const before = this.#before;
		const all = before.samples + samples;
		return {
			samples: all,
			loss: all && (before.loss * before.samples + loss * samples) / all,
			correct: before.correct + correct,
		};
	}

	/**
	 * Trains on all sequences of `data` once in this order. Through the quantizer, every batch is quantized from the current
	 * weights.
	 */
	async #pass(data: Dataset, order: Uint32Array, answers?: Float32Array): Promise<Outcome> {
		const { native, optimization, weights, batch, options } = this.#setup;
		const train = (rows: Uint32Array) => native.train(optimization, weights, data, rows, answers);
		const { quantization } = this.#integers;
		if (!quantization) return train(order);
		const batches = Math.ceil(order.length / batch);
		const [mean, variance] = [native.read("runningMean"), native.read("runningVar")];
		for (let b = 0; b < batches; b++) {
			if (options.signal?.aborted) return "cancelled";
			if (b > 0) this.#before = this.totals();
			const flat = { parameters: native.read("parameters"), mean, variance };
			if (!this.#integers.apply({ flat, quantization })) return "diverged";
			const rows = order.subarray((b * order.length) / batches, ((b + 1) * order.length) / batches);
			const outcome = await train(rows);
			if (outcome !== "done") return outcome;
		}
		return "done";
	}

	#report(): void {
		const { options, settings, train } = this.#setup;
		const { samples, loss, correct } = this.totals();
		if (!samples || !options.onProgress) return;
		const { epochs } = settings;
		const rate = samples / this.seconds;
		const left = train.count - samples + (epochs - this.#epoch) * train.count;
		options.onProgress({
			epoch: this.#epoch,
			epochs,
			done: samples,
			of: train.count,
			loss,
			accuracy: taskOf(train).counts ? correct / samples : null,
			rate,
			secondsLeft: left / rate,
		});
	}
}

// The updates of one epoch: sequence order, augmentation, the teacher's logits, progress.
import type { Dataset } from "../datasets/dataset";
import { Random } from "../datasets/random";
import { taskOf } from "../task/fit";
import { augment } from "./augment";
import type { Integers } from "./integers";
import type { Outcome } from "./native";
import type { TrainSettings } from "./settings";
import type { Setup } from "./setup";

const PROGRESS_MS = 200;

/** First row of batch `b` of so many, as the native trainer divides them. */
const batchStart = (b: number, count: number, batches: number) => Math.floor((b * count) / batches);

/**
 * The order of training sequences in an epoch (from 1), independent of other epochs, so that a resumed run need not replay.
 * @param buckets so many batches share their rows out by length, so that little of a batch is padding; 0: lengths are mixed
 */
export function epochOrder(
	{ lengths, count }: Pick<Dataset, "lengths" | "count">,
	{ seed, buckets }: Pick<TrainSettings, "seed" | "buckets">,
	batch: number,
	epoch: number,
): Uint32Array {
	const order = Uint32Array.from({ length: count }, (_, i) => i);
	const random = new Random(seed, 0x0e, epoch);
	random.shuffle(order);
	if (!buckets) return order;
	const batches = Math.ceil(count / batch);
	for (let first = 0; first < batches; first += buckets) {
		const end = Math.min(batches, first + buckets);
		const start = batchStart(first, count, batches);
		const rows = order
			.slice(start, batchStart(end, count, batches))
			.sort((a, b) => lengths[a]! - lengths[b]!);
		const places = Uint32Array.from({ length: end - first }, (_, i) => first + i);
		random.shuffle(places);
		let taken = 0;
		for (const place of places) {
			const [from, to] = [place, place + 1].map((b) => batchStart(b, count, batches)) as [number, number];
			order.set(rows.subarray(taken, taken + to - from), from);
			taken += to - from;
		}
	}
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
		const { settings, train, like, batch } = this.#setup;
		const { jitter, rotation, warp, seed } = settings;
		const changes = jitter || rotation || warp;
		const data = changes
			? augment(train, { jitter, rotation, warp }, like.inputStd, seed, this.#epoch)
			: train;
		const answers = await teach(this.#setup, data);
		if (answers === "cancelled") return "cancelled";
		const timer = setInterval(() => this.#report(), PROGRESS_MS);
		try {
			return await this.#pass(data, epochOrder(train, settings, batch, this.#epoch), answers);
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
			const [from, to] = [b, b + 1].map((at) => batchStart(at, order.length, batches));
			const rows = order.subarray(from, to);
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

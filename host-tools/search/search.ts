// The search: from readings to a front of predicted choices, then by real measurements to one choice under the user's
// limits. Deterministic: the same checkpoint, data, limits and seed give the same choice. Never sees the test split.

import { highestPrecision } from "../quantization/precision";
import type { Shape } from "../quantization/shape";
import { UserError } from "../terminal/errors";
import type { Comparison } from "./cache";
import { type Budget, bitsOf, front, type Place, type Plan } from "./candidates";
import { type Cost, costOf } from "./cost";
import type { Bench } from "./measure";
import { places, scratchBytes } from "./places";
import type { Sensitivity } from "./reading";
import { inTurn } from "./sensitivity";

/** The user's limits; absent: unlimited. */
export interface Limits {
	/** Points of quality below the float network, on the validation sequences. */
	maxLoss?: number;
	/** Bytes of the blob file. */
	flash?: number;
	/** Bytes of the arena. */
	ram?: number;
	/** Instructions per step on RV32IMC. */
	instructions?: number;
}

/** One choice for the entire network. */
export interface Candidate {
	/** Text of --bits. */
	bits: string;
	cost: Cost;
	/** Bytes of the blob file. */
	blobBytes: number;
	/** Predicted noise on the logits relative to their power; undefined for choices found by measurement alone. */
	predicted?: number | undefined;
	/** On the screening sequences. */
	screened?: Comparison | undefined;
	/** On all validation sequences. */
	validated?: Comparison | undefined;
	/** Epochs trained for this choice; absent: none. */
	trained?: number | undefined;
}

/** What choices are found from. */
export interface Screening {
	shape: Shape;
	sensitivity: Sensitivity;
	/** The few sequences used for the readings. */
	screen: Bench;
	limits: Limits;
	/** Bytes of the blob other than encoder, blocks and head. */
	overhead: number;
	/** Called with the current activity and the fraction done. */
	onProgress?: (stage: string, done: number) => void;
}

export interface SearchInput extends Screening {
	/** The many sequences that decide. */
	validation: Bench;
	/** Short trainings: how many, how long, and a function that trains a choice and returns its blob if possible. */
	qat?: { runs: number; epochs: number; train: (bits: string) => Promise<Uint8Array | undefined> };
}

export interface SearchResult {
	/** Every measured choice, smallest blob first; then trained ones in order. */
	candidates: Candidate[];
	/** Index of the choice. */
	chosen: number;
	/** Points lost against float on the validation sequences. */
	loss: number;
}

const FRONT_POINTS = 10;
const BISECTIONS = 5;
const ROUNDS = 2;
const FINALISTS = 3;
/** Maximum predicted noise, relative to the logits' power, for a choice to be worth training. */
const TRAINABLE = 1;

/** Of a choice that integers cannot hold. */
const nothing = ({ count, float }: Bench): Comparison => ({
	...{ count, right: 0, kl: Infinity, noise: Infinity },
	...(float.values && { values: { nrmse: Infinity, smape: 200, mse: Infinity } }),
});

/** At most `count` of the items, spread evenly, first and last included. */
function spread<T>(items: readonly T[], count: number): T[] {
	if (items.length <= count) return [...items];
	return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}

/** Choices of a place on its Pareto front of bytes and loss, smallest first. */
function ladder({ choices }: Place): number[] {
	const order = [...choices.keys()].sort(
		(a, b) =>
			choices[a]!.flash + choices[a]!.arena - choices[b]!.flash - choices[b]!.arena ||
			choices[a]!.loss - choices[b]!.loss,
	);
	let min = Infinity;
	return order.filter((i) => {
		if (choices[i]!.loss >= min) return false;
		min = choices[i]!.loss;
		return true;
	});
}

/**
 * Index of the first plan that holds, if all after it do; plans.length when none is found. Bisects on the predicted loss, at
 * most `tries` times.
 * @param low index of a plan assumed not to hold, or -1 @param high of one known to hold, or plans.length
 */
async function bisect(
	plans: readonly Plan[],
	low: number,
	high: number,
	tries: number,
	holds: (plan: Plan) => Promise<boolean>,
): Promise<number> {
	const depth = (i: number) => Math.log(plans[Math.min(Math.max(i, 0), plans.length - 1)]!.loss + 1e-9);
	for (let i = 0; i < tries && high - low > 1; i++) {
		const middle = (depth(low) + depth(high)) / 2;
		const found = plans.findIndex((_, k) => depth(k) <= middle);
		const at = Math.min(high - 1, Math.max(low + 1, found));
		if (await holds(plans[at]!)) high = at;
		else low = at;
	}
	return high;
}

class Search {
	readonly #input: Screening;
	readonly #places: Place[];
	readonly #base: Cost;
	readonly #seen = new Map<string, Candidate>();

	constructor(input: Screening) {
		this.#input = input;
		this.#places = places(input.shape, input.sensitivity);
		this.#base = costOf(input.shape, highestPrecision(input.shape));
	}

	candidate({ picks }: Pick<Plan, "picks">): Candidate {
		const { shape, overhead } = this.#input;
		const bits = bitsOf(this.#places, picks);
		let candidate = this.#seen.get(bits);
		if (!candidate) {
			const cost = costOf(shape, highestPrecision(shape, bits));
			const predicted = picks.reduce((sum, pick, i) => sum + this.#places[i]!.choices[pick]!.loss, 0);
			candidate = { bits, cost, blobBytes: cost.parameters + overhead, predicted };
			this.#seen.set(bits, candidate);
		}
		return candidate;
	}

	/** The limits relative to the highest precision of every component. */
	#budget(flash = this.#input.limits.flash ?? Infinity): Budget {
		const { shape, limits, overhead } = this.#input;
		return {
			flash: flash - overhead - this.#base.parameters,
			arena: (limits.ram ?? Infinity) - this.#base.arena - scratchBytes(shape),
			instructions: (limits.instructions ?? Infinity) - this.#base.instructions,
		};
	}

	/** The front predicted after training. */
	trainable(): Plan[] {
		const trained = this.#places.map((place): Place => {
			const left = place.afterTraining ?? 1;
			return { ...place, choices: place.choices.map((choice) => ({ ...choice, loss: left * choice.loss })) };
		});
		return front(trained, this.#budget());
	}

	front(): Plan[] {
		const plans = front(this.#places, this.#budget());
		if (plans.length > 0) return plans;
		const minimum = (cost: "flash" | "arena" | "instructions") =>
			this.#places.reduce((sum, { choices }) => sum + Math.min(...choices.map((choice) => choice[cost])), 0);
		const { overhead, shape } = this.#input;
		throw new UserError(
			`Nothing fits these limits: the smallest blob of this network takes ${this.#base.parameters + minimum("flash") + overhead} bytes, the smallest arena ` +
				`${this.#base.arena + minimum("arena") + scratchBytes(shape)} bytes, and the fewest instructions are about ${this.#base.instructions + minimum("instructions")} per step; raise the limits, or train a network with fewer heads.`,
		);
	}

	async screen(all: readonly Candidate[], stage: string): Promise<void> {
		await this.#measure(all, "screened", this.#input.screen, stage);
	}

	async validate(all: readonly Candidate[], validation: Bench, stage: string): Promise<void> {
		await this.#measure(all, "validated", validation, stage);
	}

	async #measure(
		all: readonly Candidate[],
		what: "screened" | "validated",
		bench: Bench,
		stage: string,
	): Promise<void> {
		const open = all.filter((candidate) => !candidate[what]);
		let done = 0;
		await inTurn(open, async (candidate) => {
			const measurement = await bench.measure(highestPrecision(this.#input.shape, candidate.bits), (count) =>
				this.#input.onProgress?.(stage, (done += count) / (open.length * bench.count)),
			);
			// A choice that integers cannot hold is skipped, not an error.
			candidate[what] = measurement ?? nothing(bench);
		});
	}

	/**
	 * Improves a plan within `flash` bytes: measures every place one width up and one down from it, and lets the same dynamic
	 * programming trade them, using these losses instead of those measured around the highest precision.
	 */
	async refine(start: Plan, flash: number): Promise<Plan> {
		let best = start;
		const current = this.candidate(start);
		await this.screen([current], "refining");
		let min = current.screened!.noise;
		for (let round = 0; round < ROUNDS; round++) {
			const stage = `refining, round ${round + 1} of ${ROUNDS}`;
			const neighbours = this.#places.map((place, i) => {
				const steps = ladder(place);
				const at = steps.indexOf(best.picks[i]!);
				return at < 0 ? steps : [steps[at - 1], steps[at + 1]].filter((pick) => pick !== undefined);
			});
			const moved = (i: number, pick: number) =>
				this.candidate({ picks: best.picks.map((old, k) => (k === i ? pick : old)) });
			await this.screen(
				neighbours.flatMap((picks, i) => picks.map((pick) => moved(i, pick))),
				stage,
			);
			const local = this.#places.map((place, i): Place => {
				const now = best.picks[i]!;
				return {
					...place,
					choices: [now, ...neighbours[i]!].map((pick) => ({
						...place.choices[pick]!,
						loss: pick === now ? 0 : moved(i, pick).screened!.noise - min,
					})),
				};
			});
			const proposals = front(local, this.#budget(flash))
				.slice(-FINALISTS)
				.map((plan) => ({
					...plan,
					picks: plan.picks.map((pick, i) => (pick === 0 ? best.picks[i]! : neighbours[i]![pick - 1]!)),
				}));
			const judged = proposals.map((plan) => this.candidate(plan));
			await this.screen(judged, stage);
			const winner = judged
				.map(({ screened }, i) => ({ noise: screened!.noise, plan: proposals[i]! }))
				.sort((a, b) => a.noise - b.noise)[0];
			if (!winner || winner.noise >= min) break;
			min = winner.noise;
			best = winner.plan;
		}
		return best;
	}

	/** All choices within the limits, and within `flash` bytes. */
	fitting(flash = Infinity): Candidate[] {
		const { ram = Infinity, instructions = Infinity } = this.#input.limits;
		return this.candidates().filter(
			({ blobBytes, cost }) => blobBytes <= flash && cost.arena <= ram && cost.instructions <= instructions,
		);
	}

	/** The best of those that fit, on the screening sequences. */
	finalists(flash: number, count: number): Candidate[] {
		return this.fitting(flash)
			.filter(({ screened }) => screened)
			.sort((a, b) => a.screened!.noise - b.screened!.noise)
			.slice(0, count);
	}

	/** Choices worth training: the one predicted best after training, then the best without. */
	worthTraining(flash: number, count: number): Candidate[] {
		const best = this.trainable()
			.slice(-1)
			.map((plan) => this.candidate(plan));
		return [...new Set([...best, ...this.finalists(flash, count)])].slice(0, count);
	}

	candidates(): Candidate[] {
		return [...this.#seen.values()].sort((a, b) => a.blobBytes - b.blobBytes || a.cost.arena - b.cost.arena);
	}
}

/** The smallest plan that keeps the loss without training. @returns its index, plans.length when none does */
async function smallest(
	run: Search,
	plans: readonly Plan[],
	validation: Bench,
	keeps: (candidate: Candidate) => boolean,
) {
	const holds = async (plan: Plan) => {
		const candidate = run.candidate(plan);
		await run.validate([candidate], validation, "finding the smallest blob that keeps the loss");
		return keeps(candidate);
	};
	return (await holds(plans.at(-1)!)) ? bisect(plans, -1, plans.length - 1, BISECTIONS, holds) : plans.length;
}

/**
 * Choices worth training and judging elsewhere, from the screening sequences alone.
 * @throws UserError when nothing fits the limits
 */
export async function shortlist(input: Screening, count: number): Promise<Candidate[]> {
	const run = new Search(input);
	const { flash = Infinity } = input.limits;
	await run.refine(run.front().at(-1)!, flash);
	const found = run.worthTraining(flash, count);
	await run.screen(found, "measuring the choices");
	return found.filter(({ screened }) => screened!.noise < Infinity);
}

/**
 * Finds a choice. With a flash limit: the most accurate within it; without: the smallest that keeps the loss. Training is spent,
 * with a flash limit, on the choice predicted best after training and on the best untrained ones; without, on ever smaller
 * choices while the loss is kept, larger ones when it is not.
 * @throws UserError when no choice keeps the limits
 */
export async function search(input: SearchInput): Promise<SearchResult> {
	const { limits, validation, qat } = input;
	const maxLoss = limits.maxLoss ?? (limits.flash === undefined ? 0.5 : Infinity);
	const lossOf = ({ validated }: Candidate) => validation.lost(validated!);
	const keeps = (candidate: Candidate) => lossOf(candidate) <= maxLoss;
	const run = new Search(input);
	const plans = run.front();
	// Try the readings' predictions along the entire front.
	const shown = spread(plans, FRONT_POINTS).map((plan) => run.candidate(plan));
	await run.screen(shown, "measuring the front");

	const first = limits.flash === undefined ? await smallest(run, plans, validation, keeps) : plans.length - 1;
	const start = plans[Math.min(first, plans.length - 1)]!;
	const flash = limits.flash ?? run.candidate(start).blobBytes;
	await run.refine(start, flash);
	const finalists = run.finalists(flash, FINALISTS);
	if (finalists.length === 0)
		throw new UserError(
			"No choice within the limit of instructions was found; raise it, or leave out a limit of flash or RAM that asks for packed or dithered forms.",
		);
	await run.validate(finalists, validation, "validating");

	const trained: Candidate[] = [];
	const train = async ({ bits, cost, blobBytes }: Candidate) => {
		const blob = await qat!.train(bits);
		if (!blob) return false;
		const validated = await validation.measureBlob(blob);
		const candidate = { bits, cost, blobBytes, validated, trained: qat!.epochs };
		trained.push(candidate);
		return keeps(candidate);
	};
	if (qat && limits.flash !== undefined)
		for (const candidate of run.worthTraining(flash, qat.runs)) await train(candidate);
	else if (qat) {
		const trainable = run.trainable();
		const hopeless = trainable.findIndex(({ loss }) => loss <= TRAINABLE) - 1;
		const enough = first < plans.length ? run.candidate(start).blobBytes : Infinity;
		const untrained = trainable.filter((plan) => run.candidate(plan).blobBytes < enough).length;
		await bisect(trainable, hopeless, untrained, qat.runs, (plan) => train(run.candidate(plan)));
	}

	const all = [...run.fitting(limits.flash).filter(({ validated }) => validated), ...trained];
	const better = (a: Candidate, b: Candidate) =>
		lossOf(a) - lossOf(b) || a.validated!.noise - b.validated!.noise;
	const holding = all.filter(keeps).sort((a, b) => a.blobBytes - b.blobBytes || better(a, b));
	const best = (limits.flash === undefined && holding[0]) || all.sort(better)[0]!;
	if (!keeps(best))
		throw new UserError(
			`Within these limits the best choice loses ${lossOf(best).toFixed(2)} points on ${validation.count} validation sequences, more than ${maxLoss}; ` +
				`${qat ? "raise a limit, or train more of them or longer (--qat, --qat-epochs)" : "raise a limit or train for the precision (--qat)"}.`,
		);
	const candidates = [...run.candidates().filter((c) => shown.includes(c) || c.validated), ...trained];
	return { candidates, chosen: candidates.indexOf(best), loss: lossOf(best) };
}

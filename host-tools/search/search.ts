// The search: from readings to a front of predicted choices, from there by real measurements to one choice under the user's
// limits. Deterministic: the same checkpoint, data, limits and seed give the same choice. Never sees the test split.

import { highestPrecision } from "../quantization/precision";
import type { Shape } from "../quantization/shape";
import { UserError } from "../terminal/errors";
import type { Measurement } from "./cache";
import { type Budget, bitsOf, front, type Place, type Plan } from "./candidates";
import { type Cost, costOf } from "./cost";
import type { Bench } from "./measure";
import { places, scratchBytes } from "./places";
import type { Sensitivity } from "./reading";
import { inTurn } from "./sensitivity";

/** What the user allows; what is absent is not limited. */
export interface Limits {
	/** Points of accuracy under the float network, on the validation sequences. */
	maxLoss?: number;
	/** Bytes of the whole blob file. */
	flash?: number;
	/** Bytes of the arena. */
	ram?: number;
	/** Instructions of a step on RV32IMC. */
	instructions?: number;
}

/** One choice for the whole network. */
export interface Candidate {
	/** Text of --bits. */
	bits: string;
	cost: Cost;
	/** Bytes of the blob file. */
	blobBytes: number;
	/** Noise on the logits that the readings add up to, a part of their power; undefined for choices that were reached by measurement alone. */
	predicted?: number | undefined;
	/** On the screening sequences. */
	screened?: Measurement | undefined;
	/** On all validation sequences. */
	validated?: Measurement | undefined;
	/** Epochs of training for this choice; absent: none. */
	trained?: number | undefined;
}

export interface SearchInput {
	shape: Shape;
	sensitivity: Sensitivity;
	/** The few sequences that the readings were taken on. */
	screen: Bench;
	/** The many that decide. */
	validation: Bench;
	limits: Limits;
	/** Bytes of the blob beside encoder, blocks and head. */
	overhead: number;
	/** Short trainings for choices: how many, how long, and what trains for one and gives its blob, if it can be trained. */
	qat?: { runs: number; epochs: number; train: (bits: string) => Promise<Uint8Array | undefined> };
	/** Called with what is being done, and the part of it that is done. */
	onProgress?: (stage: string, done: number) => void;
}

export interface SearchResult {
	/** Every choice that was considered in earnest, smallest blob first; trained ones last, in their order. */
	candidates: Candidate[];
	/** Index of the choice. */
	chosen: number;
	/** Points that the choice loses against float on the validation sequences. */
	loss: number;
}

const FRONT_POINTS = 10;
const BISECTIONS = 5;
const ROUNDS = 2;
const FINALISTS = 3;
/** Noise that the readings may add up to, a part of the logits' power, for a choice to be worth a training. */
const TRAINABLE = 1;

/** Points of accuracy that a choice loses against the float network. */
export function pointsLost(bench: Bench, measurement: Measurement): number {
	return (100 * (bench.floatRight - measurement.right)) / bench.count;
}

/** At most `count` of the items, spread evenly, first and last included. */
function spread<T>(items: readonly T[], count: number): T[] {
	if (items.length <= count) return [...items];
	return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}

/** Choices of a place that no other beats in both bytes and loss, smallest first. */
function ladder({ choices }: Place): number[] {
	const order = [...choices.keys()].sort(
		(a, b) =>
			choices[a]!.flash + choices[a]!.arena - choices[b]!.flash - choices[b]!.arena ||
			choices[a]!.loss - choices[b]!.loss,
	);
	let least = Infinity;
	return order.filter((i) => {
		if (choices[i]!.loss >= least) return false;
		least = choices[i]!.loss;
		return true;
	});
}

/**
 * Index of the first plan that holds, if all after it do; plans.length when none is found to. Looks in the middle of the
 * predicted loss, `tries` times at most.
 * @param low index of a plan that is taken not to hold, or -1 @param high of one that is known to hold, or plans.length
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
	readonly #input: SearchInput;
	readonly #places: Place[];
	readonly #base: Cost;
	readonly #seen = new Map<string, Candidate>();

	constructor(input: SearchInput) {
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

	/** The limits as what is left beyond the highest precision of every component. */
	#budget(flash = this.#input.limits.flash ?? Infinity): Budget {
		const { shape, limits, overhead } = this.#input;
		return {
			flash: flash - overhead - this.#base.parameters,
			arena: (limits.ram ?? Infinity) - this.#base.arena - scratchBytes(shape),
			instructions: (limits.instructions ?? Infinity) - this.#base.instructions,
		};
	}

	/** The front as training would leave it. */
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
		const least = (cost: "flash" | "arena" | "instructions") =>
			this.#places.reduce((sum, { choices }) => sum + Math.min(...choices.map((choice) => choice[cost])), 0);
		const { overhead, shape } = this.#input;
		throw new UserError(
			`Nothing fits these limits: the smallest blob of this network takes ${this.#base.parameters + least("flash") + overhead} bytes, the smallest arena ` +
				`${this.#base.arena + least("arena") + scratchBytes(shape)} bytes, and the fewest instructions are about ${this.#base.instructions + least("instructions")} a step; raise the limits, or train a network with fewer heads.`,
		);
	}

	async screen(all: readonly Candidate[], stage: string): Promise<void> {
		await this.#measure(all, "screened", this.#input.screen, stage);
	}

	async validate(all: readonly Candidate[], stage: string): Promise<void> {
		await this.#measure(all, "validated", this.#input.validation, stage);
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
			// Integers that cannot hold a choice make it worthless, not wrong.
			candidate[what] = measurement ?? { count: bench.count, right: 0, kl: Infinity, noise: Infinity };
		});
	}

	/**
	 * Improves a plan within `flash` bytes: measures, around it, every place one width up and one down, and lets the same dynamic
	 * programming trade them, with what was measured here in place of what was measured at the highest precision.
	 */
	async refine(start: Plan, flash: number): Promise<Plan> {
		let best = start;
		const current = this.candidate(start);
		await this.screen([current], "refining");
		let least = current.screened!.noise;
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
						loss: pick === now ? 0 : moved(i, pick).screened!.noise - least,
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
			if (!winner || winner.noise >= least) break;
			least = winner.noise;
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

	/** The best on the screening sequences of those that fit. */
	finalists(flash: number, count: number): Candidate[] {
		return this.fitting(flash)
			.filter(({ screened }) => screened)
			.sort((a, b) => a.screened!.noise - b.screened!.noise)
			.slice(0, count);
	}

	candidates(): Candidate[] {
		return [...this.#seen.values()].sort((a, b) => a.blobBytes - b.blobBytes || a.cost.arena - b.cost.arena);
	}
}

/** The smallest plan that keeps the loss untrained. @returns its index, plans.length when none does */
async function smallest(run: Search, plans: readonly Plan[], keeps: (candidate: Candidate) => boolean) {
	const holds = async (plan: Plan) => {
		const candidate = run.candidate(plan);
		await run.validate([candidate], "finding the smallest blob that keeps the loss");
		return keeps(candidate);
	};
	return (await holds(plans.at(-1)!)) ? bisect(plans, -1, plans.length - 1, BISECTIONS, holds) : plans.length;
}

/**
 * Finds a choice. With a limit of flash it is the one that gets most right within it; without, the smallest that keeps the
 * loss. What is trained are, with a limit of flash, the choice that should be best trained and the best ones untrained;
 * without, ever smaller ones while the loss is kept, larger ones when it is not.
 * @throws UserError when no choice keeps the limits
 */
export async function search(input: SearchInput): Promise<SearchResult> {
	const { limits, validation, qat } = input;
	const maxLoss = limits.maxLoss ?? (limits.flash === undefined ? 0.5 : Infinity);
	const lossOf = ({ validated }: Candidate) => pointsLost(validation, validated!);
	const keeps = (candidate: Candidate) => lossOf(candidate) <= maxLoss;
	const run = new Search(input);
	const plans = run.front();
	// What the readings predict, tried along the whole front.
	const shown = spread(plans, FRONT_POINTS).map((plan) => run.candidate(plan));
	await run.screen(shown, "measuring the front");

	const first = limits.flash === undefined ? await smallest(run, plans, keeps) : plans.length - 1;
	const start = plans[Math.min(first, plans.length - 1)]!;
	const flash = limits.flash ?? run.candidate(start).blobBytes;
	await run.refine(start, flash);
	const finalists = run.finalists(flash, FINALISTS);
	if (finalists.length === 0)
		throw new UserError(
			"No choice within the limit of instructions was found; raise it, or leave out a limit of flash or RAM that asks for packed or dithered forms.",
		);
	await run.validate(finalists, "validating");

	const trained: Candidate[] = [];
	const train = async ({ bits, cost, blobBytes }: Candidate) => {
		const blob = await qat!.train(bits);
		if (!blob) return false;
		const validated = await validation.measureBlob(blob);
		const candidate = { bits, cost, blobBytes, validated, trained: qat!.epochs };
		trained.push(candidate);
		return keeps(candidate);
	};
	const trainable = qat ? run.trainable() : [];
	if (qat && limits.flash !== undefined) {
		const best = trainable.slice(-1).map((plan) => run.candidate(plan));
		const choices = new Set([...best, ...run.finalists(flash, qat.runs)]);
		for (const candidate of [...choices].slice(0, qat.runs)) await train(candidate);
	} else if (qat) {
		const hopeless = trainable.findIndex(({ loss }) => loss <= TRAINABLE) - 1;
		const enough = first < plans.length ? run.candidate(start).blobBytes : Infinity;
		const untrained = trainable.filter((plan) => run.candidate(plan).blobBytes < enough).length;
		await bisect(trainable, hopeless, untrained, qat.runs, (plan) => train(run.candidate(plan)));
	}

	const all = [...run.fitting(limits.flash).filter(({ validated }) => validated), ...trained];
	const mostRight = (a: Candidate, b: Candidate) =>
		b.validated!.right - a.validated!.right || a.validated!.noise - b.validated!.noise;
	const holding = all.filter(keeps).sort((a, b) => a.blobBytes - b.blobBytes || mostRight(a, b));
	const best = (limits.flash === undefined && holding[0]) || all.sort(mostRight)[0]!;
	if (!keeps(best))
		throw new UserError(
			`Within these limits the best choice loses ${lossOf(best).toFixed(2)} points on ${validation.count} validation sequences, more than ${maxLoss}; ` +
				`${qat ? "raise a limit, or train more of them or longer (--qat, --qat-epochs)" : "raise a limit or train for the precision (--qat)"}.`,
		);
	const candidates = [...run.candidates().filter((c) => shown.includes(c) || c.validated), ...trained];
	return { candidates, chosen: candidates.indexOf(best), loss: lossOf(best) };
}

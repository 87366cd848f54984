// The search: from readings to a front of predicted choices, from there by real measurements to one choice under the user's
// limits. Deterministic: the same checkpoint, data, limits and seed give the same choice. Never sees the test split.

import { UserError } from "../common/errors";
import type { Precision } from "../quantization/precision";
import type { Measurement } from "./cache";
import { type Budget, bitsOf, front, type Place, type Plan } from "./candidates";
import { precisionOf } from "./components";
import { type Cost, costOf, type Shape } from "./cost";
import type { Bench } from "./measure";
import { lossOf, places, scratchBytes } from "./places";
import { inTurn, type Sensitivity } from "./sensitivity";

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
	/** Nats of KL that the readings add up to; undefined for choices that were reached by measurement alone. */
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
	/** Bytes of the blob beside encoder, layers and decoder. */
	overhead: number;
	/** Trains for a choice and gives its blob, at most `epochs` long; absent: nothing is trained. */
	qat?: { epochs: number; train: (bits: string) => Promise<Uint8Array> };
	/** Called with what is being done, and the part of it that is done. */
	onProgress?: (stage: string, done: number) => void;
}

export interface SearchResult {
	/** Every choice that was considered in earnest, smallest blob first. */
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
/** Choices that are trained, and the points that a choice may lose too much before training. */
const TRAINED = 2;
const TRAINING_GAINS = 2;

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

class Search {
	readonly #input: SearchInput;
	readonly #places: Place[];
	readonly #base: Cost;
	readonly #seen = new Map<string, Candidate>();

	constructor(input: SearchInput) {
		this.#input = input;
		this.#places = places(input.shape, input.sensitivity);
		this.#base = costOf(input.shape, precisionOf(input.shape.L));
	}

	precision(picks: readonly number[]): Precision {
		return precisionOf(this.#input.shape.L, bitsOf(this.#places, picks));
	}

	candidate(picks: readonly number[]): Candidate {
		const bits = bitsOf(this.#places, picks);
		let candidate = this.#seen.get(bits);
		if (!candidate) {
			const cost = costOf(this.#input.shape, this.precision(picks));
			const predicted = picks.reduce((sum, pick, i) => sum + this.#places[i]!.choices[pick]!.loss, 0);
			candidate = { bits, cost, blobBytes: cost.parameters + this.#input.overhead, predicted };
			this.#seen.set(bits, candidate);
		}
		return candidate;
	}

	/** The limits as what is left beyond the highest precision of every component. */
	budget(flash = this.#input.limits.flash ?? Infinity): Budget {
		const { shape, limits, overhead } = this.#input;
		return {
			flash: flash - overhead - this.#base.parameters,
			arena: (limits.ram ?? Infinity) - this.#base.arena - scratchBytes(shape),
			instructions: (limits.instructions ?? Infinity) - this.#base.instructions,
		};
	}

	front(): Plan[] {
		const plans = front(this.#places, this.budget());
		if (plans.length > 0) return plans;
		const [smallest] = front(this.#places, { flash: Infinity, arena: Infinity, instructions: Infinity });
		const least = this.candidate(smallest!.picks);
		throw new UserError(
			`Nothing fits these limits: the smallest blob of this network takes ${least.blobBytes} bytes, the smallest arena ` +
				`${this.#leastArena()} bytes, and the fewest instructions are about ${this.#fewestInstructions()} a step; raise the limits, or train a network with fewer heads.`,
		);
	}

	#leastArena(): number {
		const { shape } = this.#input;
		return costOf(shape, precisionOf(shape.L, "x=8d,B=4,C=4,W=4,A=4+8")).arena;
	}

	#fewestInstructions(): number {
		return (
			this.#base.instructions +
			this.#places.reduce((sum, { choices }) => sum + Math.min(...choices.map((c) => c.instructions)), 0)
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
			const measurement = await bench.measure(precisionOf(this.#input.shape.L, candidate.bits), (count) =>
				this.#input.onProgress?.(stage, (done += count) / (open.length * bench.count)),
			);
			// Integers that cannot hold a choice make it worthless, not wrong.
			candidate[what] = measurement ?? { count: bench.count, right: 0, kl: Infinity, noise: Infinity };
		});
	}

	/** The smallest plan of the front that keeps the loss, by bisection over the predicted loss. */
	async smallest(plans: readonly Plan[], maxLoss: number): Promise<Plan> {
		const { validation } = this.#input;
		const holds = async (plan: Plan) => {
			const candidate = this.candidate(plan.picks);
			await this.validate([candidate], "finding the smallest blob that keeps the loss");
			return pointsLost(validation, candidate.validated!) <= maxLoss;
		};
		let high = plans.length - 1;
		if (!(await holds(plans[high]!))) {
			const { validated } = this.candidate(plans[high]!.picks);
			throw new UserError(
				`Within these limits the best choice loses ${pointsLost(validation, validated!).toFixed(2)} points on ${validation.count} validation sequences, ` +
					`more than ${maxLoss}; raise a limit or train for the precision (--qat).`,
			);
		}
		let low = -1;
		for (let i = 0; i < BISECTIONS && high - low > 1; i++) {
			const from = Math.log(plans[Math.max(low, 0)]!.loss + 1e-9);
			const middle = (from + Math.log(plans[high]!.loss + 1e-9)) / 2;
			const found = plans.findIndex((plan) => Math.log(plan.loss + 1e-9) <= middle);
			const at = Math.min(high - 1, Math.max(low + 1, found));
			if (await holds(plans[at]!)) high = at;
			else low = at;
		}
		return plans[high]!;
	}

	/**
	 * Improves a plan within its bytes: measures, around it, every place one width up and one down, and lets the same dynamic
	 * programming trade them, with what was measured here in place of what was measured at the highest precision.
	 */
	async refine(start: Plan, flash: number): Promise<Plan> {
		let best = start;
		const current = this.candidate(start.picks);
		await this.screen([current], "refining");
		let least = current.screened!.kl;
		for (let round = 0; round < ROUNDS; round++) {
			const stage = `refining, round ${round + 1} of ${ROUNDS}`;
			const neighbours = this.#places.map((place, i) => {
				const steps = ladder(place);
				const now = best.picks[i]!;
				const at = steps.indexOf(now);
				return at < 0 ? steps : [steps[at - 1], steps[at + 1]].filter((pick) => pick !== undefined);
			});
			const moved = (i: number, pick: number) =>
				this.candidate(best.picks.map((old, k) => (k === i ? pick : old)));
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
						loss: pick === now ? 0 : moved(i, pick).screened!.kl - least,
					})),
				};
			});
			const proposals = front(local, this.budget(flash))
				.slice(-FINALISTS)
				.map((plan) => ({
					...plan,
					picks: plan.picks.map((pick, i) => (pick === 0 ? best.picks[i]! : neighbours[i]![pick - 1]!)),
				}));
			const judged = proposals.map((plan) => this.candidate(plan.picks));
			await this.screen(judged, stage);
			const winner = judged
				.map(({ screened }, i) => ({ kl: screened!.kl, plan: proposals[i]! }))
				.sort((a, b) => a.kl - b.kl)[0];
			if (!winner || winner.kl >= least) break;
			least = winner.kl;
			best = winner.plan;
		}
		return best;
	}

	/** Within the limits and judged on the screening sequences, best first. */
	finalists(flash: number): Candidate[] {
		const { ram = Infinity, instructions = Infinity } = this.#input.limits;
		return this.candidates()
			.filter(
				({ blobBytes, cost, screened }) =>
					screened && blobBytes <= flash && cost.arena <= ram && cost.instructions <= instructions,
			)
			.sort((a, b) => a.screened!.kl - b.screened!.kl)
			.slice(0, FINALISTS);
	}

	candidates(): Candidate[] {
		return [...this.#seen.values()].sort((a, b) => a.blobBytes - b.blobBytes || a.cost.arena - b.cost.arena);
	}
}

/**
 * Finds a choice. With a limit of flash it is the one that gets most right within it; without, the smallest that keeps the
 * loss.
 * @throws UserError when no choice keeps the limits
 */
export async function search(input: SearchInput): Promise<SearchResult> {
	const { limits, validation } = input;
	const maxLoss = limits.maxLoss ?? (limits.flash === undefined ? 0.5 : Infinity);
	const run = new Search(input);
	const plans = run.front();
	// What the readings predict, tried along the whole front.
	const shown = spread(plans, FRONT_POINTS).map((plan) => run.candidate(plan.picks));
	await run.screen(shown, "measuring the front");

	const start =
		limits.flash === undefined
			? await run.smallest(plans, maxLoss + (input.qat ? TRAINING_GAINS : 0))
			: plans[plans.length - 1]!;
	const flash = limits.flash ?? run.candidate(start.picks).blobBytes;
	await run.refine(start, flash);
	const finalists = run.finalists(flash);
	if (finalists.length === 0)
		throw new UserError(
			"No choice within the limit of instructions was found; raise it, or leave out a limit of flash or RAM that asks for packed or dithered forms.",
		);
	await run.validate(finalists, "validating");
	const trained: Candidate[] = [];
	if (input.qat)
		for (const { bits, cost, blobBytes } of finalists.slice(0, TRAINED)) {
			const blob = await input.qat.train(bits);
			const validated = await validation.measureBlob(blob);
			trained.push({ bits, cost, blobBytes, validated, trained: input.qat.epochs });
		}
	const best = [...finalists, ...trained].sort(
		(a, b) => b.validated!.right - a.validated!.right || a.validated!.kl - b.validated!.kl,
	)[0]!;
	const loss = pointsLost(validation, best.validated!);
	if (loss > maxLoss)
		throw new UserError(
			`The best choice within ${flash} bytes loses ${loss.toFixed(2)} points on ${validation.count} validation sequences, more than ${maxLoss}; ` +
				"raise a limit or train for the precision (--qat).",
		);
	const candidates = [...run.candidates().filter((c) => shown.includes(c) || c.validated), ...trained];
	return { candidates, chosen: candidates.indexOf(best), loss };
}

/** Predicted and measured loss of a candidate side by side: how far adding up holds. */
export function additivity({ predicted, screened }: Candidate, sensitivity: Sensitivity) {
	return { predicted, measured: screened && lossOf(screened, sensitivity.highest) };
}

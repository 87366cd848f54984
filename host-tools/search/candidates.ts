// From losses of single components to choices for the whole network: the losses are taken to add up (each is noise on the
// logits, and noises of different places hardly know of each other), bytes add up exactly, so that the best choice for every
// size is found by dynamic programming. Predictions only; search.ts measures what they are worth.

/** A width that a component of one layer can take. */
export interface Choice {
	/** Text of --bits. */
	bits: string;
	/** Bytes of parameters and of the arena, instructions a step, each beyond a network without this component. */
	flash: number;
	arena: number;
	instructions: number;
	/** What it adds to the smooth measure. */
	loss: number;
}

/** A component of one layer and what it can be. */
export interface Place {
	name: string;
	layer: number | null;
	choices: Choice[];
}

/** One choice for each place, by index, and their sums. */
export interface Plan {
	picks: number[];
	flash: number;
	arena: number;
	instructions: number;
	loss: number;
}

export interface Budget {
	flash: number;
	arena: number;
	instructions: number;
}

interface Label {
	flash: number;
	arena: number;
	instructions: number;
	loss: number;
	/** loss plus the price of instructions. */
	value: number;
	pick: number;
	before: Label | undefined;
}

/** Labels of equal flash and arena are one; of the rest only those stay that no other beats in everything. */
function prune(labels: Iterable<Label>): Label[] {
	const sorted = [...labels].sort((a, b) => a.flash - b.flash || a.value - b.value || a.arena - b.arena);
	// Least value so far for every arena seen; few arenas occur, so that a list does.
	const best: { arena: number; value: number }[] = [];
	return sorted.filter(({ arena, value }) => {
		if (best.some((other) => other.arena <= arena && other.value <= value)) return false;
		best.push({ arena, value });
		return true;
	});
}

/**
 * The plans of least loss for every flash size within `budget`, smallest first: each next is larger and loses less.
 * @param price loss that one instruction is worth: 0 leaves instructions alone
 */
function frontAt(places: readonly Place[], budget: Budget, price: number): Plan[] {
	let labels: Label[] = [
		{ flash: 0, arena: 0, instructions: 0, loss: 0, value: 0, pick: -1, before: undefined },
	];
	for (const { choices } of places) {
		const next = new Map<number, Label>();
		for (const before of labels)
			choices.forEach((choice, pick) => {
				const flash = before.flash + choice.flash;
				const arena = before.arena + choice.arena;
				if (flash > budget.flash || arena > budget.arena) return;
				const loss = before.loss + choice.loss;
				const instructions = before.instructions + choice.instructions;
				const value = loss + price * instructions;
				const key = flash * 2 ** 26 + arena;
				const there = next.get(key);
				if (!there || value < there.value)
					next.set(key, { flash, arena, instructions, loss, value, pick, before });
			});
		labels = prune(next.values());
	}
	const plans: Plan[] = [];
	let least = Infinity;
	for (const label of labels) {
		if (label.value >= least) continue;
		least = label.value;
		const picks: number[] = [];
		for (let at: Label | undefined = label; at?.before; at = at.before) picks.unshift(at.pick);
		const { flash, arena, instructions, loss } = label;
		plans.push({ picks, flash, arena, instructions, loss });
	}
	return plans;
}

/** The Pareto front of flash and loss within `budget`, smallest first; empty when nothing fits. */
export function front(places: readonly Place[], budget: Budget): Plan[] {
	const all = frontAt(places, budget, 0);
	if (all.every((plan) => plan.instructions <= budget.instructions)) return all;
	// Instructions have a price; every price gives plans that are best at it. Together they are close to the front.
	const plans: Plan[] = all.filter((plan) => plan.instructions <= budget.instructions);
	for (let exponent = -10; exponent <= 0; exponent += 0.5)
		for (const plan of frontAt(places, budget, 10 ** exponent))
			if (plan.instructions <= budget.instructions) plans.push(plan);
	plans.sort((a, b) => a.flash - b.flash || a.loss - b.loss);
	let least = Infinity;
	return plans.filter(({ loss }) => loss < least && (least = loss) === loss);
}

/** Text of --bits of a plan. */
export function bitsOf(places: readonly Place[], picks: readonly number[]): string {
	return places.map(({ choices }, i) => choices[picks[i]!]!.bits).join(",");
}

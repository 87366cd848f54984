// From losses of single components to choices for the network: losses are assumed additive (each is noise on the logits, and
// noise from different components is nearly uncorrelated), bytes add exactly, so dynamic programming finds the best choice for
// every size. Predictions only; search.ts measures them.

/** A possible width of one layer's component. */
export interface Choice {
	/** Text of --bits. */
	bits: string;
	/** Bytes of parameters and of the arena, instructions per step, each relative to a network without this component. */
	flash: number;
	arena: number;
	instructions: number;
	/** Its contribution to the smooth measure. */
	loss: number;
}

/** A component of one layer and its possible widths. */
export interface Place {
	name: string;
	layer: number | null;
	choices: Choice[];
	/** Fraction of the loss that remains after training; default 1. */
	afterTraining?: number;
}

/** One choice per place, by index, and their sums. */
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

const minimum = ({ choices }: Place, cost: "flash" | "arena") =>
	Math.min(...choices.map((choice) => choice[cost]));

/** Merges labels of equal flash and arena; keeps only those not dominated. */
function prune(labels: Iterable<Label>): Label[] {
	const sorted = [...labels].sort((a, b) => a.flash - b.flash || a.value - b.value || a.arena - b.arena);
	// Minimum value so far per arena; few arenas occur.
	const best = new Map<number, number>();
	return sorted.filter(({ arena, value }) => {
		for (const [other, min] of best) if (other <= arena && min <= value) return false;
		best.set(arena, value);
		return true;
	});
}

/**
 * The plans of minimum loss for every flash size within `budget`, smallest first: each next is larger and loses less.
 * @param price loss that one instruction is worth; 0 ignores instructions
 */
function frontAt(places: readonly Place[], budget: Budget, price: number): Plan[] {
	let labels: Label[] = [
		{ flash: 0, arena: 0, instructions: 0, loss: 0, value: 0, pick: -1, before: undefined },
	];
	places.forEach(({ choices }, i) => {
		const next = new Map<number, Label>();
		// Upper bound of what the open places can save.
		const open = places.slice(i + 1);
		const flashLeft = open.reduce((sum, place) => sum + minimum(place, "flash"), 0);
		const arenaLeft = open.reduce((sum, place) => sum + minimum(place, "arena"), 0);
		for (const before of labels)
			choices.forEach((choice, pick) => {
				const flash = before.flash + choice.flash;
				const arena = before.arena + choice.arena;
				if (flash + flashLeft > budget.flash || arena + arenaLeft > budget.arena) return;
				const loss = before.loss + choice.loss;
				const instructions = before.instructions + choice.instructions;
				const value = loss + price * instructions;
				const key = flash * 2 ** 26 + arena;
				const there = next.get(key);
				if (!there || value < there.value)
					next.set(key, { flash, arena, instructions, loss, value, pick, before });
			});
		labels = prune(next.values());
	});
	const plans: Plan[] = [];
	let lowest = Infinity;
	for (const label of labels) {
		if (label.value >= lowest) continue;
		lowest = label.value;
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
	// Each price of instructions gives its own optimal plans; together they approximate the front.
	const plans: Plan[] = all.filter((plan) => plan.instructions <= budget.instructions);
	for (let exponent = -10; exponent <= 0; exponent += 0.5)
		for (const plan of frontAt(places, budget, 10 ** exponent))
			if (plan.instructions <= budget.instructions) plans.push(plan);
	plans.sort((a, b) => a.flash - b.flash || a.loss - b.loss);
	let lowest = Infinity;
	return plans.filter(({ loss }) => loss < lowest && (lowest = loss) === loss);
}

/** Text of --bits of a plan. */
export function bitsOf(places: readonly Place[], picks: readonly number[]): string {
	return places.map(({ choices }, i) => choices[picks[i]!]!.bits).join(",");
}

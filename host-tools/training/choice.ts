// Which weights are kept: what an epoch leaves is tried on the held-out sequences, and the best of all epochs stays.
import type { Integers } from "./integers";
import type { FlatModel } from "./parameters";
import { currentWeights, latestWeights, type Setup } from "./setup";

/** How weights do on the held-out sequences; null without such. */
export interface Score {
	accuracy: number | null;
	loss: number | null;
}

/** The best epoch; `flat` are its weights, `quantization` the text of how they are quantized. */
export interface Best extends Score {
	epoch: number;
	flat: FlatModel;
	quantization: string | null;
}

/** More right, or as many with a lower loss; what was not validated is never better. */
function isBetter(one: Score, other: Score): boolean {
	if (other.accuracy === null || other.loss === null) return true;
	if (one.accuracy === null || one.loss === null) return false;
	return one.accuracy > other.accuracy || (one.accuracy === other.accuracy && one.loss < other.loss);
}

/** Whether `one` replaces the best so far. Without validation the last is the best; floating point is only on the way. */
export function replaces(one: Score, best: Best | null, integers: boolean): boolean {
	if (best === null || (best.quantization === null && integers)) return true;
	return one.accuracy === null || one.loss === null || isBetter(one, best);
}

/** What an epoch may leave. Rounded to few bits, an average of weights may lie worse than the weights themselves. */
export function candidates(setup: Setup, integers: Integers): FlatModel[] {
	const both = integers.begun && setup.recipe.averaging > 0;
	return both ? [currentWeights(setup), latestWeights(setup)] : [currentWeights(setup)];
}

/** The best of these weights on the held-out sequences, and how it does; the first without such. */
export async function validate(
	{ validation, native, recipe }: Setup,
	integers: Integers,
	weights: FlatModel[],
): Promise<(Score & { flat: FlatModel }) | "aborted" | "diverged"> {
	let best: (Score & { flat: FlatModel }) | undefined;
	if (!validation) return { accuracy: null, loss: null, flat: weights[0]! };
	for (const flat of weights) {
		if (!integers.apply(flat)) return "diverged";
		const averaged = recipe.averaging > 0 && !integers.begun;
		const { outcome } = await native.evaluate(validation, averaged);
		if (outcome === "cancelled") return "aborted";
		const { loss, correct, samples } = native.progress();
		if (!Number.isFinite(loss)) return "diverged";
		const score = { accuracy: correct / samples, loss };
		if (!best || isBetter(score, best)) best = { ...score, flat };
	}
	return best!;
}

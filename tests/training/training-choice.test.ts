// Which epoch a run keeps: few held-out sequences do not decide alone, many do, and how sure a gain is.
import { describe, expect, test } from "vitest";
import { type Best, gainOver, replaces, type Score, type Untrained } from "../../host-tools/training/choice";
import { isTold } from "../../host-tools/training/ending";

const NONE = new Float64Array(0);
const score = (accuracy: number, loss: number, pooledLoss: number | null): Score => ({
	accuracy,
	loss,
	pooledLoss,
});
const best = (of: Score, gain = { mean: 0.1, error: 0.1 }): Best => ({
	...of,
	epoch: 3,
	flat: { parameters: NONE, mean: NONE, variance: NONE },
	quantization: "{}",
	gain,
});
const untrained: Untrained = { ...score(0.8, 0.6, 0.5), losses: NONE };

describe("with few held-out sequences", () => {
	test("the loss over all sequences chooses, not one more that is right", () => {
		const so = best(score(0.9, 0.4, 0.3));
		expect(replaces(score(1, 0.3, 0.35), so, untrained, true)).toBe(false);
		expect(replaces(score(0.8, 0.45, 0.25), so, untrained, true)).toBe(true);
	});
	test("an epoch that only learned its own sequences does not replace what was not trained", () => {
		expect(replaces(score(0.9, 0.61, 0.1), best(untrained), untrained, true)).toBe(false);
		expect(replaces(score(0.7, 0.59, 0.1), best(untrained), untrained, true)).toBe(true);
	});
});

test("with many the accuracy chooses, then the loss", () => {
	const so = best(score(0.9, 0.4, null));
	expect(replaces(score(0.91, 0.7, null), so, untrained, true)).toBe(true);
	expect(replaces(score(0.9, 0.39, null), so, untrained, true)).toBe(true);
	expect(replaces(score(0.89, 0.1, null), so, untrained, true)).toBe(false);
});

test("without held-out sequences the last is kept, and any in integers goes before one in floating point", () => {
	const none: Score = { accuracy: null, loss: null, pooledLoss: null };
	expect(replaces(none, best(none), null, true)).toBe(true);
	const float = { ...best(score(1, 0, null)), quantization: null };
	expect(replaces(score(0.1, 3, null), float, null, true)).toBe(true);
	expect(replaces(score(0.1, 3, null), float, null, false)).toBe(false);
});

test("a gain is told when it is more than luck", () => {
	const before = { ...untrained, losses: Float64Array.of(1, 2, 3, 4) };
	const steady = gainOver(before, Float64Array.of(0.5, 1.4, 2.6, 3.5));
	expect(steady.mean).toBeCloseTo(0.5);
	expect(steady.error).toBeCloseTo(Math.sqrt(0.02 / 3 / 4));
	expect(isTold(steady)).toBe(true);
	expect(isTold(gainOver(before, Float64Array.of(3, 2, 0, 3)))).toBe(false);
	expect(isTold(gainOver({ ...untrained, losses: Float64Array.of(3) }, Float64Array.of(1)))).toBe(false);
});

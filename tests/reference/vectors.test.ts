// The published vectors: reference, kernel and the page's second implementation agree with them in every byte, they have every
// choice that a network can make, and no misreading of the page passes all of them.
import { describe, expect, test } from "vitest";
import { Kernel } from "../../host-tools/kernel/kernel";
import { NativeKernel } from "../../host-tools/kernel/native";
import { firstDifference, MISREADINGS, pageRead } from "../support/misreadings";
import { pageScores } from "../support/page-score";
import { allChoices, choicesOf, readVectors, vectorOf } from "../support/vectors";

const vectors = readVectors();

test("every choice of every kind is in a vector (npm run vectors adds those that are not)", () => {
	const made = new Set(vectors.flatMap(({ network }) => [...choicesOf(network)]));
	expect([...allChoices()].filter((choice) => !made.has(choice))).toEqual([]);
});

describe.each(vectors)("$name", (named) => {
	const { blob, network, vector } = named;
	const { samples, steps } = vector;

	test("reference", () => {
		expect(vectorOf(network, samples)).toEqual(vector);
	});

	test.each([Kernel, NativeKernel])("%o, one sample per call and all in one", (Engine) => {
		const kernel = new Engine(blob);
		const state = () => Buffer.from(kernel.saveState().slice(8, -4)).toString("hex");
		for (const [t, sample] of samples.entries()) {
			kernel.write(Int16Array.from(sample));
			const { outputs, state: saved } = steps[t]!;
			expect({ outputs: [...kernel.outputs()], state: state() }, `step ${t}`).toEqual({
				outputs,
				state: saved,
			});
		}
		kernel.reset();
		kernel.write(Int16Array.from(samples.flat()));
		const { outputs, state: saved } = steps.at(-1)!;
		expect({ outputs: [...kernel.outputs()], state: state() }).toEqual({ outputs, state: saved });
	});
});

test("the page's second implementation", async () => {
	const page = await pageRead();
	for (const vector of vectors) expect(firstDifference(page, vector), vector.name).toBeUndefined();
});

test("[A59] scores and alarms of detectors, by the page's second implementation", () => {
	let changes = 0;
	for (const { name, network, vector } of vectors) {
		const { detector, head } = network;
		if (!detector || head.kind !== "values") continue;
		const outputs = vector.steps.map((step) => step.outputs);
		const scores = pageScores(vector.samples, outputs, { ...detector, ahead: head.ahead });
		let on = false;
		for (const [t, { score, alarm }] of vector.steps.entries()) {
			const next: boolean = (scores[t] ?? 0) >= (on ? detector.release : detector.threshold);
			if (next !== on) changes++;
			on = next;
			expect({ score, alarm }, `${name}, step ${t}`).toEqual({ score: scores[t] ?? null, alarm: on });
		}
	}
	expect(changes).toBeGreaterThan(2);
});

test.each(MISREADINGS)("[$rule] misread, $name, fails a vector", async (misreading) => {
	const page = await pageRead(misreading);
	expect(vectors.some((vector) => firstDifference(page, vector) !== undefined)).toBe(true);
});

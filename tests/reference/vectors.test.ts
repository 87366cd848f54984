// The published vectors: reference, kernel and the page's second implementation agree with them in every byte, they have every
// choice that a network can make, and no misreading of the page passes all of them.
import { describe, expect, test } from "vitest";
import { Kernel } from "../../host-tools/kernel/kernel";
import { NativeKernel } from "../../host-tools/kernel/native";
import { firstDifference, MISREADINGS, pageRead } from "../support/misreadings";
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
			expect({ outputs: [...kernel.outputs()], state: state() }, `step ${t}`).toEqual(steps[t]);
		}
		kernel.reset();
		kernel.write(Int16Array.from(samples.flat()));
		expect({ outputs: [...kernel.outputs()], state: state() }).toEqual(steps.at(-1));
	});
});

test("the page's second implementation", async () => {
	const page = await pageRead();
	for (const vector of vectors) expect(firstDifference(page, vector), vector.name).toBeUndefined();
});

test.each(MISREADINGS)("[$rule] misread, $name, fails a vector", async (misreading) => {
	const page = await pageRead(misreading);
	expect(vectors.some((vector) => firstDifference(page, vector) !== undefined)).toBe(true);
});

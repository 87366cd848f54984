// What is wrong with a data set is found where it was put, and not where nothing was.
import { expect, test } from "vitest";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { motion } from "../../host-tools/datasets/motion";
import { Random } from "../../host-tools/datasets/random";
import { surveyData } from "../../host-tools/datasets/survey";
import { labelledTargets } from "../../host-tools/datasets/targets";
import { surveyPage } from "../../host-tools/report/survey-page";

const LABELS = ["a", "b"];
const T = 64;

/** Noise with two channels; rows are people in turns. */
function noise(split: "train" | "test", count: number, seed: number, of?: number[]): Dataset {
	const random = new Random(seed);
	return {
		...{ name: "made", split, count, T, channels: 2, rate: 50 },
		values: Float32Array.from({ length: count * T * 2 }, () => random.bell()),
		targets: labelledTargets(
			"made",
			LABELS,
			Uint8Array.from({ length: count }, (_, i) => of?.[i] ?? i % 2),
		),
		lengths: new Uint32Array(count).fill(T),
		groups: {
			names: Array.from({ length: 8 }, (_, i) => `p${i}`),
			of: Uint32Array.from({ length: count }, (_, i) => (i % 4) + (split === "test" ? 4 : 0)),
		},
	};
}
const warnings = (train: Dataset, test: Dataset) => surveyData([train, test], LABELS).warnings;
const clean = () => [noise("train", 40, 1), noise("test", 20, 2)] as const;

test("nothing is found in good data, and the figures are right", () => {
	const [train, test_] = clean();
	const { warnings: none, channels, splits } = surveyData([train, test_], LABELS);
	expect(none).toEqual([]);
	expect(splits[0]).toEqual({
		split: "train",
		count: 40,
		strata: [20, 20],
		shortest: T,
		longest: T,
		groups: 4,
	});
	expect(channels[0]!.mean).toBeCloseTo(0, 1);
	expect(channels[0]!.std).toBeCloseTo(1, 1);
});

test("values to tell are no labels: none are counted, missing or called rare", () => {
	const [train, test_] = clean();
	for (const data of [train, test_])
		data.targets = labelledTargets("made", ["0.5", "2"], new Uint8Array(data.count), "values");
	const survey = surveyData([train, test_], []);
	expect(survey.warnings).toEqual([]);
	expect(surveyPage(survey, [])).not.toContain("Labels");
});

test.each<[string, (train: Dataset, test: Dataset) => void, RegExp]>([
	[
		"a constant channel",
		(...both) =>
			both.forEach(({ values }) => {
				for (let i = 1; i < values.length; i += 2) values[i] = 3;
			}),
		/^channel 1 is constant \(3\)/,
	],
	[
		"clipping",
		(...both) =>
			both.forEach(({ values }) => {
				for (let i = 0; i < values.length; i += 2) values[i] = Math.min(1, values[i]!);
			}),
		/^channel 0 is clipped: 1?\d\.\d % .* 1$/,
	],
	["silence", ({ values }) => values.fill(0.5, 0, 20 * T * 2), /^channel 0 never changes in 33\.3 %/],
	[
		"a row twice",
		({ values }) => values.copyWithin(0, T * 2, T * 4),
		/^sequences that a split has more than once: 1$/,
	],
	[
		"the same row with another label",
		({ values }) => values.copyWithin(0, T * 2, T * 4),
		/^sequences that occur again with a different label: 1$/,
	],
	[
		"a row in both splits",
		(train, { values }) => values.set(train.values.subarray(0, T * 2)),
		/^leak: sequences of one split that are also in the other: 1$/,
	],
	[
		"overlapping windows",
		(train, { values }) => values.set(train.values.subarray(T, 2 * T), T),
		/^leak: 1 of 20 test sequences share 16 steps/,
	],
	["a person in both", (_, { groups }) => groups!.of.fill(1), /^leak: groups in training and test: p1$/],
])("%s", (_, spoil, message) => {
	const [train, test_] = clean();
	spoil(train, test_);
	expect(warnings(train, test_)).toContainEqual(expect.stringMatching(message));
});

test("rare and missing labels, unknown groups and rates", () => {
	const train = noise("train", 40, 1, [1]);
	train.targets = labelledTargets(
		"made",
		LABELS,
		Uint8Array.from({ length: 40 }, (_, i) => Number(i === 0)),
	);
	const lonely = noise("test", 20, 2);
	lonely.targets = labelledTargets("made", LABELS, new Uint8Array(20));
	delete train.groups;
	delete train.rate;
	const found = warnings(train, lonely).join("\n");
	expect(found).toMatch(/train has fewer than 10 sequences of b/);
	expect(found).toMatch(/train is unbalanced: .* 39 times/);
	expect(found).toMatch(/test has no sequence of b/);
	expect(found).toMatch(/no groups are known/);
	expect(found).toMatch(/no sampling rate is known/);
});

test("rest that repeats itself is no leak: motion is clean", () => {
	const sets = [motion({ split: "train", count: 200 }), motion({ split: "test", count: 100 })];
	expect(surveyData(sets, [...Array(8).keys()].map(String)).warnings).toEqual([
		expect.stringMatching(/no groups are known/),
	]);
});

test("the page is harmless whatever the names are", () => {
	const [train, test_] = clean();
	train.channelNames = ["<b>x", "y"];
	const page = surveyPage(surveyData([train, test_], LABELS), ["<script>", "b\u0007"]);
	expect(page).not.toMatch(/<script>|<b>x/);
	expect(page).toContain("&#60;script&#62;");
});

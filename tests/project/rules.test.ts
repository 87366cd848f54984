// The numbered rules of the pages, **A12.** and the like, and the tests that cite them by their number: every rule has a test, and
// what is cited is there.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const PAGES = { A: "docs/ARITHMETIC.md", B: "docs/BLOB.md", L: "docs/LINK.md" };
type Letter = keyof typeof PAGES;

const sources = (root: string, ending: RegExp) =>
	readdirSync(root, { recursive: true, encoding: "utf8" })
		.filter((name) => ending.test(name))
		.map((name) => `${root}/${name}`);

/** Rules that files cite, each with where. */
function citations(files: string[]): Map<string, string[]> {
	const cited = new Map<string, string[]>();
	for (const file of files)
		for (const [rule] of readFileSync(file, "utf8").matchAll(/\b[ABL]\d+\b/g))
			cited.set(rule, [...(cited.get(rule) ?? []), file]);
	return cited;
}

const rulesOf = (letter: Letter) =>
	[...readFileSync(PAGES[letter], "utf8").matchAll(/\*\*([ABL]\d+)\.\*\*/g)].map(([, rule]) => rule!);

const letters = Object.keys(PAGES) as Letter[];
const rules = new Set(letters.flatMap(rulesOf));
const tests = sources("tests", /(\.test|rule-breakers)\.ts$/).filter(
	(file) => file !== "tests/project/rules.test.ts",
);

describe.each(letters)("rules %s", (letter) => {
	test("have their page's letter, each number once", () => {
		const found = rulesOf(letter);
		expect(found.length).toBeGreaterThan(0);
		expect(found.filter((rule) => !rule.startsWith(letter))).toEqual([]);
		expect(found.filter((rule, i) => found.indexOf(rule) !== i)).toEqual([]);
	});

	test("are each cited by a test", () => {
		const cited = citations(tests);
		expect(rulesOf(letter).filter((rule) => !cited.has(rule))).toEqual([]);
	});
});

test("pages, tests and code cite no rule that is not there", () => {
	const code = ["src", "host-tools", "firmware"].flatMap((root) => sources(root, /\.(ts|c|h)$/));
	const cited = citations([...tests, ...code, ...sources("docs", /\.md$/)]);
	expect([...cited].filter(([rule]) => !rules.has(rule))).toEqual([]);
});

// The page of the ten minutes and the script that prints it: the same commands in the same order, pictures of the run that is printed.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = readFileSync("docs/GESTURES.md", "utf8");
const script = readFileSync("benchmarks/gestures.ts", "utf8");
const picture = (name: string) => readFileSync(`docs/pictures/gestures-${name}.svg`, "utf8");
const titles = (name: string) =>
	[...picture(name).matchAll(/<title>([^<]*)<\/title>/g)].map(([, text]) => text);

test("the commands with an output are those that the script runs", () => {
	const printed = [...page.matchAll(/^ {4}\$ npx edge-ssm (.*)$/gm)].map(([, command]) =>
		command!.replaceAll("'", ""),
	);
	const run = [...script.matchAll(/^\t"((?:window|data|train|evaluate|simulate|report) .*)",$/gm)].map(
		([, command]) => command!.replaceAll("\\\\", "\\"),
	);
	expect(run).toHaveLength(7);
	expect([...printed].sort()).toEqual([...run].sort());
});

test("every picture is there, whole, of its own colours in light and dark, and asks nobody for anything", () => {
	const names = [...page.matchAll(/\]\(pictures\/gestures-(.*)\.svg\)/g)].map(([, name]) => name!);
	expect(names).toEqual(["front", "confusion"]);
	for (const name of names) {
		expect(picture(name)).toMatch(/^<svg [^>]*><style>:root\{color.*prefers-color-scheme:dark.*<\/svg>\n$/s);
		expect(picture(name)).not.toMatch(/<script|(?:href|src)=/);
		expect(picture(name).length).toBeLessThan(20_000);
	}
});

test("the pictures are of the run that the page prints", () => {
	const [, network, right] = /chosen: (.*?, (?:w\w+|single widths)), .*?; ([\d.]+ %) of held-out/.exec(page)!;
	const [, bytes] = /gesture\.essm: ([\d,]+) bytes/.exec(page)!;
	expect(titles("front")).toContain(`${network}: ${bytes} bytes, ${right} right; chosen`);
	const rows = [...page.matchAll(/^ {6}\d (\w+) .* %((?: +[\d.]+)+)$/gm)].map(
		([, label, counts]) => [label!, counts!.trim().split(/ +/)] as const,
	);
	expect(rows).toHaveLength(4);
	for (const [is, counts] of rows)
		for (const [k, [taken]] of rows.entries())
			expect(titles("confusion")).toContain(`${is} taken for ${taken}: ${counts[k]!.replace(".", "0")}`);
});

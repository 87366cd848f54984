/// <reference lib="dom" />
// The report: every number in the page is the JSON's, charts are whole SVG, and a real browser shows it without a complaint
// and without asking anybody. The browser's part runs where Debian's chromium is installed.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { gather, type ReportData } from "../../host-tools/report/report";
import { writeReport } from "../../host-tools/report/write";
import type { SearchFile } from "../../host-tools/search/result";
import { buildCli, type Ended, runCli } from "../support/cli-run";

const CHROMIUM = "/usr/bin/chromium";
const folder = mkdtempSync(join(tmpdir(), "edge-ssm-report-"));
const model = join(folder, "best.essm");
const out = join(folder, "report");
/** What edge-ssm sensitivity writes into a folder. */
const OF_SENSITIVITY = ["sensitivity.json", "sensitivity.svg"];
let cli: Awaited<ReturnType<typeof buildCli>>;
let searched: Ended;
let search: SearchFile;
let data: ReportData;
let html: string;

beforeAll(async () => {
	cli = await buildCli();
	const counts = ["--screen", "24", "--validation", "60", "--calibrate", "48", "--threads", "2"];
	searched = await runCli(cli.file, [
		...["search", "models/motion.safetensors", "--data", "motion", "--max-loss", "4", "-o", model],
		...[...counts, "--cache", join(folder, "cache"), "--json"],
	]);
	if (searched.code !== 0) throw new Error(searched.stderr);
	search = JSON.parse(searched.stdout) as SearchFile;
	data = await gather(model, {
		data: "motion",
		checkpoint: { kind: "checkpoint", model: importCheckpoint("models/motion.safetensors") },
		limit: 80,
		command: 'edge-ssm report <b>&"best".essm',
	});
	mkdirSync(out);
	for (const name of OF_SENSITIVITY) writeFileSync(join(out, name), "kept");
	await writeReport(out, data);
	html = readFileSync(join(out, "index.html"), "utf8");
});
afterAll(() => {
	cli?.remove();
	rmSync(folder, { recursive: true, force: true });
});

/** The value at a path such as search.candidates.0.cost.arena. */
function at(path: string): unknown {
	return path
		.split(".")
		.reduce<unknown>(
			(value, key) => (value as Record<string, unknown>)[key],
			JSON.parse(readFileSync(join(out, "report.json"), "utf8")),
		);
}

test("the search's file, its blob and the report tell of the same thing", () => {
	expect(data.search).toEqual(JSON.parse(readFileSync(join(folder, "best.search.json"), "utf8")));
	expect(search.candidates[search.chosen]!.blobBytes).toBe(readFileSync(model).length);
	expect(search.candidates[search.chosen]!.cost.arena).toBe(data.arena.at(-1)![1]);
	expect(search.candidates[search.chosen]!.cost.instructions).toBe(data.instructions);
	expect(search.validation.right).toBe(
		search.validation.confusion!.reduce((sum, row, k) => sum + row[k]!, 0),
	);
	expect(data.heldOut!.count).toBe(80);
});

test("all numbers of the page are those of report.json", () => {
	const figures = [...html.matchAll(/data-path="([^"]+)" data-value="([^"]+)">([^<]*)</g)];
	expect(figures.length).toBeGreaterThan(60);
	for (const [, path, value, text] of figures) {
		expect(at(path!), path).toBe(Number(value));
		// Shown as it is, unless as a part of something.
		if (!text!.includes("%") && !path!.endsWith(".noise")) expect(text!.replace(/,/g, ""), path).toBe(value);
	}
	// The front with the chosen point comes first, and each label has its figures in float and in integers.
	expect(html.indexOf("<h2>Flash against loss</h2>")).toBeGreaterThan(0);
	expect(html.indexOf("<h2>")).toBe(html.indexOf("<h2>Flash against loss</h2>"));
	const sum = (matrix: number[][]) => matrix.reduce((total, row, k) => total + row[k]!, 0);
	expect(sum(data.heldOut!.floatConfusion!)).toBe(data.heldOut!.float!.right);
	expect(sum(data.heldOut!.confusion!)).toBe(data.heldOut!.right);
	for (const k of data.labels.keys())
		for (const which of ["floatConfusion", "confusion"])
			expect(html).toContain(`data-path="heldOut.${which}.${k}.${k}"`);
	const { count, right } = data.heldOut!;
	expect(html).toContain(`${((100 * right) / count).toFixed(2)} %`);
});

test("text from outside cannot become markup, and nothing is asked for", () => {
	expect(html).toContain("&#60;b&#62;&#38;&#34;best&#34;.essm");
	expect(html).not.toContain("<b>&");
	expect(html).not.toMatch(/<script|<link rel="stylesheet"|@import|url\(\s*['"]?(?!#)[a-z]/i);
	const outside = [...html.matchAll(/\b(?:src|href|xlink:href)="([^"]*)"/g)].map(([, url]) => url!);
	expect(outside.filter((url) => !url.startsWith("data:") && !url.startsWith("#"))).toEqual([]);
});

test("what edge-ssm sensitivity wrote into the same folder stays", () => {
	for (const name of OF_SENSITIVITY) expect(readFileSync(join(out, name), "utf8")).toBe("kept");
});

test("every chart is a file, and ids of several charts do not meet in the page", () => {
	for (const name of ["heat-map", "pareto", "memory", "confusion"]) {
		const svg = readFileSync(join(out, `${name}.svg`), "utf8");
		expect(svg).toMatch(/^<svg [\s\S]*<\/svg>$/);
		expect(svg).not.toContain("NaN");
		expect(svg).not.toContain("undefined");
		expect(html).toContain(svg);
	}
	const ids = [...html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
	expect(new Set(ids).size).toBe(ids.length);
	const memory = readFileSync(join(out, "memory.svg"), "utf8");
	for (const { float, integer } of data.memory)
		for (const bytes of [float, integer]) expect(memory).toContain(`>${bytes.toLocaleString("en-US")}<`);
});

test("a blob that the search did not make gets a report without it; the search's own file is refused", async () => {
	const other = join(folder, "other.essm");
	const made = await runCli(cli.file, [
		...["quantize", "models/motion.safetensors", "--data", "motion", "--calibrate", "32", "-o", other],
	]);
	expect(made.stderr + made.code).toContain("0");
	writeFileSync(join(folder, "other.search.json"), JSON.stringify({ ...search, blob: "other.essm" }));
	const alone = await gather(other, { command: "edge-ssm report" });
	expect(alone.search).toBeNull();
	await writeReport(join(folder, "alone"), alone);
	expect(readFileSync(join(folder, "alone", "index.html"), "utf8")).not.toContain("Why this choice");
	await expect(gather(join(folder, "other.search.json"), { command: "" })).rejects.toThrow(
		/is not the blob that .* describes/,
	);
	writeFileSync(join(folder, "broken.search.json"), '{"kind":"search"}');
	await expect(gather(join(folder, "broken.search.json"), { command: "" })).rejects.toThrow(
		/is not what "edge-ssm search" writes/,
	);
});

describe.skipIf(!existsSync(CHROMIUM))("in chromium", () => {
	let browser: Browser;
	beforeAll(async () => {
		browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
	});
	afterAll(() => browser?.close());

	test.each([
		["light", 1100],
		["dark", 1100],
		["dark", 360],
	] as const)(
		"%s at %i pixels: shown without error or request, nothing sticks out, text stands out",
		async (colorScheme, width) => {
			const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
			const shown = await context.newPage();
			const complaints: string[] = [];
			const requests: string[] = [];
			shown.on("console", (message) => complaints.push(message.text()));
			shown.on("pageerror", (error) => complaints.push(error.message));
			shown.on("request", (request) => requests.push(request.url()));
			const url = pathToFileURL(join(out, "index.html")).href;
			await shown.goto(url);
			expect(complaints).toEqual([]);
			expect(requests.filter((request) => !request.startsWith("data:"))).toEqual([url]);
			const seen = await shown.evaluate(() => {
				const charts = [...document.querySelectorAll("svg")].map((svg) => svg.getBoundingClientRect());
				const { color, backgroundColor } = getComputedStyle(document.body);
				const brightness = (text: string) =>
					(text.match(/\d+/g) ?? []).slice(0, 3).reduce((s, v) => s + Number(v), 0);
				return {
					charts: charts.filter(({ width, height }) => width > 100 && height > 100).length,
					overhang: document.documentElement.scrollWidth - window.innerWidth,
					ink: brightness(color),
					page: brightness(backgroundColor),
					axis: brightness(
						getComputedStyle(
							[...document.querySelectorAll("svg text")].find((t) => t.textContent === "state x")!,
						).fill,
					),
					text: document.body.innerText,
				};
			});
			expect(seen.charts).toBe(4);
			expect(seen.overhang).toBeLessThanOrEqual(0);
			expect(seen.page > seen.ink).toBe(colorScheme === "light");
			expect(Math.abs(seen.page - seen.axis)).toBeGreaterThan(350);
			expect(seen.text).toContain(data.blobBytes.toLocaleString("en-US"));
			for (const sentence of search.explanation) expect(seen.text).toContain(sentence);
			await context.close();
		},
		60_000,
	);
});

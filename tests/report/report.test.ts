/// <reference lib="dom" />
// The report: every number in the page is the JSON's, charts are whole SVG, and a real browser shows it without a complaint
// and without asking anybody. The browser's part runs where Debian's chromium is installed.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { gather, type ReportData } from "../../host-tools/report/report";
import { writeReport } from "../../host-tools/report/write";
import type { SearchFile } from "../../host-tools/search/result";
import { drawCurves } from "../../host-tools/training/curves";
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
	expect(html).not.toMatch(/<link rel="stylesheet"|@import|url\(\s*['"]?(?!#)[a-z]/i);
	// The one script is allowed by its bytes, and no other would run.
	const scripts = [...html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/gi)];
	expect(html.match(/<script/gi)).toHaveLength(1);
	expect(scripts.map(([, attributes]) => attributes)).toEqual([""]);
	const hash = createHash("sha256").update(scripts[0]![2]!).digest("base64");
	expect(html).toContain(`content="default-src 'none'; `);
	expect(/script-src ([^;"]*)/.exec(html)![1]).toBe(`'sha256-${hash}'`);
	expect(html).not.toMatch(/<[^>]* on[a-z]+=|javascript:/i);
	const outside = [...html.matchAll(/\b(?:src|href|xlink:href)="([^"]*)"/g)].map(([, url]) => url!);
	expect(outside.filter((url) => !url.startsWith("data:") && !url.startsWith("#"))).toEqual([]);
});

test("what edge-ssm sensitivity wrote into the same folder stays", () => {
	for (const name of OF_SENSITIVITY) expect(readFileSync(join(out, name), "utf8")).toBe("kept");
});

test("every chart is a file, and ids of several charts do not meet in the page", () => {
	for (const name of ["front", "pareto", "heat-map", "pairs", "memory", "confusion"]) {
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

/** What the marks of a chart say, in its file. */
const titlesOf = (name: string) =>
	[...readFileSync(join(out, `${name}.svg`), "utf8").matchAll(/<title>([^<]*)<\/title>/g)].map(
		([, text]) => text!,
	);

test("points and cells say what they are under the pointer: the front its figures, each pair of widths its own cell", () => {
	const { candidates, chosen, validation, sensitivity } = data.search!;
	const { right, count } = candidates[chosen]!.validated!;
	expect(titlesOf("front")).toContain(
		`without training: ${data.blobBytes.toLocaleString("en-US")} bytes, ${((100 * right) / count).toFixed(2)} % right; chosen`,
	);
	expect(titlesOf("front")).toContain(
		`float32: ${((100 * validation.float.right) / validation.count).toFixed(2)} % right`,
	);
	const pairs = sensitivity.readings.filter(({ component }) => component === "B and C");
	expect(pairs.length).toBe(2 * 20);
	for (const { width, layer, measurement } of pairs.filter(({ measurement }) => measurement)) {
		const [b, c] = width.split(" and ");
		const accuracy = ((100 * measurement!.right) / measurement!.count).toFixed(2);
		const said = `B of ${b} bits and C of ${c}, layer ${layer} alone: accuracy ${accuracy} %,`;
		// Once for the cell, once for its text.
		expect(titlesOf("pairs").filter((text) => text.startsWith(said))).toHaveLength(2);
	}
	expect(titlesOf("heat-map").filter((text) => text.includes(" and "))).toEqual([]);
	expect(titlesOf("memory")).toContain(
		`state x, float32: ${data.memory.find(({ name }) => name === "state x")!.float.toLocaleString("en-US")} bytes`,
	);
	expect(titlesOf("confusion")).toContain(`rest taken for rest: ${data.heldOut!.confusion![0]![0]}`);
});

test("values have their errors in float and in integers instead; a blob without its float network compares no memory", async () => {
	const folderOf = (name: string) => join(folder, name);
	const values = await gather("models/mackey-glass.essm", {
		data: "mackey-glass",
		checkpoint: { kind: "checkpoint", model: importCheckpoint("models/mackey-glass.safetensors") },
		limit: 4,
		command: "edge-ssm report",
	});
	await writeReport(folderOf("values"), values);
	const page = readFileSync(join(folderOf("values"), "index.html"), "utf8");
	const { float, integers } = values.heldOut!.targets![0]!;
	for (const [which, errors] of Object.entries({ float: float!, integers })) {
		expect(errors.nrmse).toBeLessThan(0.1);
		for (const key of ["nrmse", "mse", "smape"] as const)
			expect(page).toContain(`data-path="heldOut.targets.0.${which}.${key}" data-value="${errors[key]}"`);
	}
	expect(page).toContain("Memory before and after");
	await writeReport(folderOf("unknown"), { ...values, memory: [], savedPercent: null, floatBytes: null });
	expect(existsSync(join(folderOf("unknown"), "memory.svg"))).toBe(false);
	const unknown = readFileSync(join(folderOf("unknown"), "index.html"), "utf8");
	expect(unknown).not.toContain("saved on parameters");
	expect(unknown).toContain("do not describe the float network");
});

test("what train --auto judged is a front with its choice; the file of another blob is left out, a broken one refused", async () => {
	const path = join(folder, "auto.essm");
	cpSync("models/motion.essm", path);
	const score = (right: number) => ({ right, count: 200 });
	const one = (heads: number, flash: number, more: object) => ({
		...{ shape: { heads, modes: 4, layers: 2 }, preset: "w8x16", flash, ram: 500, instructions: 9000 },
		...{ rounds: [score(150)], ...more },
	});
	const judged = [
		one(8, 3000, {}),
		one(12, 4180, { rounded: score(190), trained: score(188) }),
		one(16, 5000, { rounded: score(180), trained: score(186) }),
		one(12, 4000, { rounded: score(184), bits: "x=8d" }),
	];
	const write = (bytes: number) =>
		writeFileSync(
			join(folder, "auto.auto.json"),
			JSON.stringify({ bytes, how: "rounded", chosen: judged[1], judged, log: ["because <b>"] }),
		);
	write(readFileSync(path).length);
	const auto = await gather(path, { command: "edge-ssm report" });
	await writeReport(join(folder, "auto"), auto);
	const page = readFileSync(join(folder, "auto", "index.html"), "utf8");
	expect(page).toContain("12 heads, 4 modes, 2 layers, w8x16: 4,180 bytes, 95.00 % right; chosen");
	expect(page).toContain("16 heads, 4 modes, 2 layers, w8x16: 5,000 bytes, 93.00 % right; in integers");
	expect(page).toContain("8 heads, 4 modes, 2 layers, w8x16: 3,000 bytes, 75.00 % right; dropped, in float");
	expect(page).toContain(
		"12 heads, 4 modes, 2 layers, single widths: 4,000 bytes, 92.00 % right; in integers",
	);
	expect(page).toContain("because &#60;b&#62;");
	write(1);
	expect((await gather(path, { command: "" })).auto).toBeNull();
	writeFileSync(join(folder, "auto.auto.json"), '{"bytes":1}');
	await expect(gather(path, { command: "" })).rejects.toThrow(/is not what "edge-ssm train --auto" writes/);
});

/** Texts of drawings that meet, drawings and boxes that are wider than their place, and how much the page is wider than the screen. */
const lookAt = (shown: Page) =>
	shown.evaluate(() => {
		const drawings = [...document.querySelectorAll("svg")];
		const meeting: string[] = [];
		const outside: string[] = [];
		for (const drawing of drawings) {
			const place = drawing.getBoundingClientRect();
			const texts = [...drawing.querySelectorAll("text")].map((text) => ({
				...{ text: text.textContent, box: text.getBoundingClientRect() },
			}));
			for (const [i, { text, box }] of texts.entries()) {
				if (box.left < place.left - 1 || box.right > place.right + 1) outside.push(text);
				for (const { text: other, box: next } of texts.slice(i + 1)) {
					const width = Math.min(box.right, next.right) - Math.max(box.left, next.left);
					const height = Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top);
					// Boxes are higher than their letters by a third.
					if (width > 0.5 && height > 0.34 * Math.min(box.height, next.height))
						meeting.push(`${text} / ${other}`);
				}
			}
		}
		const cut = [...document.querySelectorAll("*")].filter(
			(each) =>
				each instanceof HTMLElement && each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1,
		);
		return {
			...{ meeting, outside, texts: document.querySelectorAll("svg text").length },
			cut: cut.map((each) => `${each.tagName} ${each.textContent?.slice(0, 40)}`),
			overhang: document.documentElement.scrollWidth - window.innerWidth,
		};
	});

describe.skipIf(!existsSync(CHROMIUM))("in chromium", () => {
	let browser: Browser;
	beforeAll(async () => {
		browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
	});
	afterAll(() => browser?.close());

	test.each([390, 1200])(
		"nothing is cut, and no two labels meet, at %i pixels",
		async (width) => {
			const history = Array.from({ length: 40 }, (_, i) => ({
				...{ epoch: i + 1, epochs: 40, loss: Math.exp(-i / 9), accuracy: 1 - Math.exp(-1 - i / 9) },
				...{ validationLoss: 0.1 + Math.exp(-i / 9), validationAccuracy: 0.95 - Math.exp(-1 - i / 9) },
				...{ rate: 1, secondsLeft: 0, best: false },
			}));
			writeFileSync(join(folder, "run.svg"), drawCurves(history, 31));
			const shown = await browser.newPage({ viewport: { width, height: 800 } });
			for (const [file, texts] of [
				[join(out, "index.html"), 200],
				[join(folder, "values", "index.html"), 20],
				[join(folder, "auto", "index.html"), 10],
				[join(folder, "run.svg"), 20],
			] as const) {
				await shown.goto(pathToFileURL(file).href);
				const seen = await lookAt(shown);
				expect(seen.texts, file).toBeGreaterThan(texts);
				expect(seen, file).toMatchObject({ meeting: [], outside: [], cut: [], overhang: 0 });
			}
			// A cell of the grid of pairs with another's label in it is found.
			await shown.goto(pathToFileURL(join(out, "index.html")).href);
			await shown.addStyleTag({ content: "svg text { font-size: 30px }" });
			expect((await lookAt(shown)).meeting.length).toBeGreaterThan(20);
			await shown.close();
		},
		120_000,
	);

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
			expect(seen.charts).toBe(6);
			expect(seen.overhang).toBeLessThanOrEqual(0);
			expect(seen.page > seen.ink).toBe(colorScheme === "light");
			expect(Math.abs(seen.page - seen.axis)).toBeGreaterThan(350);
			expect(seen.text).toContain(data.blobBytes.toLocaleString("en-US"));
			for (const sentence of search.explanation) expect(seen.text).toContain(sentence);
			await context.close();
		},
		60_000,
	);

	/** Opens the page; what its marks say, as the files of the charts have it. */
	async function open(options: Parameters<Browser["newContext"]>[0]) {
		const context = await browser.newContext(options);
		onTestFinished(() => context.close());
		const shown = await context.newPage();
		await shown.goto(pathToFileURL(join(out, "index.html")).href);
		return { shown, tip: shown.locator("#tip") };
	}
	const saidBy = (name: string) => [...new Set(titlesOf(name))];
	/** The chart of the page that a file is a copy of. */
	const chartOf = (shown: Page, name: string) =>
		shown.locator("figure", { hasText: `also as ${name}.svg` }).locator("svg");

	test.each(["light", "dark"] as const)(
		"keys reach what each mark says, one stop of Tab for each chart, inside a %s screen of 390 pixels",
		async (colorScheme) => {
			const { shown, tip } = await open({ colorScheme, viewport: { width: 390, height: 800 } });
			for (const name of ["front", "pareto", "heat-map", "pairs", "memory", "confusion"]) {
				const said = saidBy(name);
				expect(said.length, name).toBeGreaterThan(9);
				for (const [i, text] of said.entries()) {
					await shown.keyboard.press(i ? "ArrowRight" : "Tab");
					expect(await tip.innerText(), name).toBe(text.replaceAll("&lt;", "<").replaceAll("&amp;", "&"));
					const box = (await tip.boundingBox())!;
					expect(box.x).toBeGreaterThanOrEqual(0);
					expect(box.x + box.width).toBeLessThanOrEqual(390);
					expect(box.y).toBeGreaterThanOrEqual(0);
					expect(box.y + box.height).toBeLessThanOrEqual(800);
				}
				// There is no mark after the last.
				await shown.keyboard.press("ArrowRight");
				expect(await shown.locator(":focus").getAttribute("aria-label")).toBe(
					await chartOf(shown, name).locator("[tabindex='0']").getAttribute("aria-label"),
				);
			}
			const [ink, back, page] = await tip.evaluate((element) =>
				[
					getComputedStyle(element).color,
					getComputedStyle(element).backgroundColor,
					getComputedStyle(document.body).backgroundColor,
				].map((text) =>
					(text.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, value) => sum + Number(value), 0),
				),
			);
			for (const other of [ink!, page!]) expect(Math.abs(back! - other)).toBeGreaterThan(350);
			await shown.keyboard.press("Escape");
			expect(await tip.isVisible()).toBe(false);
			await shown.keyboard.press("Home");
			expect(await tip.innerText()).toBe(saidBy("confusion")[0]);
			// One down in the matrix is the next true class taken for the same.
			await shown.keyboard.press("ArrowDown");
			expect(await tip.innerText()).toBe(saidBy("confusion")[data.labels.length]);
			await shown.keyboard.press("Tab");
			expect(await tip.isVisible()).toBe(false);
		},
		120_000,
	);

	test("a pointer or a finger on a mark, or a finger beside one, shows what it says until it leaves or taps elsewhere", async () => {
		const front = titlesOf("front").find((text) => text.endsWith("; chosen"))!;
		for (const hasTouch of [false, true]) {
			const { shown, tip } = await open({ hasTouch, viewport: { width: 390, height: 800 } });
			const cell = chartOf(shown, "confusion").locator("[tabindex]").first();
			const point = chartOf(shown, "front").locator("[tabindex]").last();
			expect(await tip.isVisible()).toBe(false);
			for (const [mark, text] of [
				[point, front],
				[cell, saidBy("confusion")[0]],
			] as const) {
				await mark.scrollIntoViewIfNeeded();
				const box = (await mark.boundingBox())!;
				const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
				if (hasTouch) await shown.touchscreen.tap(x, y);
				else await shown.mouse.move(x, y);
				expect(await tip.innerText()).toBe(text);
				const shape = (await tip.boundingBox())!;
				expect(shape.x).toBeGreaterThanOrEqual(0);
				expect(shape.x + shape.width).toBeLessThanOrEqual(390);
				if (hasTouch) await shown.touchscreen.tap(2, 2);
				else await shown.mouse.move(2, 2);
				expect(await tip.isVisible()).toBe(false);
				if (!hasTouch) continue;
				await shown.touchscreen.tap(box.x - 9, y);
				expect(await tip.innerText()).toBe(text);
			}
		}
	}, 60_000);

	test("without scripts the titles are there and nothing is empty in their place", async () => {
		const { shown, tip } = await open({ javaScriptEnabled: false, viewport: { width: 390, height: 800 } });
		expect(await tip.count()).toBe(0);
		expect(await chartOf(shown, "front").locator("title").count()).toBe(titlesOf("front").length);
	}, 60_000);
});

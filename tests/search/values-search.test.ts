// Sensitivity, search, studies and reports of networks with values: judged by their errors, worked out by hand where it can be.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { Pool } from "../../host-tools/evaluation/pool";
import type { FloatModel } from "../../host-tools/float/model";
import { choosePrecision, formatBits, highestPrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { gather, type ReportData } from "../../host-tools/report/report";
import { writeReport } from "../../host-tools/report/write";
import { Bench, snr } from "../../host-tools/search/measure";
import { searchPlan } from "../../host-tools/search/places";
import { search } from "../../host-tools/search/search";
import { measureSensitivity } from "../../host-tools/search/sensitivity";
import { type SearchInput, setUp } from "../../host-tools/search/setup";
import { lra } from "../../host-tools/search/studies/lra";
import { study } from "../../host-tools/search/study";
import { studyTables } from "../../host-tools/search/study-table";
import { forecast } from "../../host-tools/task/forecast";
import { openForTask } from "../../host-tools/task/open";
import { regress } from "../../host-tools/task/regress";
import { initialize } from "../../host-tools/training/initialize";

const folder = mkdtempSync(join(tmpdir(), "edge-ssm-values-search-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("two targets by hand: errors of each in its standard deviations, mean over targets", () => {
	const targets = { kind: "values", names: ["a", "b"], units: ["", ""], steps: null } as const;
	const of = Float32Array.of(1, 10, 3, 30);
	const given = Float64Array.of(2, 10, 3, 20);
	const { values, right, noise } = regress.compare(
		{ ...targets, names: [...targets.names], units: [...targets.units], of },
		Float64Array.from(of),
		given,
	);
	// Standard deviations 1 and 10; root mean square errors sqrt(1/2) and sqrt(100/2): both 0.7071 of them.
	expect(values!.nrmse).toBeCloseTo(Math.SQRT1_2, 12);
	expect(values!.mse).toBeCloseTo((0.5 + 50) / 2, 12);
	// |error| / mean size: 1 / 1.5 and 10 / 25, each one of two rows.
	expect(values!.smape).toBeCloseTo((100 * (1 / 1.5 / 2 + 10 / 25 / 2)) / 2, 4);
	expect([right, snr(noise)]).toEqual([0, expect.closeTo(10 * Math.log10(2), 12)]);
	expect(regress.quality.of({ count: 2, right: 0, values })).toBeCloseTo(70.710678, 5);
	const constant = { ...targets, names: ["a"], units: [""], of: Float32Array.of(5, 5) };
	expect(() => regress.compare(constant, Float64Array.of(5, 5), Float64Array.of(5, 6))).toThrow(
		"All targets of these 2 sequences are constant",
	);
});

describe("of forecasts", () => {
	const source = join(folder, "waves");
	const pool = new Pool(1);
	let model: FloatModel;
	let setup: SearchInput;
	let screen: Bench;
	beforeAll(async () => {
		mkdirSync(join(source, "wave"), { recursive: true });
		for (let i = 0; i < 30; i++) {
			const steps = Array.from({ length: 24 }, (_, t) => Math.sin(0.4 * t + i).toFixed(4));
			writeFileSync(join(source, "wave", `${i}.csv`), `x\n${steps.join("\n")}\n`);
		}
		const { dataset } = await openForTask("forecast", source, "train", { ahead: 3 });
		model = initialize(
			{
				...{ mixer: "s4d", heads: 4, modes: 2, layers: 1, channel: "glu", gate: "sigmoid" },
				...{ activation: "gelu_sigmoid", pooling: "last", norm: "before", dtMin: 0.05, dtMax: 0.5 },
			},
			dataset,
			forecast.goal(dataset.targets as Parameters<typeof forecast.goal>[0]),
			1,
		);
		setup = await setUp(model, {
			...{ data: source, seed: 1, calibrate: 8, screen: 4, validation: 6 },
			how: { method: "minmax" },
		});
		screen = await Bench.open(model, setup.ranges, setup.screen, { pool, cacheFolder: folder });
	});
	afterAll(() => pool.close());

	test("the search keeps the loss in points of NRMSE, and the errors are the cache's the second time", async () => {
		const { shape, ranges } = setup;
		expect(screen.quality.name).toBe("NRMSE");
		expect(screen.float.values!.nrmse).toBeGreaterThan(0);
		const sensitivity = await measureSensitivity(screen, shape, searchPlan(shape));
		const validation = await Bench.open(model, ranges, setup.validation, { pool, cacheFolder: folder });
		const run = () =>
			search({ shape, sensitivity, screen, validation, limits: { maxLoss: 1 }, overhead: 300 });
		const { candidates, chosen, loss } = await run();
		const { values } = candidates[chosen]!.validated!;
		expect(loss).toBeCloseTo(100 * (values!.nrmse - validation.float.values!.nrmse), 9);
		expect(loss).toBeLessThanOrEqual(1);
		expect(candidates[chosen]!.blobBytes).toBeLessThan(
			Math.max(...candidates.map(({ blobBytes }) => blobBytes)),
		);
		expect(await run()).toEqual({ candidates, chosen, loss });
	});

	test("their study has all errors by bits; the Long Range Arena's is refused", async () => {
		const rows = await study(screen, setup.shape, { data: "waves", ahead: 3 });
		expect(rows.map(({ width, name }) => `${width} ${name}`)).toContain("W8A8 everything 8");
		for (const { untrained } of rows) {
			const { nrmse, smape, mse } = untrained!.values!;
			for (const error of [nrmse, smape, mse]) expect(error).toBeGreaterThan(0);
		}
		const text = studyTables(rows, screen, "not run");
		expect(text).toContain("waves, 3 steps ahead, by bits");
		expect(text).toContain("ours, sMAPE %");
		const [first] = rows;
		const { nrmse } = first!.untrained!.values!;
		const more = 100 * (nrmse / screen.float.values!.nrmse - 1);
		expect(text).toContain(`${nrmse.toPrecision(4)} (${more < 0 ? "" : "+"}${more.toFixed(2)} %)`);
		await expect(study(screen, setup.shape, { name: "lra" })).rejects.toThrow(
			"The study lra is of networks that tell labels, unlike this one; leave its name out.",
		);
	});
});

test("rows of the Long Range Arena are the presets of their names, for S4D and S5 alike", () => {
	const presets = ["w8a8x8", "w4a8s8", "w4a8a8"];
	for (const name of ["motion", "smnist-s5-w4"]) {
		const shape = floatShape(importCheckpoint(`models/${name}.safetensors`));
		expect(lra.rows("imdb", 0).map(({ bits }) => formatBits(highestPrecision(shape, bits!)))).toEqual(
			presets.map((preset) => formatBits(choosePrecision(shape, preset))),
		);
	}
	const figures = (data: string) => lra.rows(data, 0).map(({ literature }) => literature.untrained);
	expect(figures("imdb")).toEqual([88.49, null, null]);
	expect(figures("else")).toEqual([null, null, null]);
});

describe("the report of a forecast", () => {
	let data: ReportData;
	let html: string;
	beforeAll(async () => {
		data = await gather("models/mackey-glass.essm", {
			...{ data: "mackey-glass", limit: 2, threads: 1, command: "edge-ssm report" },
			checkpoint: { kind: "checkpoint", model: importCheckpoint("models/mackey-glass.safetensors") },
		});
		await writeReport(join(folder, "report"), data);
		html = readFileSync(join(folder, "report", "index.html"), "utf8");
	});

	test("has errors of every target in float and in integers, and no confusion", () => {
		const { targets, confusion, values, float } = data.heldOut!;
		expect(confusion).toBeNull();
		expect(targets!.map(({ name }) => name)).toEqual(["x"]);
		expect(values!.nrmse).toBeCloseTo(targets![0]!.integers.nrmse!, 12);
		expect(float!.values!.nrmse).toBeCloseTo(targets![0]!.float!.nrmse!, 12);
		// What the model's card states.
		expect(values!.nrmse).toBeGreaterThan(0.006);
		expect(values!.nrmse).toBeLessThan(0.01);
		expect(html).toContain(`${(100 * values!.nrmse).toFixed(2)} %`);
		expect(html).not.toContain("Confusion matrix");
		expect(html).not.toContain("correct of");
	});

	test("all numbers of the page are those of report.json", () => {
		const json = JSON.parse(readFileSync(join(folder, "report", "report.json"), "utf8"));
		const figures = [...html.matchAll(/data-path="([^"]+)" data-value="([^"]+)">/g)];
		expect(figures.some(([, path]) => path === "heldOut.targets.0.integers.nrmse")).toBe(true);
		for (const [, path, value] of figures)
			expect(
				path!.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], json),
				path,
			).toBe(Number(value));
	});
});

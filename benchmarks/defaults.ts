// What the settings that `train` chooses give on test splits, next to the recipe of each set: in floating point, and in integers, rounded
// and trained for them. Every figure is kept in FOLDER as soon as it is known, with the checkpoints, so that an interrupted run
// goes on; the table is the mean over seeds.
//
//     npm run bench -- defaults FOLDER DATA... [--seeds 3] [--threads 1]
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Dataset } from "../host-tools/datasets/dataset";
import { openDataset } from "../host-tools/datasets/open";
import { evaluate } from "../host-tools/evaluation/evaluate";
import {
	type BlobModel,
	type CheckpointModel,
	parseBlob,
	readFloatFile,
} from "../host-tools/evaluation/model-file";
import { writeWhole } from "../host-tools/files/write";
import type { FloatModel } from "../host-tools/float/model";
import { pack, TRAINED_PRESET } from "../host-tools/packing/pack";
import { choosePrecision } from "../host-tools/quantization/precision";
import { floatShape } from "../host-tools/quantization/shape";
import { counted } from "../host-tools/task/classify-metrics";
import { UserError } from "../host-tools/terminal/errors";
import { print, table } from "../host-tools/terminal/output";
import { chooseSettings } from "../host-tools/training/defaults";
import type { TrainInput } from "../host-tools/training/settings";
import { train } from "../host-tools/training/train";

const PRESETS = ["w8x16", "w4a6x8"];
const COLUMNS = ["float", ...PRESETS.flatMap((preset) => [preset, `${preset} trained`]), "recipe"];
/** As `quantize` and `train` pack them. */
const PACKED = { checkpointHash: "0".repeat(64), calibrate: 256, golden: 2, goldenSteps: 64 };

/** Sequences of the test split that are right, by column. */
type Figures = Partial<Record<string, number>>;

interface Run {
	seed: number;
	threads: number;
}

class Seed {
	readonly #folder: string;
	readonly #name: string;
	readonly #data: Dataset;
	readonly #test: Dataset;
	readonly #run: Run;
	readonly figures: Figures;

	constructor(folder: string, source: string, data: Dataset, test: Dataset, run: Run) {
		this.#folder = folder;
		this.#name = basename(source);
		this.#data = data;
		this.#test = test;
		this.#run = run;
		const known = this.#path(".json");
		this.figures = existsSync(known) ? JSON.parse(readFileSync(known, "utf8")) : {};
	}

	#path(ending: string): string {
		return join(this.#folder, `${this.#name}-${this.#run.seed}${ending}`);
	}

	async #once(column: string, make: () => Promise<BlobModel | CheckpointModel>): Promise<void> {
		if (this.figures[column] !== undefined) return;
		const begun = performance.now();
		const model = await make();
		const { metrics } = await evaluate(
			model,
			this.#test,
			model.kind === "blob" ? "kernel" : "float",
			this.#run,
		);
		const { right, count } = counted(metrics);
		this.figures[column] = right;
		writeWhole(this.#path(".json"), Buffer.from(JSON.stringify(this.figures)));
		const seconds = ((performance.now() - begun) / 1000).toFixed(0);
		print(`${this.#name}, seed ${this.#run.seed}, ${column}: ${right} of ${count}, ${seconds} s`);
	}

	/** As `train` does it without flags, or with --from and --quantize. */
	#train(given: TrainInput, ending: string, from?: FloatModel) {
		const settings = { ...given, ...this.#run };
		const chosen = chooseSettings(this.#data, settings, from !== undefined);
		const output = this.#path(ending);
		return train({
			...Object.assign({}, ...chosen.map((choice) => choice.settings)),
			...settings,
			...{ data: this.#data, output, ...(from && { from }) },
		});
	}

	async run(): Promise<void> {
		await this.#once("float", async () => ({
			kind: "checkpoint",
			model: (await this.#train({}, ".safetensors")).model,
		}));
		const model = readFloatFile(this.#path(".safetensors")).model;
		for (const preset of PRESETS) {
			const precision = choosePrecision(floatShape(model), preset);
			const packed = (...[of, more]: [FloatModel, object?]) =>
				parseBlob(pack(of, this.#data, { ...PACKED, preset, precision, ...more }).blob, preset);
			await this.#once(preset, async () => packed(model));
			await this.#once(`${preset} trained`, async () => {
				const trained = await this.#train({ quantize: preset }, `-${preset}.safetensors`, model);
				return packed(trained.model, { preset: TRAINED_PRESET, quantization: trained.quantization! });
			});
		}
		const recipe = fileURLToPath(
			new URL(`../../recipes/${this.#name.toLowerCase().replace("_", "-")}.json`, import.meta.url),
		);
		if (existsSync(recipe))
			await this.#once("recipe", async () => ({
				kind: "checkpoint",
				model: (
					await train({
						...(JSON.parse(readFileSync(recipe, "utf8")) as TrainInput),
						...this.#run,
						data: this.#data,
					})
				).model,
			}));
	}
}

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { seeds: { type: "string", default: "3" }, threads: { type: "string", default: "1" } },
});
const [folder, ...sources] = positionals;
if (folder === undefined || sources.length === 0)
	throw new UserError(
		"Give a folder for what is trained, and data sets: npm run bench -- defaults FOLDER DATA...",
	);
mkdirSync(folder, { recursive: true });
const rows: string[][] = [];
for (const source of sources) {
	const [data, test] = [await openDataset(source, "train", {}), await openDataset(source, "test", {})];
	const all: Figures[] = [];
	for (let seed = 1; seed <= Number(values.seeds); seed++) {
		const one = new Seed(folder, source, data, test, { seed, threads: Number(values.threads) });
		await one.run();
		all.push(one.figures);
	}
	rows.push([
		basename(source),
		...COLUMNS.map((column) => {
			const known = all.flatMap((figures) => figures[column] ?? []);
			if (!known.length) return "";
			return ((100 * known.reduce((a, b) => a + b, 0)) / known.length / test.count).toFixed(2);
		}),
	]);
}
print(table([["test split, %", ...COLUMNS], ...rows]));

// The kernel's instructions per step on RV32IMC, as QEMU counts them: exact and repeatable, so that a change which makes a row of
// docs/PERFORMANCE.md slower by more than 2 % is seen; in the rows of widths the built-in motion checkpoint takes the place of the
// optional one. tests/fixtures/instructions.json has what was counted, and the compiler that it depends on. After a change that is
// meant: `UPDATE_INSTRUCTIONS=1 npx vitest run tests/search/instructions.test.ts`.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { buildCounter, type Counted, countAll, countS5Block } from "../../benchmarks/rv32/count";
import { importCheckpoint } from "../../host-tools/checkpoints/import";
import { openDataset } from "../../host-tools/datasets/open";
import { pack } from "../../host-tools/packing/pack";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";

const FIXTURE = "tests/fixtures/instructions.json";
const WAYS = ["chunked", "single", "kept_chunked", "kept_single"] as const;
const MOST_CHANGE = 1.02;

/** Presets and widths of the table, as in benchmarks/rv32.ts. */
const WIDTHS: readonly [preset: string, bits: string][] = [
	...["w8x16", "w8a8x8", "w4x16", "w4a6x8", "w3a6x8"].map((preset): [string, string] => [preset, ""]),
	...["W=6", "W=4", "A=4+12", "B=4", "x=16d"].map((bits): [string, string] => ["w8x16", bits]),
];

interface Fixture {
	compiler: string;
	/** Instructions per step by network and way of calling. */
	perStep: Record<string, Record<string, number>>;
}
const fixture = JSON.parse(readFileSync(FIXTURE, "utf8")) as Fixture;

/** Why nothing can be compared, or undefined. */
async function reason(): Promise<string | undefined> {
	const missing = await missingRv32Tools();
	if (missing !== undefined) return `${missing} not installed`;
	const compiler = compilerVersion();
	if (compiler === fixture.compiler || process.env.UPDATE_INSTRUCTIONS) return undefined;
	return `the counts are those of ${fixture.compiler}, and this is ${compiler}`;
}

function compilerVersion(): string {
	return execFileSync("riscv64-unknown-elf-gcc", ["--version"], { encoding: "utf8" }).split("\n")[0]!;
}

const left = await reason();
if (left !== undefined) console.warn(`instruction counts are left out: ${left}`);

async function countEverything(): Promise<Fixture["perStep"]> {
	const perStep: Fixture["perStep"] = {};
	const note = (name: string, ways: readonly (typeof WAYS)[number][], counted: Counted): void => {
		perStep[name] = Object.fromEntries(ways.map((way) => [way, Math.round(counted[way] / counted.steps)]));
	};
	await buildCounter();
	await buildCounter(32);
	for (const file of readdirSync("models").filter((name) => name.endsWith(".essm"))) {
		const blob = readFileSync(`models/${file}`);
		const name = file.replace(".essm", "");
		note(name, WAYS, await countAll(blob));
		note(`${name}, blocks of 32`, ["chunked", "kept_chunked"], await countAll(blob, 32));
	}
	const model = importCheckpoint("models/motion.safetensors");
	const training = await openDataset("motion", "train", { limit: 64 });
	for (const [preset, bits] of WIDTHS) {
		const precision = choosePrecision(floatShape(model), preset, bits);
		const options = { checkpointHash: "", precision, preset, calibrate: 32, golden: 1, goldenSteps: 64 };
		const { blob } = pack(model, training, { ...options, how: { method: "minmax" } });
		note(`motion ${preset} ${bits}`.trim(), WAYS, await countAll(blob));
	}
	for (const size of [16, 24, 32])
		for (const preset of ["w8x16", "w8a8x8", "w4x16"]) {
			const { steps } = await countS5Block(size, preset);
			perStep[`a block of S5, ${size} heads, ${preset}`] = { chunked: Math.round(steps) };
		}
	return perStep;
}

test.skipIf(left !== undefined)(
	"no row takes over 2 % more instructions per step than was recorded, or less without being recorded",
	async () => {
		const perStep = await countEverything();
		if (process.env.UPDATE_INSTRUCTIONS) {
			const text = JSON.stringify({ compiler: compilerVersion(), perStep }, undefined, "\t");
			writeFileSync(FIXTURE, `${text}\n`);
			return;
		}
		expect(Object.keys(perStep)).toEqual(Object.keys(fixture.perStep));
		for (const [name, ways] of Object.entries(fixture.perStep))
			for (const [way, recorded] of Object.entries(ways)) {
				const now = perStep[name]![way]!;
				const text = `${name}, ${way}: ${now} instructions per step, ${recorded} recorded`;
				expect(now / recorded, text).toBeLessThan(MOST_CHANGE);
				expect(now / recorded, text).toBeGreaterThan(1 / MOST_CHANGE);
			}
	},
	600_000,
);

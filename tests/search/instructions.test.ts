// The kernel's instructions per step on RV32IMC, as QEMU counts them: exact and repeatable, so that a change which makes a shipped
// model slower by more than 2 % is seen. tests/fixtures/instructions.json has what was counted, and the compiler that it depends on.
// After a change that is meant: `UPDATE_INSTRUCTIONS=1 npx vitest run tests/search/instructions.test.ts`.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { buildCounter, countAll } from "../../benchmarks/rv32/count";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";

const FIXTURE = "tests/fixtures/instructions.json";
const MODELS = ["motion", "smnist-h16-n2", "smnist-h16-w4a6x8", "uci-har"];
const WAYS = ["chunked", "single", "kept_chunked", "kept_single"] as const;
const MOST_GROWTH = 1.02;

interface Fixture {
	compiler: string;
	/** Instructions per step by model and way of calling. */
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

test.skipIf(left !== undefined)(
	"no model takes over 2 % more instructions per step than was recorded",
	async () => {
		await buildCounter();
		const perStep: Fixture["perStep"] = {};
		for (const model of MODELS) {
			const counted = await countAll(readFileSync(`models/${model}.essm`));
			perStep[model] = Object.fromEntries(WAYS.map((way) => [way, Math.round(counted[way] / counted.steps)]));
		}
		if (process.env.UPDATE_INSTRUCTIONS) {
			const text = JSON.stringify({ compiler: compilerVersion(), perStep }, undefined, "\t");
			writeFileSync(FIXTURE, `${text}\n`);
			return;
		}
		for (const model of MODELS)
			for (const way of WAYS) {
				const [now, recorded] = [perStep[model]![way]!, fixture.perStep[model]![way]!];
				expect(now / recorded, `${model}, ${way}: ${now} instructions per step`).toBeLessThan(MOST_GROWTH);
			}
	},
	120_000,
);

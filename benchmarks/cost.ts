// Fits the search's instruction model to the current kernel: counts random networks on RV32IMC under QEMU, solves for the
// coefficients, reports the error on networks outside the fit, and writes host-tools/search/coefficients.ts.
//
//     npm run bench -- cost
import { writeFileSync } from "node:fs";
import { projectPath } from "../host-tools/files/project";
import { instructionsOf, workOf } from "../host-tools/search/cost";
import { inTurn } from "../host-tools/search/sensitivity";
import { requireRv32Tools } from "../host-tools/simulator/rv32-qemu";
import { buildCounter, countSteps, randomCounted } from "./rv32/count";

/** Half of them with S4D, half with S5. */
const FITTED = 600;
const CHECKED = 200;
const FILE = "host-tools/search/coefficients.ts";

/** Least squares of relative errors; a tiny ridge holds coefficients that no network uses at 0. */
function solve(rows: { work: Record<string, number>; counted: number }[]): Record<string, number> {
	const names = [...new Set(rows.flatMap(({ work }) => Object.keys(work)))].sort();
	const n = names.length;
	const normal = names.map(() => new Float64Array(n + 1));
	for (const { work, counted } of rows) {
		const v = names.map((name) => (work[name] ?? 0) / counted);
		for (let i = 0; i < n; i++) {
			for (let k = 0; k < n; k++) normal[i]![k]! += v[i]! * v[k]!;
			normal[i]![n]! += v[i]!;
		}
	}
	for (let i = 0; i < n; i++) normal[i]![i]! *= 1 + 1e-9;
	// Gauss and Jordan; the matrix is positive definite.
	for (let p = 0; p < n; p++)
		for (let i = 0; i < n; i++) {
			if (i === p) continue;
			const factor = normal[i]![p]! / normal[p]![p]!;
			for (let k = p; k <= n; k++) normal[i]![k]! -= factor * normal[p]![k]!;
		}
	return Object.fromEntries(
		names.map((name, i) => [name, Number((normal[i]![n]! / normal[i]![i]!).toFixed(2))]),
	);
}

await requireRv32Tools();
await buildCounter();
const counted = await inTurn(
	Array.from({ length: FITTED + CHECKED }, (_, seed) => seed),
	async (seed) => {
		const { blob, network } = randomCounted(seed);
		return { network, work: workOf(network), counted: await countSteps(blob) };
	},
);
const coefficients = solve(counted.slice(0, FITTED));
const lines = Object.entries(coefficients).map(([name, value]) => `\t"${name}": ${value},\n`);
writeFileSync(
	projectPath(FILE),
	`// Instructions on RV32IMC for each piece of work of cost.ts. Written by "npm run bench -- cost" (benchmarks/cost.ts): not by hand.

export const COEFFICIENTS: Record<string, number> = {
${lines.join("")}};
`,
);
const checked = counted.slice(FITTED);
for (const kind of ["s4d", "s5"] as const) {
	const errors = checked
		.filter(({ network }) => network.blocks[0]!.mixer.kind === kind)
		.map(({ network, counted }) => 100 * Math.abs(instructionsOf(network, coefficients) / counted - 1))
		.sort((a, b) => a - b);
	const part = (fraction: number) => errors[Math.floor(fraction * (errors.length - 1))]!.toFixed(1);
	console.log(
		`${kind}: ${FITTED / 2} random networks fitted, ${errors.length} others: half of them within ${part(0.5)} %, ` +
			`nine in ten within ${part(0.9)} %, the worst ${part(1)} %`,
	);
}
console.log(`written to ${FILE}`);

// Instructions of the kernel on Xtensa, with those on RV32IMC beside them: npm run bench -- xtensa [BLOB...]. Sixteen samples per call,
// on golden vectors of 48 steps and more.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { projectPath } from "../host-tools/files/project";
import { grouped, print, say, table } from "../host-tools/terminal/output";
import { readBlob } from "../src/blob/read";
import { macsPerStep } from "../src/network/macs";
import { buildCounter, countSteps } from "./rv32/count";
import { buildXtensa, instructionsPerStep, missingForXtensa } from "./xtensa/run";

const missing = missingForXtensa();
if (missing !== undefined) {
	say(`error: ${missing}.`);
	process.exit(1);
}
buildXtensa();
await buildCounter();
const given = process.argv.slice(2);
const files =
	given.length > 0
		? given
		: ["motion", "smnist-h16-n2", "smnist-h16-w4a6x8"].map((name) => projectPath(`models/${name}.essm`));
const lines: string[][] = [];
for (const file of files) {
	const blob = new Uint8Array(readFileSync(file));
	const network = readBlob(blob);
	const steps = network.golden.reduce(
		(sum, { samples }) => sum + Math.max(0, samples.length / network.input.length - 16),
		0,
	);
	const [xtensa, rv32, macs] = [
		await instructionsPerStep(blob, steps),
		await countSteps(blob),
		macsPerStep(network),
	];
	lines.push([
		basename(file),
		grouped(macs),
		grouped(Math.round(xtensa)),
		(xtensa / macs).toFixed(2),
		grouped(Math.round(rv32)),
		(rv32 / macs).toFixed(2),
	]);
}
print(table([["blob", "MACs per step", "Xtensa LX106", "per MAC", "RV32IMC", "per MAC"], ...lines]));

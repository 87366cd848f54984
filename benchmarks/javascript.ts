// The cost of JavaScript on RV32IMC, in instructions per step: of the C kernel alone (benchmarks/rv32/kernel.c); of the same
// kernel called through XS and the classifier in the shipped firmware, 16 samples per call; of values and alarms through the
// estimator and the detector (benchmarks/rv32/streams.ts); and of the same network without the kernel, in JavaScript on XS
// (benchmarks/rv32/reference.ts). Prints three tables; docs/PERFORMANCE.md keeps them.
//
//     npm run bench -- javascript
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { importCheckpoint } from "../host-tools/checkpoints/import";
import { openDataset } from "../host-tools/datasets/open";
import { withFlash } from "../host-tools/evaluation/device";
import { parseBlob } from "../host-tools/evaluation/model-file";
import { projectPath } from "../host-tools/files/project";
import { withSimulated } from "../host-tools/measure/device";
import { statistics } from "../host-tools/measure/statistics";
import { pack } from "../host-tools/packing/pack";
import { choosePrecision, DEFAULT_PRESET } from "../host-tools/quantization/precision";
import { floatShape } from "../host-tools/quantization/shape";
import { run } from "../host-tools/simulator/process";
import { buildRv32, rv32Command } from "../host-tools/simulator/rv32";
import { requireRv32Tools } from "../host-tools/simulator/rv32-qemu";
import { table } from "../host-tools/terminal/output";
import { buildCounter, countAll } from "./rv32/count";

const STEPS = 64;
const CHUNK = 16;
const RUNS = 20;

async function blobOf(checkpoint: string, data: string): Promise<Uint8Array> {
	const model = importCheckpoint(projectPath(checkpoint));
	return pack(model, await openDataset(data, "train", { limit: 64 }), {
		checkpointHash: "",
		precision: choosePrecision(floatShape(model)),
		preset: DEFAULT_PRESET,
		calibrate: 32,
		how: { method: "minmax" },
		golden: 1,
		goldenSteps: STEPS,
	}).blob;
}

/** Instructions of STEPS steps in the firmware, through the classifier or, with `chunk` 0, in one call of the kernel. */
function inFirmware(blob: Uint8Array): Promise<{ stream: number; once: number }> {
	return withSimulated("rv32", parseBlob(blob, "blob"), async (client) => {
		const time = async (steps: number, chunk: number) =>
			statistics(await client.timing(RUNS, steps, { chunk, clock: "COUNTER" })).median;
		const clock = await time(0, 0);
		return { stream: (await time(STEPS, CHUNK)) - clock, once: (await time(STEPS, 0)) - clock };
	});
}

/** What a program on XS, with the firmware's RAM and slots, logs of STEPS steps: instructions by name. */
async function onXS(name: "reference" | "streams", blob: Uint8Array): Promise<Map<string, number>> {
	const built = await buildRv32({ entry: projectPath(`benchmarks/rv32/${name}.ts`), name });
	return withFlash(async (flashFile) => {
		const { program, args } = rv32Command(built, { flashFile }); // creates the file
		const flash = openSync(flashFile, "r+");
		writeSync(flash, blob);
		closeSync(flash);
		const { code, stderr } = await run(program, args);
		const counted = [...stderr.matchAll(/^(\w+) (\d+)$/gm)].map(([, of, n]) => [of!, Number(n)] as const);
		if (code !== 0 || !counted.length) throw new Error(`${name} ended with code ${code}: ${stderr}`);
		return new Map(counted);
	});
}

await requireRv32Tools();
await buildCounter();

const models = [["motion", "models/motion.safetensors", "motion"]];
// Optional material outside the project.
const mnist = projectPath("../shared/data/mnist");
if (existsSync(mnist)) models.push(["smnist h16", "../shared/checkpoints/smnist-s4d-h16.safetensors", mnist]);
const rows: (string | number)[][] = [];
const withoutKernel: (string | number)[][] = [];
for (const [name, checkpoint, data] of models) {
	const blob = await blobOf(checkpoint!, data!);
	const { chunked: kernel } = await countAll(blob);
	const { stream, once } = await inFirmware(blob);
	const share = (100 * (stream - kernel)) / kernel;
	const call = ((stream - kernel) * CHUNK) / STEPS;
	const whole = (await onXS("reference", blob)).get("instructions")!;
	withoutKernel.push([name!, kernel / STEPS, whole / STEPS, `${Math.round(whole / kernel)} times`]);
	rows.push([name!, kernel / STEPS, once / STEPS, stream / STEPS, `${share.toFixed(1)} %`, call]);
}
/** What streams of values log, in words. */
const STREAMS = {
	estimator16: `estimator, a result every ${CHUNK} steps`,
	estimator1: "estimator, a result at every step",
	detector16: `detector, a result every ${CHUNK} steps`,
};
const ofValues: (string | number)[][] = [];
for (const name of ["mackey-glass", "rotor"]) {
	const blob = readFileSync(projectPath(`models/${name}.essm`));
	const { chunked, single } = await countAll(blob);
	const counted = await onXS("streams", blob);
	for (const [stream, text] of Object.entries(STREAMS)) {
		const instructions = counted.get(stream);
		if (instructions === undefined) continue;
		// A result at every step, and a detector's score, take a call of the kernel each.
		const kernel = stream === "estimator16" ? chunked : single;
		const share = (100 * (instructions - kernel)) / kernel;
		const adds = (instructions - kernel) / STEPS;
		ofValues.push([name, text, kernel / STEPS, instructions / STEPS, adds, `${share.toFixed(1)} %`]);
	}
}
const heads = [
	"",
	"kernel in C",
	`one call of ${STEPS}`,
	`classifier, ${CHUNK} per call`,
	"JavaScript adds",
	"per call",
];
console.log(`instructions per step on RV32IMC, ${CHUNK} samples per call`);
console.log(table([heads, ...rows]));
console.log(`\nvalues and alarms, ${CHUNK} samples per call`);
console.log(table([["", "through", "kernel in C", "all", "JavaScript adds", ""], ...ofValues]));
console.log("\nthe same network without the kernel");
console.log(table([["", "kernel in C", "reference in JavaScript", ""], ...withoutKernel]));

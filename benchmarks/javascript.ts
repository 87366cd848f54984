// The cost of JavaScript on RV32IMC, in instructions per step: of the C kernel alone (benchmarks/rv32/kernel.c); of the same
// kernel called through XS and the classifier in the shipped firmware, 16 samples per call; and of the same network without
// the kernel, in JavaScript on XS (benchmarks/rv32/reference.ts). Prints two tables; docs/PERFORMANCE.md keeps them.
//
//
//     npm run bench -- javascript
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
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
import { COUNTED, MACHINE, QEMU, requireRv32Tools } from "../host-tools/simulator/rv32-qemu";
import { table } from "../host-tools/terminal/output";

const OUT = projectPath("build/rv32-bench");
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

/** Instructions of STEPS steps in C, CHUNK per call. */
async function kernelAlone(blob: Uint8Array): Promise<number> {
	const file = join(OUT, "javascript-data.bin");
	writeFileSync(file, blob);
	const loader = `loader,file=${file},addr=0x80800000,force-raw=on`;
	const args = [...MACHINE, ...COUNTED, "-bios", "none", "-serial", "stdio", "-device", loader, "-kernel"];
	const { code, stdout, stderr } = await run(QEMU, [...args, join(OUT, "kernel.elf")]);
	const counted = /^chunked (\d+)$/m.exec(stdout);
	if (code !== 0 || !counted) throw new Error(`kernel.elf ended with code ${code}: ${stdout}${stderr}`);
	return Number(counted[1]);
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

/** Instructions of STEPS steps of the reference on XS, with the firmware's RAM and slots. */
async function reference(blob: Uint8Array): Promise<number> {
	const entry = projectPath("benchmarks/rv32/reference.ts");
	const built = await buildRv32({ entry, name: "reference" });
	return withFlash(async (flashFile) => {
		const { program, args } = rv32Command(built, { flashFile }); // creates the file
		const flash = openSync(flashFile, "r+");
		writeSync(flash, blob);
		closeSync(flash);
		const { code, stderr } = await run(program, args);
		const counted = /^instructions (\d+)$/m.exec(stderr);
		if (code !== 0 || !counted) throw new Error(`the reference ended with code ${code}: ${stderr}`);
		return Number(counted[1]);
	});
}

await requireRv32Tools();
mkdirSync(OUT, { recursive: true });
const made = await run("make", ["-s", "-C", projectPath("benchmarks/rv32")]);
if (made.code !== 0) throw new Error(`the benchmark's programs do not compile:\n${made.stderr}`);

const models = [["motion", "models/motion.safetensors", "motion"]];
// Optional material outside the project.
const mnist = projectPath("../shared/data/mnist");
if (existsSync(mnist)) models.push(["smnist h16", "../shared/checkpoints/smnist-s4d-h16.safetensors", mnist]);
const rows: (string | number)[][] = [];
const withoutKernel: (string | number)[][] = [];
for (const [name, checkpoint, data] of models) {
	const blob = await blobOf(checkpoint!, data!);
	const kernel = await kernelAlone(blob);
	const { stream, once } = await inFirmware(blob);
	const share = (100 * (stream - kernel)) / kernel;
	const call = ((stream - kernel) * CHUNK) / STEPS;
	const whole = await reference(blob);
	withoutKernel.push([name!, kernel / STEPS, whole / STEPS, `${Math.round(whole / kernel)} times`]);
	rows.push([name!, kernel / STEPS, once / STEPS, stream / STEPS, `${share.toFixed(1)} %`, call]);
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
console.log("\nthe same network without the kernel");
console.log(table([["", "kernel in C", "reference in JavaScript", ""], ...withoutKernel]));

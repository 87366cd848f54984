// Counts the kernel's instructions on RV32IMC: instructions per multiply-accumulate for every preset and single width, and
// for comparison the same network in float32, in software and with an FPU. Prints tables; docs/PERFORMANCE.md keeps them.
//
//     npm run bench -- rv32 [BLOB...]        only these models
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { importCheckpoint } from "../host-tools/checkpoints/import";
import { sequence } from "../host-tools/datasets/dataset";
import { openDataset } from "../host-tools/datasets/open";
import { projectPath } from "../host-tools/files/project";
import { nameOfActivation } from "../host-tools/float/activation-name";
import { outputsRecurrent } from "../host-tools/float/forward";
import { type FloatModel, floatMacs, floatNormKind, outputsOf } from "../host-tools/float/model";
import { discretize, type FloatS4d } from "../host-tools/float/s4d";
import { pack } from "../host-tools/packing/pack";
import { choosePrecision, DEFAULT_PRESET, PRESETS } from "../host-tools/quantization/precision";
import { floatShape } from "../host-tools/quantization/shape";
import { run } from "../host-tools/simulator/process";
import {
	COUNTED,
	MACHINE,
	MACHINE_WITH_FPU,
	QEMU,
	requireRv32Tools,
} from "../host-tools/simulator/rv32-qemu";
import { readBlob } from "../src/blob/read";
import { macsPerStep } from "../src/network/macs";
import { buildCounter, countAll, countS5Block } from "./rv32/count";
import { floorOf } from "./rv32/floor";
import { codeSize, MAX_CODE_BYTES, without } from "./rv32/size";

const OUT = projectPath("build/rv32-bench");
const STEPS = 64;
/** Upper bound: instructions per step with weights under 8 bits, relative to 8-bit weights. */
const MAX_NARROW_RATIO = 1.3;

/** One width at a time, on top of the default preset. */
const WIDTHS: Record<string, readonly string[]> = {
	A: ["16", "12", "8", "6", "4+12", "4+10", "4+8"],
	x: ["16n", "16d", "8n", "8d"],
	B: ["8", "4", "2", "0"],
	C: ["8", "6", "4", "3", "2"],
	D: ["8", "6", "4", "3", "2"],
	W: ["8", "6", "4", "3", "2"],
	"W and C": ["8", "6", "4", "3", "2"],
};

type Counts = Record<string, number>;

async function count(
	program: string,
	data: Uint8Array,
	machine = MACHINE,
): Promise<{ counts: Counts; outputs: number[] }> {
	const file = join(OUT, "data.bin");
	writeFileSync(file, data);
	const loader = `loader,file=${file},addr=0x80800000,force-raw=on`;
	const args = [...machine, ...COUNTED, "-bios", "none", "-serial", "stdio", "-device", loader, "-kernel"];
	const { code, stdout, stderr } = await run(QEMU, [...args, join(OUT, program)]);
	if (code !== 0) throw new Error(`${program} ended with code ${code}: ${stdout}${stderr}`);
	const counts: Counts = {};
	const outputs: number[] = [];
	for (const line of stdout.trim().split("\n")) {
		const [name, value] = line.split(" ");
		if (name === "output") outputs.push(Number(value));
		else counts[name!] = Number(value);
	}
	return { counts, outputs };
}

/** The mixer of block `l`, of the one kind float.c supports. */
function s4dOf({ blocks }: FloatModel, l: number): FloatS4d {
	const { mixer } = blocks[l]!;
	if (mixer.kind !== "s4d") throw new Error(`float.c supports S4D only; block ${l} has another mixer`);
	return mixer;
}

/** The float network in float.c's format. */
function floatNetwork(model: FloatModel, samples: Float32Array): Uint8Array {
	const { H, channels, blocks } = model;
	const { N } = s4dOf(model, 0);
	const parts: ArrayLike<number>[] = [];
	// the input's normalization goes into the encoder
	if (model.encoder.kind !== "linear") throw new Error("float.c supports linear encoders only");
	const bias = Float64Array.from(model.encoder.bias);
	const encoder = model.encoder.weight.map((w, i) => {
		const c = i % channels;
		bias[Math.floor(i / channels)]! -= (w * model.inputMean[c]!) / model.inputStd[c]!;
		return w / model.inputStd[c]!;
	});
	parts.push(encoder, bias);
	for (const [l, { norm, channel }] of blocks.entries()) {
		if (channel.kind !== "glu") throw new Error(`float.c supports GLU only, not ${channel.kind}`);
		const mixer = s4dOf(model, l);
		const folded = floatNormKind(norm).fold(norm, H);
		if (!folded) throw new Error(`float.c supports folded norms only, not ${norm.kind}`);
		const { AbarRe, AbarIm, CbarRe, CbarIm } = discretize(mixer, H);
		parts.push(
			folded.scale,
			folded.offset,
			AbarRe,
			AbarIm,
			CbarRe,
			CbarIm,
			mixer.D,
			channel.weight,
			channel.bias,
		);
	}
	parts.push(model.head.weight, model.head.bias, samples);
	const floats = Float32Array.from(parts.flatMap((part) => Array.from(part)));
	const form = ["gelu", "gelu_tanh", "gelu_sigmoid"].indexOf(nameOfActivation(blocks[0]!.activation));
	const pooling = model.head.pooling === "mean" ? 0 : 1;
	const words = Uint32Array.of(
		channels,
		outputsOf(model),
		H,
		N,
		blocks.length,
		samples.length / channels,
		form,
		pooling,
	);
	return Buffer.concat([Buffer.from(words.buffer), Buffer.from(floats.buffer)]);
}

function print(cells: (string | number)[]): void {
	console.log(`| ${cells.join(" | ")} |`);
}

await requireRv32Tools();
mkdirSync(OUT, { recursive: true });
const made = await run("make", ["-s", "-C", projectPath("benchmarks/rv32")]);
if (made.code !== 0) throw new Error(`the benchmark's programs do not compile:\n${made.stderr}`);

// Optional material outside the project; the project's own model by default.
const h16 = projectPath("../shared/checkpoints/smnist-s4d-h16.safetensors");
const mnist = projectPath("../shared/data/mnist");
const trained = existsSync(h16) && existsSync(mnist);
const model = importCheckpoint(trained ? h16 : projectPath("models/motion.safetensors"));
const training = await openDataset(trained ? mnist : "motion", "train", { limit: 64 });
const { H, channels, blocks } = model;
const L = blocks.length;
const macs = floatMacs(model);
console.log(
	`${trained ? "smnist-s4d-h16" : "motion"}: H ${H}, N ${s4dOf(model, 0).N}, L ${L}, ${channels} channels, ${macs} MACs per step`,
);

function blobOf(preset: string, bits: string): Uint8Array {
	const precision = choosePrecision(floatShape(model), preset, bits);
	const how = { method: "minmax" } as const;
	const golden = { golden: 1, goldenSteps: STEPS };
	return pack(model, training, { checkpointHash: "", precision, preset, calibrate: 32, how, ...golden }).blob;
}

const [all, small] = [codeSize(), codeSize(without(["FAST_PATHS"]))];
console.log(
	`kernel: ${all.code} bytes of code, ${small.code} without fast paths (at most ${MAX_CODE_BYTES}), ${all.tables} bytes of tables and names\n`,
);

const COLUMNS = [
	...[
		"16 per call",
		"floor",
		"1 per call",
		"floor",
		"worst",
		"16 per call, rows kept",
		"1 per call, rows kept",
		"outputs",
		"open",
	],
	...["arena", "arena that keeps rows", "blob", "stack"],
];
/** Presets in the chart. */
const CHARTED = new Set(["w8x16", "w4a6x8"]);
interface Steps {
	sixteen: number;
	one: number;
	/** Of the golden vector, and instructions of its outputs. */
	steps: number;
	outputs: number;
}
let base: Steps | undefined;
const bars: [string, number][] = [];
async function row(name: string, blob: Uint8Array, macs: number): Promise<Steps> {
	const { steps, ...c } = await countAll(blob);
	const network = readBlob(blob);
	const floors = [true, false].map((blocked) => floorOf(network, blocked));
	const [atBest, alone] = floors.map((floor) => floor ?? "");
	const step = { sixteen: c.chunked / steps, one: c.single / steps, steps, outputs: c.outputs };
	const kept = [c.kept_chunked, c.kept_single].map((all) => Math.round(all / steps));
	const [sixteen, one] = [Math.round(step.sixteen), Math.round(step.one)];
	const figures = [sixteen, atBest!, one, alone!, c.worst, ...kept, c.outputs, c.open];
	if (CHARTED.has(name)) {
		bars.push([`${name}, 16 per call, rows kept`, kept[0]!], [`${name}, 1 per call, rows kept`, kept[1]!]);
		if (floors[0] !== undefined) bars.push([`${name}, floor with 16 per call`, floors[0]]);
	}
	print([name, (step.sixteen / macs).toFixed(2), ...figures, c.arena, c.preferred, blob.length, c.stack]);
	return step;
}
function heading(first: string): void {
	print([first, "per MAC, 16 per call", ...COLUMNS]);
	print(["---", ...Array<string>(COLUMNS.length + 1).fill("---:")]);
}
const given = process.argv.slice(2);
if (given.length > 0) {
	heading("model");
	for (const file of given) {
		const blob = new Uint8Array(readFileSync(file));
		const { sixteen, one, steps, outputs } = await row(file, blob, macsPerStep(readBlob(blob)));
		const [all, singly] = [sixteen, one].map((step) => Math.round(step * steps + outputs));
		console.log(
			`a sequence of ${steps} steps with its outputs: ${all} instructions, ${singly} with one sample per call`,
		);
	}
	process.exit(0);
}
heading("bits");
const rowOf = (name: string, preset: string, bits: string) => row(name, blobOf(preset, bits), macs);
base = await rowOf(DEFAULT_PRESET, DEFAULT_PRESET, "");
for (const preset of Object.keys(PRESETS)) if (preset !== DEFAULT_PRESET) await rowOf(preset, preset, "");
let narrow = 0;
for (const [key, widths] of Object.entries(WIDTHS))
	for (const width of widths) {
		const bits = key.split(" and ").map((k) => `${k}=${width}`);
		const step = await rowOf(`${key}=${width}`, DEFAULT_PRESET, bits.join(","));
		if (key.startsWith("W")) narrow = Math.max(narrow, step.sixteen / base.sixteen);
	}
console.log(
	`\nweights under 8 bits: at most ${narrow.toFixed(2)} times the instructions of 8-bit ones (at most ${MAX_NARROW_RATIO})`,
);

console.log("\nmodels that the project comes with, on their first golden vector");
heading("model");
for (const file of readdirSync(projectPath("models")).filter((name) => name.endsWith(".essm"))) {
	const blob = readFileSync(projectPath(`models/${file}`));
	await row(file, blob, macsPerStep(readBlob(blob)));
}

await buildCounter(32);
console.log(
	`\nwith blocks of 32 steps and as many samples per call: ${codeSize(["-DESSM_BLOCK=32"]).code} bytes of code`,
);
print(["", "per step", "16", "rows kept", "16", "stack", "16"]);
print(["---", ...Array<string>(6).fill("---:")]);
for (const [name, blob] of [
	...["w8x16", "w4a6x8"].map((preset) => [preset, blobOf(preset, "")] as const),
	...["motion", "smnist-h16-n2", "smnist-s5-w4", "uci-har"].map(
		(name) => [name, readFileSync(projectPath(`models/${name}.essm`))] as const,
	),
]) {
	const [half, full] = [await countAll(blob), await countAll(blob, 32)];
	const pairs = [
		...(["chunked", "kept_chunked"] as const).map((way) =>
			[full, half].map((counts) => Math.round(counts[way] / counts.steps)),
		),
		[full.stack, half.stack],
	];
	print([name, ...pairs.flat()]);
}

const MAX_S5_PER_MAC = 4.5;
console.log(
	`\na block of S5 with a GLU, as many modes as heads, 16 per call (at most ${MAX_S5_PER_MAC} per MAC)`,
);
print(["heads, bits", "MACs", "per step", "a MAC"]);
print(["---", "---:", "---:", "---:"]);
for (const size of [16, 24, 32])
	for (const preset of ["w8x16", "w8a8x8", "w4x16"]) {
		const { steps, macs } = await countS5Block(size, preset);
		print([`${size}, ${preset}`, macs, Math.round(steps), (steps / macs).toFixed(2)]);
	}

const values = sequence(training, 0).slice(0, STEPS * channels);
const expected = outputsRecurrent(model, values, STEPS);
const network = floatNetwork(model, values);
console.log("\nthe same network in float32");
print(["", "per step", `of ${DEFAULT_PRESET}, 1 per call`, `of ${DEFAULT_PRESET}, 16 per call`]);
print(["---", ...Array<string>(3).fill("---:")]);
for (const [name, program, machine] of [
	["by software, RV32IMC, one sample at a time", "float.elf", MACHINE],
	["by software, RV32IMC, in blocks of 16 steps", "float-blocked.elf", MACHINE],
	["with an FPU, RV32IMAFC, one sample at a time", "float-fpu.elf", MACHINE_WITH_FPU],
	["with an FPU, RV32IMAFC, in blocks of 16 steps", "float-blocked-fpu.elf", MACHINE_WITH_FPU],
] as const) {
	const float = await count(program, network, machine);
	const outputs = new Float32Array(Uint32Array.from(float.outputs).buffer);
	for (const [i, output] of outputs.entries())
		if (!(Math.abs(output - expected[i]!) <= 1e-3 * (1 + Math.abs(expected[i]!))))
			throw new Error(`float32 ${name}: output ${i} is ${output}, not ${expected[i]}`);
	const step = float.counts.chunked! / STEPS;
	const times = [step / base.one, step / base.sixteen].map((ratio) => `${ratio.toFixed(2)} times`);
	print([name, Math.round(step), ...times]);
	if (machine === MACHINE_WITH_FPU)
		bars.push([`float32 ${name.replace(", RV32IMAFC", "")}`, Math.round(step)]);
}

console.log("\ninstructions per step");
const [longest, most] = [Math.max(...bars.map(([name]) => name.length)), Math.max(...bars.map(([, n]) => n))];
for (const [name, instructions] of bars.sort(([, a], [, b]) => a - b))
	console.log(
		`${name.padEnd(longest)} ${"█".repeat(Math.round((40 * instructions) / most))} ${instructions}`,
	);

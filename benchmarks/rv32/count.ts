// Counts the kernel's instructions on bare RV32IMC under QEMU, and generates random networks to count. Shared by
// benchmarks/rv32.ts (tables) and benchmarks/cost.ts (fit).
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";
import { labelledTargets } from "../../host-tools/datasets/targets";
import { projectPath } from "../../host-tools/files/project";
import { addGolden } from "../../host-tools/packing/pack";
import { calibrate } from "../../host-tools/quantization/calibrate";
import { DITHER_SEED, quantize } from "../../host-tools/quantization/network";
import { choosePrecision, type Precision } from "../../host-tools/quantization/precision";
import { floatShape, type Shape } from "../../host-tools/quantization/shape";
import { exclusively, run } from "../../host-tools/simulator/process";
import { COUNTED, MACHINE, QEMU } from "../../host-tools/simulator/rv32-qemu";
import { taskOf } from "../../host-tools/task/fit";
import type { Architecture } from "../../host-tools/training/architecture";
import { initialize } from "../../host-tools/training/initialize";
import { CHANNEL_KINDS } from "../../host-tools/training/startable";
import { writeBlob } from "../../src/blob/write";
import { arenaLayout } from "../../src/network/arena";
import { macsPerStep } from "../../src/network/macs";
import type { Network } from "../../src/network/network";

const OUT = projectPath("build/rv32-bench");
const STEPS = 16;

/** Steps of a block that the kernel may be built with; calls are as long. */
type Block = 16 | 32;
const folderOf = (block: Block): string => (block === 16 ? OUT : `${OUT}-${block}`);

/** Compiles the counting program unless it exists. */
export async function buildCounter(block: Block = 16): Promise<void> {
	mkdirSync(folderOf(block), { recursive: true });
	const goals = block === 16 ? [] : [`BLOCK=${block}`, "kernel"];
	const make = () => run("make", ["-s", "-C", projectPath("benchmarks/rv32"), ...goals]);
	const { code, stderr } = await exclusively(join(folderOf(block), "lock"), "compiling the counter", make);
	if (code !== 0) throw new Error(`the benchmark's programs do not compile:\n${stderr}`);
}

/** What kernel.c prints: instructions of all `steps`, bytes. */
export type Counted = Record<
	| ("arena" | "preferred" | "open" | "steps" | "chunked" | "single" | "worst" | "kept_single")
	| ("kept_chunked" | "outputs" | "golden" | "stack"),
	number
>;

/** Instructions per step, 16 samples per call, on a blob's first golden vector, whose outputs must match. */
export async function countSteps(blob: Uint8Array): Promise<number> {
	const { chunked, steps } = await countAll(blob);
	return chunked / steps;
}

/** Everything that is counted on a blob's first golden vector. */
export async function countAll(blob: Uint8Array, block: Block = 16): Promise<Counted> {
	const folder = mkdtempSync(join(folderOf(block), "count-"));
	try {
		const file = join(folder, "blob.bin");
		writeFileSync(file, blob);
		const loader = `loader,file=${file},addr=0x80800000,force-raw=on`;
		const args = [...MACHINE, ...COUNTED, "-bios", "none", "-serial", "stdio", "-device", loader, "-kernel"];
		const { code, stdout, stderr } = await run(QEMU, [...args, join(folderOf(block), "kernel.elf")]);
		const lines = stdout.trim().split("\n");
		const counted = Object.fromEntries(lines.map((line) => line.split(" "))) as Record<string, string>;
		if (code !== 0 || counted.golden !== "1")
			throw new Error(`the kernel ended with code ${code}: ${stdout}${stderr}`);
		return Object.fromEntries(
			Object.entries(counted).map(([name, value]) => [name, Number(value)]),
		) as Counted;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function pick<T>(random: Random, from: readonly T[]): T {
	return from[random.below(from.length)]!;
}

/** Half of the networks have a folded norm. */
const NORMS = [
	...Array.from({ length: 4 }, () => ({ norm: "before", normKind: "batch" }) as const),
	...(["before", "after"] as const).flatMap((norm) => [
		{ norm, normKind: "layer" as const },
		{ norm, normKind: "rms" as const },
	]),
];

type Mixer = "s4d" | "s5";

/** Codings of poles and widths of B by mixer. */
const WIDTHS: Record<Mixer, { A: string[]; B: number[] }> = {
	s4d: { A: ["16", "12", "8", "4+12", "4+8", "3+7", "2+6"], B: [8, 4, 2, 0] },
	s5: { A: ["16", "12", "8", "4+12", "4+8", "6+10", "2+6"], B: [8, 6, 4, 3, 2] },
};

/** Rows of weights by channel mixer. */
const ROWS = { glu: ["value", "gate"], half_glu1: ["gate"], half_glu2: ["gate"], ungated: [] };

/** Widths of every kind. */
function randomPrecision(random: Random, shape: Shape, mixer: Mixer): Precision {
	const weights = [8, 6, 4, 3, 2];
	const layers = shape.blocks.map(({ channel }, l) => {
		const x = pick(random, ["16n", "16n", "8d", "8d", "16d", "8n"]);
		const A = pick(random, WIDTHS[mixer].A);
		const B = pick(random, WIDTHS[mixer].B);
		const widths = ["C", "D", ...ROWS[channel.kind]].map((key) => `${l}.${key}=${pick(random, weights)}`);
		return [`${l}.A=${A}`, `${l}.x=${x}`, `${l}.B=${B}`, ...widths];
	});
	return choosePrecision(shape, "w8x16", [...layers.flat(), `encoder=${pick(random, weights)}`].join(","));
}

/** A network with random weights and a golden vector, on noise. @throws RangeError when it cannot be quantized */
function untrained(
	architecture: Architecture,
	input: Pick<Dataset, "channels" | "tokens">,
	seed: number,
	random: Random,
	precisionOf: (shape: Shape) => Precision,
): { blob: Uint8Array; network: Network } {
	const count = 4;
	const targets = labelledTargets("noise", ["a", "b", "c", "d"], new Uint8Array(count));
	const model = initialize(architecture, input, taskOf({ targets }).goal(targets), seed);
	const rows: Dataset = {
		...{ name: "noise", split: "train", ...input, T: 64, count },
		values: Float32Array.from({ length: count * 64 * input.channels }, () =>
			input.tokens === undefined ? random.bell() : random.below(input.tokens),
		),
		targets,
		lengths: new Uint32Array(count).fill(64),
	};
	const precision = precisionOf(floatShape(model));
	const details = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: DITHER_SEED };
	const ranges = calibrate(model, rows, { method: "minmax" });
	const network = quantize(model, ranges, precision, details, false);
	addGolden(network, 1, STEPS);
	const blob = writeBlob(network, (bytes) => createHash("sha256").update(bytes).digest());
	return { blob, network };
}

const BASE = {
	activation: "gelu_sigmoid",
	gate: "sigmoid",
	...{ dtMin: 0.01, dtMax: 0.2 },
} as const;

/** Three in four networks have few enough heads to pass in blocks of steps. */
function randomShape(random: Random, mixer: Mixer) {
	const heads = random.chance(0.75) ? 2 + random.below(31) : 33 + random.below(64);
	const layers = 1 + random.below(3);
	if (mixer === "s4d") return { heads, layers, modes: 2 + random.below(19), init: "lin" };
	const modes = 1 + random.below(pick(random, [32, 64, 160]));
	// HiPPO matrices of one mode: where the poles are does not matter here, and a larger matrix takes long.
	return { heads, layers, modes, init: "hippo", initBlocks: modes };
}

/** What the counter has room for (ARENA_BYTES in kernel.c). */
const MOST_ARENA = 256 * 1024;

/** A network of random shape, kinds, weights and widths, with a golden vector; determined by the seed. Every other one has S5. */
export function randomCounted(seed: number): { blob: Uint8Array; network: Network } {
	const mixer = seed % 2 ? "s5" : "s4d";
	for (let attempt = 0; ; attempt++) {
		const random = new Random(seed, 0xc057, attempt);
		const architecture: Architecture = {
			...BASE,
			...{ mixer, ...randomShape(random, mixer) },
			activation: random.chance(0.2) ? "relu" : BASE.activation,
			channel: pick(random, CHANNEL_KINDS),
			pooling: pick(random, ["mean", "last"]),
			...pick(random, NORMS),
		};
		const precisionOf = (shape: Shape) => randomPrecision(random, shape, mixer);
		try {
			// one in eight behind an embedding
			const tokens = 2 + random.below(255);
			const input = (seed >> 1) % 8 === 7 ? { channels: 1, tokens } : { channels: 1 + random.below(6) };
			const counted = untrained(architecture, input, seed, random, precisionOf);
			if (arenaLayout(counted.network).preferred <= MOST_ARENA) return counted;
		} catch (error) {
			// Not every random network can be quantized; try the next one.
			if (!(error instanceof RangeError)) throw error;
		}
	}
}

/** What a block of S5 with a GLU costs per step, sixteen samples per call: the second block of two like it. */
export async function countS5Block(size: number, preset: string): Promise<{ steps: number; macs: number }> {
	const counted = [1, 2].map(async (layers) => {
		const { blob, network } = untrained(
			{ ...BASE, mixer: "s5", heads: size, modes: size, layers, pooling: "mean", norm: "before" },
			...([{ channels: 1 }, 1, new Random(1, 0x55)] as const),
			(shape) => choosePrecision(shape, preset),
		);
		return { steps: await countSteps(blob), macs: macsPerStep(network) };
	});
	const [one, two] = (await Promise.all(counted)) as [
		{ steps: number; macs: number },
		{ steps: number; macs: number },
	];
	return { steps: two.steps - one.steps, macs: two.macs - one.macs };
}

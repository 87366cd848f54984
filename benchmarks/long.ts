// Long sequences: the trainer's memory, which grows with the steps of a sequence, and the kernel's arena, which does not: on RV32IMC
// the kernel runs as many steps, and its outputs are those of the reference. Lengths grow, so that the peak after each is its own.
//
//     npm run bench -- long

import type { Dataset } from "../host-tools/datasets/dataset";
import { Random } from "../host-tools/datasets/random";
import { labelledTargets } from "../host-tools/datasets/targets";
import { pack } from "../host-tools/packing/pack";
import { choosePrecision } from "../host-tools/quantization/precision";
import { floatShape } from "../host-tools/quantization/shape";
import { requireRv32Tools } from "../host-tools/simulator/rv32-qemu";
import { grouped, print, table } from "../host-tools/terminal/output";
import { train } from "../host-tools/training/train";
import { buildCounter, countAll } from "./rv32/count";

const COUNT = 16;
const PRESET = "w8a8x8";

const random = new Random(1);
function noise(T: number): Dataset {
	return {
		...{ name: "noise", split: "train", channels: 1, T, count: COUNT },
		values: Float32Array.from({ length: COUNT * T }, () => random.bell()),
		targets: labelledTargets(
			"noise",
			["a", "b"],
			Uint32Array.from({ length: COUNT }, (_, i) => i % 2),
		),
		lengths: new Uint32Array(COUNT).fill(T),
	};
}

await requireRv32Tools();
await buildCounter();
const rows: (string | number)[][] = [];
for (const T of [4096, 8192, 16_384]) {
	const data = noise(T);
	const shape = { heads: 16, modes: 8, layers: 3 };
	const { model } = await train({
		data,
		...shape,
		...{ epochs: 1, batch: COUNT, threads: 1, validationFraction: 0 },
	});
	const peak = process.resourceUsage().maxRSS;
	const { blob } = pack(model, data, {
		...{ checkpointHash: "", preset: PRESET, calibrate: 2, golden: 1, goldenSteps: T },
		precision: choosePrecision(floatShape(model), PRESET),
		how: { method: "minmax" },
	});
	const { arena, steps, chunked } = await countAll(blob);
	rows.push([T, `${grouped(peak / 1024)} MiB`, arena, steps, chunked / steps]);
}
print(`S4D, 16 heads, 8 modes, 3 layers; ${COUNT} sequences in a batch, one thread; arena of ${PRESET}`);
print(
	table([
		["steps", "peak memory of training", "arena, bytes", "steps on rv32", "instructions per step"],
		...rows,
	]),
);

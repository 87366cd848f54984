// Speed of the C kernel on this machine, one thread, by preset: npm run bench -- kernel [CHECKPOINT DATA]. As the host tools run it
// (WebAssembly) and as this machine's own code (cc). Prints the best of several passes in turns; the figures are about this machine,
// not a microcontroller.
import { importCheckpoint } from "../host-tools/checkpoints/import";
import { select, sequence } from "../host-tools/datasets/dataset";
import { openDataset } from "../host-tools/datasets/open";
import { projectPath } from "../host-tools/files/project";
import { Kernel } from "../host-tools/kernel/kernel";
import { NativeKernel } from "../host-tools/kernel/native";
import { pack } from "../host-tools/packing/pack";
import { toSamples } from "../host-tools/quantization/network";
import { choosePrecision, PRESETS } from "../host-tools/quantization/precision";
import { floatShape } from "../host-tools/quantization/shape";
import { print, table } from "../host-tools/terminal/output";
import { quantity } from "../host-tools/terminal/progress";
import { macsPerStep } from "../src/network/macs";

const CALIBRATED = 32;
const PASSES = 101;
const PASS_STEPS = 3_000;

const [checkpoint = projectPath("models/motion.safetensors"), data = "motion"] = process.argv.slice(2);
const model = importCheckpoint(checkpoint);
const training = await openDataset(data, "train", { limit: 1000 });
const rows = select(
	training,
	Array.from({ length: Math.ceil(PASS_STEPS / training.T) }, (_, i) => i % training.count),
);

let macs = 0; // the same for all presets
const lines = Object.keys(PRESETS).map((preset) => {
	const { blob, network } = pack(model, training, {
		checkpointHash: "",
		precision: choosePrecision(floatShape(model), preset),
		preset,
		calibrate: CALIBRATED,
		how: { method: "minmax" },
		golden: 0,
		goldenSteps: 1,
	});
	const sequences = Array.from({ length: rows.count }, (_, i) => toSamples(network.input, sequence(rows, i)));
	const steps = rows.lengths.reduce((a, b) => a + b, 0);
	const engines = [new Kernel(blob), new NativeKernel(blob)];
	const best = engines.map(() => Infinity);
	for (let pass = 0; pass < PASSES; pass++)
		engines.forEach((kernel, i) => {
			const start = performance.now();
			for (const samples of sequences) {
				kernel.reset();
				kernel.write(samples);
				kernel.outputs();
			}
			best[i] = Math.min(best[i]!, (performance.now() - start) / 1000 / steps);
		});
	macs = macsPerStep(network);
	const [wasm, native] = best as [number, number];
	const figures = [wasm, native].flatMap((time) => [
		`${(time * 1e9).toFixed(0)} ns`,
		`${quantity(macs / time)}MAC/s`,
	]);
	return [preset, ...figures, (native / wasm).toFixed(2)];
});
print(`H ${model.H}, ${model.blocks.length} blocks, ${macs} multiply-accumulates per step, one thread`);
print(table([["preset", "wasm, per step", "rate", "native, per step", "rate", "wasm / native"], ...lines]));

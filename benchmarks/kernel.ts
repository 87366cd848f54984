// Speed of the C kernel on this machine, one thread, by preset: npm run bench -- kernel [CHECKPOINT DATA]. Prints the best of
// several passes; the figures are about this machine, not a microcontroller.
import { importCheckpoint } from "../host-tools/checkpoints/import";
import { select, sequence } from "../host-tools/datasets/dataset";
import { openDataset } from "../host-tools/datasets/open";
import { macsPerStep } from "../host-tools/evaluation/operations";
import { projectPath } from "../host-tools/files/project";
import { NativeKernel } from "../host-tools/kernel/kernel";
import { pack } from "../host-tools/packing/pack";
import { toSamples } from "../host-tools/quantization/network";
import { choosePrecision, PRESETS } from "../host-tools/quantization/precision";
import { floatShape } from "../host-tools/quantization/shape";
import { print, table } from "../host-tools/terminal/output";
import { quantity } from "../host-tools/terminal/progress";

const CALIBRATED = 32;
const PASSES = 7;
const PASS_STEPS = 25_000;

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
	const kernel = new NativeKernel(blob);
	const sequences = Array.from({ length: rows.count }, (_, i) => toSamples(network.input, sequence(rows, i)));
	const steps = rows.lengths.reduce((a, b) => a + b, 0);
	let best = Infinity;
	for (let pass = 0; pass < PASSES; pass++) {
		const start = performance.now();
		for (const samples of sequences) {
			kernel.reset();
			kernel.write(samples);
			kernel.outputs();
		}
		best = Math.min(best, (performance.now() - start) / 1000 / steps);
	}
	macs = macsPerStep(network);
	return [preset, `${(best * 1e9).toFixed(0)} ns`, `${quantity(macs / best)}MAC/s`];
});
print(`H ${model.H}, ${model.blocks.length} blocks, ${macs} multiply-accumulates per step, one thread`);
print(table([["preset", "per step", "rate"], ...lines]));

// Models of values and detectors in the shipped application, on XS on the host and, where QEMU and its compiler are, on rv32: what they
// mean, outputs after each step, streams and their alarms, by the bytes of reference and score on this machine.
import { beforeAll, describe, expect, test } from "vitest";
import type { Dataset } from "../../host-tools/datasets/dataset";
import type { ResultEvent } from "../../host-tools/device/client";
import { describeResult } from "../../host-tools/device/result-text";
import {
	buildFirmware,
	loadBlob,
	type SimulatedDevice,
	type SimulatedFirmware,
	type SimulatedTarget,
	withDevice,
	withFlash,
} from "../../host-tools/evaluation/device";
import { evaluate, outputsOn } from "../../host-tools/evaluation/evaluate";
import { parseBlob } from "../../host-tools/evaluation/model-file";
import { replay } from "../../host-tools/evaluation/replay";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { writeBlob } from "../../src/blob/write";
import { Score } from "../../src/detector/score";
import type { Network } from "../../src/network/network";
import { runSequence } from "../../src/network/run";
import { Reference } from "../../src/reference/reference";
import { sha256 } from "../support/hostile-blob";
import { randomSamples } from "../support/random-network";
import { randomDetector, randomValues } from "../support/random-values";

const missing = await missingRv32Tools();
if (missing !== undefined) console.warn(`values on rv32 are left out: ${missing} not installed`);

const STEPS = 40;

/** With one golden vector, and sequences of 40 steps. */
function proven<N extends Network>(drawn: N): N & { bytes: Uint8Array } {
	const samples = randomSamples(9, STEPS, drawn.input.length);
	const network = { ...drawn, steps: STEPS, golden: [] as Network["golden"] };
	network.golden.push({ samples, outputs: runSequence(new Reference(network), network, samples) });
	return { ...network, bytes: writeBlob(network, sha256) };
}

const ofMoment = (moment: "end" | "step") => {
	for (let seed = 1; ; seed++) {
		const drawn = randomValues(seed);
		if (drawn.head.moment === moment) return proven(drawn);
	}
};

/** A detector whose alarm begins and ends in its own samples. */
const detecting = (() => {
	const drawn = randomDetector(3);
	const samples = randomSamples(1, STEPS, drawn.input.length);
	const detector = { ...drawn.detector, smoothing: 1, settling: 2 };
	const scores = scoresOf({ ...drawn, detector }, samples)
		.map((score) => score ?? 0)
		.sort((a, b) => a - b);
	detector.threshold = Math.max(1, scores[Math.floor(0.7 * STEPS)]!);
	detector.release = Math.max(1, scores[Math.floor(0.5 * STEPS)]!);
	return proven({ ...drawn, detector });
})();

function scoresOf(network: ReturnType<typeof randomDetector>, samples: Int16Array): (number | undefined)[] {
	const outputs = runSequence(new Reference(network), network, samples);
	const width = network.input.length;
	const score = new Score(network.detector, network.head.ahead);
	return Array.from({ length: samples.length / width }, (_, t) =>
		score.next(samples.subarray(t * width, (t + 1) * width), outputs.subarray(t * width, (t + 1) * width)),
	);
}

/** Values in physical units that become these samples again, as a data set with made-up targets. */
function datasetOf({ input, head, labels }: Network, rows: Int16Array[]): Dataset {
	const channels = input.length;
	const values = Float32Array.from(
		rows.flatMap((row) =>
			Array.from(row, (v, i) => v * input[i % channels]!.scale + input[i % channels]!.offset),
		),
	);
	const lengths = new Uint32Array(rows.length).fill(STEPS);
	const perStep = head.kind === "values" && head.moment === "step";
	const of = Float32Array.from({ length: rows.length * labels.length * (perStep ? STEPS : 1) }, (_, i) =>
		Math.sin(i),
	);
	const steps = perStep ? { T: STEPS, lengths } : null;
	return {
		...{ name: "made up", split: "test", channels, T: STEPS, count: rows.length, values, lengths },
		targets: { kind: "values", names: [...labels], units: labels.map(() => ""), steps, of },
	};
}

describe.each<SimulatedTarget>(["host", "rv32"])("values on %s", (target) => {
	const skip = target === "rv32" && missing !== undefined;
	let firmware: SimulatedFirmware;
	beforeAll(async () => {
		if (!skip) firmware = await buildFirmware(target);
	});
	const on = <T>(work: (device: SimulatedDevice) => Promise<T>) =>
		withFlash((flashFile) => withDevice(firmware, flashFile, work));

	test.skipIf(skip).each([
		["values at every step", ofMoment("step")],
		["values at the end", ofMoment("end")],
		["a detector", detecting],
	])("%s: meaning, outputs after each step, timing", async (_what, network) => {
		await on(async (device) => {
			const { client } = device;
			await loadBlob(device, network.bytes);
			const { model } = await client.info();
			const { scaling } = network.head;
			expect(await client.meaning(model!.outputs)).toEqual({
				...("detector" in network
					? { kind: 2, threshold: network.detector.threshold, release: network.detector.release }
					: { kind: 1, threshold: 0, release: 0 }),
				scaling: scaling.map(({ scale, offset, unit }) => ({ scale, offset, unit })),
			});
			expect(await client.selfTest()).toBe(1);
			for (const steps of [1, 57]) {
				const samples = randomSamples(steps, steps, network.input.length);
				expect(await outputsOn(device, network, samples)).toEqual(
					runSequence(new Reference(network), network, samples),
				);
			}
			const [alone, streamed] = [await client.timing(1, 64), await client.timing(1, 64, { chunk: 16 })];
			expect(alone[0]).toBeGreaterThan(0);
			expect(streamed[0]).toBeGreaterThan(0);
		});
	});

	test.skipIf(skip)(
		"a stream of values gives one at every step, by the bytes, in the model's units",
		async () => {
			const network = ofMoment("step");
			const samples = randomSamples(2, 12, network.input.length);
			await on(async (device) => {
				await loadBlob(device, network.bytes);
				await device.client.stream("REPLAY");
				await device.client.samples(0, samples, network.input.length);
				const all = runSequence(new Reference(network), network, samples);
				const width = network.head.outputs;
				const meaning = await device.client.meaning(width);
				for (let t = 0; t < 12; t++) {
					const result = await device.nextResult();
					const outputs = all.subarray(t * width, (t + 1) * width);
					expect(result).toMatchObject({ step: t + 1, outputs, margin: 0, alarm: false });
					const { fields } = describeResult(result, network.labels, meaning);
					expect(fields).toMatchObject({
						values: network.head.scaling.map(({ unit, scale, offset }, k) => ({
							...{ name: network.labels[k], unit, value: outputs[k]! * scale + offset },
						})),
					});
				}
			});
		},
	);

	test.skipIf(skip)(
		"[L20] a detector's stream: where alarms begin and end, and the greatest score",
		async () => {
			const samples = randomSamples(1, STEPS, detecting.input.length);
			const expected: object[] = [];
			const { threshold, release } = detecting.detector;
			let [on_, greatest] = [false, 0];
			scoresOf(detecting, samples).forEach((score, t) => {
				greatest = Math.max(greatest, score ?? 0);
				if ((score ?? 0) >= (on_ ? release : threshold) === on_) return;
				on_ = !on_;
				expected.push({ step: t + 1, alarm: on_, changed: true, margin: score });
			});
			const alarms = expected.length;
			expected.push({ step: STEPS, alarm: on_, changed: false, margin: greatest });
			if (on_) expected.push({ step: STEPS, alarm: false, changed: true });
			await on(async (device) => {
				await loadBlob(device, detecting.bytes);
				await device.client.stream("REPLAY");
				await device.client.samples(0, samples, detecting.input.length);
				const heard: ResultEvent[] = [];
				while (heard.length < expected.length) heard.push(await device.nextResult());
				expect(heard).toMatchObject(expected);
				expect(alarms).toBeGreaterThan(1);
				const meaning = await device.client.meaning(detecting.head.outputs);
				expect(describeResult(heard[0]!, detecting.labels, meaning).text).toMatch(
					/^alarm begins {2}score \d+$/,
				);
			});
		},
	);

	test.skipIf(skip)(
		"evaluate on the device says what it says on the kernel; replayed rows agree",
		async () => {
			for (const network of [ofMoment("step"), ofMoment("end"), detecting]) {
				const model = parseBlob(network.bytes, "x.essm");
				const rows = [1, 2, 3].map((seed) => randomSamples(seed, STEPS, network.input.length));
				const dataset = datasetOf(network, rows);
				const [there, here] = [
					await evaluate(model, dataset, target),
					await evaluate(model, dataset, "kernel", { threads: 1 }),
				];
				expect(there.metrics).toEqual(here.metrics);
				const replayed = await on(async (device) => {
					await loadBlob(device, network.bytes);
					return replay(device, model, dataset);
				});
				expect(replayed.map(({ agrees }) => agrees)).toEqual([true, true, true]);
			}
		},
	);
});

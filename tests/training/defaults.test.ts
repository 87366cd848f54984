// Settings chosen from the data: figures worked out by hand, given settings are left alone, names of channels decide about rotation.
import { expect, test } from "vitest";
import { classTargets } from "../../host-tools/datasets/classes";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { chooseSettings } from "../../host-tools/training/defaults";
import { completeSettings, type TrainInput } from "../../host-tools/training/settings";

/** Noise of the given size; `spread` is the scale of each channel. */
function data(count: number, T: number, spread: number[], channelNames?: string[], rare = 0): Dataset {
	const channels = spread.length;
	const values = Float32Array.from(
		{ length: count * T * channels },
		(_, i) => spread[i % channels]! * (((i * 7919) % 101) / 50 - 1),
	);
	const labels = Uint8Array.from({ length: count }, (_, i) => (rare ? Number(i < rare) : i % 2));
	return {
		...{ name: "made", split: "train", count, T, channels, values },
		targets: classTargets("made", ["a", "b"], labels),
		lengths: new Uint32Array(count).fill(T),
		...(channelNames && { channelNames }),
	};
}
const chosen = (dataset: Dataset, given: TrainInput = {}, goesOn = false): TrainInput =>
	Object.assign({}, ...chooseSettings(dataset, given, goesOn).map(({ settings }) => settings));
const why = (dataset: Dataset, name: keyof TrainInput) =>
	chooseSettings(dataset, {}, false).find(({ settings }) => settings[name] !== undefined)?.why;

test("a few long sequences: all are trained on, 1,600 updates, memories up to their length", () => {
	// 137 sequences in batches of 8 are 18 updates per epoch; 1600 / 18 = 88.9.
	expect(chosen(data(137, 206, [1]))).toMatchObject({
		...{ heads: 32, modes: 4, layers: 3, dtMin: 0.00485, dtMax: 0.5 },
		...{ validationFraction: 0, epochs: 89, averaging: 0.99, dropout: 0.2, classWeights: "none" },
	});
	expect(chosen(data(137, 206, [1])).rotation).toBeUndefined();
});

test("short sequences begin with memories of one step; very long ones remember 1,000", () => {
	expect(chosen(data(40, 30, [1]))).toMatchObject({ dtMin: 0.0333, dtMax: 1 });
	expect(chosen(data(40, 10, [1]))).toMatchObject({ dtMin: 0.05 });
	expect(chosen(data(40, 5000, [1]))).toMatchObject({ dtMin: 0.001 });
});

test("many sequences: a tenth chooses the epoch; time is bounded, but there are ten epochs", () => {
	// 2000 sequences, 1800 kept, batches of 64: 29 updates; 1600 / 29 = 55.2
	expect(chosen(data(2000, 10, [1]))).toMatchObject({ validationFraction: 0.1, epochs: 55 });
	// 60e6 / (1000 * 3000) = 20
	expect(chosen(data(1000, 3000, [1]))).toMatchObject({ epochs: 20 });
	expect(chosen(data(1000, 6500, [1]))).toMatchObject({ epochs: 10 });
	expect(chosen(data(10_000, 4, [1]))).toMatchObject({ dropout: 0 });
});

test("axes are known by their names, not by their number; without names by their spread, which is said", () => {
	const spread = [1, 2, 1];
	expect(chosen(data(1000, 8, spread, ["acc x (g)", "acc y (g)", "acc z (g)"])).rotation).toBe(0.2);
	expect(chosen(data(1000, 8, spread, ["gyr_X", "gyr_Y", "gyr_Z"])).rotation).toBe(0.2);
	expect(chosen(data(1000, 8, spread, ["x", "y", "z"])).rotation).toBe(0.2);
	for (const name of ["body_acc_?", "acc? (Hz)", "A?", "yaw ? (m/s2)"])
		expect(
			chosen(
				data(
					1000,
					8,
					spread,
					["X", "Y", "Z"].map((axis) => name.replace("?", axis)),
				),
			).rotation,
		).toBe(name === "A?" ? undefined : 0.2);
	const people = { names: ["a", "b"], of: new Uint32Array(1000) };
	expect(chosen({ ...data(1000, 8, spread), groups: people })).toMatchObject({
		validationFraction: 0,
		rotation: 0.2,
	});
	expect(chosen(data(1000, 8, spread, ["temperature", "humidity", "pressure"])).rotation).toBeUndefined();
	expect(chosen(data(1000, 8, spread, ["acc x", "gyro y", "acc z"])).rotation).toBeUndefined();
	expect(chosen(data(1000, 8, spread)).rotation).toBe(0.2);
	expect(why(data(1000, 8, spread), "rotation")).toMatch(/unnamed channels.*--rotation 0/);
	expect(chosen(data(1000, 8, [1, 1, 100])).rotation).toBeUndefined();
	expect(chosen(data(1000, 8, [1, 1])).rotation).toBeUndefined();
});

test("rare classes are mentioned", () => {
	expect(why(data(200, 8, [1]), "classWeights")).toMatch(/about equally frequent/);
	expect(why(data(200, 8, [1], undefined, 2), "classWeights")).toMatch(/99 times.*--class-weights balanced/);
});

test("what is given is not chosen, and what follows from it follows", () => {
	const few = chosen(data(137, 206, [1]), { epochs: 4, heads: 8 });
	expect(few).not.toHaveProperty("heads");
	expect(few).not.toHaveProperty("epochs");
	// 72 updates: the average is over a few of them
	expect(few.averaging).toBe(0.9);
	expect(chosen(data(137, 206, [1]), { validationFraction: 0.5 }).epochs).toBe(178);
});

test("going on keeps the shape; what is chosen is always a valid set of settings", () => {
	const on = chosen(data(137, 206, [1]), { quantize: "w4a6x8" }, true);
	for (const name of ["heads", "modes", "layers", "dtMin", "dtMax"]) expect(on).not.toHaveProperty(name);
	expect(on).toMatchObject({ rate: 0.001, distill: 0.7 });
	const whole = chosen(data(137, 206, [1]), { quantize: "w4a6x8" });
	expect(whole.epochs).toBeGreaterThan(whole.floatEpochs!);
	for (const count of [8, 137, 999, 1000, 20_000])
		for (const T of [1, 20])
			for (const given of [{}, { quantize: "w4a6x8" }] as const)
				expect(() =>
					completeSettings({ ...given, ...chosen(data(count, T, [1, 1, 1]), given) }),
				).not.toThrow();
});

// The library for applications of the Moddable SDK, on XS: a model from a partition, with and without a slot's header, from a buffer
// in flash; what it says where there is none; and any ECMA-419 sensor as a source of samples.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Driver, VectorSensor } from "../../firmware/modules/sensors/vectors";
import { projectPath } from "../../host-tools/files/project";
import { buildHost } from "../../host-tools/simulator/build";
import { bundleApp } from "../../host-tools/simulator/bundle";
import { writePartition } from "../../host-tools/simulator/flash-file";
import { nativeModules } from "../../host-tools/simulator/modules";
import { writeBlob } from "../../src/blob/write";
import { Score } from "../../src/detector/score";
import type { Detector } from "../../src/network/detector";
import type { Network } from "../../src/network/network";
import type { ValuesHead } from "../../src/network/values";
import { Reference } from "../../src/reference/reference";
import { slotImage } from "../../src/store/slot";
import { randomNetwork, randomSamples } from "../support/random-network";
import { randomDetector, randomValues } from "../support/random-values";
import { runScript, temporaryFolder } from "../support/xs-run";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const network = { ...randomNetwork(3), steps: 20, golden: [] };
const channels = network.input.length;
const blob = writeBlob(network, sha256);
const samples = randomSamples(3, 40, channels);

function logitsAfter(from: number, to: number): string {
	const reference = new Reference(network);
	reference.write(samples.subarray(from * channels, to * channels));
	return reference.outputs().join();
}

describe("edge-ssm/classifier on XS", () => {
	let program: string;
	beforeAll(async () => {
		program = await buildHost();
	});

	async function run(body: string, partition: Uint8Array = blob): Promise<string[]> {
		const flashFile = join(temporaryFolder(), "flash.bin");
		writePartition(flashFile, "model_a", partition);
		writePartition(flashFile, "model_b", new Uint8Array(samples.buffer));
		const source = `
			import Flash from "flash";
			import Classifier from "edge-ssm/classifier";
			const samples = new Flash("model_b").read(0, ${samples.byteLength});
			export default function () { ${body} }`;
		const { log, code } = await runScript(program, source, { flashFile });
		expect({ log, code }).toMatchObject({ code: 0 });
		return log;
	}
	const classify = (model: string, more = "") =>
		`const c = new Classifier({ model: ${model}, onResult({ logits, step, label }) { log(step + " " + logits.join()); } ${more} }); c.write(samples);`;
	const results = [`20 ${logitsAfter(0, 20)}`, `40 ${logitsAfter(20, 40)}`];

	test("a model in a partition, by its label: a blob, or a slot that flash wrote", async () => {
		expect(await run(classify('"model_a"'))).toEqual(results);
		expect(await run(classify('"model_a"'), slotImage(blob, sha256(blob), 1, 4096))).toEqual(results);
	});

	test("a model in a buffer in flash, such as a resource", async () => {
		expect(await run(classify('new Flash("model_a").map()'))).toEqual(results);
		expect(await run(classify('new Uint8Array(new Flash("model_a").map())'))).toEqual(results);
	});

	test("two instances may read one partition", async () => {
		const log = await run(`${classify('"model_a"')} { ${classify('"model_a"')} }`);
		expect(log.sort()).toEqual([...results, ...results].sort());
	});

	test("physical values go through the model's scaling, one sample at a time", async () => {
		const log = await run(`
			const c = new Classifier({ model: "model_a", hop: 1, onResult({ step }) { log(String(step)); } });
			c.writeValues(c.model.input.map(({ offset }) => offset));
			show(() => c.writeValues([]));
			c.close(); c.close();
			show(() => c.read());`);
		expect(log).toEqual([
			`RangeError: the model has ${channels} channels, not 0`,
			"Error: classifier is closed",
		]);
	});

	test.each([
		[
			"no such partition",
			'"gesture"',
			blob,
			/^Error: there is no partition gesture; add it to the partition table/,
		],
		[
			"an empty partition",
			'"model_a"',
			new Uint8Array(64).fill(0xff),
			/^BlobError: the bytes do not begin with/,
		],
		[
			"a damaged model",
			'"model_a"',
			blob.map((byte, i) => (i === blob.length - 1 ? ~byte : byte)),
			/^BlobError: the CRC-32 does not match/,
		],
		["no model", "undefined", blob, /^TypeError: model required/],
		[
			"memory that can change",
			'new Flash("model_a").read(0, 4096)',
			blob,
			/^TypeError: blob must be in flash/,
		],
		["an option that there is not", '"model_a", hop: -1', blob, /^RangeError: invalid hop/],
	])("%s is refused in one sentence", async (_what, model, partition, message) => {
		const [said, ...more] = await run(`show(() => new Classifier({ model: ${model} }));`, partition);
		expect(said).toMatch(message);
		expect(said).not.toContain("\n");
		expect(more).toEqual([]);
	});

	test("the module that ships imports nothing but what its manifests name", async () => {
		expect(Object.keys(nativeModules)).toContain("edge-ssm/partition");
	});
});

describe("values and detectors on XS", () => {
	let program: string;
	const built = new Map<string, string>();
	beforeAll(async () => {
		program = await buildHost();
		for (const name of ["estimator", "detector"])
			built.set(name, await bundleApp(projectPath(`firmware/library/${name}/${name}.ts`)));
	});

	async function run(name: "estimator" | "detector", of: Network, body: string): Promise<string[]> {
		const flashFile = join(temporaryFolder(), "flash.bin");
		const values = randomSamples(5, STEPS, of.input.length);
		writePartition(flashFile, "model_a", writeBlob(of, sha256));
		writePartition(flashFile, "model_b", new Uint8Array(values.buffer));
		const source = `
			import Flash from "flash";
			import Stream from "edge-ssm/${name}";
			const samples = new Flash("model_b").read(0, ${values.byteLength});
			export default function () { ${body} }`;
		const modules = { [`edge-ssm/${name}`]: built.get(name)! };
		const { log, code } = await runScript(program, source, { flashFile, modules });
		expect({ log, code }).toMatchObject({ code: 0 });
		return log;
	}

	/** The reference's outputs after each step of the samples, begun again after each window. */
	function outputsOf(of: Network, window: number): Int32Array[] {
		const reference = new Reference(of);
		const values = randomSamples(5, STEPS, of.input.length);
		const width = of.input.length;
		return Array.from({ length: STEPS }, (_, t) => {
			if (t % window === 0) reference.reset();
			reference.write(values.subarray(t * width, (t + 1) * width));
			return reference.outputs();
		});
	}

	const STEPS = 90;
	const tell =
		'onResult({ step, outputs, values }) { log(step + " " + outputs.join() + " " + values.map((v) => v.name + "=" + v.value + v.unit).join()); }';

	test.each([
		["at every step", "step", 1],
		["at the end of a window", "end", 30],
	])("values with units %s", async (_what, moment, hop) => {
		const drawn = randomValues(11);
		const of = { ...drawn, steps: 30, golden: [], head: { ...drawn.head, moment } } as Network & {
			head: ValuesHead;
		};
		const log = await run("estimator", of, `new Stream({ model: "model_a", ${tell} }).write(samples);`);
		const expected = outputsOf(of, 30).flatMap((outputs, t) => {
			if ((t + 1) % hop !== 0) return [];
			const values = of.head.scaling.map(
				({ scale, offset, unit }, k) => `${of.labels[k]}=${outputs[k]! * scale + offset}${unit}`,
			);
			return [`${t + 1} ${outputs.join()} ${values.join()}`];
		});
		expect(log).toEqual(expected);
	});

	/** Scores, alarms that begin and end, and greatest scores, as the rule says them. */
	function watched(of: Network & { head: ValuesHead; detector: Detector }, window: number, hop: number) {
		const width = of.input.length;
		const values = randomSamples(5, STEPS, width);
		const score = new Score(of.detector, of.head.ahead);
		const lines: string[] = [];
		let [on, greatest, last] = [false, 0, 0];
		outputsOf(of, window).forEach((outputs, t) => {
			if (t % window === 0) score.reset();
			const now = score.next(values.subarray(t * width, (t + 1) * width), outputs);
			greatest = Math.max(greatest, now ?? 0);
			last = now ?? last;
			if (!on && now !== undefined && now >= of.detector.threshold) {
				on = true;
				lines.push(`${t + 1} alarm true ${now}`);
			} else if (on && now! < of.detector.release) {
				on = false;
				lines.push(`${t + 1} alarm false ${now}`);
			}
			const ends = (t + 1) % window === 0;
			if (ends || ((t + 1) % window) % hop === 0) {
				lines.push(`${t + 1} ${greatest} ${on} ${outputs.join()}`);
				greatest = 0;
			}
			if (ends && on) {
				on = false;
				lines.push(`${t + 1} alarm false ${last}`);
			}
		});
		return lines;
	}
	const watch =
		'onAlarm({ step, alarm, score }) { log(step + " alarm " + alarm + " " + score); }, onResult({ step, score, alarm, outputs }) { log(step + " " + score + " " + alarm + " " + outputs.join()); }';

	/** A detector whose threshold and release its own scores cross. */
	function crossed(seed: number) {
		const of = { ...randomDetector(seed), steps: 45, golden: [] };
		of.detector = { ...of.detector, smoothing: 1, settling: 2, threshold: 0xffffffff, release: 1 };
		const scores = watched(of, STEPS, 1)
			.map((line) => Number(line.split(" ")[1]))
			.sort((a, b) => a - b);
		of.detector.threshold = Math.max(1, scores[Math.floor(0.7 * STEPS)]!);
		of.detector.release = Math.max(1, scores[Math.floor(0.5 * STEPS)]!);
		return of;
	}

	test("[A59] alarms begin, end and have scores as the rule says, over windows and hops", async () => {
		let alarms = 0;
		for (const seed of [1, 2, 3]) {
			const of = crossed(seed);
			for (const hop of [45, 7]) {
				const log = await run(
					"detector",
					of,
					`new Stream({ model: "model_a", hop: ${hop}, ${watch} }).write(samples);`,
				);
				expect(log).toEqual(watched(of, 45, hop));
				alarms += log.filter((line) => line.includes("alarm true")).length;
			}
		}
		expect(alarms).toBeGreaterThan(4);
	});

	test("a state saved anywhere goes on as if nothing had happened", async () => {
		const of = crossed(4);
		const log = await run(
			"detector",
			of,
			`const options = { model: "model_a", window: 0, hop: 10, ${watch} };
			const first = new Stream(options);
			first.write(samples, 0, 37);
			Promise.resolve().then(() => {
				const state = first.saveState();
				first.close();
				const second = new Stream(options);
				second.restoreState(state);
				second.write(samples, 37 * 2 * ${of.input.length});
				const damaged = new Uint8Array(state.slice(0));
				damaged[20]++;
				show(() => second.restoreState(damaged.buffer));
			});`,
		);
		expect(log).toContain("RangeError: invalid state");
		expect(log.filter((line) => !line.startsWith("RangeError"))).toEqual(watched(of, Infinity, 10));
	});

	test("a model of another kind, and settings that do not go together, are refused in one sentence", async () => {
		const of = crossed(5);
		expect(
			await run(
				"detector",
				{ ...randomValues(1), golden: [] },
				'show(() => new Stream({ model: "model_a" }));',
			),
		).toEqual(["TypeError: the model has no detector"]);
		expect(
			await run(
				"estimator",
				{ ...randomNetwork(1), golden: [] },
				'show(() => new Stream({ model: "model_a" }));',
			),
		).toEqual(["TypeError: the model gives classes, not values"]);
		expect(
			await run(
				"detector",
				of,
				`for (const options of [{ threshold: 0 }, { release: ${of.detector.threshold + 1} }, { onAlarm: 1 }, { hop: 46 }])
					show(() => new Stream({ model: "model_a", ...options }));
				const stream = new Stream({ model: "model_a" });
				stream.configure({ threshold: 5 });
				stream.close(); stream.close();
				show(() => stream.read());`,
			),
		).toEqual([
			"RangeError: invalid threshold",
			"RangeError: invalid release",
			"TypeError: invalid onAlarm",
			"RangeError: invalid hop: longer than the window",
			"Error: detector is closed",
		]);
	});
});

describe("any ECMA-419 sensor", () => {
	const input = (...channels: [string, string][]) => ({
		input: channels.map(([name, unit]) => ({ name, unit, scale: 1, offset: 0 })),
	});
	const imu = (): Driver & { closed: number } => ({
		closed: 0,
		sample: () => ({ accelerometer: { x: 1, y: 2, z: 3 }, gyroscope: { x: 180, y: 90, z: 0 }, x: 7 }),
		close() {
			this.closed++;
		},
	});
	const clock = () => 5;

	test("named vectors map to channels by their names, in the model's order", () => {
		const model = input(["gyro y", ""], ["acc z", "m/s^2"], ["Accelerometer.x", ""], ["x", "V"]);
		const sensor = new VectorSensor({ driver: imu(), model, clock });
		expect([...(sensor.sample().values as Float64Array)]).toEqual([90, 3, 1, 7]);
		expect(sensor.channels).toBe(4);
	});

	test("a driver's only vector may have no name, and a driver no way to close it", () => {
		const driver: Driver = { sample: () => ({ x: 1, y: 2, z: 3 }) };
		const model = input(["acc z", "m/s^2"], ["acc x", "g"]);
		const sensor = new VectorSensor({ driver, model, clock, vector: "accelerometer" });
		expect([...(sensor.sample().values as Float64Array)]).toEqual([3, 1 / 9.80665]);
		sensor.close();
		expect(() => sensor.sample()).toThrow("sensor is closed");
		expect(() => new VectorSensor({ driver, model, clock, vector: "gyroscope" })).toThrow(
			"the sensor has no accelerometer.z for the model's channel acc z",
		);
	});

	test("units are converted where the driver departs from the standard", () => {
		const model = input(["acc x", "m/s^2"], ["gyro x", "rad/s"], ["gyro y", "deg/s"]);
		const units = { accelerometer: "g", gyroscope: "deg/s" };
		const sensor = new VectorSensor({ driver: imu(), model, clock, units });
		const values = [...(sensor.sample().values as Float64Array)];
		expect(values[0]).toBeCloseTo(9.80665);
		expect(values[1]).toBeCloseTo(Math.PI);
		expect(values[2]).toBe(90);
	});

	test("a channel that the sensor lacks, and a unit that it does not give, are refused", () => {
		const open = (...channels: [string, string][]) =>
			new VectorSensor({ driver: imu(), model: input(...channels), clock });
		expect(() => open(["mag x", ""])).toThrow(
			"the sensor has no magnetometer.x for the model's channel mag x",
		);
		expect(() => open(["acc w", ""])).toThrow(
			"the sensor has no accelerometer.w for the model's channel acc w",
		);
		expect(() => open(["acc x", "furlong"])).toThrow(
			"the sensor gives m/s^2, the model's channel acc x takes furlong",
		);
	});

	test("a rate reaches the driver's settings; closing twice closes once", () => {
		const driver = {
			...imu(),
			configured: [] as object[],
			configure: (options: object) => void driver.configured.push(options),
		};
		const settings = (rate: number) => ({ sampleRate: rate });
		const sensor = new VectorSensor({ driver, model: input(["acc x", ""]), clock, settings });
		sensor.configure({ rate: 50 });
		expect(driver.configured).toEqual([{ sampleRate: 50 }]);
		sensor.close();
		sensor.close();
		expect(driver.closed).toBe(1);
		expect(() => sensor.sample()).toThrow("sensor is closed");
	});
});

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
import { Reference } from "../../src/reference/reference";
import { slotImage } from "../../src/store/slot";
import { randomNetwork, randomSamples } from "../support/random-network";
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
	let classifier: string;
	beforeAll(async () => {
		program = await buildHost();
		classifier = await bundleApp(projectPath("firmware/library/classifier/classifier.ts"));
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
		const modules = { "edge-ssm/classifier": classifier };
		const { log, code } = await runScript(program, source, { flashFile, modules });
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

// The SDK's drivers of motion sensors (MODDABLE is set) on simulated chips, whose registers are written after the data sheets: what
// a chip measures must arrive in the units of the model's channels. Without the SDK that is left out, and says so.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { type Driver, VectorSensor } from "../../firmware/modules/sensors/vectors";
import { projectPath } from "../../host-tools/files/project";
import { CHIPS, type Chip } from "../support/motion-chips";
import { temporaryFolder } from "../support/xs-run";

const sdk = process.env.MODDABLE;
if (!sdk) console.warn("left out: the SDK's drivers, for MODDABLE is not set");

const GRAVITY = 9.80665;
/** What the chip measures, in g and degrees per second: within every range that is set. */
const ACCELERATION = [0.5, -1.25, 3.5];
const RATE = [100, -40, 220];

const channels = (unit: string, vector: string) =>
	["x", "y", "z"].map((axis) => ({ name: `${vector} ${axis}`, unit, scale: 1, offset: 0 }));
const clock = () => 0;

/** Bundles a module for Node with the chip as the bus, and the SDK's driver by its name. */
async function load(source: string, driver: string, chip: Chip): Promise<Record<string, unknown>> {
	const folder = temporaryFolder();
	const path = join(sdk!, `modules/drivers/sensors/${driver}/${driver}.js`);
	const code = readFileSync(path, "utf8");
	writeFileSync(join(folder, "driver.js"), code);
	const stubs: Record<string, string> = {
		timer: "export default { delay: (ms) => globalThis.simulatedChip.wait(ms) };",
		"mc/config": "export default { i2c: { data: 1, clock: 2 } };",
		"embedded:io/smbus": "export default class { constructor() { return globalThis.simulatedChip; } };",
		"embedded:io/digital":
			"export default class { static Output = 1; constructor(o) { this.o = o; } write(v) { globalThis.simulatedChip.pins[this.o.pin] = v; } };",
	};
	const outfile = join(folder, "bundle.mjs");
	await build({
		...{ entryPoints: [source === "" ? join(folder, "driver.js") : projectPath(source)], outfile },
		...{ bundle: true, format: "esm", platform: "node", logLevel: "silent" },
		plugins: [
			{
				name: "sdk",
				setup(build) {
					build.onResolve({ filter: /^embedded:sensor\// }, () => ({ path: join(folder, "driver.js") }));
					build.onResolve({ filter: /^(timer|mc\/config|embedded:io\/.*)$/ }, ({ path }) => ({
						path,
						namespace: "stub",
					}));
					build.onLoad({ filter: /.*/, namespace: "stub" }, ({ path }) => ({ contents: stubs[path]! }));
				},
			},
		],
	});
	const globals = globalThis as Record<string, unknown>;
	globals.simulatedChip = chip;
	// the configuration of the BMI270, whose content a simulated chip does not read
	globals.native = () => () => new ArrayBuffer(8);
	return import(outfile);
}

describe.skipIf(!sdk)("boards of examples/gesture", () => {
	test.each([
		["imu-mpu6050", "mpu6050"],
		["imu-bmi270", "bmi270"],
		["imu-qmi8658", "qmi8658"],
		["imu-mpu6886", "mpu6886"],
		["imu-m5stickc-plus2", "mpu6886"],
	])("%s: what the chip measures arrives in m/s^2 and rad/s", async (file, driver) => {
		const chip = CHIPS[driver]!(ACCELERATION, RATE);
		const { default: open, units } = (await load(`examples/gesture/${file}.js`, driver, chip)) as {
			default: () => Driver;
			units: Record<string, string>;
		};
		const model = { input: [...channels("m/s^2", "acc"), ...channels("rad/s", "gyro")] };
		const sensor = new VectorSensor({ driver: open(), model, clock, units });
		const { values } = sensor.sample();
		for (const [i, g] of ACCELERATION.entries()) expect(values[i]).toBeCloseTo(g * GRAVITY, 1);
		for (const [i, rate] of RATE.entries()) expect(values[3 + i]).toBeCloseTo((rate * Math.PI) / 180, 2);
		if (file.includes("plus2")) expect(chip.pins).toEqual({ 4: 1 });
		sensor.close();
		expect(() => sensor.sample()).toThrow("sensor is closed");
	});

	test("LIS3DH gives its only vector without a name, and has no gyroscope", async () => {
		const chip = CHIPS.lis3dh!(ACCELERATION, RATE);
		const { default: LIS3DH } = (await load("", "lis3dh", chip)) as {
			default: new (options: object) => Driver;
		};
		const io = class {
			constructor() {
				// biome-ignore lint/correctness/noConstructorReturn: the bus is the chip
				return chip;
			}
		};
		const driver = new LIS3DH({ sensor: { io } });
		const vector = "accelerometer";
		const sensor = new VectorSensor({ driver, model: { input: channels("m/s^2", "acc") }, clock, vector });
		const { values } = sensor.sample();
		for (const [i, g] of ACCELERATION.entries()) expect(values[i]).toBeCloseTo(g * GRAVITY, 1);
		expect(
			() => new VectorSensor({ driver, model: { input: channels("rad/s", "gyro") }, clock, vector }),
		).toThrow("the sensor has no gyroscope.x for the model's channel gyro x");
	});
});

// The InvenSense MPU-6050, an accelerometer and gyroscope on I2C, through the Moddable SDK's ECMA-419 driver.
// Channels: accelerometer x, y, z in m/s^2, gyroscope x, y, z in rad/s. Pins, driver and bus are passed in.
import type { Clock, Sample, Sensor, SensorSettings } from "./sensor";

/** The part of ECMA-419's SMBus class in use. */
export interface Bus {
	writeUint8(register: number, value: number): void;
	close(): void;
}
export type BusClass = new (options: object) => Bus;

/** The part of the SDK's driver in use: m/s^2 and degrees per second. */
export interface Driver {
	configure(options: { lowPassFilter?: number }): void;
	sample(): { accelerometer: Vector; gyroscope: Vector };
	close(): void;
}
export type DriverClass = new (options: { sensor: object; onError: (message: string) => void }) => Driver;

interface Vector {
	x: number;
	y: number;
	z: number;
}

export interface MPU6050Options {
	Driver: DriverClass;
	/** ECMA-419's description of a bus: the class and its constructor options (data, clock, hz, address). */
	sensor: { io: BusClass; [option: string]: unknown };
	clock: Clock;
}

// Register map RM-MPU-6000A, sections 4.4 and 4.5; ranges of +-8 g and +-1000 degrees per second.
const GYRO_CONFIG = 0x1b;
const ACCEL_CONFIG = 0x1c;
const RANGE = 0x10;
/**
 * The driver's range setting is unusable (SDK 8.2.3): it always sets the widest ranges and then converts the gyroscope's
 * values with a wrong factor. So the driver keeps its default ranges, +-2 g and +-250 degrees per second, and the true
 * ranges, both four times as wide, are written here.
 */
const WIDER = 4;
const RADIANS = Math.PI / 180;

/** Low-pass bandwidths of the accelerometer in Hz, by setting 0 to 6: section 4.3. The gyroscope's are about the same. */
const BANDWIDTHS = [260, 184, 94, 44, 21, 10, 5];
Object.freeze(BANDWIDTHS);

export class MPU6050Sensor implements Sensor {
	readonly channels = 6;
	readonly #driver: Driver;
	readonly #clock: Clock;
	readonly #sample = { values: new Float64Array(6), time: 0 };
	#open = false;

	/** @throws Error when no MPU-6050 answers */
	constructor({ Driver, sensor, clock }: MPU6050Options) {
		const { io: Bus } = sensor;
		let bus: Bus | undefined;
		let problem: string | undefined;
		function Observed(options: object): Bus {
			bus = new Bus(options);
			return bus;
		}
		const driver = new Driver({
			sensor: { ...sensor, io: Observed },
			onError: (message) => {
				problem = message;
			},
		});
		// The driver has then closed itself.
		if (problem !== undefined || bus === undefined) throw new Error(`MPU-6050: ${problem ?? "no bus"}`);
		try {
			bus.writeUint8(ACCEL_CONFIG, RANGE);
			bus.writeUint8(GYRO_CONFIG, RANGE);
		} catch (error) {
			driver.close();
			throw error;
		}
		this.#driver = driver;
		this.#clock = clock;
		this.#open = true;
	}

	/** Sets the widest low-pass filter below half the sampling rate, to prevent aliasing. */
	configure({ rate }: SensorSettings): void {
		this.#needOpen();
		if (rate === undefined) return;
		const setting = BANDWIDTHS.findIndex((bandwidth) => bandwidth < rate / 2);
		this.#driver.configure({ lowPassFilter: setting < 0 ? BANDWIDTHS.length - 1 : setting });
	}

	sample(): Sample {
		this.#needOpen();
		const time = this.#clock();
		const { accelerometer: a, gyroscope: g } = this.#driver.sample();
		const { values } = this.#sample;
		values[0] = a.x * WIDER;
		values[1] = a.y * WIDER;
		values[2] = a.z * WIDER;
		values[3] = g.x * WIDER * RADIANS;
		values[4] = g.y * WIDER * RADIANS;
		values[5] = g.z * WIDER * RADIANS;
		this.#sample.time = time;
		return this.#sample;
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		this.#driver.close();
	}

	#needOpen(): void {
		if (!this.#open) throw new Error("sensor is closed");
	}
}

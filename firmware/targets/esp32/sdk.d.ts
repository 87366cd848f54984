// The parts of the Moddable SDK's modules that the ESP32 entry uses.

declare module "mc/config" {
	/** The "config" of manifests/BOARD/manifest.json. */
	const config: {
		target: string;
		/** UART and pins of the link. */
		serial: { port: number; baud: number; receive: number; transmit: number };
		/** Pins of the I2C bus that the sensor is on. */
		i2c: { data: number; clock: number };
	};
	export default config;
}

declare module "embedded:io/smbus" {
	export default class SMBus {
		constructor(options: object);
		writeUint8(register: number, value: number): void;
		close(): void;
	}
}

declare module "embedded:sensor/Accelerometer-Gyroscope/MPU6050" {
	interface Vector {
		x: number;
		y: number;
		z: number;
	}
	export default class MPU6050 {
		constructor(options: { sensor: object; onError: (message: string) => void });
		configure(options: { lowPassFilter?: number }): void;
		/** m/s^2 and degrees per second */
		sample(): { accelerometer: Vector; gyroscope: Vector };
		close(): void;
	}
}

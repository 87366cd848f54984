// Entry on ESP32-family boards: pins from the manifest's "config", an MPU-6050 as sensor. A board without the sensor logs
// that and still answers the host.

import SMBus from "embedded:io/smbus";
import Driver from "embedded:sensor/Accelerometer-Gyroscope/MPU6050";
import { microseconds } from "edge-ssm/memory";
import config from "mc/config";
import Timer from "timer";
import main from "../../app/main";
import { MPU6050Sensor } from "../../modules/sensors/mpu6050";
import { Sampler } from "../../modules/sensors/sampler";

/** Of some 200 KB of heap. */
const ARENA = 16_384;

export default function () {
	main({
		target: config.target,
		serial: config.serial,
		arena: ARENA,
		sensor: new Sampler({
			open: () => new MPU6050Sensor({ Driver, sensor: { io: SMBus, ...config.i2c }, clock: microseconds }),
			Timer,
			clock: microseconds,
		}),
	});
}

// An MPU-6050 (GY-521) on the I2C pins of the board's file. The SDK's driver (8.2.3) converts its widest ranges only wrongly, so it
// is left at its narrowest, +-2 g and +-250 degrees per second, and the chip is set to ranges four times as wide.
import SMBus from "embedded:io/smbus";
import MPU6050 from "embedded:sensor/Accelerometer-Gyroscope/MPU6050";
import config from "mc/config";

export const units = { gyroscope: "deg/s" };

const RANGE_REGISTERS = [0x1b, 0x1c]; // GYRO_CONFIG, ACCEL_CONFIG
const wider = ({ x, y, z }) => ({ x: 4 * x, y: 4 * y, z: 4 * z });

export default function open() {
	let bus;
	function Bus(options) {
		bus = new SMBus(options);
		return bus;
	}
	const onError = (message) => {
		throw new Error(`MPU-6050: ${message}`);
	};
	const driver = new MPU6050({ sensor: { io: Bus, hz: 400_000, ...config.i2c }, onError });
	for (const register of RANGE_REGISTERS) bus.writeUint8(register, 0x10);
	return {
		sample() {
			const { accelerometer, gyroscope } = driver.sample();
			return { accelerometer: wider(accelerometer), gyroscope: wider(gyroscope) };
		},
		close: () => driver.close(),
	};
}

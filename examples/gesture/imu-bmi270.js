// A BMI270 on the I2C pins of the board's file. The driver gives degrees per second, and leaves out what is not ready yet: the
// gyroscope takes 45 ms to start.
import SMBus from "embedded:io/smbus";
import BMI270 from "embedded:sensor/Accelerometer-Gyroscope-Magnetometer/BMI270";
import config from "mc/config";
import Timer from "timer";

export const units = { gyroscope: "deg/s" };

export default function open() {
	const driver = new BMI270({ sensor: { io: SMBus, hz: 400_000, ...config.i2c } });
	Timer.delay(100);
	return driver;
}

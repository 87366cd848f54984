// A QMI8658 on the I2C pins of the board's file. The driver gives g and degrees per second. It sets the chip to +-4 g, but converts as
// if it were +-8 (SDK 8.2.3).
import SMBus from "embedded:io/smbus";
import QMI8658 from "embedded:sensor/Accelerometer-Gyroscope/QMI8658";
import config from "mc/config";

export const units = { accelerometer: "g", gyroscope: "deg/s" };

export default function open() {
	const driver = new QMI8658({ sensor: { io: SMBus, hz: 400_000, ...config.i2c } });
	driver.configure({ ACCEL_SCALE: QMI8658.ACCEL_SCALE.AFS_4G });
	return driver;
}

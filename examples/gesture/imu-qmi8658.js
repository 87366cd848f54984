// A QMI8658 on the I2C pins of the manifest. The driver gives g and degrees per second.
import SMBus from "embedded:io/smbus";
import QMI8658 from "embedded:sensor/Accelerometer-Gyroscope/QMI8658";
import config from "mc/config";

export const units = { accelerometer: "g", gyroscope: "deg/s" };

export default () => new QMI8658({ sensor: { io: SMBus, hz: 400_000, ...config.i2c } });

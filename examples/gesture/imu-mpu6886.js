// M5StickC Plus: an MPU-6886 inside. The driver gives g and degrees per second.
import SMBus from "embedded:io/smbus";
import MPU6886 from "embedded:sensor/Accelerometer-Gyroscope/MPU6886";
import config from "mc/config";

export const units = { accelerometer: "g", gyroscope: "deg/s" };

export default () => new MPU6886({ sensor: { io: SMBus, hz: 400_000, ...config.i2c } });

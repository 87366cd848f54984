// M5StickC Plus2: an MPU-6886 inside, as in the Plus. There is no power chip: on battery the board stays on while GPIO 4 is high.
import Digital from "embedded:io/digital";
import openIMU from "./imu-mpu6886";

export { units } from "./imu-mpu6886";

const HOLD = 4;

export default function open() {
	new Digital({ pin: HOLD, mode: Digital.Output }).write(1);
	return openIMU();
}

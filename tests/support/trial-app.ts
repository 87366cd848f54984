// The application with a sensor that obeys the model: its first label says what becomes of a start. Runs on XS on the host and
// on rv32, for trial.test.ts.
import { microseconds } from "edge-ssm/memory";
import main from "../../firmware/app/main";
import type { SampleSource } from "../../firmware/app/stream";

const sensor: SampleSource = {
	start({ labels, channels, steps }, onSamples) {
		const [wish] = labels;
		if (wish === "silent") throw new Error("no answer at 0x68");
		if (wish === "channels")
			throw new RangeError(`the sensor has ${channels + 1} channels, the model ${channels}`);
		const samples = new Uint8Array(2 * channels * steps);
		const kept: object[] = [samples];
		while (wish === "memory") kept.push(new Uint8Array(1000));
		while (wish === "watchdog" && microseconds() >= 0);
		if (wish === "runs") Promise.resolve().then(() => onSamples(samples, 0, kept.length * steps));
	},
	stop() {},
};

export default () => main({ target: "test", sensor });

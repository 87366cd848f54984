// The application with a sensor that obeys the model: its first label says what becomes of a start. Runs on XS on the host and
// on rv32, for trial.test.ts.
import { microseconds } from "essm/memory";
import Timer from "timer";
import main from "../../firmware/app/main";
import { ReplaySensor } from "../../firmware/modules/sensors/replay";
import { Sampler } from "../../firmware/modules/sensors/sampler";
import type { Sensor } from "../../firmware/modules/sensors/sensor";
import type { Model } from "../../src/classifier/model";

function open({ labels, channels }: Model): Sensor {
	const [wish] = labels;
	if (wish === "silent") throw new Error("no answer at 0x68");
	let kept: object = {};
	while (wish === "memory") kept = { kept, more: new Uint8Array(1000) };
	while (wish === "watchdog" && microseconds() >= 0);
	const own = wish === "channels" ? channels + 1 : channels;
	return new ReplaySensor({
		...kept,
		values: new Array(own).fill(0.5),
		channels: own,
		clock: microseconds,
		repeat: true,
	});
}

export default () =>
	main({ target: "test", sensor: new Sampler({ open, Timer, clock: microseconds, chunk: 1 }) });

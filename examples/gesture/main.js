// Gestures from the accelerometer and gyroscope of a board. "imu" is one of the files of this folder, by the board (manifest.json).

import Resource from "Resource";
import Classifier from "edge-ssm/classifier";
import { Sampler, VectorSensor } from "edge-ssm/sensor";
import openIMU, { units } from "imu";
import Time from "time";
import Timer from "timer";

const clock = () => Time.microseconds ?? 1000 * Time.ticks;

export default function () {
	const classifier = new Classifier({
		model: new Resource("motion.essm"),
		hop: 32,
		onResult({ label, margin, step }) {
			trace(`${step} ${label} (margin ${margin})\n`);
		},
	});
	const sampler = new Sampler({
		open: (model) => new VectorSensor({ driver: openIMU(model), model, clock, units }),
		Timer,
		clock,
	});
	sampler.start(
		classifier.model,
		(samples, offset, count) => classifier.write(samples, offset, count),
		(missed, total, reason) => trace(`${missed} samples missed, ${total} in all: ${reason}\n`),
	);
}

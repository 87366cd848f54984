// Values and alarms: a series whose next value the model tells, and from step 1,000 on another one, which it was not trained on.

import Resource from "Resource";
import Detector from "edge-ssm/detector";
import Estimator from "edge-ssm/estimator";

const BEFORE = 500; // until the series has forgotten how it began
const CHANGE = 1000;
const STEPS = 1300;

/** The series of Mackey and Glass (1977), ten steps of Runge-Kutta a sample; its delay is 17, and 30 after `change` samples. */
function* mackeyGlass(change) {
	const past = new Array(301).fill(1.2);
	const slope = (x, late) => (0.2 * late) / (1 + late ** 10) - 0.1 * x;
	for (let sample = 0; ; sample++) {
		const lag = sample < change ? 170 : 300;
		for (let i = 0; i < 10; i++) {
			const x = past[past.length - 1];
			const [a, b] = [past[past.length - 1 - lag], past[past.length - lag]];
			const k1 = slope(x, a);
			const k2 = slope(x + 0.05 * k1, (a + b) / 2);
			const k3 = slope(x + 0.05 * k2, (a + b) / 2);
			const k4 = slope(x + 0.1 * k3, b);
			past.push(x + (k1 + 2 * k2 + 2 * k3 + k4) / 60);
			past.shift();
		}
		yield past[past.length - 1];
	}
}

export default function () {
	const model = new Resource("mackey-glass.essm");
	const estimator = new Estimator({
		model,
		window: 0,
		hop: 250,
		onResult({ step, values: [{ name, value, unit }] }) {
			trace(`${step} next ${name}: ${value.toFixed(3)}${unit}\n`);
		},
	});
	const detector = new Detector({
		model,
		window: 0,
		hop: 250,
		onAlarm({ step, alarm, score }) {
			trace(`${step} alarm ${alarm ? "begins" : "ends"} (score ${score})\n`);
		},
		onResult({ step, score }) {
			trace(`${step} greatest score ${score}\n`);
		},
	});
	const series = mackeyGlass(BEFORE + CHANGE);
	for (let step = 0; step < BEFORE; step++) series.next();
	for (let step = 0; step < STEPS; step++) {
		const sample = [series.next().value];
		estimator.writeValues(sample);
		detector.writeValues(sample);
	}
}

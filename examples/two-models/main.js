// Two models on one stream: a small one looks often, a larger one decides at the end of the window.

import Resource from "Resource";
import Classifier from "edge-ssm/classifier";

export default function () {
	const quick = new Classifier({
		model: new Resource("quick.essm"),
		hop: 32,
		onResult: ({ step, label }) => trace(`${step} quick: ${label}\n`),
	});
	const sure = new Classifier({
		model: new Resource("motion.essm"),
		onResult: ({ step, label }) => trace(`${step} sure: ${label}\n`),
	});
	const samples = new Uint8Array(new Resource("swipe.dat"));
	for (const classifier of [quick, sure]) classifier.write(samples);
}

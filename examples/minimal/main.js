// The least that classifies: a model that is a resource of the application, and samples that were recorded.

import Resource from "Resource";
import Classifier from "edge-ssm/classifier";

export default function () {
	const classifier = new Classifier({
		model: new Resource("motion.essm"),
		onResult({ label, margin, step }) {
			trace(`${step} ${label} (margin ${margin})\n`);
		},
	});
	classifier.write(new Uint8Array(new Resource("swipe.dat")));
}

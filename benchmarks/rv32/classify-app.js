import Classifier from "edge-ssm/classifier";
import { log } from "edge-ssm/memory";
import Flash from "flash";

export default function () {
	const classifier = new Classifier({
		model: "model_a",
		onResult({ label, margin, step }) {
			log(`${step} ${label} (margin ${margin})`);
		},
	});
	classifier.write(new Flash("model_b").map(), 0, 128);
}

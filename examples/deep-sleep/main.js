// A stream that goes on through deep sleep: half of a window before it, half after it, and the result is that of a stream without
// a break. The state is kept where the SDK keeps preferences (flash); boards with memory that stays powered may keep it there.

import Resource from "Resource";
import Classifier from "edge-ssm/classifier";
import Preference from "preference";

const DOMAIN = "edge-ssm";

export default function () {
	const classifier = new Classifier({
		model: new Resource("motion.essm"),
		onResult({ step, label, margin }) {
			trace(`${step} ${label} (margin ${margin})\n`);
		},
	});
	const samples = new Uint8Array(new Resource("swipe.dat"));
	const bytes = 2 * classifier.model.channels;
	const half = samples.length / bytes / 2;

	const state = Preference.get(DOMAIN, "state");
	if (state === undefined) {
		classifier.write(samples, 0, half);
		Preference.set(DOMAIN, "state", classifier.saveState());
		trace(`${half} steps are taken; good night\n`); // the board's deep sleep begins here, and ends in a restart
	} else {
		Preference.delete(DOMAIN, "state"); // a state is good once
		classifier.restoreState(state);
		classifier.write(samples, half * bytes, half);
	}
}

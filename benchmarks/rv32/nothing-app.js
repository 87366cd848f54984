// What benchmarks/library.ts compares with: an application of the same modules of the platform that does nothing.

import { log } from "edge-ssm/memory";
import Flash from "flash";

export default function () {
	new Flash("model_b").map();
	log("nothing");
}

// Runs on XS, for benchmarks/javascript.ts: a model's first golden vector through the streams that take it, some samples per call;
// logs the instructions of each, results and their callbacks included. The blob is at the start of the flash. Not in any firmware.
import Kernel from "edge-ssm/kernel";
import { count, log } from "edge-ssm/memory";
import Flash from "flash";
import { Detector } from "../../src/classifier/detector";
import { Estimator } from "../../src/classifier/estimator";
import { goldenPlaces } from "../../src/classifier/golden";
import { type KernelClass, openModel } from "../../src/classifier/model";

const CHUNK = 16;

export default function () {
	const model = openModel(new Uint8Array(new Flash("model_a").map()));
	const { samples, steps } = goldenPlaces(model)[0]!;
	const options = {
		...{ model, kernel: Kernel as unknown as KernelClass, window: 0 },
		schedule: (callback: () => void) => callback(),
		onResult() {},
	};
	const time = (name: string, stream: Estimator | Detector) => {
		const start = count()!;
		for (let at = 0; at < steps; at += CHUNK)
			stream.write(model.blob, samples + 2 * model.channels * at, CHUNK);
		log(`${name} ${(count()! - start) >>> 0}`);
		stream.close();
	};
	time("estimator16", new Estimator({ ...options, hop: CHUNK }));
	time("estimator1", new Estimator({ ...options, hop: 1 }));
	if (model.detector) time("detector16", new Detector({ ...options, onAlarm() {}, hop: CHUNK }));
}

// Entry of the simulated board: the shipped application with a sensor that plays the model's golden vectors.
import { microseconds } from "edge-ssm/memory";
import Timer from "timer";
import main from "../../app/main";
import { GoldenSensor } from "../../modules/sensors/golden";
import { Sampler } from "../../modules/sensors/sampler";

export default function () {
	main({
		sensor: new Sampler({
			open: (model) => new GoldenSensor({ model, clock: microseconds }),
			Timer,
			clock: microseconds,
		}),
	});
}

// edge-ssm/detector: what an application of the Moddable SDK includes to be told of what is not normal.
import { type DetectorOptions, Detector as Stream } from "../../../src/classifier/detector";
import { type LibraryOptions, withModel } from "../classifier/model";

export default class Detector extends Stream {
	/** @throws Error with one sentence when there is no such partition, or no model that can run; TypeError, RangeError for options */
	constructor(options: LibraryOptions<DetectorOptions>) {
		super(withModel(options));
	}
}

// edge-ssm/estimator: what an application of the Moddable SDK includes to tell values, in the units of the model.
import { type EstimatorOptions, Estimator as Stream } from "../../../src/classifier/estimator";
import { type LibraryOptions, withModel } from "../classifier/model";

export default class Estimator extends Stream {
	/** @throws Error with one sentence when there is no such partition, or no model that can run; TypeError, RangeError for options */
	constructor(options: LibraryOptions<EstimatorOptions>) {
		super(withModel(options));
	}
}

// edge-ssm/classifier: what an application of the Moddable SDK includes to classify. The model comes from a partition by its name, or
// from a buffer in flash, such as a resource.
import { type ClassifierOptions, Classifier as Stream } from "../../../src/classifier/classifier";
import { type LibraryOptions, withModel } from "./model";

export default class Classifier extends Stream {
	/** @throws Error with one sentence when there is no such partition, or no model that can run; TypeError, RangeError for options */
	constructor(options: LibraryOptions<ClassifierOptions>) {
		super(withModel(options));
	}
}

// The classifier of src/classifier as a class with the options of the library's, on XS: what the native one is compared with.
import { withModel } from "../../firmware/library/classifier/model";
import { Classifier, type ClassifierOptions } from "../../src/classifier/classifier";

export default class extends Classifier {
	constructor(options: ClassifierOptions) {
		super(withModel(options));
	}
}

// What a family of checkpoints is: networks that one program saves under the same tensor names.
import type { FloatModel } from "../model";
import type { Tensors } from "../tensors";

/** What the tensors alone say. */
export type Network = Pick<
	FloatModel,
	| "H"
	| "N"
	| "L"
	| "channels"
	| "classes"
	| "encoderWeight"
	| "encoderBias"
	| "layers"
	| "decoderWeight"
	| "decoderBias"
>;

export interface Family {
	/** For people. */
	name: string;
	/** Whether the tensors are named like those of this family. */
	matches(tensors: Tensors): boolean;
	/** Metadata that say no more than the tensors do: each key with the values that agree with them, in lower case. */
	shown: Record<string, string[]>;
	/** What the tensors leave open and only one value of is supported: assumed unless the metadata say the same. */
	assumed: Record<string, string>;
	/** @param eps of the norms @throws UserError naming the tensor that is missing, misshapen or cannot be had */
	read(tensors: Tensors, eps: number): Network;
}

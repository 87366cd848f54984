// What a family of checkpoints is: networks that one program saves under the same tensor names.
import type { FloatModel } from "../../float/model";
import type { NormKind } from "../../float/norm-kind";
import type { Setting } from "../setting";
import type { Tensors } from "../tensors";

/** What the tensors alone say; what they leave open holds a usual value that import.ts replaces. */
export type Network = Pick<FloatModel, "H" | "channels" | "encoder" | "blocks" | "head">;

/** What is said of all norms of a network beside their tensors. */
export interface NormSettings {
	eps: number;
	/** undefined: nothing is said. */
	kind: NormKind | undefined;
}

export interface Family {
	/** For people. */
	name: string;
	/** Whether the tensors are named like those of this family. */
	matches(tensors: Tensors): boolean;
	/** Metadata that say no more than the tensors do: each key with the values that agree with them, in lower case. */
	shown: Record<string, string[]>;
	/** What the tensors leave open: each setting with the values that are supported, of which the first is assumed. */
	choices: Record<string, string[]>;
	/** @param norms what is said of the norms @param chosen a value of each of `choices` @throws UserError naming the tensor that is missing, misshapen or cannot be had */
	read(tensors: Tensors, norms: NormSettings, chosen: Record<string, Setting>): Network;
}

// What a family of checkpoints is: networks that one program saves under the same tensor names.
import type { ActivationName } from "../../float/activation-name";
import type { FloatChannel, FloatEncoder, FloatModel } from "../../float/model";
import type { NormKind } from "../../float/norm-kind";
import type { Setting } from "../setting";
import type { Tensors } from "../tensors";

/** The tensors of a head of any kind. */
export interface Decoder {
	/** (outputs, H) */
	weight: Float64Array;
	/** (outputs) */
	bias: Float64Array;
}

/** What the tensors alone say; what they leave open holds a usual value that import.ts replaces. */
export type Network = Pick<FloatModel, "H" | "channels" | "encoder" | "blocks"> & { decoder: Decoder };

/** What is said of encoder and blocks of a network beside their tensors; undefined: nothing is said. */
export interface NetworkSettings {
	encoder: FloatEncoder["kind"] | undefined;
	/** The norms' eps. */
	eps: number;
	norm: NormKind | undefined;
	channel: FloatChannel["kind"] | undefined;
}

export interface Family {
	/** For people. */
	name: string;
	/** Whether the tensors are named like those of this family. */
	matches(tensors: Tensors): boolean;
	/** Its metadata by the names and values that are known here. */
	translate?(metadata: Record<string, string>): Record<string, string>;
	/** What is assumed where nothing is stated, when it differs from other families. @param metadata translated */
	usual?(metadata: Record<string, string>): { activation?: ActivationName; eps?: number };
	/** Metadata that say no more than the tensors do: each key with the values that agree with them, in lower case. */
	shown: Record<string, string[]>;
	/** What the tensors leave open: each setting with the values that are supported, of which the first is assumed. */
	choices: Record<string, string[]>;
	/** Settings for which nothing is assumed, with what --metadata takes to state them. */
	must?: Record<string, string>;
	/** @param said of encoder and blocks @param chosen a value of each of `choices` @throws UserError naming the tensor that is missing, misshapen or cannot be had */
	read(tensors: Tensors, said: NetworkSettings, chosen: Record<string, Setting>): Network;
}

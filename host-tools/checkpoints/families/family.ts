// A family of checkpoints: networks that one program saves under the same tensor names.
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

/** What the tensors alone determine; open settings hold defaults that import.ts replaces. */
export type Network = Pick<FloatModel, "H" | "channels" | "encoder" | "blocks"> & { decoder: Decoder };

/** Properties of a network's encoder and blocks beyond their tensors; undefined: not stated. */
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
	/** Whether the tensors have this family's names. */
	matches(tensors: Tensors): boolean;
	/** Its metadata translated to the names and values used here. */
	translate?(metadata: Record<string, string>): Record<string, string>;
	/** Assumptions where nothing is stated, if different from other families. @param metadata translated */
	usual?(metadata: Record<string, string>): { activation?: ActivationName; eps?: number };
	/** Metadata implied by the tensors: each key with the values that agree with them, in lower case. */
	shown: Record<string, string[]>;
	/** Settings that the tensors leave open, with their supported values; the first is assumed. */
	choices: Record<string, string[]>;
	/** Settings that are never assumed, with the --metadata text that states them. */
	must?: Record<string, string>;
	/** @param said of encoder and blocks @param chosen a value of each of `choices` @throws UserError naming the tensor that is missing, misshapen or cannot be had */
	read(tensors: Tensors, said: NetworkSettings, chosen: Record<string, Setting>): Network;
}

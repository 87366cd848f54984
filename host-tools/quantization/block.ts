// One block to integers: its stages in their order, each by its kind.
import type { Activation, Block, Channel, Head, Mixer } from "../../src/network/network";
import {
	type FloatActivation,
	type FloatBlock,
	type FloatChannel,
	type FloatHead,
	type FloatMixer,
	floatNormKind,
} from "../float/model";
import * as ACTIVATIONS from "./activations";
import { quantizeAffine } from "./affine";
import * as CHANNELS from "./channels";
import type { LayerGrid, LayerUnits } from "./grid";
import * as HEADS from "./heads";
import type {
	ActivationQuantizer,
	BlockContext,
	ChannelQuantizer,
	HeadQuantizer,
	MixerQuantizer,
} from "./kind";
import * as MIXERS from "./mixers";
import type { LayerPrecision } from "./precision";

/** @throws RangeError on a kind that has none */
function quantizerOf(list: object, stage: string, kind: string): unknown {
	const found = (list as Record<string, unknown>)[kind];
	if (!found) throw new RangeError(`a ${stage} of kind ${kind} has no quantizer yet`);
	return found;
}

export const mixerQuantizer = ({ kind }: { kind: FloatMixer["kind"] }) =>
	quantizerOf(MIXERS, "mixer", kind) as MixerQuantizer<FloatMixer, Mixer, unknown, object, LayerPrecision>;
export const activationQuantizer = (activation: FloatActivation) =>
	ACTIVATIONS[activation.kind] as ActivationQuantizer<FloatActivation, Activation, LayerPrecision>;
export const channelQuantizer = (channel: FloatChannel) =>
	quantizerOf(CHANNELS, "channel mixer", channel.kind) as ChannelQuantizer<
		FloatChannel,
		Channel,
		object,
		LayerPrecision
	>;
export const headQuantizer = ({ kind }: { kind: FloatHead["kind"] }) =>
	HEADS[kind] as HeadQuantizer<FloatHead, Head>;

/** @throws RangeError naming the tensor that cannot be represented */
export function quantizeBlock(
	float: FloatBlock,
	context: BlockContext<LayerPrecision>,
): { block: Block; units: LayerUnits; grid: LayerGrid } {
	const { where, H } = context;
	const folded = float.placement === "before" ? floatNormKind(float.norm).fold(float.norm, H) : identity(H);
	if (!folded) throw new RangeError(`${where} norm: a norm of kind ${float.norm.kind} has no integers yet`);
	const { norm, uStep } = quantizeAffine(folded, context);
	const { mixer, yFraction, units, grid } = mixerQuantizer(float.mixer).quantize(float.mixer, context, uStep);
	const { activation, gStep } = activationQuantizer(float.activation).quantize(
		float.activation,
		context,
		2 ** -yFraction,
	);
	const g = { gStep, zero: activation.zero };
	const { channel, grid: channelGrid } = channelQuantizer(float.channel).quantize(float.channel, context, g);
	return {
		block: { norm, mixer, yFraction, activation, channel, post: { kind: "none" } },
		units: { u: uStep, mixer: units },
		grid: { ...grid, ...channelGrid, u: norm.scale },
	};
}

/** What a norm after the block leaves for the front: nothing. */
function identity(H: number) {
	return { scale: new Float64Array(H).fill(1), offset: new Float64Array(H) };
}

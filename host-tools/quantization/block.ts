// One block to integers: its stages in order, each by its kind.
import type { Activation, Block, Channel, Encoder, Head, Mixer, Norm } from "../../src/network/network";
import {
	type FloatActivation,
	type FloatBlock,
	type FloatChannel,
	type FloatEncoder,
	type FloatHead,
	type FloatMixer,
	type FloatNorm,
	normsOf,
} from "../float/model";
import * as ACTIVATIONS from "./activations";
import * as CHANNELS from "./channels";
import * as ENCODERS from "./encoders";
import type { LayerGrid, LayerUnits } from "./grid";
import * as HEADS from "./heads";
import type {
	ActivationQuantizer,
	BlockContext,
	ChannelQuantizer,
	EncoderQuantizer,
	HeadQuantizer,
	MixerQuantizer,
	NormQuantizer,
} from "./kind";
import * as MIXERS from "./mixers";
import * as NORMS from "./norms";
import type { LayerPrecision } from "./precision";

/** @throws RangeError on a kind that has none */
function quantizerOf(list: object, stage: string, kind: string): unknown {
	const found = (list as Record<string, unknown>)[kind];
	if (!found) throw new RangeError(`a ${stage} of kind ${kind} has no quantizer yet`);
	return found;
}

export const normQuantizer = ({ kind }: { kind: FloatNorm["kind"] }) =>
	NORMS[kind] as NormQuantizer<FloatNorm, Norm, object, LayerPrecision>;
export const mixerQuantizer = ({ kind }: { kind: FloatMixer["kind"] }) =>
	quantizerOf(MIXERS, "mixer", kind) as MixerQuantizer<FloatMixer, Mixer, unknown, object, LayerPrecision>;
const activationQuantizer = (activation: FloatActivation) =>
	ACTIVATIONS[activation.kind] as ActivationQuantizer<FloatActivation, Activation, LayerPrecision>;
export const channelQuantizer = (channel: FloatChannel) =>
	quantizerOf(CHANNELS, "channel mixer", channel.kind) as ChannelQuantizer<
		FloatChannel,
		Channel,
		object,
		LayerPrecision
	>;
export const encoderQuantizer = ({ kind }: { kind: FloatEncoder["kind"] }) =>
	ENCODERS[kind] as EncoderQuantizer<FloatEncoder, Encoder>;
export const headQuantizer = ({ kind }: { kind: FloatHead["kind"] }) =>
	HEADS[kind] as HeadQuantizer<FloatHead, Head>;

/** @throws RangeError naming the tensor that cannot be represented */
export function quantizeBlock(
	float: FloatBlock,
	context: BlockContext<LayerPrecision>,
): { block: Block; units: LayerUnits; grid: LayerGrid } {
	const { before, after } = normsOf(float);
	const { norm, uStep, grid: normGrid } = normQuantizer(before).quantize(before, context);
	const { mixer, yFraction, units, grid } = mixerQuantizer(float.mixer).quantize(float.mixer, context, uStep);
	const { activation, gStep } = activationQuantizer(float.activation).quantize(
		float.activation,
		context,
		2 ** -yFraction,
	);
	const { channel, grid: channelGrid } = channelQuantizer(float.channel).quantize(float.channel, context, {
		gStep,
		zero: activation.zero,
		yUnit: 2 ** -yFraction,
	});
	const post = normQuantizer(after).quantizePost(after, context);
	return {
		block: { norm, mixer, yFraction, activation, channel, post },
		units: { u: uStep, mixer: units },
		grid: { ...grid, ...channelGrid, ...normGrid },
	};
}

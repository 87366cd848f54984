// The kinds for new networks: encoders by the kind of data, mixers whose operation defines their initialization, channel mixers.
import type { Dataset } from "../datasets/dataset";
import type { FloatChannel, FloatEncoder, FloatMixer } from "../float/model";
import * as CHANNELS from "./operations/channels";
import * as ENCODERS from "./operations/encoders";
import * as MIXERS from "./operations/mixers";
import type { Startable, StartableEncoder } from "./operations/operation";

const startable = MIXERS as Partial<Record<string, Partial<Startable<FloatMixer>>>>;

export const STARTING_MIXERS = (Object.keys(MIXERS) as FloatMixer["kind"][]).filter(
	(kind) => startable[kind]!.fresh,
);

/** Initialization of a mixer of this kind, one of STARTING_MIXERS. */
export const startOf = (kind: FloatMixer["kind"]) => startable[kind] as Startable<FloatMixer>;

export const CHANNEL_KINDS = Object.keys(CHANNELS) as FloatChannel["kind"][];

/** How the encoder for such data starts. */
export const encoderFor = ({ tokens }: Pick<Dataset, "tokens">) =>
	Object.values(ENCODERS).find(
		({ takesTokens }) => takesTokens === (tokens !== undefined),
	) as StartableEncoder<FloatEncoder>;

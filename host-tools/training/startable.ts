// The kinds that a new network can have: mixers whose operation says how they start, and channel mixers.
import type { FloatChannel, FloatMixer } from "../float/model";
import * as CHANNELS from "./operations/channels";
import * as MIXERS from "./operations/mixers";
import type { Startable } from "./operations/operation";

const startable = MIXERS as Partial<Record<string, Partial<Startable<FloatMixer>>>>;

export const STARTING_MIXERS = (Object.keys(MIXERS) as FloatMixer["kind"][]).filter(
	(kind) => startable[kind]!.fresh,
);

/** How a mixer of this kind, one of STARTING_MIXERS, starts. */
export const startOf = (kind: FloatMixer["kind"]) => startable[kind] as Startable<FloatMixer>;

export const CHANNEL_KINDS = Object.keys(CHANNELS) as FloatChannel["kind"][];

// The head of a checkpoint by the kind that its metadata state.
import type { Pooling } from "../../src/network/pooling";
import type { FloatHead } from "../float/model";
import type { Decoder } from "./families/family";
import type { CheckpointHead } from "./head";
import * as HEADS from "./heads";
import type { Settings } from "./metadata";

const SPELLINGS = Object.fromEntries(Object.keys(HEADS).map((name) => [name, [name]]));
const [USUAL] = Object.keys(HEADS) as [FloatHead["kind"]];

const kindOf = (name: string) => HEADS[name as FloatHead["kind"]] as CheckpointHead<FloatHead>;

/** @throws UserError naming the metadata that are wrong or missing */
export function settleHead(settings: Settings, decoder: Decoder, pooling: Pooling): FloatHead {
	const stated = settings.stated("head", undefined, settings.choose(SPELLINGS));
	return kindOf(stated ?? USUAL).read(decoder, pooling, settings);
}

/** Metadata of a checkpoint with this head. */
export const statedHead = (head: FloatHead) => kindOf(head.kind).stated(head);

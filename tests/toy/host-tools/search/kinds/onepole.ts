import type { OnepoleMixer } from "../../../src/network/onepole";
import type { OnepolePrecision } from "../../quantization/widths/onepole";
import type { MixerSearch } from "./kind";
import { bitsText, byReading, weights } from "./widths";

const gain = weights("gain");

export const onepole: MixerSearch<OnepoleMixer, OnepolePrecision> = {
	components: [gain],
	searched: [gain],
	choosable: [byReading(gain)],
	packed: "gain=4",
	work: (add, _, H) => add("filter", H),
	float: (_, H) => [
		{ tensor: "pole", name: "poles", values: H },
		{ tensor: "gain", name: "gains", values: H },
	],
	words: ({ each }) => ({ clauses: [`gains have ${each((p) => bitsText(p.gain))}`] }),
	ranges: (_, fine) => fine,
	settling: {},
};

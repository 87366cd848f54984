import type { Ungated } from "../../../src/network/ungated";
import type { SearchKind } from "./kind";

export const ungated: SearchKind<Ungated, object> = {
	components: [],
	searched: [],
	choosable: [],
	packed: "",
	work: () => {},
	float: () => [],
	words: () => ({}),
};

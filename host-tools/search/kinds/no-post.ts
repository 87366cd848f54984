import type { NoPost } from "../../../src/network/no-post";
import type { SearchKind } from "./kind";

export const none: SearchKind<NoPost, object> = {
	components: [],
	searched: [],
	choosable: [],
	packed: "",
	work: () => {},
	float: () => [],
	words: () => ({}),
};

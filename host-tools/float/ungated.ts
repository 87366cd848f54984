// No channel mixer: a block adds g itself.
import type { FloatChannelKind } from "./kind";

export interface FloatUngated {
	kind: "ungated";
}

export const ungated: FloatChannelKind<FloatUngated> = {
	tensors: () => [],
	inner: (_, H) => H,
	apply: () => (g, inner, out) => {
		inner.set(g);
		out.set(g);
	},
	macs: () => 0,
};

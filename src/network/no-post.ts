// Nothing after the channel mixer: the residual stays as it is. Takes no byte but that of its kind, 0.
import type { Kind } from "./kind";

export interface NoPost {
	kind: "none";
}

export const none: Kind<NoPost> = {
	id: 0,
	arithmetic: 2,
	layout: { name: "none", about: "the residual stays as it is", sizes: [], fields: [], parts: [] },
	prove: () => {},
	macs: () => 0,
	scratchBytes: () => 0,
};

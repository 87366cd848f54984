// No norm after the channel mixer: the residual stays unchanged. Its kind, 0, is its only byte.
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

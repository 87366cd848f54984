// i404788/s5-pytorch: its S5Block appends its own gated feed-forward network to each S5 layer and uses the normed input as the
// residual, which no block here supports.
import { UserError } from "../../terminal/errors";
import type { Tensors } from "../tensors";
import type { Family } from "./family";

const S5_LAYER = /^(.*)\bseq\.Lambda$/;

const layerOf = (tensors: Tensors) => [...tensors.names()].find((name) => S5_LAYER.test(name));

export const s5Pytorch: Family = {
	name: "S5 (s5-pytorch)",
	matches: (tensors) => layerOf(tensors) !== undefined,
	shown: {},
	choices: {},
	read(tensors) {
		const name = layerOf(tensors)!;
		throw new UserError(
			`${tensors.file} is of s5-pytorch (${name}), whose S5Block has a residual of the normed input and a feed-forward network of its own (ff_enc, ff_dec), which are not supported; train with lindermanlab/S5 or "edge-ssm train" instead.`,
		);
	},
};

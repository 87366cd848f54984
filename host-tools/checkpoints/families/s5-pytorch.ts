// i404788/s5-pytorch. Its S5 layer is one that is known here, and a residual of the normed input is a norm after the block; but its
// S5Block goes on with h + ff_dec(a gelu(b)), (a, b) = ff_enc h: two matrices around a gate, without a mixer. No block here computes that.
import { UserError } from "../../terminal/errors";
import type { Tensors } from "../tensors";
import type { Family } from "./family";

const find = (tensors: Tensors, name: RegExp) => [...tensors.names()].find((one) => name.test(one));
const S5_LAYER = /\bseq\.Lambda$/;
const REMEDY = `train with lindermanlab/S5 or "edge-ssm train" instead`;

export const s5Pytorch: Family = {
	name: "S5 (s5-pytorch)",
	matches: (tensors) => find(tensors, S5_LAYER) !== undefined,
	shown: {},
	choices: {},
	read(tensors) {
		const feedForward = find(tensors, /\bff_(enc|dec)\./);
		if (feedForward)
			throw new UserError(
				`${tensors.file} has the S5Block of s5-pytorch (${feedForward}), whose feed-forward part, ff_dec(a gelu(b)) after the S5 layer, no channel mixer here computes; ${REMEDY}.`,
			);
		throw new UserError(
			`${tensors.file} has S5 layers of s5-pytorch (${find(tensors, S5_LAYER)}) outside an S5Block, and nothing tells what is around them; ${REMEDY}.`,
		);
	},
};

// The folded norm's integers: u is one scaling of the stream per head; native/kinds/stream_scaling.h.
import { symmetricMax } from "../../../src/arithmetic/arithmetic";
import type { AffineNorm } from "../../../src/network/affine";
import type { PutStage } from "./operation";

export const putAffine: PutStage<AffineNorm> = (sink, u) => {
	sink.integer(symmetricMax(u.bits));
	sink.integers(u.scale);
	sink.integers(u.zero);
};

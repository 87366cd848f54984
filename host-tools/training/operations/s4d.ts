// S4D; native/kinds/s4d.c.
import { symmetricMax } from "../../../src/arithmetic/arithmetic";
import { polesKind } from "../../../src/network/poles-union";
import { expandGain, type S4dMixer } from "../../../src/network/s4d";
import type { FloatS4d } from "../../float/s4d";
import type { S4dUnits } from "../../quantization/s4d";
import { type Operation, type PutStage, padded } from "./operation";

export const s4d: Operation<FloatS4d> = {
	spec: ({ N }) => ({ kind: "s4d", size: N }),
	kept: ({ N }, { H }) => 2 * H * padded(N),
};

const pair = new Int16Array(2);

export const putS4d: PutStage<S4dMixer> = (sink, mixer, { yFraction }, { u, mixer: units }) => {
	const { stateRe, stateIm } = units as S4dUnits;
	const { N, A, B, C, D, x } = mixer;
	const H = D.codes.length;
	const poles = polesKind(A);
	sink.integer(symmetricMax(x.bits));
	sink.integer(x.rounding === "dithered" ? 1 : 0);
	sink.integer(C.preshift);
	sink.integer(D.scale);
	sink.integer(yFraction);
	for (let h = 0, i = 0; h < H; h++)
		for (let n = 0; n < N; n++, i++) {
			poles.expand(A, h, n, N, pair, 0);
			sink.integers(pair);
			sink.integer(expandGain(B, h, i, pair[0]!, pair[1]!));
			sink.integer(C.codes[2 * i]!);
			sink.integer(C.codes[2 * i + 1]!);
			sink.real(stateRe[i]!);
			sink.real(stateIm[i]!);
		}
	sink.integers(C.scale);
	sink.integers(D.codes);
	sink.reals(u);
};

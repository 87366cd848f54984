// S4D; native/kinds/s4d.c.
import { symmetricMax } from "../../../src/arithmetic/arithmetic";
import { polesKind } from "../../../src/network/poles-union";
import { expandGain, type S4dMixer } from "../../../src/network/s4d";
import type { FloatS4d } from "../../float/s4d";
import type { S4dUnits } from "../../quantization/s4d";
import { type Operation, type PutStage, padded, type Startable } from "./operation";

export const s4d: Operation<FloatS4d> & Startable<FloatS4d> = {
	spec: ({ N }) => ({ kind: "s4d", size: N }),
	kept: ({ N }, { H }) => 2 * H * padded(N),
	usualModes: 8,
	// Imaginary parts of A: "lin" n pi, "inv" (2N / pi) (2N / (2n + 1) - 1); real parts are -1/2 (Gu et al., 2022).
	inits: ["lin", "inv"],
	unfit: ({ initBlocks = 1 }) =>
		initBlocks > 1 ? "The setting initBlocks applies to mixer s5: leave it out with s4d." : undefined,
	modesOf: ({ N }) => N,
	fresh({ heads: H, modes: N, init, dtMin, dtMax }, random) {
		const filled = (length: number, value: () => number) => Float64Array.from({ length }, value);
		const frequency = (n: number) =>
			init === "inv" ? ((2 * N) / Math.PI) * ((2 * N) / (2 * n + 1) - 1) : Math.PI * n;
		return {
			kind: "s4d",
			N,
			logDt: filled(H, () => random.uniform(Math.log(dtMin), Math.log(dtMax))),
			logAReal: new Float64Array(H * N).fill(Math.log(0.5)),
			AImag: Float64Array.from({ length: H * N }, (_, i) => frequency(i % N)),
			// Complex normal of variance 1, as torch.randn draws it.
			CReal: filled(H * N, () => random.bell() * Math.SQRT1_2),
			CImag: filled(H * N, () => random.bell() * Math.SQRT1_2),
			D: filled(H, () => random.bell()),
		};
	},
};

const pair = new Int16Array(2);

export const putS4d: PutStage<S4dMixer> = (sink, mixer, { yFraction }, units) => {
	const real = units?.mixer as S4dUnits | undefined;
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
			sink.real(real?.stateRe[i] ?? 1);
			sink.real(real?.stateIm[i] ?? 1);
		}
	sink.integers(C.scale);
	sink.integers(D.codes);
	sink.reals(units?.u ?? new Float64Array(H).fill(1));
};

// S5; native/kinds/s5.c.
import { symmetricMax } from "../../../src/arithmetic/arithmetic";
import { polesKind } from "../../../src/network/poles-union";
import type { S5Mixer } from "../../../src/network/s5";
import type { FloatS5 } from "../../float/s5";
import type { S5Units } from "../../quantization/s5";
import { hippoLegs } from "../hippo";
import { type Operation, type PutStage, padded, type Startable } from "./operation";

export const s5: Operation<FloatS5> & Startable<FloatS5> = {
	spec: ({ P }) => ({ kind: "s5", size: P }),
	kept: ({ P }) => 2 * padded(P),
	usualModes: 24,
	inits: ["hippo"],
	unfit: ({ modes, initBlocks = 1 }) =>
		modes % initBlocks
			? `${modes} modes cannot be divided into ${initBlocks} equal blocks: choose initBlocks that divides modes.`
			: undefined,
	modesOf: ({ P }) => P,
	/**
	 * As lindermanlab/S5 with conjugate symmetry: A is J blocks of HiPPO-LegS's normal part in its eigenvectors V, keeping one
	 * of each conjugate pair; B and C are drawn for real states and transformed into that basis, and every mode has its own
	 * step.
	 */
	fresh({ heads: H, modes: P, initBlocks = 1, dtMin, dtMax }, random) {
		const drawn = (length: number, value: () => number) => Float64Array.from({ length }, value);
		const half = P / initBlocks;
		const n = 2 * half;
		const { frequency, re, im } = hippoLegs(n);
		const logStep = drawn(P, () => random.uniform(Math.log(dtMin), Math.log(dtMax)));
		// Variance 1 / (2P) of both: flax counts states as inputs.
		const weight = () => random.bell() / Math.sqrt(2 * P);
		const B = drawn(2 * P * H, weight);
		const C = [drawn(H * 2 * P, weight), drawn(H * 2 * P, weight)];
		const mixer: FloatS5 = {
			kind: "s5",
			P,
			logStep,
			lambdaLogRe: new Float64Array(P).fill(Math.log(0.5)),
			lambdaIm: Float64Array.from({ length: P }, (_, p) => -frequency[p % half]!),
			BRe: new Float64Array(P * H),
			BIm: new Float64Array(P * H),
			CRe: new Float64Array(H * P),
			CIm: new Float64Array(H * P),
			D: drawn(H, () => random.bell()),
		};
		// B becomes V^H B and C becomes C V, block by block.
		for (let p = 0; p < P; p++)
			for (let h = 0; h < H; h++)
				for (let i = 0; i < n; i++) {
					const [a, b] = [re[(p % half) * n + i]!, im[(p % half) * n + i]!];
					const state = Math.floor(p / half) * n + i;
					mixer.BRe[p * H + h]! += a * B[state * H + h]!;
					mixer.BIm[p * H + h]! -= b * B[state * H + h]!;
					const [x, y] = [C[0]![h * 2 * P + state]!, C[1]![h * 2 * P + state]!];
					mixer.CRe[h * P + p]! += a * x - b * y;
					mixer.CIm[h * P + p]! += a * y + b * x;
				}
		return mixer;
	},
};

const pair = new Int16Array(2);

export const putS5: PutStage<S5Mixer> = (sink, mixer, { yFraction }, units) => {
	const real = units?.mixer as S5Units | undefined;
	const { P, A, B, C, D, x } = mixer;
	const poles = polesKind(A);
	sink.integer(symmetricMax(x.bits));
	sink.integer(x.rounding === "dithered" ? 1 : 0);
	sink.integer(C.preshift);
	sink.integer(D.scale);
	sink.integer(yFraction);
	sink.integer(B.lift);
	for (let p = 0; p < P; p++) {
		poles.expand(A, 0, p, P, pair, 0);
		sink.integers(pair);
		sink.integer(B.scale[p]!);
		sink.real(real?.stateRe[p] ?? 1);
		sink.real(real?.stateIm[p] ?? 1);
	}
	sink.integers(B.codes);
	sink.integers(C.codes);
	sink.integers(C.scale);
	sink.integers(D.codes);
	sink.reals(units?.u ?? new Float64Array(D.codes.length).fill(1));
};

// S4D; native/kinds/s4d.c.
import { symmetricMax } from "../../../src/fixed-point/arithmetic";
import { expandA, expandB } from "../../../src/model/expand";
import type { S4dLayer } from "../../../src/model/network";
import type { FloatLayer } from "../../checkpoints/model";
import type { LayerUnits } from "../../quantization/quantize";
import { type Operation, type Place, padded, type Sink } from "./operation";

/** Modes per head; each layer may have its own number. */
const modesOf = ({ model, layer }: Place) => layer.CReal.length / model.H;

export const s4d: Operation<FloatLayer> = {
	spec: (place) => ({ kind: "s4d", size: modesOf(place) }),
	change: ({ logDt, logAReal, AImag, CReal, CImag, D }, trained) => ({
		logDt: trained(logDt),
		logAReal: trained(logAReal),
		AImag: trained(AImag),
		CReal: trained(CReal),
		CImag: trained(CImag),
		D: trained(D),
	}),
	kept: (place) => 2 * place.model.H * padded(modesOf(place)),
};

const pair = new Int16Array(2);

export function putS4d(sink: Sink, layer: S4dLayer, units: LayerUnits): void {
	const { A, B, C, D, x } = layer;
	const H = D.codes.length;
	const N = B.codes.length / H;
	sink.integer(symmetricMax(x.bits));
	sink.integer(x.rounding === "dithered" ? 1 : 0);
	sink.integer(C.preshift);
	sink.integer(D.scale);
	sink.integer(layer.yFraction);
	for (let h = 0, i = 0; h < H; h++)
		for (let n = 0; n < N; n++, i++) {
			expandA(A, h, n, N, pair, 0);
			sink.integers(pair);
			sink.integer(expandB(B, h, i, pair[0]!, pair[1]!));
			sink.integer(C.codes[2 * i]!);
			sink.integer(C.codes[2 * i + 1]!);
			sink.real(units.stateRe[i]!);
			sink.real(units.stateIm[i]!);
		}
	sink.integers(C.scale);
	sink.integers(D.codes);
	sink.reals(units.u);
}

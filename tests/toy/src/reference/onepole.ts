// The one-pole mixer: moves the state of every head by one step.
import { applyCoarseScale, clamp } from "../arithmetic/arithmetic";
import { INPUT_SHIFT, type OnepoleMixer } from "../network/onepole";
import type { MixerState } from "./mixer-state";

export function onepole({ pole, gain }: OnepoleMixer, H: number): MixerState {
	const x = new Int16Array(H);
	return {
		x,
		bytes: 2,
		step(u, y) {
			for (let h = 0; h < H; h++) {
				const a = pole[h]!;
				x[h] = (Math.imul(a, x[h]!) + Math.imul(256 - a, u[h]! << INPUT_SHIFT) + 128) >> 8;
				y[h] = clamp(applyCoarseScale(Math.imul(gain.codes[h]!, x[h]!), gain.scale[h]!), -32767, 32767);
			}
		},
	};
}

// A one-pole filter per head: x' = a x + (1 - a) z, y = c x', a in (0, 1).
import type { FloatMixerKind } from "./kind";
import { sigmoid } from "./linear";

export interface FloatOnepole {
	kind: "onepole";
	logit: Float64Array; // (H); a = sigmoid(logit)
	gain: Float64Array; // (H), c
}

export const polesOf = ({ logit }: FloatOnepole) => logit.map(sigmoid);

export const onepole: FloatMixerKind<FloatOnepole> = {
	tensors: (_, { H }, l) => [
		{ name: `s4_layers.${l}.pole`, shape: [H], fields: ["logit"], role: "parameter" },
		{ name: `s4_layers.${l}.gain`, shape: [H], fields: ["gain"], role: "parameter" },
	],
	scan(mixer, H) {
		const a = polesOf(mixer);
		const x = new Float64Array(H);
		return {
			state: [x],
			reset: () => void x.fill(0),
			step(z, y) {
				for (let h = 0; h < H; h++) {
					x[h] = a[h]! * x[h]! + (1 - a[h]!) * z[h]!;
					y[h] = mixer.gain[h]! * x[h]!;
				}
			},
		};
	},
	convolve(mixer, H, z) {
		const a = polesOf(mixer);
		return z.map((_, t) =>
			Float64Array.from({ length: H }, (_, h) => {
				let y = 0;
				for (let l = 0; l <= t; l++) y += mixer.gain[h]! * (1 - a[h]!) * a[h]! ** l * z[t - l]![h]!;
				return y;
			}),
		);
	},
	shape: () => ({}),
	stateUnits: (_, H) => H,
	stateValues: (_, H) => H,
	macs: (_, H) => 2 * H,
};

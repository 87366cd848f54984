// A good checkpoint of every family that can be read, as tensors that a test may spoil: few heads, modes and layers, of sizes that
// all differ, so that a tensor in another layout has another shape.
import { Random } from "../../host-tools/datasets/random";
import { type TorchTensor, tensor } from "./torch-file";

export const SIZES = { H: 4, N: 3, P: 6, L: 2, channels: 2, classes: 5 };
const { H, N, P, L, channels, classes } = SIZES;

export type Tree = Map<string, TorchTensor>;

export interface FamilyTree {
	name: string;
	/** What its tensors do not say. */
	metadata: Record<string, string>;
	/** Complex tensors of layer 0, without the dimension of pairs. */
	complex: Record<string, number[]>;
	/** A variance of a norm of layer 0; absent: its norms have none. */
	variance?: string;
	/** The weights of a norm of layer 0. */
	weight?: string;
	make(seed: number): Tree;
}

/** Adds a tensor of random numbers. */
type Put = (name: string, shape: number[], low: number, high: number) => void;

function tree(seed: number, build: (put: Put) => void): Tree {
	const random = new Random(seed, 17);
	const all: Tree = new Map();
	build((name, shape, low, high) => {
		const count = shape.reduce((product, n) => product * n, 1);
		const values = Array.from({ length: count }, () => random.uniform(low, high));
		all.set(name, tensor(shape, values));
	});
	return all;
}

type NormName = "batch" | "layer" | "rms";

/** state-spaces/s4's S4Model around its layers. */
function s4Model(seed: number, norm: NormName, layer: (put: Put, at: string) => void): Tree {
	return tree(seed, (put) => {
		put("encoder.weight", [H, channels], -1, 1);
		put("encoder.bias", [H], -1, 1);
		for (let l = 0; l < L; l++) {
			layer(put, `s4_layers.${l}.`);
			put(`norms.${l}.weight`, [H], 0.5, 1.5);
			if (norm !== "rms") put(`norms.${l}.bias`, [H], -0.5, 0.5);
			if (norm !== "batch") continue;
			put(`norms.${l}.running_mean`, [H], -0.5, 0.5);
			put(`norms.${l}.running_var`, [H], 0.5, 1.5);
		}
		put("decoder.weight", [classes, H], -1, 1);
		put("decoder.bias", [classes], -1, 1);
	});
}

function glu(put: Put, at: string): void {
	put(`${at}output_linear.0.weight`, [2 * H, H], -1, 1);
	put(`${at}output_linear.0.bias`, [2 * H], -0.5, 0.5);
}

function s4d(put: Put, at: string): void {
	put(`${at}D`, [H], -1, 1);
	put(`${at}kernel.log_dt`, [H], -3, -1);
	put(`${at}kernel.log_A_real`, [H, N], -1, 0.5);
	put(`${at}kernel.A_imag`, [H, N], 0, 6);
	put(`${at}kernel.C`, [H, N, 2], -1, 1);
	glu(put, at);
}

const NORM = { weight: "norms.0.weight" };
const BATCH = { ...NORM, variance: "norms.0.running_var" };
const BEFORE = { norm_placement: "before" };

/** A tensor of S5's B, C or D and of its modes. */
function s5Layer(put: Put, at: string, re: string, low: number, high: number): void {
	put(`${at}seq.log_step`, [P], -3, -1);
	put(`${at}seq.${re}`, [P], low, high);
	put(`${at}seq.Lambda_im`, [P], -6, 6);
	put(`${at}seq.B`, [P, H, 2], -1, 1);
	put(`${at}seq.C`, [H, P, 2], -1, 1);
	put(`${at}seq.D`, [H], -1, 1);
}

const flax = (seed: number) =>
	tree(seed, (put) => {
		put("encoder.encoder.kernel", [channels, H], -1, 1);
		put("encoder.encoder.bias", [H], -1, 1);
		for (let l = 0; l < L; l++) {
			const at = `encoder.layers_${l}.`;
			s5Layer(put, at, "Lambda_re", -1, -0.1);
			put(`${at}out2.kernel`, [H, H], -1, 1);
			put(`${at}out2.bias`, [H], -1, 1);
			put(`${at}norm.scale`, [H], 0.5, 1.5);
			put(`${at}norm.bias`, [H], -0.5, 0.5);
			put(`batch_stats.${at}norm.mean`, [H], -1, 1);
			put(`batch_stats.${at}norm.var`, [H], 0.5, 2);
		}
		put("decoder.kernel", [H, classes], -1, 1);
		put("decoder.bias", [classes], -1, 1);
	});

export const FAMILY_TREES: FamilyTree[] = [
	...(["batch", "layer", "rms"] as const).map(
		(norm): FamilyTree => ({
			name: `S4D, ${norm}`,
			metadata: { ...BEFORE, norm_kind: norm },
			complex: { "s4_layers.0.kernel.C": [H, N] },
			...(norm === "batch" ? BATCH : NORM),
			make: (seed) => s4Model(seed, norm, s4d),
		}),
	),
	{
		name: "S4Block, mode diag",
		metadata: BEFORE,
		complex: { "s4_layers.0.layer.kernel.B": [1, H, N], "s4_layers.0.layer.kernel.C": [1, H, N] },
		...BATCH,
		make: (seed) =>
			s4Model(seed, "batch", (put, at) => {
				put(`${at}layer.D`, [1, H], -1, 1);
				put(`${at}layer.kernel.inv_dt`, [H, 1], -3, -1);
				put(`${at}layer.kernel.A_real`, [H, N], -1, 0.5);
				put(`${at}layer.kernel.A_imag`, [H, N], 0, 6);
				put(`${at}layer.kernel.B`, [1, H, N, 2], -1, 1);
				put(`${at}layer.kernel.C`, [1, H, N, 2], -1, 1);
				glu(put, at);
			}),
	},
	{
		name: "QSSM, recurrent",
		metadata: BEFORE,
		complex: { "s4_layers.0.dA": [H, N], "s4_layers.0.dB": [H, N], "s4_layers.0.dC": [1, H, N] },
		...BATCH,
		make: (seed) =>
			s4Model(seed, "batch", (put, at) => {
				put(`${at}dA`, [H, N, 2], -0.6, 0.6);
				put(`${at}dB`, [H, N, 2], -1, 1);
				put(`${at}dC`, [1, H, N, 2], -1, 1);
				put(`${at}D`, [1, H], -1, 1);
				glu(put, at);
			}),
	},
	{
		name: "S5 (lindermanlab/S5)",
		metadata: { activation: "half_glu1", conj_sym: "true", clip_eigs: "false", prenorm: "true" },
		complex: { "encoder.layers_0.seq.B": [P, H], "encoder.layers_0.seq.C": [H, P] },
		variance: "batch_stats.encoder.layers_0.norm.var",
		weight: "encoder.layers_0.norm.scale",
		make: flax,
	},
	{
		name: "S5",
		metadata: { ...BEFORE, channel_mixer: "half_glu2" },
		complex: { "s4_layers.0.seq.B": [P, H], "s4_layers.0.seq.C": [H, P] },
		...BATCH,
		make: (seed) =>
			s4Model(seed, "batch", (put, at) => {
				s5Layer(put, at, "Lambda_log_re", -1, 0.5);
				put(`${at}out2.weight`, [H, H], -1, 1);
				put(`${at}out2.bias`, [H], -1, 1);
			}),
	},
];

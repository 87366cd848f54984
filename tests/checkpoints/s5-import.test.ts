// Checkpoints of lindermanlab/S5: against the logits of its own program, against its equations written down once more, and what is
// refused.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Checkpoint, parseCheckpoint, readCheckpoint } from "../../host-tools/checkpoints/import";
import { writeSafetensors } from "../../host-tools/checkpoints/safetensors";
import { select, sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { Random } from "../../host-tools/datasets/random";
import { recurrent } from "../../host-tools/float/forward";
import { sharedPath } from "../support/shared";

interface Tensor {
	shape: number[];
	values: Float64Array;
}
type Tree = Map<string, Tensor>;

const [H, P, L, CHANNELS, OUTPUTS] = [3, 4, 2, 2, 3];
const STATED = {
	activation: "half_glu1",
	conj_sym: "true",
	clip_eigs: "false",
	prenorm: "true",
	batchnorm: "true",
	bn_epsilon: "1e-5",
	mode: "pool",
};

/** A tree of random parameters, (in, out) kernels, with a positive eigenvalue when asked. */
function tree(seed: number, unstable = false): Tree {
	const r = new Random(seed, 5);
	const fill = (shape: number[], low: number, high: number): Tensor => ({
		shape,
		values: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
			Math.fround(r.uniform(low, high)),
		),
	});
	const all: Tree = new Map();
	all.set("encoder.encoder.kernel", fill([CHANNELS, H], -1, 1));
	all.set("encoder.encoder.bias", fill([H], -1, 1));
	for (let l = 0; l < L; l++) {
		const layer = `encoder.layers_${l}`;
		all.set(`${layer}.seq.Lambda_re`, fill([P], -1, -0.1));
		all.set(`${layer}.seq.Lambda_im`, fill([P], -8, 8));
		all.set(`${layer}.seq.B`, fill([P, H, 2], -1, 1));
		all.set(`${layer}.seq.C`, fill([H, P, 2], -1, 1));
		all.set(`${layer}.seq.D`, fill([H], -1, 1));
		all.set(`${layer}.seq.log_step`, fill([P, 1], -3, -1));
		for (const out of ["out1", "out2"]) {
			all.set(`${layer}.${out}.kernel`, fill([H, H], -1, 1));
			all.set(`${layer}.${out}.bias`, fill([H], -1, 1));
		}
		all.set(`${layer}.norm.scale`, fill([H], 0.5, 1.5));
		all.set(`${layer}.norm.bias`, fill([H], -0.5, 0.5));
		all.set(`batch_stats.${layer}.norm.mean`, fill([H], -1, 1));
		all.set(`batch_stats.${layer}.norm.var`, fill([H], 0.5, 2));
	}
	all.set("decoder.kernel", fill([H, OUTPUTS], -1, 1));
	all.set("decoder.bias", fill([OUTPUTS], -1, 1));
	if (unstable) all.get("encoder.layers_1.seq.Lambda_re")!.values[2] = 0.25;
	return all;
}

/** The tree of a network with this activation. */
function treeFor(activation: string, seed: number, unstable = false): Tree {
	const all = tree(seed, unstable);
	const unused = { gelu: /out[12]/, half_glu1: /out1/, half_glu2: /out1/ }[activation];
	for (const name of [...all.keys()]) if (unused?.test(name)) all.delete(name);
	return all;
}

const parse = (all: Tree, metadata: Record<string, string>, flags: Record<string, string> = {}): Checkpoint =>
	parseCheckpoint(writeSafetensors(all, metadata), "s5.safetensors", { metadata: flags });

type Complex = [re: number, im: number];
const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const over = ([a, b]: Complex, [c, d]: Complex): Complex => {
	const square = c * c + d * d;
	return [(a * c + b * d) / square, (b * c - a * d) / square];
};
const plus = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]];
const gelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The network by its own equations, mean over time, before log_softmax. */
function logitsOf(all: Tree, stated: Record<string, string>, values: Float64Array): number[] {
	const of = (name: string) => all.get(name)!.values;
	const dense = (name: string, x: number[], out: number) =>
		Array.from(
			{ length: out },
			(_, o) =>
				of(`${name}.bias`)[o]! + x.reduce((sum, v, i) => sum + v * of(`${name}.kernel`)[i * out + o]!, 0),
		);
	const layers = Array.from({ length: L }, (_, l) => {
		const seq = `encoder.layers_${l}.seq`;
		const modes = Array.from({ length: P }, (_, p) => {
			const re = of(`${seq}.Lambda_re`)[p]!;
			const lambda: Complex = [
				stated.clip_eigs === "true" ? Math.min(re, -1e-4) : re,
				of(`${seq}.Lambda_im`)[p]!,
			];
			const step = Math.exp(of(`${seq}.log_step`)[p]!);
			if (stated.discretization === "bilinear") {
				const under: Complex = [1 - (step / 2) * lambda[0], (-step / 2) * lambda[1]];
				return {
					abar: over([1 + (step / 2) * lambda[0], (step / 2) * lambda[1]], under),
					gain: over([step, 0], under),
				};
			}
			const radius = Math.exp(lambda[0] * step);
			const abar: Complex = [radius * Math.cos(lambda[1] * step), radius * Math.sin(lambda[1] * step)];
			return { abar, gain: over(plus(abar, [-1, 0]), lambda) };
		});
		return { seq, modes, x: modes.map((): Complex => [0, 0]) };
	});
	const pooled = new Array<number>(H).fill(0);
	const T = values.length / CHANNELS;
	for (let t = 0; t < T; t++) {
		let r = dense("encoder.encoder", [...values.subarray(t * CHANNELS, (t + 1) * CHANNELS)], H);
		for (const [l, { seq, modes, x }] of layers.entries()) {
			const norm = `encoder.layers_${l}.norm`;
			const u = r.map(
				(v, h) =>
					((v - of(`batch_stats.${norm}.mean`)[h]!) / Math.sqrt(of(`batch_stats.${norm}.var`)[h]! + 1e-5)) *
						of(`${norm}.scale`)[h]! +
					of(`${norm}.bias`)[h]!,
			);
			for (const [p, { abar, gain }] of modes.entries()) {
				let drive: Complex = [0, 0];
				for (let h = 0; h < H; h++) {
					const i = 2 * (p * H + h);
					drive = plus(drive, [of(`${seq}.B`)[i]! * u[h]!, of(`${seq}.B`)[i + 1]! * u[h]!]);
				}
				x[p] = plus(times(abar, x[p]!), times(gain, drive));
			}
			const factor = stated.conj_sym === "true" ? 2 : 1;
			const y = u.map((v, h) => {
				let sum = of(`${seq}.D`)[h]! * v;
				for (const [p, one] of x.entries()) {
					const i = 2 * (h * P + p);
					sum += factor * times([of(`${seq}.C`)[i]!, of(`${seq}.C`)[i + 1]!], one)[0];
				}
				return sum;
			});
			const g = y.map(gelu);
			const gates = () => dense(`encoder.layers_${l}.out2`, g, H).map(sigmoid);
			const out = {
				gelu: () => g,
				half_glu1: () => gates().map((s, h) => g[h]! * s),
				half_glu2: () => gates().map((s, h) => y[h]! * s),
				full_glu: () => {
					const first = dense(`encoder.layers_${l}.out1`, g, H);
					return gates().map((s, h) => first[h]! * s);
				},
			}[stated.activation as "gelu"]();
			r = r.map((v, h) => v + out[h]!);
		}
		for (let h = 0; h < H; h++) pooled[h]! += r[h]! / T;
	}
	return dense("decoder", pooled, OUTPUTS);
}

const cases = ["gelu", "half_glu1", "half_glu2", "full_glu"].flatMap((activation) =>
	["zoh", "bilinear"].map((discretization) => ({ activation, discretization })),
);

describe("its own equations", () => {
	test.each(cases)("$activation, $discretization, with conjugate symmetry and without", (kinds) => {
		for (let seed = 1; seed <= 10; seed++) {
			const stated = { ...STATED, ...kinds, conj_sym: seed % 2 ? "true" : "false" };
			const all = treeFor(kinds.activation, seed);
			const values = Float64Array.from({ length: 25 * CHANNELS }, (_, i) => 2 * Math.sin(seed + i * i));
			const logits = recurrent(parse(all, stated).model)(values, 25);
			for (const [i, expected] of logitsOf(all, stated, values).entries())
				expect(Math.abs(logits[i]! - expected), `seed ${seed}`).toBeLessThan(1e-9);
		}
	});

	test("clip_eigs moves eigenvalues to -1e-4", () => {
		const stated = { ...STATED, clip_eigs: "true" };
		const all = treeFor("half_glu1", 3, true);
		const values = Float64Array.from({ length: 25 * CHANNELS }, (_, i) => 2 * Math.sin(i * i));
		const logits = recurrent(parse(all, stated).model)(values, 25);
		for (const [i, expected] of logitsOf(all, stated, values).entries())
			expect(Math.abs(logits[i]! - expected)).toBeLessThan(1e-9);
	});
});

describe("refused in one sentence:", () => {
	const without = (name: string) => {
		const { [name as keyof typeof STATED]: _, ...rest } = STATED;
		return rest;
	};
	const good = () => treeFor("half_glu1", 1);
	const changed = (change: (all: Tree) => void) => {
		const all = good();
		change(all);
		return all;
	};
	const sized = (p: number): Tree => {
		const all = good();
		for (let l = 0; l < L; l++) {
			const zeros = (...shape: number[]) => ({
				shape,
				values: new Float64Array(shape.reduce((a, b) => a * b, 1)),
			});
			for (const [name, ...shape] of [
				["Lambda_re", p],
				["Lambda_im", p],
				["B", p, H, 2],
				["C", H, p, 2],
				["log_step", p, 1],
			] as [string, ...number[]][])
				all.set(`encoder.layers_${l}.seq.${name}`, zeros(...shape));
		}
		return all;
	};
	const rows: [string, () => Tree, Record<string, string>, RegExp][] = [
		["no activation", good, without("activation"), /channel_mixer.*--metadata activation=half_glu1/],
		["no conj_sym", good, without("conj_sym"), /conj_sym.*--metadata conj_sym=true \(or false\)\.$/],
		["no clip_eigs", good, without("clip_eigs"), /clip_eigs.*--metadata clip_eigs=true \(or false\)\.$/],
		["no prenorm", good, without("prenorm"), /nothing states their placement; pass --norm before/],
		["an unknown activation", good, { ...STATED, activation: "relu6" }, /channel_mixer = "relu6"/],
		[
			"a pole outside the unit circle",
			() => treeFor("half_glu1", 1, true),
			STATED,
			/layers_1\.seq of s5.* \|Abar\| = 1\.0.* at mode 2.*pass --metadata clip_eigs=true/,
		],
		[
			"a pole on the unit circle",
			() => changed((all) => (all.get("encoder.layers_0.seq.Lambda_re")!.values[0] = 0)),
			STATED,
			/\|Abar\| = 1\.000000 at mode 0/,
		],
		[
			"no batch statistics",
			() =>
				changed((all) => {
					for (const name of [...all.keys()]) if (name.startsWith("batch_stats")) all.delete(name);
				}),
			STATED,
			/encoder\.layers_0\.norm without batch statistics.*batchnorm=false/,
		],
		[
			"half of the batch statistics",
			() => changed((all) => all.delete("batch_stats.encoder.layers_1.norm.var")),
			STATED,
			/batch_stats\.encoder\.layers_1\.norm\.var is missing/,
		],
		["bidirectional by metadata", good, { ...STATED, bidirectional: "true" }, /bidirectional = "true"/],
		[
			"bidirectional by C1",
			() => changed((all) => all.set("encoder.layers_0.seq.C1", all.get("encoder.layers_0.seq.C")!)),
			STATED,
			/bidirectional \(encoder\.layers_0\.seq\.C1\): it needs future samples/,
		],
		[
			"bidirectional by the shape of C",
			() =>
				changed((all) =>
					all.set("encoder.layers_0.seq.C", {
						shape: [H, 2 * P, 2],
						values: new Float64Array(H * 4 * P),
					}),
				),
			STATED,
			/bidirectional \(encoder\.layers_0\.seq\.C \(3, 8, 2\)\)/,
		],
		["257 modes", () => sized(257), STATED, /257 modes per layer \(P\); 1 to 256/],
		[
			"1025 heads",
			() =>
				changed((all) => {
					for (const [name, ...shape] of [
						["kernel", CHANNELS, 1025],
						["bias", 1025],
					] as [string, ...number[]][])
						all.set(`encoder.encoder.${name}`, {
							shape,
							values: new Float64Array(shape.reduce((a, b) => a * b, 1)),
						});
				}),
			STATED,
			/^s5\.safetensors has 1025 heads \(H\); 1 to 1024 are supported\.$/,
		],
		["no modes", () => sized(0), STATED, /(0 modes per layer|Lambda_re|empty)/],
		["padded sequences", good, { ...STATED, padded: "true" }, /padded = "true"; only "false" is supported/],
		["another step", good, { ...STATED, step_rescale: "2.0" }, /step_rescale = "2.0"/],
		[
			"a gate missing",
			() => changed((all) => all.delete("encoder.layers_0.out2.kernel")),
			STATED,
			/out2\.kernel is missing/,
		],
		["a tensor too much", () => tree(1), STATED, /out1\.kernel of s5\.safetensors is unknown/],
	];
	test.each(rows)("%s", (_, all, metadata, refusal) => {
		let message = "";
		try {
			parse(all(), metadata);
		} catch (error) {
			message = (error as Error).message;
		}
		expect(message).toMatch(refusal);
		expect(message).not.toContain("\n");
	});

	const pytorch = (block: boolean): Tree => {
		const fill = (...shape: number[]) => ({
			shape,
			values: new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
		});
		const all: Tree = new Map([["encoder.weight", fill(H, CHANNELS)]]);
		all.set("layers.0.s5.seq.Lambda", fill(P, 2)).set("layers.0.s5.seq.B", fill(P, H, 2));
		if (block) all.set("layers.0.ff_enc.weight", fill(2 * H, H)).set("layers.0.ff_dec.weight", fill(H, H));
		return all;
	};
	test.each([
		[
			true,
			/^net\.pt has the S5Block of s5-pytorch \(layers\.0\.ff_enc\.weight\), .* no channel mixer here computes; /,
		],
		[false, /^net\.pt has S5 layers of s5-pytorch \(layers\.0\.s5\.seq\.Lambda\) outside an S5Block/],
	])("layers of s5-pytorch, in its S5Block: %s", (block, refusal) => {
		const bytes = writeSafetensors(pytorch(block), {});
		expect(() => parseCheckpoint(bytes, "net.pt")).toThrow(refusal);
	});

	test("what is stated by flags is read, and said to be by flags", () => {
		const all = treeFor("half_glu1", 1, true);
		const { interpretation } = parse(all, without("activation"), {
			activation: "half_glu1",
			clip_eigs: "true",
		});
		expect(interpretation.settings.clip_eigs).toEqual({ value: "true", from: "flag" });
		expect(interpretation.settings.channel_mixer).toEqual({ value: "half_glu1", from: "flag" });
		expect(interpretation.settings.activation).toEqual({ value: "gelu_tanh", from: "assumed" });
		expect(interpretation.shape).toEqual({ channels: CHANNELS, H, P, L, head: "classes", outputs: OUTPUTS });
	});

	test("LayerNorm, stated by batchnorm=false, has flax's epsilon", () => {
		const all = treeFor("half_glu1", 1);
		for (const name of [...all.keys()]) if (name.startsWith("batch_stats")) all.delete(name);
		const { bn_epsilon: _, ...rest } = STATED;
		const { model } = parse(all, { ...rest, batchnorm: "false" });
		expect(model.blocks[0]!.norm).toMatchObject({ kind: "layer", eps: 1e-6 });
	});
});

const folder = sharedPath("checkpoints/torch");
const mnist = sharedPath("data/mnist");
describe("files of trained networks", () => {
	test.skipIf(!folder || !mnist).each([
		["s5_clip_eigs", "logits200"],
		["s5_untrained_gelu", "logits50"],
	])("%s gives the logits of its program (needs ../shared)", async (name, which) => {
		const { model } = readCheckpoint(`${folder}/${name}.safetensors`);
		const { logits } = JSON.parse(readFileSync(`${folder}/${name}.${which}.json`, "utf8"));
		const images = select(await openDataset(mnist!, "test"), [...Array(30).keys()]);
		const forward = recurrent(model);
		let worst = 0;
		for (let i = 0; i < 30; i++)
			for (const [k, value] of forward(sequence(images, i), 784).entries())
				worst = Math.max(worst, Math.abs(value - logits[i][k]));
		expect(worst).toBeLessThan(1e-5);
	});

	test.skipIf(!folder)(
		"an unstable pole and s5-pytorch's block are refused by name (needs ../shared)",
		() => {
			expect(() => readCheckpoint(`${folder}/s5_default.safetensors`)).toThrow(
				/layers_2\.seq .*\|Abar\| = 1\.000769 at mode 16/,
			);
			expect(() => readCheckpoint(`${folder}/s5_pytorch.pt`)).toThrow(
				/S5Block of s5-pytorch \(layers\.0\.ff_enc/,
			);
		},
	);
});

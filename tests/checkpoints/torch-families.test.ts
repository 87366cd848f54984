// The families of checkpoints that come as PyTorch files: each against its own equations, written here once more from its
// authors' code, and against the logits that PyTorch gave.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatCheckpoint } from "../../host-tools/checkpoints/export";
import { importCheckpoint, parseCheckpoint, readCheckpoint } from "../../host-tools/checkpoints/import";
import type { ImportOverrides } from "../../host-tools/checkpoints/metadata";
import { select, sequence } from "../../host-tools/datasets/dataset";
import { openDataset } from "../../host-tools/datasets/open";
import { Random } from "../../host-tools/datasets/random";
import { recurrent } from "../../host-tools/float/forward";
import { UserError } from "../../host-tools/terminal/errors";
import { sharedPath } from "../support/shared";
import { type TorchTensor, tensor, torchSave } from "../support/torch-file";

type Complex = readonly [re: number, im: number];
const add = ([a, b]: Complex, [c, d]: Complex): Complex => [a + c, b + d];
const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const over = ([a, b]: Complex, [c, d]: Complex): Complex => {
	const square = c * c + d * d;
	return [(a * c + b * d) / square, (b * c - a * d) / square];
};
const exp = ([a, b]: Complex): Complex => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];

/** One layer as its discrete system, head by head, and what every family has around it. */
interface Layer {
	pole: Complex[];
	gain: Complex[];
	D: number[];
	weight: number[];
	bias: number[];
}

const [H, N, L, classes, length] = [4, 3, 2, 3, 60];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const input = Float64Array.from({ length }, (_, t) => Math.sin(t) + Math.cos(0.3 * t * t));

/** The logits of S4Model for `input`: recurrence, x sigmoid(1.702 x), GLU, residual, mean. */
function logits(encoder: number[], layers: Layer[], decoder: number[]): number[] {
	const pooled = new Array<number>(H).fill(0);
	const states = layers.map(({ pole }) => pole.map((): Complex => [0, 0]));
	for (const u of input) {
		const x = encoder.map((weight) => weight * u);
		for (const [l, { pole, gain, D, weight, bias }] of layers.entries()) {
			const g = x.map((z, h) => {
				let y = D[h]! * z;
				for (let i = h * N; i < (h + 1) * N; i++) {
					states[l]![i] = add(times(pole[i]!, states[l]![i]!), [z, 0]);
					y += 2 * times(gain[i]!, states[l]![i]!)[0];
				}
				return y * sigmoid(1.702 * y);
			});
			const linear = bias.map((b, r) => g.reduce((sum, value, c) => sum + weight[r * H + c]! * value, b));
			for (let h = 0; h < H; h++) x[h]! += linear[h]! * sigmoid(linear[H + h]!);
		}
		for (let h = 0; h < H; h++) pooled[h]! += x[h]! / length;
	}
	return Array.from({ length: classes }, (_, k) =>
		pooled.reduce((sum, x, h) => sum + decoder[k * H + h]! * x, 0),
	);
}

/** A random network of a family: its tensors, and its logits by the layers that `makeLayer` says they mean. */
function network(
	seed: number,
	makeLayer: (
		random: Random,
		put: (name: string, value: TorchTensor) => void,
	) => Pick<Layer, "pole" | "gain" | "D">,
) {
	const random = new Random(seed, 7);
	const fill = (n: number, size = 1) => Array.from({ length: n }, () => random.uniform(-size, size));
	const tensors = new Map<string, TorchTensor>();
	const encoder = fill(H);
	tensors.set("encoder.weight", tensor([H, 1], encoder, "Double"));
	tensors.set("encoder.bias", tensor([H], fill(H, 0), "Double"));
	const layers = Array.from({ length: L }, (_, l): Layer => {
		const system = makeLayer(random, (name, value) => tensors.set(`s4_layers.${l}.${name}`, value));
		const [weight, bias] = [fill(2 * H * H), fill(2 * H)];
		tensors.set(`s4_layers.${l}.output_linear.0.weight`, tensor([2 * H, H], weight, "Double"));
		tensors.set(`s4_layers.${l}.output_linear.0.bias`, tensor([2 * H], bias, "Double"));
		return { ...system, weight, bias };
	});
	const decoder = fill(classes * H);
	tensors.set("decoder.weight", tensor([classes, H], decoder, "Double"));
	tensors.set("decoder.bias", tensor([classes], fill(classes, 0), "Double"));
	return { tensors, expected: logits(encoder, layers, decoder) };
}

const parse = (tensors: Map<string, TorchTensor>, overrides: ImportOverrides = {}) =>
	parseCheckpoint(torchSave(new Map([["model", tensors]])), "net.pt", {
		activation: "gelu_sigmoid",
		...overrides,
	});

/** The tensors are read as the network they mean: as good as exactly, and to 4e-6 when that is written as float32 and read. */
function expectNetwork(
	{ tensors, expected }: ReturnType<typeof network>,
	metadata: Record<string, string> = {},
	family = "S4Block, mode diag",
) {
	const { model, interpretation } = parse(tensors, { metadata });
	expect(interpretation.family).toBe(family);
	const written = parseCheckpoint(formatCheckpoint(model), "net.safetensors").model;
	for (const [read, distance] of [
		[model, 1e-9],
		[written, 4e-6],
	] as const)
		for (const [k, value] of recurrent(read)(input, length).entries())
			expect(Math.abs(value - expected[k]!)).toBeLessThan(distance);
	return { model, interpretation };
}

/** s4.py's param_transform, and inverses good for drawing parameters. */
const TRANSFORMS: Record<string, [transform: (x: number) => number, inverse: (p: number) => number]> = {
	exp: [Math.exp, Math.log],
	none: [(x) => x, (p) => p],
	relu: [(x) => Math.max(x, 0) + 1e-4, (p) => p],
	sigmoid: [sigmoid, (p) => Math.log(p / (1 - p))],
	softplus: [(x) => Math.log(Math.exp(x) + 1), (p) => Math.log(Math.exp(p) - 1)],
};

interface BlockOptions {
	bilinear?: boolean;
	real?: string;
	imag?: string;
	dt?: string;
	fast?: boolean;
	/** n_ssm */
	S?: number;
	/** Steps for each mode instead of each head. */
	untied?: boolean;
}

/** S4Block as its _get_params and _setup_step compute it, with complex numbers as they come: A has a negative imaginary part. */
function block(options: BlockOptions = {}, seed = 1) {
	const { bilinear, real = "exp", imag = "none", dt = "exp", fast, S = H, untied } = options;
	return network(seed, (random, put) => {
		const draw = (n: number, low: number, high: number) =>
			Array.from({ length: n }, () => Math.exp(random.uniform(Math.log(low), Math.log(high))));
		const pairs = (n: number) => Array.from({ length: 2 * n }, () => random.uniform(-1, 1));
		const [Areal, Aimag] = [draw(S * N, 0.3, 0.9), draw(S * N, 0.5, 0.9)].map((values, k) =>
			values.map(TRANSFORMS[k ? imag : real]![1]),
		) as [number[], number[]];
		const inner = draw(untied ? H * N : H, 0.05, 0.9).map(TRANSFORMS[dt]![1]);
		const inv = fast ? inner.map(Math.asinh) : inner;
		const [B, C, D] = [pairs(S * N), pairs(H * N), pairs(H).slice(H)];
		put("layer.D", tensor([1, H], D, "Double"));
		put("layer.kernel.inv_dt", tensor([H, untied ? N : 1], inv, "Double"));
		put("layer.kernel.A_real", tensor([S, N], Areal, "Double"));
		put("layer.kernel.A_imag", tensor([S, N], Aimag, "Double"));
		put("layer.kernel.B", tensor([1, S, N, 2], B, "Double"));
		put("layer.kernel.C", tensor([1, H, N, 2], C, "Double"));
		const [pole, gain]: [Complex[], Complex[]] = [[], []];
		for (let h = 0; h < H; h++)
			for (let n = 0; n < N; n++) {
				const shared = (h % S) * N + n;
				const i = h * N + n;
				const A: Complex = [-TRANSFORMS[real]![0](Areal[shared]!), -TRANSFORMS[imag]![0](Aimag[shared]!)];
				const step = TRANSFORMS[dt]![0](fast ? Math.sinh(inv[untied ? i : h]!) : inv[untied ? i : h]!);
				const dtA: Complex = times([step, 0], A);
				const CB = times([C[2 * i]!, C[2 * i + 1]!], [B[2 * shared]!, B[2 * shared + 1]!]);
				const half = times([0.5, 0], dtA);
				const below = add([1, 0], times([-1, 0], half));
				pole.push(bilinear ? over(add([1, 0], half), below) : exp(dtA));
				gain.push(bilinear ? times([step, 0], over(CB, below)) : over(times(CB, add(exp(dtA), [-1, 0])), A));
			}
		return { pole, gain, D };
	});
}

describe("S4Block", () => {
	it("is its own equations by default, and says what was assumed", () => {
		const { interpretation } = expectNetwork(block());
		expect(interpretation.settings).toMatchObject({
			discretization: { value: "zoh", from: "assumed" },
			real_transform: { value: "exp", from: "assumed" },
			dt_fast: { value: "false", from: "assumed" },
		});
	});
	it.each<[string, BlockOptions, Record<string, string>]>([
		["bilinear", { bilinear: true }, { disc: "bilinear" }],
		["real_transform none", { real: "none" }, { real_transform: "none" }],
		["real_transform relu", { real: "relu" }, { real_transform: "relu" }],
		["real_transform sigmoid", { real: "sigmoid" }, { real_transform: "sigmoid" }],
		["real_transform softplus", { real: "softplus" }, { real_transform: "softplus" }],
		["imag_transform exp", { imag: "exp" }, { imag_transform: "exp" }],
		["imag_transform softplus", { imag: "softplus" }, { imag_transform: "softplus" }],
		["dt_transform softplus", { dt: "softplus" }, { dt_transform: "softplus" }],
		["dt_transform none", { dt: "none" }, { dt_transform: "none" }],
		["dt_fast", { fast: true }, { dt_fast: "true" }],
		["n_ssm 1", { S: 1 }, {}],
		["n_ssm 2", { S: 2 }, {}],
		["a step for each mode", { untied: true }, {}],
		[
			"all at once",
			{ bilinear: true, S: 2, untied: true, fast: true, dt: "softplus", real: "relu" },
			{ discretization: "bilinear", dt_fast: "True", dt_transform: "softplus", real_transform: "relu" },
		],
	])("is its own equations: %s", (_, options, metadata) => {
		for (let seed = 1; seed <= 5; seed++) {
			const { interpretation } = expectNetwork(block(options, seed), metadata);
			for (const setting of Object.values(metadata))
				expect(Object.values(interpretation.settings)).toContainEqual({
					value: setting.toLowerCase(),
					from: "flag",
				});
		}
	});
	it("is written as S4D, without what was said of its own", () => {
		const said = { mode: "diag", real_transform: "exp", architecture: "S4Block", disc: "zoh" };
		const { model } = parse(block().tensors, { metadata: said });
		const { interpretation } = parseCheckpoint(formatCheckpoint(model), "net.safetensors");
		expect(interpretation.family).toBe("S4D");
		expect(Object.values(interpretation.settings).filter(({ from }) => from === "assumed")).toEqual([]);
	});
	const replace = (name: string, value: TorchTensor | null, options: BlockOptions = {}) => {
		const { tensors } = block(options);
		const full = `s4_layers.0.layer.${name}`;
		if (value) tensors.set(full, value);
		else tensors.delete(full);
		return tensors;
	};
	const zeros = (...shape: number[]) => tensor(shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(0.5));
	it.each<[string, Map<string, TorchTensor>, RegExp, Record<string, string>?]>([
		[
			"real parts that cannot be logarithms",
			block({ real: "none" }).tensors.set("s4_layers.0.layer.kernel.A_real", zeros(H, N)),
			/A_real of net\.pt is all positive.* --metadata real_transform=none/,
		],
		[
			"steps that cannot be logarithms",
			block({ dt: "none" }).tensors,
			/inv_dt of net\.pt is all positive.* --metadata dt_transform=none/,
		],
		[
			"a rate that is not positive",
			replace("kernel.A_real", tensor([H, N], new Array(H * N).fill(-0.5))),
			/A_real of net\.pt .*logarithm NaN at element 0/,
			{ real_transform: "none" },
		],
		["two directions", replace("kernel.C", zeros(2, H, N, 2)), /is bidirectional.*kernel\.C \(2, 4, 3, 2\)/],
		["several channels", replace("D", zeros(3, H)), /has 3 channels of S4 .*layer\.D \(3, 4\)/],
		["S4 proper", replace("kernel.P", zeros(1, H, N, 2)), /S4 proper \(mode dplr\)/],
		["a gate", replace("input_gate.weight", zeros(H, H)), /input_gate\.weight of net\.pt is unknown/],
		[
			"n_ssm that does not divide the heads",
			replace("kernel.A_imag", zeros(3, N)),
			/A_imag .*\(3, 3\); expected \(4, N\), or with a divisor of 4/,
		],
		["no B", replace("kernel.B", null), /kernel\.B is missing/],
		[
			"B complex in another layout",
			replace("kernel.B", tensor([1, H, N, 2], new Array(H * N * 4).fill(1), "ComplexFloat")),
			/kernel\.B .*expected \(1, 4, 3\) complex or \(1, 4, 3, 2\) real or/,
		],
		[
			"A_real complex",
			replace("kernel.A_real", tensor([H, N], new Array(H * N * 2).fill(-1), "ComplexFloat")),
			/A_real of net\.pt is complex; expected real/,
		],
		[
			"C of integers",
			replace("kernel.C", tensor([1, H, N, 2], new Array(H * N * 2).fill(1), "Long")),
			/kernel\.C of net\.pt is not floating point/,
		],
		[
			"a discretization of others",
			block().tensors,
			/disc = "dss"; only "zoh" or "bilinear"/,
			{ disc: "dss" },
		],
		["S4 proper by metadata", block().tensors, /mode = "nplr"; only "diag"/, { mode: "nplr" }],
		["a band limit", block().tensors, /bandlimit = "0\.5"; only "none"/, { bandlimit: "0.5" }],
		[
			"metadata of no meaning",
			block().tensors,
			/swap_channels = "true", which is not understood/,
			{ swap_channels: "true" },
		],
	])("refuses %s", (_, tensors, message, metadata = {}) => {
		expect(() => parse(tensors, { metadata })).toThrow(UserError);
		expect(() => parse(tensors, { metadata })).toThrow(message);
	});
});

describe("QSSM's recurrent form", () => {
	/** @param change of the poles' values, real and imaginary by turns */
	const recurrentBlock = (change: (dA: number[]) => void = () => {}, seed = 1, type = "ComplexDouble") =>
		network(seed, (random, put) => {
			const pairs = (n: number) => Array.from({ length: 2 * n }, () => random.uniform(-1, 1));
			const polar = Array.from({ length: H * N }, () =>
				times([random.uniform(0.3, 0.999), 0], exp([0, random.uniform(-3.1, 3.1)])),
			);
			const [dA, dB, dC, D] = [polar.flat(), pairs(H * N), pairs(H * N), pairs(H).slice(H)];
			change(dA);
			const complex = type.startsWith("Complex");
			const put2 = (name: string, shape: number[], values: number[]) =>
				put(name, tensor(complex ? shape : [...shape, 2], values, type));
			put2("dA", [H, N], dA);
			put2("dB", [H, N], dB);
			put2("dC", [1, H, N], dC);
			put("D", tensor([1, H], D, "Double"));
			put("disable_quantization_flag", tensor([], [1], "Long"));
			const pair = (values: number[], i: number): Complex => [values[2 * i]!, values[2 * i + 1]!];
			const gain = polar.map((_, i) => times(pair(dB, i), pair(dC, i)));
			return { pole: polar.map((_, i) => pair(dA, i)), gain, D };
		});
	const family = "QSSM, recurrent";
	it("is its own equations", () => {
		for (let seed = 1; seed <= 10; seed++) expectNetwork(recurrentBlock(undefined, seed), {}, family);
		const { interpretation } = expectNetwork(recurrentBlock(undefined, 3, "Double"), {}, family);
		expect(interpretation.settings.state_clamp).toEqual({ value: "none", from: "assumed" });
	});
	it("may have poles that forget at once, slowly, or turn by half", () => {
		const change = (dA: number[]) => dA.splice(0, 8, 0, 0, 1 - 2 ** -24, 0, -0.9, 0, 0.5, -0);
		expectNetwork(recurrentBlock(change), {}, family);
	});
	it("refuses poles that do not decay, and what QSSM quantized", () => {
		const change = (re: number, im: number) => recurrentBlock((dA) => dA.splice(8, 2, re, im)).tensors;
		expect(() => parse(change(1, 0))).toThrow(
			/dA of net\.pt has the magnitude 1 for head 1, mode 1; at 1 or more/,
		);
		expect(() => parse(change(-0.8, 0.7))).toThrow(/the magnitude 1\.06/);
		const { tensors } = recurrentBlock();
		tensors.set("s4_layers.1.dB_scales", tensor([1], [1]));
		expect(() => parse(tensors)).toThrow(/already quantized by QSSM \(s4_layers\.1\.dB_scales\)/);
	});
	it("refuses tensors of other shapes", () => {
		const { tensors } = recurrentBlock();
		tensors.set("s4_layers.0.dC", tensor([2, H, N], new Array(4 * H * N).fill(1), "ComplexFloat"));
		expect(() => parse(tensors)).toThrow(/dC .*\(2, 4, 3\); expected \(1, 4, 3\) complex or/);
	});
});

describe("prefixes", () => {
	it.each(["net.", "model.", "module.", "_orig_mod.", "module.net.model."])("%s is dropped", (prefix) => {
		const { tensors } = block();
		const prefixed = new Map([...tensors].map(([name, value]) => [prefix + name, value]));
		expect(parse(prefixed).model).toEqual(parse(tensors).model);
	});
});

const mnist = sharedPath("data/mnist");
const folder = sharedPath("checkpoints/torch");
describe("files that PyTorch wrote", () => {
	const scaled: ImportOverrides = { inputMean: [0.1307], inputStd: [0.3081] };
	it.skipIf(!folder || !mnist).each<[string, string, ImportOverrides, string, string[]]>([
		["qssm_s4d.pth", "qssm_s4d", scaled, "S4Block, mode diag", ["epoch", "optimizer", "best_train_acc"]],
		[
			"s4block_diag.ckpt.pth",
			"s4block_diag",
			{ ...scaled, normPlacement: "before" },
			"S4Block, mode diag",
			["acc", "epoch"],
		],
		["s4_example.ckpt.pth", "s4_example", { normPlacement: "after" }, "S4D", ["acc", "epoch"]],
	])("%s gives the logits of PyTorch (needs ../shared)", async (file, name, overrides, family, ignored) => {
		const path = sharedPath(`checkpoints/torch/${file}`);
		if (!path || !mnist) return;
		const { model, interpretation } = readCheckpoint(path, overrides);
		expect(interpretation.family).toBe(family);
		expect(Object.keys(interpretation.ignored).sort()).toEqual(ignored.sort());
		const { logits } = JSON.parse(readFileSync(`${folder}/${name}.logits200.json`, "utf8"));
		const test = select(await openDataset(mnist!, "test"), [...Array(40).keys()]);
		const forward = recurrent(model);
		let worst = 0;
		for (let i = 0; i < 40; i++)
			for (const [k, value] of forward(sequence(test, i), 784).entries())
				worst = Math.max(worst, Math.abs(value - logits[i][k]));
		expect(worst).toBeLessThan(1e-5);
	});
	it.skipIf(!folder)("with norms of no place are refused (needs ../shared)", () => {
		const read = (file: string) => () => importCheckpoint(`${folder}/${file}`);
		expect(read("s4_example.ckpt.pth")).toThrow(/has norms, but nothing states/);
	});
});

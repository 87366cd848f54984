// Every family of checkpoints against tensors that are not what they should be: complex ones in other layouts, norms that pass
// nothing, and tensors spoilt at random. What is read is then quantized, so that numbers that no network has are told somewhere.
import { describe, expect, test } from "vitest";
import { type Checkpoint, parseCheckpoint } from "../../host-tools/checkpoints/import";
import type { Dataset } from "../../host-tools/datasets/dataset";
import { Random } from "../../host-tools/datasets/random";
import { labelledTargets } from "../../host-tools/datasets/targets";
import { recurrent } from "../../host-tools/float/forward";
import { calibrate } from "../../host-tools/quantization/calibrate";
import { quantize } from "../../host-tools/quantization/network";
import { choosePrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { UserError } from "../../host-tools/terminal/errors";
import { LIMITS } from "../../src/network/limits";
import { provenNetwork } from "../../src/network/prove";
import { FAMILY_TREES, type FamilyTree, SIZES, type Tree } from "../support/family-trees";
import { type TorchTensor, tensor, torchSave } from "../support/torch-file";

const SPOILT = 400;
const [T, ROWS] = [20, 3];

const parse = (tree: Tree, { metadata }: FamilyTree): Checkpoint =>
	parseCheckpoint(torchSave(tree), "net.pt", { metadata });

function noise(channels: number): Dataset {
	const random = new Random(1, 18);
	return {
		...{ name: "noise", split: "train", channels, T, count: ROWS },
		values: Float32Array.from({ length: ROWS * T * channels }, () => random.bell()),
		targets: labelledTargets("noise", ["a", "b"], new Uint8Array(ROWS)),
		lengths: new Uint32Array(ROWS).fill(T),
	};
}

function integers({ model }: Checkpoint) {
	const ranges = calibrate(model, noise(model.channels), { method: "minmax" });
	const details = { steps: 0, rate: 0, channels: [], notes: "", ditherSeed: 1 };
	return quantize(model, ranges, choosePrecision(floatShape(model)), details, true);
}

/** The sentence with which `run` refuses. */
function refusal(run: () => unknown): string {
	try {
		run();
	} catch (error) {
		expect((error as Error).message).not.toContain("\n");
		return `${(error as Error).constructor.name}: ${(error as Error).message}`;
	}
	return "nothing is refused";
}

const size = (shape: number[]) => shape.reduce((product, n) => product * n, 1);
const ones = (shape: number[], type?: string) =>
	tensor(
		shape,
		new Array(size(shape) * (type?.startsWith("Complex") ? 2 : 1)).fill(type === "Long" ? 1 : 0.5),
		type,
	);

/** A complex tensor of this shape in layouts that it does not have. */
const LAYOUTS: Record<string, (shape: number[]) => TorchTensor> = {
	"real and imaginary parts as planes": (shape) => ones([2, ...shape]),
	"real parts alone": (shape) => ones(shape),
	"pairs in the rows": (shape) => ones([...shape.slice(0, -1), 2 * shape.at(-1)!]),
	"pairs of complex numbers": (shape) => ones([...shape, 2], "ComplexFloat"),
	transposed: (shape) => ones([...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!, 2]),
	"transposed, complex": (shape) =>
		ones([...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!], "ComplexFloat"),
	flat: (shape) => ones([2 * size(shape)]),
	integers: (shape) => ones([...shape, 2], "Long"),
};

describe.each(FAMILY_TREES)("$name", (family) => {
	test("is read and quantized as it is", () => {
		provenNetwork(integers(parse(family.make(1), family)));
	});

	test("complex tensors may be complex or pairs; in other layouts they are refused by name", () => {
		for (const [name, shape] of Object.entries(family.complex)) {
			const pairs = family.make(1);
			const { bytes } = pairs.get(name)!.storage;
			const values = new Float32Array(bytes.buffer);
			const complex = new Map(pairs).set(name, tensor(shape, values, "ComplexFloat"));
			expect(parse(complex, family).model).toEqual(parse(pairs, family).model);
			for (const [layout, make] of Object.entries(LAYOUTS)) {
				const told = refusal(() => parse(new Map(pairs).set(name, make(shape)), family));
				expect(told, `${name}, ${layout}`).toMatch(/^UserError: /);
				// The tensor itself or, where its shape says how many modes there are, the next that has another number.
				expect(told, `${name}, ${layout}`).toContain(name.slice(0, name.lastIndexOf(".") + 1));
				expect(told, `${name}, ${layout}`).toMatch(/expected \(|bidirectional|channels|not floating point/);
			}
		}
	});

	const { variance, weight } = family;
	test.skipIf(variance === undefined)("a variance of 0 is refused, naming the head", () => {
		const tree = family.make(1).set(variance!, tensor([SIZES.H], [1, 1, 0, 1]));
		expect(refusal(() => parse(tree, family))).toMatch(
			/^UserError: The tensor \S+ of net\.pt is 0 for head 2: the head never varied in training.* by 316; train further, or save 1 there/,
		);
	});

	test("more layers than a blob can have are refused", () => {
		const tree = family.make(1);
		const [name, prefix] = [...tree.keys()]
			.map((key) => [key, /^.*?layers[._](?=\d)/.exec(key)?.[0]] as const)
			.find(([, found]) => found !== undefined)!;
		const rest = name.slice(prefix!.length).replace(/^\d+/, "");
		for (let l = 0; l <= LIMITS.blocks; l++) tree.set(`${prefix}${l}${rest}`, tree.get(name)!);
		expect(refusal(() => parse(tree, family))).toMatch(
			/^UserError: net\.pt has 33 layers; at most 32 are supported\.$/,
		);
	});

	test("weights of a norm that are all 0 are refused, naming the layer", () => {
		const tree = family.make(1).set(weight!, tensor([SIZES.H], [0, 0, 0, 0]));
		expect(refusal(() => integers(parse(tree, family)))).toMatch(
			/^RangeError: layer 0 norm: all weights are 0, so its output is 0; train further .*, or remove the layer$/,
		);
	});

	test(`${SPOILT} trees with one to three tensors spoilt are read or refused, and quantized or refused`, () => {
		const seen = { read: 0, refused: 0, quantized: 0 };
		for (let seed = 1; seed <= SPOILT; seed++) {
			const random = new Random(seed, 19);
			const tree = family.make(seed);
			for (let n = 1 + random.below(3); n > 0; n--) spoil(tree, random);
			let checkpoint: Checkpoint;
			try {
				checkpoint = parse(tree, family);
				seen.read++;
			} catch (error) {
				expect(error, `seed ${seed}`).toBeInstanceOf(UserError);
				expect((error as Error).message, `seed ${seed}`).not.toContain("\n");
				seen.refused++;
				continue;
			}
			const { model } = checkpoint;
			const { values } = noise(model.channels);
			for (const output of recurrent(model)(values.subarray(0, T * model.channels), T))
				expect(Number.isFinite(output), `seed ${seed}`).toBe(true);
			try {
				provenNetwork(integers(checkpoint));
				seen.quantized++;
			} catch (error) {
				expect(error, `seed ${seed}`).toBeInstanceOf(RangeError);
				expect((error as Error).message, `seed ${seed}`).toMatch(/^[^\n]*layer \d|^encoder|^decoder|^head/);
			}
		}
		expect(seen.refused).toBeGreaterThan(SPOILT / 4);
		expect(seen.quantized).toBeGreaterThan(SPOILT / 10);
	});
});

/** Changes one tensor: its presence, name, shape, type or values. */
function spoil(tree: Tree, random: Random): void {
	const names = [...tree.keys()];
	const name = names[random.below(names.length)]!;
	const { shape, storage } = tree.get(name)!;
	const values = [...new Float32Array(storage.bytes.buffer)];
	const at = random.below(values.length);
	const changes: (() => void)[] = [
		() => tree.delete(name),
		() => tree.set(`${name}x`, tree.get(name)!),
		() => tree.set(name, tree.get(names[random.below(names.length)]!)!),
		() => tree.set(name, tensor([...shape].reverse(), values)),
		() => tree.set(name, tensor([1, ...shape], values)),
		() => tree.set(name, tensor([values.length], values)),
		() => tree.set(name, ones(shape, "Long")),
		() => tree.set(name, ones(shape, "ComplexFloat")),
		() => tree.set(name, tensor([0, ...shape.slice(1)], [])),
		() => tree.set(name, tensor(shape, values.fill(0))),
		() => tree.set(name, tensor(shape, values.with(at, 0))),
		() => tree.set(name, tensor(shape, values.with(at, -values[at]!))),
		() => tree.set(name, tensor(shape, values.with(at, 1e-30))),
		() => tree.set(name, tensor(shape, values.with(at, 1000))),
		() => tree.set(name, tensor(shape, values.with(at, Number.NaN))),
	];
	changes[random.below(changes.length)]!();
}

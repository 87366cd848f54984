// Files of torch.save: what is read of them, and that nothing else is, whatever the bytes say.
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readPytorch } from "../../host-tools/checkpoints/pytorch";
import { UserError } from "../../host-tools/terminal/errors";
import {
	Named,
	pickle,
	Storage,
	TorchTensor,
	tensor,
	torchEntries,
	torchSave,
	type ZipEntry,
	zip,
} from "../support/torch-file";

const read = (value: unknown) => readPytorch(torchSave(value), "net.pt");
const dictionary = (entries: Record<string, unknown>) => new Map(Object.entries(entries));
const values = (value: TorchTensor) => {
	const { values, ...rest } = read(dictionary({ a: value })).tensors.get("a")!;
	return { values: values && [...values], ...rest };
};
/** 0, 1, … */
const count = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("a file of torch.save", () => {
	it("has tensors of each type", () => {
		expect(values(tensor([2], [0.1, -2], "Double"))).toEqual({ shape: [2], values: [0.1, -2] });
		expect(values(tensor([1, 2], [0.5, -2]))).toEqual({ shape: [1, 2], values: [0.5, -2] });
		expect(values(tensor([2], [0x3c00, 0xc000], "Half"))).toEqual({ shape: [2], values: [1, -2] });
		expect(values(tensor([2], [0x3f80, 0xc049], "BFloat16"))).toEqual({ shape: [2], values: [1, -3.140625] });
		expect(values(tensor([2], [1, 2, 3, 4], "ComplexFloat"))).toEqual({
			shape: [2],
			values: [1, 2, 3, 4],
			complex: true,
		});
		expect(values(tensor([1], [0.1, 0.2], "ComplexDouble"))).toMatchObject({ values: [0.1, 0.2] });
		expect(values(tensor([], [7], "Long"))).toEqual({ shape: [], values: null });
		expect(values(tensor([0, 3], []))).toEqual({ shape: [0, 3], values: [] });
	});
	it("has views: transposed, expanded, with an offset", () => {
		const storage = new Storage(count(12));
		expect(values(new TorchTensor(storage, [3, 2], 0, [1, 3])).values).toEqual([0, 3, 1, 4, 2, 5]);
		expect(values(new TorchTensor(storage, [2, 3], 4, [0, 1])).values).toEqual([4, 5, 6, 4, 5, 6]);
		expect(values(new TorchTensor(storage, [2, 2], 1, [6, 3])).values).toEqual([1, 4, 7, 10]);
		expect(values(new TorchTensor(storage, [2, 1], 0, [1, 99])).values).toEqual([0, 1]);
	});
	it("has tensors that share a storage: parts of it, the same, views of one another", () => {
		const storage = new Storage(count(6));
		const { tensors } = read(
			dictionary({
				expanded: new TorchTensor(storage, [9, 2], 0, [0, 1]),
				whole: new TorchTensor(storage, [6]),
				tied: new TorchTensor(storage, [2, 3]),
				first: new TorchTensor(storage, [3]),
				last: new TorchTensor(storage, [3], 3),
				even: new TorchTensor(new Storage(count(4)), [2], 0, [2]),
			}),
		);
		expect([...tensors.get("last")!.values!]).toEqual([3, 4, 5]);
		expect([...tensors.get("even")!.values!]).toEqual([0, 2]);
	});
	it("has its network where programs put it, and the rest is listed", () => {
		const network = dictionary({ "encoder.bias": tensor([1], [5]) });
		const optimizer = dictionary({
			state: new Map([[0, dictionary({ step: tensor([], [1]) })]]),
			groups: [1],
		});
		const others = { epoch: 3, acc: 95.5, best: tensor([2], [1, 2]), note: "mine", none: null, big: 2 ** 40 };
		for (const key of ["model", "state_dict", "model_state_dict"]) {
			const { tensors, ignored } = read(dictionary({ optimizer, [key]: network, ...others, lr: [1, 2] }));
			expect([...tensors.keys()]).toEqual(["encoder.bias"]);
			expect(ignored).toEqual({
				optimizer: "dictionary of 2",
				epoch: "3",
				acc: "95.5",
				best: "tensor (2)",
				note: "mine",
				none: "null",
				big: "1099511627776",
				lr: "list of 2",
			});
		}
		expect(read(network)).toMatchObject({ ignored: {} });
	});
	it("has parameters, types and dictionaries by name", () => {
		const parameter = (name: string, ...more: unknown[]) =>
			new Named("torch._utils", name, [
				tensor([1], [5]),
				true,
				new Named("collections", "OrderedDict", []),
				...more,
			]);
		const { tensors, ignored } = read(
			dictionary({
				a: parameter("_rebuild_parameter"),
				b: parameter("_rebuild_parameter_with_state", new Map()),
				dtype: new Named("torch", "float32"),
			}),
		);
		expect([tensors.get("a"), tensors.get("b")]).toEqual(
			[1, 2].map(() => ({ shape: [1], values: Float64Array.of(5) })),
		);
		expect(ignored).toEqual({ dtype: "torch.float32" });
	});
});

/** A pickle that is written out: opcodes and their operands. */
const program = (...parts: (string | number[])[]) =>
	zip(
		torchEntries({
			bytes: Buffer.concat(parts.map((part) => Buffer.from(part as string, "latin1"))),
			storages: [],
		}),
	);
const two = "\x80\x02";
const entries = (change: (entries: ZipEntry[]) => void): Uint8Array => {
	const all = torchEntries(pickle(dictionary({ a: tensor([2], [1, 2]) })));
	change(all);
	return zip(all);
};
const withTensor = (value: unknown) => torchSave(dictionary({ a: value }));
const storage = () => new Storage(count(6));
const rebuild = (...args: unknown[]) => withTensor(new Named("torch._utils", "_rebuild_tensor_v2", args));
const hooks = new Named("collections", "OrderedDict", []);
const lying = (storage: Storage, count: number) => Object.assign(storage, { count });
/** A storage that says another count each time it is mentioned. */
const changing = () => {
	const shared = storage();
	let n = 6;
	Object.defineProperty(shared, "count", { get: () => n-- });
	return torchSave(dictionary({ a: new TorchTensor(shared, [1]), b: new TorchTensor(shared, [1]) }));
};
/** A byte of the first storage is not what it was. */
const damaged = () => {
	const bytes = entries(() => {});
	const name = "net/data/0";
	bytes[Buffer.from(bytes).indexOf(name) + name.length + 1]! ^= 16;
	return bytes;
};

describe("what is refused", () => {
	it.each<[string, Uint8Array, RegExp]>([
		[
			"a global that runs a program",
			torchSave(new Named("os", "system", ["true"])),
			/names os\.system, which tensors do not need and is not executed here; .*torch\.save\(d\.get\('state_dict', d\.get\('model_state_dict', d\.get\('model', d\)\)\), 'net-weights\.pt'\)"$/,
		],
		["a builtin", torchSave(new Named("builtins", "eval", ["1"])), /names builtins\.eval/],
		["a module of the person's own", torchSave(new Named("__main__", "S4Model")), /names __main__\.S4Model/],
		[
			"a name of an object's insides",
			torchSave(new Named("constructor", "constructor")),
			/names constructor\.constr/,
		],
		[
			"a call of what is a value",
			withTensor(new Named("torch", "float32", [])),
			/calls what is not callable/,
		],
		[
			"an OrderedDict made of something",
			withTensor(new Named("collections", "OrderedDict", [1])),
			/an OrderedDict/,
		],
		[
			"a parameter of no tensor",
			withTensor(new Named("torch._utils", "_rebuild_parameter", [1])),
			/a parameter/,
		],
		["an unknown opcode", program(two, "\x93."), /opcode 0x93.*byte 3/],
		["the opcode that makes objects", program(two, "cos\nsystem\n)\x81."), /names os\.system/],
		["a later protocol", program("\x80\x04\x95."), /protocol 4; save it without pickle_protocol/],
		["no pickle", program("hello"), /does not start like one/],
		["an empty stack", program(two, "0."), /opcode 0x30/],
		["no value", program(two, "."), /pops a value where there is none/],
		["values below a mark", program(two, "N(\x85."), /pops a value where there is none/],
		["no mark", program(two, "t."), /pops a mark/],
		["values left over", program(two, "NN."), /leaves values behind/],
		["a memo of nothing", program(two, "h\x07."), /recalls the value 7/],
		["no end", program(two, "N"), /is truncated/],
		["a text that is longer than the pickle", program(two, "X\xff\x00\x00\x00a."), /is truncated/],
		["a text of gigabytes", program(two, "X\xff\xff\xff\xffa."), /text of 4294967295 bytes/],
		["a text of no UTF-8", program(two, "X\x01\x00\x00\x00\xff."), /not UTF-8/],
		["an integer of many bytes", program(two, "\x8a\x09123456789."), /integer of 9 bytes/],
		["values without end", program(two, "N".repeat(2 ** 18 + 1), "."), /more than 262144 values/],
		["marks without end", program(two, "(".repeat(2 ** 18 + 1), "."), /more than 262144 values/],
		["a pickle of megabytes", program(two, "N".repeat(2 ** 22), "."), /at most 4194304 are read/],
		["an item of no dictionary", program(two, "NNNs."), /sets an item of what is not/],
		["a key without its value", program(two, "}(Nu."), /sets an item of what is not/],
		["a list as key", program(two, "}]Ns."), /key that is neither/],
		["an item of no list", program(two, "NNa."), /appends to what is not a list/],
		["attributes of no dictionary", program(two, "N}b."), /attributes of what is not/],
		["one tensor alone", torchSave(tensor([2], [1, 2])), /holds a tensor \(2\), not a dictionary/],
		[
			"no tensors",
			torchSave(dictionary({ epoch: 3, model: new Map() })),
			/no tensors, neither at the top nor under/,
		],
		[
			"two networks",
			torchSave(
				dictionary({
					model: dictionary({ a: tensor([1], [1]) }),
					state_dict: dictionary({ a: tensor([1], [1]) }),
				}),
			),
			/several networks \(state_dict, model\)/,
		],
		[
			"a tensor with a number for a name",
			torchSave(new Map([[3, tensor([1], [1])]])),
			/tensor 3 of net\.pt has a number/,
		],
		[
			"a storage of another kind",
			withTensor(new Named("torch", "QInt8Storage")),
			/names torch\.QInt8Storage/,
		],
		["a tensor of no storage", rebuild(1, 0, [1], [1], false, hooks), /describes a tensor/],
		["too few arguments", rebuild(storage(), 0, [1], [1]), /describes a tensor/],
		["a negative offset", rebuild(storage(), -1, [1], [1], false, hooks), /sizes or strides/],
		["a size that is a fraction", rebuild(storage(), 0, [1.5], [1], false, hooks), /sizes or strides/],
		["a negative stride", rebuild(storage(), 5, [6], [-1], false, hooks), /sizes or strides/],
		["fewer strides than sizes", rebuild(storage(), 0, [2, 3], [1], false, hooks), /dimensions/],
		[
			"nine dimensions",
			rebuild(storage(), 0, new Array(9).fill(1), new Array(9).fill(1), false, hooks),
			/dimensions/,
		],
		[
			"two strides that are the same",
			withTensor(new TorchTensor(storage(), [2, 2], 0, [3, 3])),
			/tensor a of net\.pt overlaps itself/,
		],
		[
			"a tensor larger than its storage",
			withTensor(new TorchTensor(storage(), [7])),
			/shape \(7\).* does not fit into its storage of 6/,
		],
		["an offset beyond it", withTensor(new TorchTensor(storage(), [1], 6)), /offset 6 does not fit/],
		[
			"a stride beyond it",
			withTensor(new TorchTensor(storage(), [2], 0, [6])),
			/strides \(6\).* does not fit/,
		],
		[
			"windows that slide",
			withTensor(new TorchTensor(storage(), [4, 3], 0, [1, 1])),
			/overlaps itself by its strides \(1, 1\)/,
		],
		["windows with steps", withTensor(new TorchTensor(storage(), [2, 3], 0, [2, 1])), /overlaps itself/],
		[
			"sizes whose product overflows",
			withTensor(new TorchTensor(storage(), [2 ** 52, 2 ** 52], 0, [0, 0])),
			/more than 16777216 numbers/,
		],
		[
			"an expansion of one number to gigabytes",
			withTensor(new TorchTensor(storage(), [2 ** 30], 0, [0])),
			/more than 16777216 numbers/,
		],
		[
			"many expansions",
			torchSave(new Map(count(40).map((i) => [`t${i}`, new TorchTensor(storage(), [2 ** 19], 0, [0])]))),
			/more than 16777216 numbers/,
		],
		[
			"tensors that overlap in part",
			(() => {
				const s = storage();
				return torchSave(dictionary({ a: new TorchTensor(s, [4]), b: new TorchTensor(s, [4], 2) }));
			})(),
			/partially overlaps another/,
		],
		[
			"views that overlap in part in a third",
			(() => {
				const s = storage();
				return torchSave(
					dictionary({
						a: new TorchTensor(s, [6]),
						b: new TorchTensor(s, [3]),
						c: new TorchTensor(s, [3], 2),
					}),
				);
			})(),
			/partially overlaps another/,
		],
		[
			"a conjugate view",
			withTensor(
				new TorchTensor(new Storage([1, 2], "ComplexFloat"), [1], 0, [1], dictionary({ conj: true })),
			),
			/is a lazy view \(conj\).*resolve_conj/,
		],
		[
			"a storage of other sizes than stated",
			withTensor(new TorchTensor(lying(storage(), 9), [6])),
			/storage of 9 elements, which take 36 bytes, but data\/0 has 24/,
		],
		["a storage stated in two ways", changing(), /describes the storage 0 in two ways/],
		["NaN", withTensor(tensor([1, 2], [0, Number.NaN])), /tensor a of net\.pt holds NaN at index \[0, 1\]/],
		[
			"infinity in an imaginary part",
			withTensor(tensor([2], [0, 0, 0, Number.POSITIVE_INFINITY], "ComplexFloat")),
			/holds Infinity at index \[1\]/,
		],
		["a storage that is missing", entries((all) => all.splice(1, 1)), /data\/0, which is missing/],
		[
			"an entry that is compressed",
			entries((all) => Object.assign(all[1]!, { bytes: deflateRawSync(all[1]!.bytes), size: 8, method: 8 })),
			/is compressed \(the entry net\/data\/0\); torch\.save stores/,
		],
		[
			"an entry that swells",
			entries((all) =>
				all.push({ name: "net/bomb", bytes: deflateRawSync(new Uint8Array(1e6)), size: 1e6, method: 8 }),
			),
			/is compressed \(the entry net\/bomb\)/,
		],
		[
			"an entry of two sizes",
			entries((all) => Object.assign(all[1]!, { size: 4_000_000_000 })),
			/states two sizes/,
		],
		["an entry that is encrypted", entries((all) => Object.assign(all[1]!, { flags: 1 })), /is encrypted/],
		["an entry that is there twice", entries((all) => all.push(all[1]!)), /net\/data\/0 is there twice/],
		[
			"entries that overlap",
			entries((all) => all.push({ name: "net/x", bytes: new Uint8Array(4), begin: 0 })),
			/overlaps another/,
		],
		[
			"an entry elsewhere",
			entries((all) => Object.assign(all[1]!, { begin: 5 })),
			/not where the directory says/,
		],
		[
			"an entry beyond the file",
			entries((all) => Object.assign(all[1]!, { begin: 4_000_000_000 })),
			/not where the directory says/,
		],
		[
			"more entries than there are",
			zip([{ name: "net/data.pkl", bytes: new Uint8Array(3) }], 9),
			/entry 1 .*not in the directory/,
		],
		["entries without end", zip([], 50_000), /archive of 50000 entries/],
		[
			"another zip archive",
			zip([{ name: "a.txt", bytes: new Uint8Array(3) }]),
			/not from torch\.save: it has no data\.pkl/,
		],
		[
			"two pickles",
			zip([
				{ name: "a/data.pkl", bytes: new Uint8Array(3) },
				{ name: "b/data.pkl", bytes: new Uint8Array(3) },
			]),
			/has 2 data\.pkl/,
		],
		[
			"another byte order",
			entries((all) => all.push({ name: "net/byteorder", bytes: Buffer.from("big") })),
			/big-endian/,
		],
		["a byte that changed in a storage", damaged(), /checksum of the entry net\/data\/0 is wrong/],
	])("%s", (_, bytes, message) => {
		let error: unknown;
		try {
			readPytorch(bytes, "net.pt");
		} catch (caught) {
			error = caught;
		}
		expect(error).toBeInstanceOf(UserError);
		expect((error as Error).message).toMatch(message);
		expect((error as Error).message).not.toContain("\n");
	});
});

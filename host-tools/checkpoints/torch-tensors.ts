// Tensors as torch.save writes them: the pickle has a storage, an offset, sizes and strides; an entry of the zip archive has
// the storage's bytes. Every number is checked against the storage before an element is read.
import { UserError } from "../terminal/errors";
import { decode, ELEMENTS, type ElementType, MAX_RANK, type Tensor } from "./elements";
import { type Environment, Global } from "./pickle";
import type { StoredZip } from "./zip";

/** Limit of elements over all tensors, against expanded views; far above any network for microcontrollers. */
const MAX_ELEMENTS = 2 ** 24;

const STORAGES: ReadonlyMap<string, string> = new Map([
	["DoubleStorage", "F64"],
	["FloatStorage", "F32"],
	["HalfStorage", "F16"],
	["BFloat16Storage", "BF16"],
	["ComplexDoubleStorage", "C128"],
	["ComplexFloatStorage", "C64"],
	["LongStorage", "I64"],
	["IntStorage", "I32"],
	["ShortStorage", "I16"],
	["CharStorage", "I8"],
	["ByteStorage", "U8"],
	["BoolStorage", "BOOL"],
]);
/** Types as values, such as a saved setting. */
const TYPES = [
	"float16",
	"bfloat16",
	"float32",
	"float64",
	"complex64",
	"complex128",
	"int32",
	"int64",
	"bool",
];

/** Elements shared by tensors. */
class Storage {
	readonly type: Global;
	readonly key: string;
	readonly count: number;

	constructor(type: Global, key: string, count: number) {
		this.type = type;
		this.key = key;
		this.count = count;
	}
}

/** A tensor described but not read yet. */
export class StoredTensor {
	readonly storage: Storage;
	readonly offset: number;
	readonly shape: number[];
	readonly strides: number[];
	/** Lazy views: "conj", "neg". */
	readonly views: string[];

	constructor(storage: Storage, offset: number, shape: number[], strides: number[], views: string[]) {
		this.storage = storage;
		this.offset = offset;
		this.shape = shape;
		this.strides = strides;
		this.views = views;
	}
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize);

/**
 * The globals and persistent ids of torch.save.
 *
 * @param unknown refusal of any other global
 */
export function torchEnvironment(file: string, unknown: (name: string) => UserError): Environment {
	const wrong = (what: string) =>
		new UserError(`The pickle of ${file} describes ${what} as torch.save does not; the file is damaged.`);
	/** _rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata) */
	const tensor = (args: unknown[]): StoredTensor => {
		const [storage, offset, shape, strides, , , metadata] = args;
		if (args.length < 6 || args.length > 7 || !(storage instanceof Storage)) throw wrong("a tensor");
		if (!isSize(offset) || !isSizes(shape) || !isSizes(strides))
			throw wrong("the sizes or strides of a tensor");
		if (shape.length !== strides.length || shape.length > MAX_RANK) throw wrong("the dimensions of a tensor");
		if (metadata !== undefined && !(metadata instanceof Map)) throw wrong("the metadata of a tensor");
		return new StoredTensor(storage, offset, shape, strides, [...(metadata?.keys() ?? [])].map(String));
	};
	/** _rebuild_parameter(data, requires_grad, backward_hooks), or with an additional state */
	const parameter = ([data]: unknown[]): StoredTensor => {
		if (!(data instanceof StoredTensor)) throw wrong("a parameter");
		return data;
	};
	const dictionary = (args: unknown[]): Map<unknown, unknown> => {
		if (args.length > 0) throw wrong("an OrderedDict");
		return new Map();
	};
	const globals = new Map(
		[
			new Global("torch._utils._rebuild_tensor_v2", tensor),
			new Global("torch._utils._rebuild_parameter", parameter),
			new Global("torch._utils._rebuild_parameter_with_state", parameter),
			new Global("collections.OrderedDict", dictionary),
			...[...STORAGES.keys(), ...TYPES].map((name) => new Global(`torch.${name}`)),
		].map((global) => [global.name, global]),
	);
	const storages = new Map<string, Storage>();
	return {
		global(name) {
			const global = globals.get(name);
			if (!global) throw unknown(name);
			return global;
		},
		/** ("storage", type, key, device, number of elements) */
		persistent(id) {
			if (!Array.isArray(id) || id.length !== 5 || id[0] !== "storage") throw wrong("a storage");
			const [, type, key, , count] = id;
			if (!(type instanceof Global) || !STORAGES.has(type.name.slice("torch.".length)))
				throw wrong("a storage's type");
			if (typeof key !== "string" || !/^\d{1,9}$/.test(key) || !isSize(count)) throw wrong("a storage");
			const storage = storages.get(key) ?? new Storage(type, key, count);
			if (storage.type !== type || storage.count !== count) throw wrong(`the storage ${key} in two ways`);
			storages.set(key, storage);
			return storage;
		},
	};
}

const product = (sizes: number[]) => sizes.reduce((all, n) => all * n, 1);

/** Position of element `i` of a tensor in its storage. */
function place({ offset, shape, strides }: StoredTensor, i: number): number {
	let at = offset;
	for (let d = shape.length - 1, rest = i; d >= 0; d--) {
		at += (rest % shape[d]!) * strides[d]!;
		rest = Math.floor(rest / shape[d]!);
	}
	return at;
}

/** Refuses sizes and strides that leave the storage, and strides by which a tensor would overlap itself; 0 is an expansion. */
function checkView(tensor: StoredTensor, what: string): void {
	const { storage, offset, shape, strides } = tensor;
	if (shape.includes(0)) return;
	const dimensions = shape
		.map((size, d) => ({ size, stride: strides[d]! }))
		.filter(({ size, stride }) => size > 1 && stride > 0)
		.sort((a, b) => a.stride - b.stride);
	let reach = 0;
	for (const { size, stride } of dimensions) {
		if (stride <= reach)
			throw new UserError(
				`${what} overlaps itself by its strides (${strides.join(", ")}) for the shape (${shape.join(", ")}); save a clone() of it.`,
			);
		reach += (size - 1) * stride;
	}
	if (offset + reach >= storage.count)
		throw new UserError(
			`${what} with the shape (${shape.join(", ")}), the strides (${strides.join(", ")}) and the offset ${offset} does not fit into its storage of ${storage.count} elements.`,
		);
}

/** Refuses tensors of one storage that overlap partially. Disjoint ones are valid, and so is a view of another tensor. */
function checkShared(tensors: [what: string, tensor: StoredTensor][]): void {
	/** The smallest tensor so far that has each element. */
	const owners = new Int32Array(tensors[0]![1].storage.count);
	const distinct = ({ shape, strides }: StoredTensor) => product(shape.filter((_, d) => strides[d] !== 0));
	const largestFirst = [...tensors].sort(([, a], [, b]) => distinct(b) - distinct(a));
	for (const [k, [what, tensor]] of largestFirst.entries()) {
		const count = product(tensor.shape);
		const owner = owners[place(tensor, 0)];
		for (let i = 0; i < count; i++) {
			const at = place(tensor, i);
			if (owners[at] !== owner && owners[at] !== k + 1)
				throw new UserError(`${what} partially overlaps another; save clones of them.`);
			owners[at] = k + 1;
		}
	}
}

/**
 * Reads tensors from their storages.
 *
 * @param root the archive folder with the storages
 * @throws UserError naming a tensor that does not fit, is a lazy view, or is not finite
 */
export function readTensors(
	named: Iterable<[string, StoredTensor]>,
	zip: StoredZip,
	root: string,
	file: string,
): Map<string, Tensor> {
	const shared = new Map<string, [what: string, tensor: StoredTensor][]>();
	const storages = new Map<string, DataView>();
	const elementOf = ({ type }: Storage): ElementType =>
		ELEMENTS.get(STORAGES.get(type.name.slice("torch.".length))!)!;
	let total = 0;
	const grow = (count: number) => {
		total += count;
		if (total > MAX_ELEMENTS)
			throw new UserError(
				`The tensors of ${file} have more than ${MAX_ELEMENTS} numbers; no microcontroller can hold such a network.`,
			);
	};
	const all = [...named];
	for (const [name, tensor] of all) {
		const what = `The tensor ${name} of ${file}`;
		const { storage, shape, views } = tensor;
		if (views.length > 0)
			throw new UserError(
				`${what} is a lazy view (${views.join(", ")}); save its resolve_conj().resolve_neg().`,
			);
		checkView(tensor, what);
		grow(product(shape));
		const others = shared.get(storage.key);
		if (others) {
			others.push([what, tensor]);
			continue;
		}
		shared.set(storage.key, [[what, tensor]]);
		const bytes = zip.read(`${root}data/${storage.key}`);
		if (!bytes)
			throw new UserError(
				`${what} is in data/${storage.key}, which is missing from the file; copy it again.`,
			);
		const needed = storage.count * elementOf(storage).bytes;
		if (bytes.length !== needed)
			throw new UserError(
				`${what} is in a storage of ${storage.count} elements, which take ${needed} bytes, but data/${storage.key} has ${bytes.length}; the file is damaged.`,
			);
		storages.set(storage.key, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
	}
	for (const tensors of shared.values()) {
		if (tensors.length === 1) continue;
		grow(tensors[0]![1].storage.count);
		checkShared(tensors);
	}
	return new Map(
		all.map(([name, tensor]) => {
			const element = elementOf(tensor.storage);
			const data = storages.get(tensor.storage.key)!;
			return [
				name,
				decode(
					element,
					tensor.shape,
					data,
					(i) => place(tensor, i) * element.bytes,
					`The tensor ${name} of ${file}`,
				),
			];
		}),
	);
}

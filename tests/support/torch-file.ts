// Files as torch.save writes them, made for tests: a pickle of protocol 2 and storages in a zip archive. What a test wants to be
// wrong can be made wrong at each level.
import { crc32 } from "../../src/bytes/crc32";

const PARTS: Record<string, [bytes: number, write: (view: DataView, at: number, value: number) => void]> = {
	Double: [8, (view, at, value) => view.setFloat64(at, value, true)],
	Float: [4, (view, at, value) => view.setFloat32(at, value, true)],
	Half: [2, (view, at, value) => view.setUint16(at, value, true)],
	BFloat16: [2, (view, at, value) => view.setUint16(at, value, true)],
	Long: [8, (view, at, value) => view.setBigInt64(at, BigInt(value), true)],
	ComplexFloat: [4, (view, at, value) => view.setFloat32(at, value, true)],
	ComplexDouble: [8, (view, at, value) => view.setFloat64(at, value, true)],
};

/** Elements of tensors; of half precision their bits, of complex types real and imaginary parts by turns. */
export class Storage {
	readonly bytes: Uint8Array;
	count: number;

	constructor(
		values: ArrayLike<number>,
		readonly type = "Float",
	) {
		const [size, write] = PARTS[type]!;
		this.bytes = new Uint8Array(values.length * size);
		const view = new DataView(this.bytes.buffer);
		for (let i = 0; i < values.length; i++) write(view, i * size, values[i]!);
		this.count = type.startsWith("Complex") ? values.length / 2 : values.length;
	}
}

/** A global that is mentioned, or called with arguments. */
export class Named {
	constructor(
		readonly module: string,
		readonly name: string,
		readonly args?: unknown[],
	) {}
}

export class TorchTensor {
	readonly strides: number[];

	constructor(
		readonly storage: Storage,
		readonly shape: number[],
		readonly offset = 0,
		strides?: number[],
		readonly metadata?: Map<unknown, unknown>,
	) {
		this.strides = strides ?? shape.map((_, d) => shape.slice(d + 1).reduce((product, n) => product * n, 1));
	}
}

/** A contiguous tensor with a storage of its own. */
export const tensor = (shape: number[], values: ArrayLike<number>, type = "Float") =>
	new TorchTensor(new Storage(values, type), shape);

class Pickler {
	readonly bytes: number[] = [0x80, 2];
	readonly storages: Storage[] = [];
	readonly #memo = new Map<unknown, number>();

	#op(code: string, ...operands: number[]): void {
		this.bytes.push(code.charCodeAt(0), ...operands);
	}
	#uint32(value: number): number[] {
		return [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
	}
	/** Writes what has a key once, and recalls it from then on. */
	#once(key: unknown, write: () => void): void {
		const known = this.#memo.get(key);
		const index = known ?? this.#memo.size;
		if (known === undefined) {
			write();
			this.#memo.set(key, index);
		}
		const [short, long] = known === undefined ? "qr" : "hj";
		if (index < 256) this.#op(short!, index);
		else this.#op(long!, ...this.#uint32(index));
	}
	#global(module: string, name: string): void {
		this.#once(`global ${module}.${name}`, () => this.#op("c", ...Buffer.from(`${module}\n${name}\n`)));
	}
	#tuple(items: unknown[]): void {
		if (items.length > 3) this.#op("(");
		for (const item of items) this.write(item);
		this.#op([")", "\x85", "\x86", "\x87"][items.length] ?? "t");
	}
	#call(module: string, name: string, args: unknown[]): void {
		this.#global(module, name);
		this.#tuple(args);
		this.#op("R");
	}

	write(value: unknown): void {
		if (value === null) this.#op("N");
		else if (typeof value === "boolean") this.#op(value ? "\x88" : "\x89");
		else if (typeof value === "number") this.#number(value);
		else if (typeof value === "string")
			this.#once(value, () => {
				const text = Buffer.from(value);
				this.#op("X", ...this.#uint32(text.length), ...text);
			});
		else if (value instanceof Map) {
			this.#op("}");
			this.#op("(");
			for (const [key, item] of value) {
				this.write(key);
				this.write(item);
			}
			this.#op("u");
		} else if (Array.isArray(value)) {
			this.#op("]");
			this.#op("(");
			for (const item of value) this.write(item);
			this.#op("e");
		} else if (value instanceof Named) {
			if (value.args) this.#call(value.module, value.name, value.args);
			else this.#global(value.module, value.name);
		} else if (value instanceof Storage) {
			const known = this.storages.indexOf(value);
			const key = known < 0 ? this.storages.push(value) - 1 : known;
			this.#op("(");
			for (const item of [
				"storage",
				new Named("torch", `${value.type}Storage`),
				String(key),
				"cpu",
				value.count,
			])
				this.write(item);
			this.#op("t");
			this.#op("Q");
		} else if (value instanceof TorchTensor) {
			const { storage, offset, shape, strides, metadata } = value;
			this.#global("torch._utils", "_rebuild_tensor_v2");
			this.#op("(");
			this.write(storage);
			this.write(offset);
			this.#tuple(shape);
			this.#tuple(strides);
			this.write(false);
			this.#call("collections", "OrderedDict", []);
			if (metadata) this.write(metadata);
			this.#op("t");
			this.#op("R");
		} else throw new Error("not to be pickled");
	}
	#number(value: number): void {
		const view = new DataView(new ArrayBuffer(8));
		if (!Number.isInteger(value)) {
			view.setFloat64(0, value);
			this.#op("G", ...new Uint8Array(view.buffer));
		} else if (value >= 0 && value < 256) this.#op("K", value);
		else if (value >= 0 && value < 65536) this.#op("M", value & 255, value >> 8);
		else if (value === (value | 0)) this.#op("J", ...this.#uint32(value));
		else {
			view.setBigInt64(0, BigInt(value), true);
			this.#op("\x8a", 8, ...new Uint8Array(view.buffer));
		}
	}
}

/** The pickle of a value, and the storages of its tensors in the order of their keys. */
export function pickle(value: unknown): { bytes: Uint8Array; storages: Storage[] } {
	const pickler = new Pickler();
	pickler.write(value);
	return { bytes: Uint8Array.from([...pickler.bytes, ".".charCodeAt(0)]), storages: pickler.storages };
}

export interface ZipEntry {
	name: string;
	bytes: Uint8Array;
	/** 8 is deflate. */
	method?: number;
	flags?: number;
	/** What the directory says instead of the length. */
	size?: number;
	/** Of the local header, instead of where it is. */
	begin?: number;
}

/** A zip archive of stored entries, each with its sizes in the directory alone, as torch.save writes them. */
export function zip(entries: ZipEntry[], stated = entries.length): Uint8Array {
	const data: Buffer[] = [];
	const directory: Buffer[] = [];
	let offset = 0;
	for (const { name, bytes, method = 0, flags = 0x808, size = bytes.length, begin = offset } of entries) {
		const local = Buffer.alloc(30 + name.length);
		local.writeUInt32LE(0x04034b50);
		local.writeUInt16LE(flags, 6);
		local.writeUInt16LE(method, 8);
		local.writeUInt16LE(name.length, 26);
		local.write(name, 30, "latin1");
		const central = Buffer.alloc(46 + name.length);
		central.writeUInt32LE(0x02014b50);
		central.writeUInt16LE(flags, 8);
		central.writeUInt16LE(method, 10);
		central.writeInt32LE(crc32(bytes), 16);
		central.writeUInt32LE(bytes.length, 20);
		central.writeUInt32LE(size, 24);
		central.writeUInt16LE(name.length, 28);
		central.writeUInt32LE(begin, 42);
		central.write(name, 46, "latin1");
		data.push(local, Buffer.from(bytes));
		directory.push(central);
		offset += local.length + bytes.length;
	}
	const end = Buffer.alloc(22);
	end.writeUInt32LE(0x06054b50);
	end.writeUInt16LE(stated, 8);
	end.writeUInt16LE(stated, 10);
	end.writeUInt32LE(Buffer.concat(directory).length, 12);
	end.writeUInt32LE(offset, 16);
	return new Uint8Array(Buffer.concat([...data, ...directory, end]));
}

/** Entries of torch.save with this pickle and these storages. */
export const torchEntries = ({ bytes, storages }: { bytes: Uint8Array; storages: Storage[] }): ZipEntry[] => [
	{ name: "net/data.pkl", bytes },
	...storages.map((storage, key) => ({ name: `net/data/${key}`, bytes: storage.bytes })),
	{ name: "net/version", bytes: Buffer.from("3\n") },
];

/** torch.save(value) */
export const torchSave = (value: unknown): Uint8Array => zip(torchEntries(pickle(value)));

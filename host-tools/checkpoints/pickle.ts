// Python's pickle, as far as torch.save uses it: a program for a small stack machine that builds values. This machine has only
// the opcodes of plain values. It executes nothing from the file: globals are looked up in the caller's closed list, and only
// functions on that list are called. Values are bounded in number and size, and nothing recurses.
import { UserError } from "../terminal/errors";

const MAX_BYTES = 2 ** 22;
/** Limit of values created, which bounds stack and containers, and of memorised ones. */
const MAX_VALUES = 2 ** 18;
const MAX_TEXT = 2 ** 16;

/** Something that the file refers to by name. */
export class Global {
	readonly name: string;
	/** Result of calling it; undefined when it is not callable. */
	readonly call: ((args: unknown[]) => unknown) | undefined;

	constructor(name: string, call?: (args: unknown[]) => unknown) {
		this.name = name;
		this.call = call;
	}
}

export interface Environment {
	/** @throws UserError when the name is not on the list */
	global(name: string): Global;
	/** Value of a persistent id. */
	persistent(id: unknown): unknown;
}

class Machine {
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	readonly #environment: Environment;
	readonly #file: string;
	readonly #stack: unknown[] = [];
	readonly #marks: number[] = [];
	readonly #memo = new Map<number, unknown>();
	/** After the protocol opcode. */
	#at = 2;
	#made = 0;

	constructor(bytes: Uint8Array, environment: Environment, file: string) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.#environment = environment;
		this.#file = file;
	}

	refuse(what: string): UserError {
		return new UserError(
			`The pickle of ${this.#file} ${what} (at byte ${this.#at}); it is not from torch.save, or damaged.`,
		);
	}

	/** Executes opcodes until STOP; the result is the one value left. */
	run(): unknown {
		for (;;) {
			const opcode = String.fromCharCode(this.byte());
			if (opcode === ".") {
				const value = this.pop();
				if (this.#stack.length > 0) throw this.refuse("leaves values behind");
				return value;
			}
			const step = OPCODES.get(opcode);
			if (!step)
				throw this.refuse(
					`has the opcode 0x${opcode.charCodeAt(0).toString(16).padStart(2, "0")}, which is not supported`,
				);
			step(this);
		}
	}

	/** Skips `count` bytes and returns their offset. */
	#skip(count: number): number {
		const at = this.#at;
		if (at + count > this.#bytes.length) throw this.refuse("is truncated");
		this.#at += count;
		return at;
	}
	byte(): number {
		return this.#view.getUint8(this.#skip(1));
	}
	uint16(): number {
		return this.#view.getUint16(this.#skip(2), true);
	}
	int32(): number {
		return this.#view.getInt32(this.#skip(4), true);
	}
	uint32(): number {
		return this.#view.getUint32(this.#skip(4), true);
	}
	/** Big-endian, unlike everything else. */
	float64(): number {
		return this.#view.getFloat64(this.#skip(8), false);
	}
	/** Of up to eight bytes, to the nearest float64. */
	long(): number {
		const count = this.byte();
		if (count > 8) throw this.refuse(`has an integer of ${count} bytes`);
		const at = this.#skip(count);
		let value = 0n;
		for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i]!);
		return Number(BigInt.asIntN(8 * count, value));
	}
	text(length: number): string {
		if (length > MAX_TEXT) throw this.refuse(`has a text of ${length} bytes`);
		const at = this.#skip(length);
		try {
			return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
				this.#bytes.subarray(at, at + length),
			);
		} catch {
			throw this.refuse("has a text that is not UTF-8");
		}
	}
	line(): string {
		const end = this.#bytes.indexOf(0x0a, this.#at);
		const text = this.text((end < 0 ? this.#bytes.length : end) - this.#at);
		this.#skip(1);
		return text;
	}

	push(value: unknown): void {
		if (++this.#made > MAX_VALUES) throw this.refuse(`has more than ${MAX_VALUES} values`);
		this.#stack.push(value);
	}
	mark(): void {
		if (++this.#made > MAX_VALUES) throw this.refuse(`has more than ${MAX_VALUES} values`);
		this.#marks.push(this.#stack.length);
	}
	#above(): number {
		return this.#stack.length - (this.#marks.at(-1) ?? 0);
	}
	pop(): unknown {
		if (this.#above() < 1) throw this.refuse("pops a value where there is none");
		return this.#stack.pop();
	}
	popMany(count: number): unknown[] {
		if (this.#above() < count) throw this.refuse("pops a value where there is none");
		return this.#stack.splice(this.#stack.length - count);
	}
	popToMark(): unknown[] {
		const mark = this.#marks.pop();
		if (mark === undefined) throw this.refuse("pops a mark where there is none");
		return this.#stack.splice(mark);
	}
	#top(): unknown {
		if (this.#above() < 1) throw this.refuse("pops a value where there is none");
		return this.#stack.at(-1);
	}

	memorise(index: number): void {
		this.#memo.set(index, this.#top());
		if (this.#memo.size > MAX_VALUES) throw this.refuse(`memorises more than ${MAX_VALUES} values`);
	}
	recall(index: number): void {
		if (!this.#memo.has(index)) throw this.refuse(`recalls the value ${index}, which it never memorised`);
		this.push(this.#memo.get(index));
	}

	append(items: unknown[]): void {
		const list = this.#top();
		if (!Array.isArray(list)) throw this.refuse("appends to what is not a list");
		for (const item of items) list.push(item);
	}
	/** @param pairs keys and values interleaved */
	setItems(pairs: unknown[]): void {
		const dictionary = this.#top();
		if (!(dictionary instanceof Map) || pairs.length % 2 !== 0)
			throw this.refuse("sets an item of what is not a dictionary");
		for (let i = 0; i < pairs.length; i += 2) {
			const key = pairs[i];
			if (typeof key === "object" && key !== null)
				throw this.refuse("has a key that is neither text nor number");
			dictionary.set(key, pairs[i + 1]);
		}
	}
	/** Attributes of a dictionary, such as the module versions of PyTorch; they hold no tensors. */
	build(): void {
		this.pop();
		if (!(this.#top() instanceof Map)) throw this.refuse("sets attributes of what is not a dictionary");
	}
	global(): void {
		const module = this.line();
		this.push(this.#environment.global(`${module}.${this.line()}`));
	}
	reduce(): void {
		const args = this.pop();
		const callee = this.pop();
		if (!(callee instanceof Global && callee.call && Array.isArray(args)))
			throw this.refuse("calls what is not callable");
		this.push(callee.call(args));
	}
	persistent(): void {
		this.push(this.#environment.persistent(this.pop()));
	}
}

/** Lists and tuples both become arrays, dictionaries of any kind a Map. */
const OPCODES: ReadonlyMap<string, (m: Machine) => void> = new Map<string, (m: Machine) => void>([
	["N", (m) => m.push(null)],
	["\x88", (m) => m.push(true)],
	["\x89", (m) => m.push(false)],
	["J", (m) => m.push(m.int32())],
	["K", (m) => m.push(m.byte())],
	["M", (m) => m.push(m.uint16())],
	["\x8a", (m) => m.push(m.long())],
	["G", (m) => m.push(m.float64())],
	["X", (m) => m.push(m.text(m.uint32()))],
	["}", (m) => m.push(new Map())],
	["]", (m) => m.push([])],
	[")", (m) => m.push([])],
	["\x85", (m) => m.push(m.popMany(1))],
	["\x86", (m) => m.push(m.popMany(2))],
	["\x87", (m) => m.push(m.popMany(3))],
	["(", (m) => m.mark()],
	["t", (m) => m.push(m.popToMark())],
	["a", (m) => m.append(m.popMany(1))],
	["e", (m) => m.append(m.popToMark())],
	["s", (m) => m.setItems(m.popMany(2))],
	["u", (m) => m.setItems(m.popToMark())],
	["q", (m) => m.memorise(m.byte())],
	["r", (m) => m.memorise(m.uint32())],
	["h", (m) => m.recall(m.byte())],
	["j", (m) => m.recall(m.uint32())],
	["c", (m) => m.global()],
	["R", (m) => m.reduce()],
	["b", (m) => m.build()],
	["Q", (m) => m.persistent()],
]);

/**
 * The value that a pickle of protocol 2 describes.
 *
 * @throws UserError for an unknown opcode or global, or any inconsistency
 */
export function unpickle(bytes: Uint8Array, environment: Environment, file: string): unknown {
	if (bytes.length > MAX_BYTES)
		throw new UserError(`The pickle of ${file} has ${bytes.length} bytes; at most ${MAX_BYTES} are read.`);
	const [opcode, protocol] = bytes;
	if (opcode !== 0x80 || protocol !== 2)
		throw new UserError(
			opcode === 0x80
				? `The pickle of ${file} is of protocol ${protocol}; save it without pickle_protocol, as torch.save does by default (2).`
				: `The pickle of ${file} does not start like one; the file is damaged.`,
		);
	return new Machine(bytes, environment, file).run();
}

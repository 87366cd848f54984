// A core of RV32IMC, one instruction per cycle, as the manual of the instruction set has it. Each instruction is decoded once.
// Strict: what the chip would refuse throws.

export interface Bus {
	load(address: number, bytes: 1 | 2 | 4): number;
	store(address: number, bytes: 1 | 2 | 4, value: number): void;
	/** A halfword of code. */
	fetch(address: number): number;
	readCsr(csr: number): number;
	writeCsr(csr: number, value: number): void;
	/** Called for addresses of the chip's ROM; returns where to go on. */
	callRom(address: number): number;
}

/** An exception of the core. */
export class Trap extends Error {
	constructor(
		override readonly cause: number,
		readonly value: number,
	) {
		super(`trap ${cause}, value 0x${(value >>> 0).toString(16)}`);
	}
}

export const ILLEGAL = 2;
export const LOAD_FAULT = 5;
export const STORE_FAULT = 7;
export const FETCH_FAULT = 1;

const ROM = 0x40000000;
const FLASH = 0x42000000;
const FLASH_HALVES = 0x210000 / 2;
const RAM = 0x40380000;
const RAM_HALVES = 0x50000 / 2;
const HALVES = FLASH_HALVES + RAM_HALVES;
/** Takes what is written to register 0. */
const NOWHERE = 32;

const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

/** The upper half of the product of two words without a sign, from halves of 16 bits. */
function upper(a: number, b: number): number {
	const a0 = a & 0xffff;
	const a1 = a >>> 16;
	const b0 = b & 0xffff;
	const b1 = b >>> 16;
	const middle = a1 * b0 + ((a0 * b0) >>> 16);
	const low = a0 * b1 + (middle % 0x10000);
	return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(low / 0x10000)) | 0;
}

/** Kinds of instructions, those of a group by funct3; 0: not decoded yet. */
const REGISTER = 0x10; // + funct3
const IMMEDIATE = 0x20; // + funct3
const MULTIPLY = 0x30; // + funct3
const BRANCH = 0x40; // + funct3
const LOAD = 0x50; // + funct3
const STORE = 0x60; // + funct3
const CSR = 0x70; // + funct3
const SUBTRACT = 0x80;
const SHIFT_SIGNED = 0x81;
const SHIFT_SIGNED_IMMEDIATE = 0x82;
const CONSTANT = 0x83;
const JUMP = 0x84;
const JUMP_REGISTER = 0x85;
const FENCE = 0x86;
const ILLEGAL_INSTRUCTION = 0x87;

export class Cpu {
	readonly x = new Int32Array(33);
	pc = 0;
	cycles = 0;
	readonly #bus: Bus;
	/** By half the offset in flash, then in RAM. */
	readonly #kind = new Uint8Array(HALVES);
	readonly #length = new Uint8Array(HALVES);
	readonly #rd = new Uint8Array(HALVES);
	readonly #rs1 = new Uint8Array(HALVES);
	readonly #rs2 = new Uint8Array(HALVES);
	readonly #immediate = new Int32Array(HALVES);

	constructor(bus: Bus) {
		this.#bus = bus;
	}

	/** Runs for so many cycles. */
	run(cycles: number): void {
		const bus = this.#bus;
		const { x } = this;
		const kinds = this.#kind;
		const end = this.cycles + cycles;
		while (this.cycles < end) {
			const { pc } = this;
			this.cycles++;
			if (pc >>> 19 === ROM >>> 19) {
				this.pc = bus.callRom(pc);
				continue;
			}
			const at = placeOf(pc);
			if (kinds[at] === 0) this.#decode(pc, at);
			const kind = kinds[at]!;
			const rd = this.#rd[at]!;
			const a = x[this.#rs1[at]!]!;
			const b = x[this.#rs2[at]!]!;
			const immediate = this.#immediate[at]!;
			let next = pc + this.#length[at]!;
			switch (kind) {
				case REGISTER + 0:
					x[rd] = a + b;
					break;
				case REGISTER + 1:
					x[rd] = a << (b & 31);
					break;
				case REGISTER + 2:
					x[rd] = Number(a < b);
					break;
				case REGISTER + 3:
					x[rd] = Number(a >>> 0 < b >>> 0);
					break;
				case REGISTER + 4:
					x[rd] = a ^ b;
					break;
				case REGISTER + 5:
					x[rd] = a >>> (b & 31);
					break;
				case REGISTER + 6:
					x[rd] = a | b;
					break;
				case REGISTER + 7:
					x[rd] = a & b;
					break;
				case SUBTRACT:
					x[rd] = a - b;
					break;
				case SHIFT_SIGNED:
					x[rd] = a >> (b & 31);
					break;
				case IMMEDIATE + 0:
					x[rd] = a + immediate;
					break;
				case IMMEDIATE + 1:
					x[rd] = a << immediate;
					break;
				case IMMEDIATE + 2:
					x[rd] = Number(a < immediate);
					break;
				case IMMEDIATE + 3:
					x[rd] = Number(a >>> 0 < immediate >>> 0);
					break;
				case IMMEDIATE + 4:
					x[rd] = a ^ immediate;
					break;
				case IMMEDIATE + 5:
					x[rd] = a >>> immediate;
					break;
				case IMMEDIATE + 6:
					x[rd] = a | immediate;
					break;
				case IMMEDIATE + 7:
					x[rd] = a & immediate;
					break;
				case SHIFT_SIGNED_IMMEDIATE:
					x[rd] = a >> immediate;
					break;
				case MULTIPLY + 0:
					x[rd] = Math.imul(a, b);
					break;
				case MULTIPLY + 1:
					x[rd] = upper(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0);
					break;
				case MULTIPLY + 2:
					x[rd] = upper(a, b) - (a < 0 ? b : 0);
					break;
				case MULTIPLY + 3:
					x[rd] = upper(a, b);
					break;
				case MULTIPLY + 4:
					x[rd] = b === 0 ? -1 : a / b;
					break;
				case MULTIPLY + 5:
					x[rd] = b === 0 ? -1 : (a >>> 0) / (b >>> 0);
					break;
				case MULTIPLY + 6:
					x[rd] = b === 0 ? a : a % b;
					break;
				case MULTIPLY + 7:
					x[rd] = b === 0 ? a : (a >>> 0) % (b >>> 0);
					break;
				case BRANCH + 0:
					if (a === b) next = immediate;
					break;
				case BRANCH + 1:
					if (a !== b) next = immediate;
					break;
				case BRANCH + 4:
					if (a < b) next = immediate;
					break;
				case BRANCH + 5:
					if (a >= b) next = immediate;
					break;
				case BRANCH + 6:
					if (a >>> 0 < b >>> 0) next = immediate;
					break;
				case BRANCH + 7:
					if (a >>> 0 >= b >>> 0) next = immediate;
					break;
				case LOAD + 0:
					x[rd] = (bus.load((a + immediate) >>> 0, 1) << 24) >> 24;
					break;
				case LOAD + 1:
					x[rd] = (bus.load((a + immediate) >>> 0, 2) << 16) >> 16;
					break;
				case LOAD + 2:
					x[rd] = bus.load((a + immediate) >>> 0, 4);
					break;
				case LOAD + 4:
					x[rd] = bus.load((a + immediate) >>> 0, 1);
					break;
				case LOAD + 5:
					x[rd] = bus.load((a + immediate) >>> 0, 2);
					break;
				case STORE + 0:
					bus.store((a + immediate) >>> 0, 1, b);
					break;
				case STORE + 1:
					bus.store((a + immediate) >>> 0, 2, b);
					break;
				case STORE + 2:
					bus.store((a + immediate) >>> 0, 4, b);
					break;
				case CONSTANT:
					x[rd] = immediate;
					break;
				case JUMP:
					x[rd] = next;
					next = immediate;
					break;
				case JUMP_REGISTER:
					x[rd] = next;
					next = (a + immediate) & ~1;
					break;
				case FENCE:
					break;
				case CSR + 1:
				case CSR + 2:
				case CSR + 3:
				case CSR + 5:
				case CSR + 6:
				case CSR + 7:
					this.#csr(at, kind - CSR, a);
					break;
				default:
					throw new Trap(ILLEGAL, 0);
			}
			this.pc = next >>> 0;
		}
	}

	#csr(at: number, way: number, a: number): void {
		const bus = this.#bus;
		const csr = this.#immediate[at]!;
		const rs1 = this.#rs1[at]!;
		const value = way & 4 ? rs1 : a;
		const before = bus.readCsr(csr);
		if ((way & 3) === 1) bus.writeCsr(csr, value);
		else if (rs1 !== 0) bus.writeCsr(csr, (way & 3) === 2 ? before | value : before & ~value);
		this.x[this.#rd[at]!] = before;
	}

	#decode(pc: number, at: number): void {
		const low = this.#bus.fetch(pc);
		const compressed = (low & 3) !== 3;
		const word = compressed ? expand(low) : (low | (this.#bus.fetch(pc + 2) << 16)) >>> 0;
		const rd = (word >>> 7) & 31;
		this.#length[at] = compressed ? 2 : 4;
		this.#rd[at] = rd === 0 ? NOWHERE : rd;
		this.#rs1[at] = (word >>> 15) & 31;
		this.#rs2[at] = (word >>> 20) & 31;
		const [kind, immediate] = kindOf(word, pc);
		this.#immediate[at] = immediate;
		this.#kind[at] = kind;
	}
}

/** Kind and immediate of an instruction of 32 bits. */
function kindOf(word: number, pc: number): [number, number] {
	const funct3 = (word >>> 12) & 7;
	const rd = (word >>> 7) & 31;
	const immediate = signed(word >>> 20, 12);
	switch (word & 0x7f) {
		case 0x37:
			return [CONSTANT, word & 0xfffff000];
		case 0x17:
			return [CONSTANT, pc + (word & 0xfffff000)];
		case 0x6f:
			return [JUMP, pc + jumpOffset(word)];
		case 0x67:
			return [funct3 === 0 ? JUMP_REGISTER : ILLEGAL_INSTRUCTION, immediate];
		case 0x63:
			return [BRANCH + funct3, pc + branchOffset(word)];
		case 0x03:
			return [LOAD + funct3, immediate];
		case 0x23:
			return [STORE + funct3, signed(((word >>> 25) << 5) | rd, 12)];
		case 0x13: {
			const shift = funct3 === 1 || funct3 === 5;
			const kind = word >>> 25;
			if (!shift) return [IMMEDIATE + funct3, immediate];
			if (kind === 0) return [IMMEDIATE + funct3, immediate & 31];
			if (kind === 0x20 && funct3 === 5) return [SHIFT_SIGNED_IMMEDIATE, immediate & 31];
			return [ILLEGAL_INSTRUCTION, 0];
		}
		case 0x33: {
			const kind = word >>> 25;
			if (kind === 0) return [REGISTER + funct3, 0];
			if (kind === 1) return [MULTIPLY + funct3, 0];
			if (kind === 0x20 && funct3 === 0) return [SUBTRACT, 0];
			if (kind === 0x20 && funct3 === 5) return [SHIFT_SIGNED, 0];
			return [ILLEGAL_INSTRUCTION, 0];
		}
		case 0x0f:
			return [FENCE, 0];
		case 0x73: // ecall, ebreak, mret and wfi are not used
			return [funct3 === 0 ? ILLEGAL_INSTRUCTION : CSR + funct3, word >>> 20];
		default:
			return [ILLEGAL_INSTRUCTION, 0];
	}
}

/** Where an instruction's parts are kept. @throws Trap where no code can be */
function placeOf(pc: number): number {
	if (pc >= FLASH && pc < FLASH + 2 * FLASH_HALVES) return (pc - FLASH) >>> 1;
	if (pc >= RAM && pc < RAM + 2 * RAM_HALVES) return FLASH_HALVES + ((pc - RAM) >>> 1);
	throw new Trap(FETCH_FAULT, pc);
}

function jumpOffset(word: number): number {
	const bits =
		(((word >>> 31) & 1) << 20) |
		(((word >>> 12) & 0xff) << 12) |
		(((word >>> 20) & 1) << 11) |
		(((word >>> 21) & 0x3ff) << 1);
	return signed(bits, 21);
}

function branchOffset(word: number): number {
	const bits =
		(((word >>> 31) & 1) << 12) |
		(((word >>> 7) & 1) << 11) |
		(((word >>> 25) & 0x3f) << 5) |
		(((word >>> 8) & 15) << 1);
	return signed(bits, 13);
}

/** A compressed instruction as the one of 32 bits that it stands for. */
function expand(c: number): number {
	const bit = (from: number, to: number) => ((c >>> from) & 1) << to;
	const bits = (from: number, count: number, to: number) => ((c >>> from) & ((1 << count) - 1)) << to;
	const rd = (c >>> 7) & 31;
	const rs2 = (c >>> 2) & 31;
	const rdShort = 8 + ((c >>> 2) & 7);
	const rs1Short = 8 + ((c >>> 7) & 7);
	const i = (value: number, rs1: number, funct3: number, to: number, opcode: number) =>
		((value << 20) | (rs1 << 15) | (funct3 << 12) | (to << 7) | opcode) >>> 0;
	const r = (funct7: number, b: number, a: number, funct3: number, to: number) =>
		((funct7 << 25) | (b << 20) | (a << 15) | (funct3 << 12) | (to << 7) | 0x33) >>> 0;
	const s = (value: number, b: number, a: number) =>
		(((value >>> 5) << 25) | (b << 20) | (a << 15) | (2 << 12) | ((value & 31) << 7) | 0x23) >>> 0;
	const jump = (to: number) => {
		const v = signed(
			bit(12, 11) |
				bit(11, 4) |
				bits(9, 2, 8) |
				bit(8, 10) |
				bit(7, 6) |
				bit(6, 7) |
				bits(3, 3, 1) |
				bit(2, 5),
			12,
		);
		const field =
			(((v >>> 20) & 1) << 31) |
			(((v >>> 1) & 0x3ff) << 21) |
			(((v >>> 11) & 1) << 20) |
			(((v >>> 12) & 0xff) << 12);
		return (field | (to << 7) | 0x6f) >>> 0;
	};
	const branch = (funct3: number) => {
		const v = signed(bit(12, 8) | bits(10, 2, 3) | bits(5, 2, 6) | bits(3, 2, 1) | bit(2, 5), 9);
		const field =
			(((v >>> 12) & 1) << 31) |
			(((v >>> 5) & 0x3f) << 25) |
			(((v >>> 1) & 15) << 8) |
			(((v >>> 11) & 1) << 7);
		return (field | (rs1Short << 15) | (funct3 << 12) | 0x63) >>> 0;
	};
	const small = signed(bit(12, 5) | bits(2, 5, 0), 6);
	const word = bits(10, 3, 3) | bit(6, 2) | bit(5, 6);
	const refused = () => {
		throw new Trap(ILLEGAL, c);
	};
	switch (((c & 3) << 3) | (c >>> 13)) {
		case 0: {
			const v = bits(11, 2, 4) | bits(7, 4, 6) | bit(6, 2) | bit(5, 3);
			return v === 0 ? refused() : i(v, 2, 0, rdShort, 0x13);
		}
		case 2:
			return i(word, rs1Short, 2, rdShort, 0x03);
		case 6:
			return s(word, rdShort, rs1Short);
		case 8:
			return i(small, rd, 0, rd, 0x13);
		case 9:
			return jump(1);
		case 10:
			return i(small, 0, 0, rd, 0x13);
		case 11:
			if (rd === 2)
				return i(signed(bit(12, 9) | bit(6, 4) | bit(5, 6) | bits(3, 2, 7) | bit(2, 5), 10), 2, 0, 2, 0x13);
			return ((small << 12) | (rd << 7) | 0x37) >>> 0;
		case 12: {
			const kind = (c >>> 10) & 3;
			if (kind === 0) return i(rs2, rs1Short, 5, rs1Short, 0x13);
			if (kind === 1) return i(rs2 | 0x400, rs1Short, 5, rs1Short, 0x13);
			if (kind === 2) return i(small, rs1Short, 7, rs1Short, 0x13);
			if (c & 0x1000) return refused();
			const [funct7, funct3] = (
				[
					[0x20, 0],
					[0, 4],
					[0, 6],
					[0, 7],
				] as const
			)[(c >>> 5) & 3]!;
			return r(funct7, rdShort, rs1Short, funct3, rs1Short);
		}
		case 13:
			return jump(0);
		case 14:
			return branch(0);
		case 15:
			return branch(1);
		case 16:
			return i(rs2, rd, 1, rd, 0x13);
		case 18:
			return i(bit(12, 5) | bits(4, 3, 2) | bits(2, 2, 6), 2, 2, rd, 0x03);
		case 20:
			if (c & 0x1000) {
				if (rs2 !== 0) return r(0, rs2, rd, 0, rd);
				return rd === 0 ? 0x00100073 : i(0, rd, 0, 1, 0x67);
			}
			return rs2 === 0 ? i(0, rd, 0, 0, 0x67) : r(0, rs2, 0, 0, rd);
		case 22:
			return s(bits(9, 4, 2) | bits(7, 2, 6), rs2, 2);
		default:
			return refused();
	}
}

// An ESP32-C3 as far as the firmware without the SDK uses it, after the chip's technical reference manual: memory, cache, clocks,
// watchdogs, UART0, USB-Serial-JTAG, system timer, and those functions of the ROM that it calls. Strict where a chip would only
// misbehave: registers not known here, code or constants from flash while the cache is suspended, bytes not invalidated, a write
// that sets bits, bits a second that do not agree. Time is that of the emulated clock.
import { type Bus, Cpu, FETCH_FAULT, LOAD_FAULT, STORE_FAULT, Trap } from "./cpu";

const FLASH_BYTES = 4 * 1024 * 1024;
const PAGE = 0x10000;
const RAM = 0x3fc80000;
const RAM_BYTES = 0x60000;
const RAM_AS_CODE = 0x40380000;
/** Where the ROM's own variables begin, which nobody else may use. */
const ROM_DATA = 0x3fcd0000;
const DATA = 0x3c000000;
const CODE = 0x42000000;
const MAP = 0x600c5000;
const MAGIC = 0xaedb041d;
const KEY = 0x50d83aa1;
const SUPER_KEY = 0x8f1d312a;
const FIFO = 128;
const RATE = 115_200;

/** Microseconds after which watchdogs that the ROM leaves on reset the chip. */
const BOOT_WATCHDOG = 1_000_000;
const ERASE_MICROSECONDS = 45_000;
const WRITE_MICROSECONDS = 700;
const SLOW_CLOCK = 0.136;
/** Reads of UART0's status without news after which the program is taken to wait. */
const POLLS = 8;

export type ResetReason = 1 | 3 | 7 | 9 | 18;

export class PowerCut extends Error {}

/** The chip resets. */
class Reset extends Error {
	constructor(readonly reason: ResetReason) {
		super(`reset ${reason}`);
	}
}

/** What only a wrong program does. */
export class Misuse extends Error {}

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;
const bit = (value: number, at: number) => ((value >>> at) & 1) === 1;

export class Esp32C3 implements Bus {
	readonly flash: Uint8Array;
	/** Bytes that the chip has sent. */
	onUart: (byte: number) => void = () => {};
	onUsb: (byte: number) => void = () => {};
	/** Bytes lost since the FIFO was full. */
	lost = 0;
	/** Resets since power-on, and the reasons. */
	readonly resets: ResetReason[] = [];
	/** Cut the power after so many bytes were erased or written. */
	cutAfter = Number.POSITIVE_INFINITY;
	/** Whether a host reads the USB port. */
	usbOpen = false;
	changedBytes = 0;
	#cpu = new Cpu(this);
	#ram = new Uint8Array(RAM_BYTES);
	#words = new DataView(this.#ram.buffer);
	/** What the cache holds of flash: what was there when it was invalidated. */
	#cached = new Uint8Array(0);
	#map = new Int32Array(128);
	#suspended = false;
	#unlocked = false;
	#registers = new Map<number, number>();
	#reason: ResetReason = 1;
	#megahertz = 40;
	#romMegahertz = 40;
	/** Microseconds before the last change of the clock, and the cycles then. */
	#before = 0;
	#since = 0;
	/** Microseconds at which each watchdog bites. */
	#bites = { rtc: 0, group: 0, super: 0 };
	#counter = { events: 0, on: 0, from: 0 };
	#received: { byte: number; at: number }[] = [];
	#usbReceived: number[] = [];
	#sendingUntil = 0;
	#snapshot = 0;
	#idle = 0;
	#polls = 0;

	constructor(flash: Uint8Array) {
		if (flash.length !== FLASH_BYTES) throw new Misuse("the flash has 4 MB");
		this.flash = flash;
		this.#boot(1);
	}

	get cycles(): number {
		return this.#cpu.cycles;
	}

	get microseconds(): number {
		return this.#before + (this.#cpu.cycles - this.#since) / this.#megahertz;
	}

	/** The core's clock in MHz, and what the ROM was told that it is. */
	get clock(): { core: number; rom: number } {
		return { core: this.#megahertz, rom: this.#romMegahertz };
	}

	/** Whether the program waits for bytes. */
	get waits(): boolean {
		return this.#idle > 64 && this.#received.length === 0 && this.#usbReceived.length === 0;
	}

	/** Bytes to UART0, one after the other at its speed. */
	send(bytes: Uint8Array): void {
		let at = Math.max(this.microseconds, this.#received.at(-1)?.at ?? 0);
		for (const byte of bytes) {
			at += 1e7 / RATE;
			this.#received.push({ byte, at });
		}
		this.#idle = 0;
	}

	sendUsb(bytes: Uint8Array): void {
		this.#usbReceived.push(...bytes);
		this.#idle = 0;
	}

	/** Runs for so many microseconds, or until the program waits for bytes. @throws PowerCut, Misuse */
	run(microseconds: number): void {
		const end = this.microseconds + microseconds;
		while (this.microseconds < end && !this.waits) {
			try {
				this.#cpu.run(20_000);
				this.#bite();
			} catch (error) {
				if (error instanceof Reset) this.#reset(error.reason);
				else if (error instanceof Trap) this.#trap(error);
				else throw error;
			}
		}
	}

	/** @throws Reset when a watchdog was not fed in time */
	#bite(): void {
		const { microseconds } = this;
		if (microseconds > this.#bites.rtc) throw new Reset(9);
		if (microseconds > this.#bites.group) throw new Reset(7);
		if (microseconds > this.#bites.super) throw new Reset(18);
	}

	#reset(reason: ResetReason): void {
		this.resets.push(reason);
		this.#boot(reason);
	}

	/** Time passes in which the program hangs. */
	pass(microseconds: number): void {
		this.#before += microseconds;
		try {
			this.#bite();
		} catch (error) {
			if (!(error instanceof Reset)) throw error;
			this.#reset(error.reason);
		}
	}

	/** A defect of the program: it goes on where nothing is. */
	derail(): void {
		this.#cpu.pc = 0;
		this.#idle = 0;
	}

	#trap({ cause, value }: Trap): void {
		this.#csr.set(0x341, this.#cpu.pc);
		this.#csr.set(0x342, cause);
		this.#csr.set(0x343, value);
		const vectors = this.#csr.get(0x305) ?? 0;
		if ((vectors & 0xff) !== 1) throw new Misuse(`trap ${cause} at ${hex(this.#cpu.pc)}, no vectors`);
		this.#cpu.pc = (vectors & ~0xff) >>> 0;
	}

	/** What the ROM does before a program that it boots directly. */
	#boot(reason: ResetReason): void {
		if (reason === 1) for (let i = 0; i < RAM_BYTES; i++) this.#ram[i] = (i * 167 + (i >> 8)) & 255;
		const header = new DataView(this.flash.buffer, this.flash.byteOffset);
		if (header.getUint32(0, true) !== MAGIC || header.getUint32(4, true) !== MAGIC)
			throw new Misuse("the flash does not begin with the magic of direct boot");
		const now = this.microseconds;
		this.#reason = reason;
		this.#cpu = new Cpu(this);
		this.#cpu.pc = CODE + 8;
		this.#before = now;
		this.#since = 0;
		this.#setClock(40);
		this.#romMegahertz = 40;
		this.#cached = this.flash.slice();
		this.#map = Int32Array.from({ length: 128 }, (_, page) => (page < 64 ? page : 0x100));
		this.#suspended = false;
		this.#unlocked = false;
		this.#registers = new Map(DEFAULTS);
		this.#csr = new Map();
		this.#bites = { rtc: now + BOOT_WATCHDOG, group: now + BOOT_WATCHDOG, super: now + BOOT_WATCHDOG };
		this.#counter = { events: 0, on: 0, from: 0 };
		this.#received = [];
		this.#usbReceived = [];
		this.#sendingUntil = now;
		this.#idle = 0;
	}

	#setClock(megahertz: number): void {
		this.#before = this.microseconds;
		this.#since = this.#cpu.cycles;
		this.#megahertz = megahertz;
	}

	// ---- Memory ----

	/** Place in RAM, or -1. */
	#inRam(address: number): number {
		const base = address >>> 24 === 0x40 ? RAM_AS_CODE : RAM;
		const offset = address - base;
		return offset >= 0 && offset < ROM_DATA - RAM ? offset : -1;
	}

	/** Place in what the cache holds, or -1. */
	#inFlash(address: number): number {
		const base = address >>> 24;
		if (base !== DATA >>> 24 && base !== CODE >>> 24) return -1;
		const page = this.#map[(address & 0x7fffff) >>> 16]!;
		if ((address & 0xffffff) >= 0x800000 || page >= FLASH_BYTES / PAGE) return -1;
		if (this.#suspended)
			throw new Misuse(`${hex(address)} is read at ${hex(this.#cpu.pc)} while the cache is suspended`);
		return page * PAGE + (address & (PAGE - 1));
	}

	fetch(address: number): number {
		const ram = address >>> 24 === 0x40 ? this.#inRam(address) : -1;
		if (ram >= 0) return this.#words.getUint16(ram, true);
		const flash = address >>> 24 === CODE >>> 24 ? this.#inFlash(address) : -1;
		if (flash < 0) throw new Trap(FETCH_FAULT, address);
		return this.#cached[flash]! | (this.#cached[flash + 1]! << 8);
	}

	/** The core splits a misaligned load itself: XS's DataView relies on that, with the SDK too. */
	load(address: number, bytes: 1 | 2 | 4): number {
		const ram = this.#inRam(address);
		if (ram >= 0)
			return bytes === 4
				? this.#words.getInt32(ram, true)
				: bytes === 2
					? this.#words.getUint16(ram, true)
					: this.#ram[ram]!;
		const at = this.#inFlash(address);
		if (at >= 0) {
			const cached = this.#cached;
			const low = cached[at]!;
			if (bytes === 1) return low;
			const half = low | (cached[at + 1]! << 8);
			return bytes === 2 ? half : half | (cached[at + 2]! << 16) | (cached[at + 3]! << 24);
		}
		if (address >>> 24 !== 0x60 || bytes !== 4 || address % 4 !== 0) throw new Trap(LOAD_FAULT, address);
		return this.#readRegister(address) | 0;
	}

	store(address: number, bytes: 1 | 2 | 4, value: number): void {
		if (address % bytes !== 0) throw new Trap(6, address);
		const ram = this.#inRam(address);
		if (ram >= 0) {
			if (bytes === 4) this.#words.setInt32(ram, value, true);
			else if (bytes === 2) this.#words.setInt16(ram, value, true);
			else this.#ram[ram] = value;
			return;
		}
		if (address >>> 24 !== 0x60 || bytes !== 4) throw new Trap(STORE_FAULT, address);
		this.#writeRegister(address, value >>> 0);
	}

	// ---- Registers of the core ----

	#csr = new Map<number, number>();

	readCsr(csr: number): number {
		if (csr === 0x7e2) {
			const { events, on, from } = this.#counter;
			return events === 1 && on === 1 ? (this.#cpu.cycles - from) | 0 : 0;
		}
		if (![0x305, 0x341, 0x342, 0x343, 0x7e0, 0x7e1].includes(csr)) throw new Trap(2, csr);
		return this.#csr.get(csr) ?? 0;
	}

	writeCsr(csr: number, value: number): void {
		if (csr === 0x7e0) this.#counter.events = value;
		else if (csr === 0x7e1) {
			this.#counter.on = value;
			this.#counter.from = this.#cpu.cycles;
		} else if (csr !== 0x305) throw new Trap(2, csr);
		this.#csr.set(csr, value);
	}

	// ---- Peripherals ----

	#readRegister(address: number): number {
		const now = this.microseconds;
		if (address >= MAP && address < MAP + 512) return this.#map[(address - MAP) / 4]!;
		switch (address) {
			case UART: {
				this.#idle = 0;
				const first = this.#received[0];
				return first !== undefined && first.at <= now ? this.#received.shift()!.byte : 0;
			}
			case UART + 0x1c:
				return this.#uartStatus();
			case USB:
				this.#idle = 0;
				return this.#usbReceived.shift() ?? 0;
			case USB + 4:
				return (this.usbOpen ? 2 : 0) | (this.#usbReceived.length > 0 ? 4 : 0);
			case TIMER + 4:
				return 1 << 29;
			case TIMER + 0x40:
				return Math.floor(this.#snapshot / 2 ** 32);
			case TIMER + 0x44:
				return this.#snapshot % 2 ** 32;
		}
		const value = this.#registers.get(address);
		if (value === undefined) throw new Misuse(`register ${hex(address)} is read at ${hex(this.#cpu.pc)}`);
		return value;
	}

	/** What is queued on both sides. Where the program can only wait, time jumps to when something happens. */
	#uartStatus(): number {
		const received = this.#received;
		let now = this.microseconds;
		const next = received[0];
		if (next !== undefined && next.at > now && ++this.#polls > POLLS && this.#sendingUntil <= now) {
			this.#before += next.at - now;
			now = next.at;
		}
		if (next !== undefined && next.at <= now) this.#polls = 0;
		let queued = 0;
		while (queued < received.length && received[queued]!.at <= now) queued++;
		if (queued > FIFO) {
			received.splice(FIFO, queued - FIFO);
			this.lost += queued - FIFO;
			queued = FIFO;
		}
		let sending = Math.max(0, Math.ceil(((this.#sendingUntil - now) * RATE) / 1e7));
		if (sending >= FIFO - 2) {
			this.#before += 1e7 / RATE;
			sending--;
		}
		if (received.length === 0 && sending === 0) this.#idle++;
		return (sending << 16) | queued;
	}

	#writeRegister(address: number, value: number): void {
		const now = this.microseconds;
		if (address >= MAP && address < MAP + 512) {
			if (!this.#suspended) throw new Misuse("the cache's map is changed while the cache runs");
			this.#map[(address - MAP) / 4] = value;
			return;
		}
		if (!this.#registers.has(address))
			throw new Misuse(`register ${hex(address)} is written at ${hex(this.#cpu.pc)}`);
		const lock = LOCKS.get(address);
		if (lock !== undefined && this.#registers.get(lock.by) !== lock.key) return; // a locked register ignores it
		this.#registers.set(address, value);
		switch (address) {
			case RTC:
				if (bit(value, 31)) throw new Reset(3);
				break;
			case RTC + 0x90:
			case RTC + 0x94:
			case RTC + 0xa4: {
				const settings = this.#registers.get(RTC + 0x90)!;
				const ticks = 2 * this.#registers.get(RTC + 0x94)!;
				const on = bit(settings, 31) && ((settings >>> 28) & 7) === 3;
				this.#bites.rtc = on ? now + ticks / SLOW_CLOCK : Number.POSITIVE_INFINITY;
				break;
			}
			case RTC + 0xac:
				if (bit(value, 31)) this.#bites.super = Number.POSITIVE_INFINITY;
				break;
			case GROUP + 0x48:
				if (!bit(value, 31) && bit(value, 22)) this.#bites.group = Number.POSITIVE_INFINITY;
				break;
			case SYSTEM + 8:
			case SYSTEM + 0x58: {
				const core = this.#registers.get(SYSTEM + 8)!;
				const pll = ((this.#registers.get(SYSTEM + 0x58)! >>> 10) & 3) === 1;
				if (pll && (this.#registers.get(RTC)! & 0x540) !== 0) throw new Misuse("the PLL is switched off");
				this.#setClock(pll ? ((core & 3) === 1 ? 160 : 80) : 40);
				break;
			}
			case UART: {
				this.#idle = 0;
				const divider = this.#registers.get(UART + 0x14)!;
				const crystal = ((this.#registers.get(UART + 0x78)! >>> 20) & 3) === 3;
				const rate = (crystal ? 40e6 : 80e6) / ((divider & 0xfff) + ((divider >>> 20) & 15) / 16);
				if (Math.abs(rate / RATE - 1) > 0.01)
					throw new Misuse(`UART0 sends at ${rate.toFixed(0)} bits a second`);
				this.#sendingUntil = Math.max(this.#sendingUntil, now) + 1e7 / RATE;
				this.onUart(value & 255);
				break;
			}
			case USB:
				if (this.usbOpen) this.onUsb(value & 255);
				break;
			case TIMER + 4:
				if (!bit(this.#registers.get(TIMER)!, 30)) throw new Misuse("the system timer stands still");
				if (bit(value, 30)) this.#snapshot = Math.floor(16 * now);
				break;
		}
	}

	// ---- ROM ----

	callRom(address: number): number {
		const { x } = this.#cpu;
		const [, ra] = x;
		const a = (i: number) => x[10 + i]! >>> 0;
		const needSuspended = () => {
			if (!this.#suspended || !this.#unlocked)
				throw new Misuse("flash is changed with the cache running, or locked");
		};
		switch (address) {
			case 0x40000018:
				x[10] = this.#reason;
				break;
			case 0x40000128: {
				needSuspended();
				const from = a(0) * 4096;
				if (from + 4096 > FLASH_BYTES) throw new Misuse(`sector ${a(0)} is erased`);
				this.#change(from, 4096, () => 0xff);
				this.#before += ERASE_MICROSECONDS;
				x[10] = 0;
				break;
			}
			case 0x4000012c: {
				needSuspended();
				const [to, from, bytes] = [a(0), this.#inRam(a(1)), a(2)];
				if (to % 4 !== 0 || bytes % 4 !== 0 || from < 0 || from % 4 !== 0 || to + bytes > FLASH_BYTES)
					throw new Misuse(`${bytes} bytes at ${hex(a(1))} are written to ${hex(to)}`);
				this.#change(to, bytes, (i) => this.flash[to + i]! & this.#ram[from + i]!);
				this.#before += WRITE_MICROSECONDS;
				x[10] = 0;
				break;
			}
			case 0x40000140:
				this.#unlocked = true;
				x[10] = 0;
				break;
			case 0x400004d4: {
				const from = (a(0) & 0x7fffff) >>> 0;
				this.#cached.set(this.flash.subarray(from, from + a(1)), from);
				break;
			}
			case 0x40000524:
				this.#suspended = true;
				x[10] = 0;
				break;
			case 0x40000528:
				this.#suspended = false;
				break;
			case 0x40000588:
				this.#romMegahertz = a(0);
				break;
			default:
				throw new Misuse(`the ROM is called at ${hex(address)}`);
		}
		return ra! >>> 0;
	}

	#change(from: number, bytes: number, byteAt: (i: number) => number): void {
		for (let i = 0; i < bytes; i++) {
			if (this.changedBytes++ >= this.cutAfter) throw new PowerCut();
			this.flash[from + i] = byteAt(i);
		}
	}
}

const RTC = 0x60008000;
const GROUP = 0x6001f000;
const SYSTEM = 0x600c0000;
const TIMER = 0x60023000;
const UART = 0x60000000;
const USB = 0x60043000;

/** Registers in use, with what they hold when the ROM starts a program. */
const DEFAULTS: readonly (readonly [number, number])[] = [
	[RTC, 0x2000],
	[RTC + 0x90, (1 << 31) | (1 << 12)],
	[RTC + 0x94, 0],
	[RTC + 0xa4, 0],
	[RTC + 0xa8, 0],
	[RTC + 0xac, 0],
	[RTC + 0xb0, 0],
	[GROUP + 0x48, (1 << 31) | (1 << 14)],
	[GROUP + 0x64, 0],
	[SYSTEM + 8, 0x4],
	[SYSTEM + 0x58, 1],
	[TIMER, 0x46000000],
	[TIMER + 4, 0],
	[UART, 0],
	[UART + 0x14, 347 | (4 << 20)],
	[UART + 0x78, 3 << 20],
	[USB, 0],
	[USB + 4, 0],
];

/** Registers that take a value only while another one holds a key. */
const LOCKS = new Map<number, { by: number; key: number }>([
	...[0x90, 0x94, 0xa4].map((offset) => [RTC + offset, { by: RTC + 0xa8, key: KEY }] as const),
	[RTC + 0xac, { by: RTC + 0xb0, key: SUPER_KEY }] as const,
	[GROUP + 0x48, { by: GROUP + 0x64, key: KEY }] as const,
]);

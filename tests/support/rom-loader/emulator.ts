// The serial boot loader of an ESP32-family chip, in ROM and as esptool's stub, after Espressif's published serial protocol
// (docs.espressif.com, esptool, "Serial Protocol"). It holds the host to the protocol: lengths, checksums, SPI_ATTACH before
// flash, bounds, NOR rules. Not a processor: code that is loaded to RAM is kept, and entering it counts as starting the stub.
import { createHash } from "node:crypto";
import { constants, inflateSync } from "node:zlib";
import type { ChipModel } from "./chips";
import { NorChip, SECTOR } from "./nor";
import { SlipDecoder, slipEncode } from "./slip";

const Op = {
	FLASH_BEGIN: 0x02,
	FLASH_DATA: 0x03,
	FLASH_END: 0x04,
	MEM_BEGIN: 0x05,
	MEM_END: 0x06,
	MEM_DATA: 0x07,
	SYNC: 0x08,
	WRITE_REG: 0x09,
	READ_REG: 0x0a,
	SPI_SET_PARAMS: 0x0b,
	SPI_ATTACH: 0x0d,
	CHANGE_BAUDRATE: 0x0f,
	FLASH_DEFL_BEGIN: 0x10,
	FLASH_DEFL_DATA: 0x11,
	FLASH_DEFL_END: 0x12,
	SPI_FLASH_MD5: 0x13,
	GET_SECURITY_INFO: 0x14,
	ERASE_FLASH: 0xd0,
	ERASE_REGION: 0xd1,
	READ_FLASH: 0xd2,
	RUN_USER_CODE: 0xd3,
} as const;

/** Error codes: those of the ROM, and the stub's for the same. */
const Fault = {
	INVALID: [0x05, 0xc0],
	CHECKSUM: [0x07, 0xc1],
	BLOCK_SIZE: [0x05, 0xc2],
	FLASH: [0x08, 0xc4],
	NOT_BEGUN: [0x06, 0xc6],
	INFLATE: [0x0b, 0xc7],
	NOT_ENOUGH: [0x06, 0xc8],
	TOO_MUCH: [0x06, 0xc9],
	UNKNOWN: [0x05, 0xff],
} as const;
type Fault = (typeof Fault)[keyof typeof Fault];

/** Ends a command with an error code. */
class Refusal extends Error {
	constructor(readonly fault: Fault) {
		super(`error ${fault[0]} or ${fault[1]}`);
	}
}

function demand(condition: boolean, fault: Fault): asserts condition {
	if (!condition) throw new Refusal(fault);
}

interface Download {
	deflated: boolean;
	/** Where the next byte goes, and how many are to come. */
	at: number;
	remaining: number;
	blockSize: number;
	blocks: number;
	/** Sectors below this offset are erased. */
	erasedTo: number;
	/** Compressed bytes so far, and how many bytes of what they hold are written. */
	compressed: Uint8Array[];
	inflated: number;
	/** The stub acknowledges a block before it writes it: an error comes with the next reply. */
	late: Fault | undefined;
}

export interface EmulatorOptions {
	chip: ChipModel;
	flash?: NorChip;
	/** Flag bits and encryption count of GET_SECURITY_INFO. */
	security?: { flags: number; flashCryptCount: number };
	/** Capacity code in the flash chip's identification: 2 to its power bytes. Default that of `flash`. */
	capacityCode?: number;
	/** Starts in the ROM loader, as with the BOOT button held; else in the firmware. */
	download?: boolean;
	/** Gets what the host sends while firmware runs. */
	firmware?: (bytes: Uint8Array) => void;
	/** A worn cell: the lowest bit that is set in what is written to this offset reads 0. */
	wornAt?: number;
	/** Flash that is read here loses a bit on the wire. */
	garbledAt?: number;
}

type State = "firmware" | "rom" | "stub" | "crashed";
/** Milliseconds that the capacitor at the reset line takes; IO0 is looked at when it is charged. */
const RESET_DELAY = 4;
/** Time is not kept: a register says what it was last told, but for those that the flash chip answers through. */
const SPI_USER_COMMAND = 1 << 18;
const READ_ID = 0x9f;
const MAGIC_REGISTER = 0x40001000;
const ROM_SYNC_VALUE = 0x20120707;
/** The oldest ROMs say several times, and without its number, that they do not know a command: so their clients expect. */
const UNKNOWN_REPLIES = 8;

export class Emulator {
	readonly flash: NorChip;
	/** "rom" or "firmware" for each time that the chip left reset. */
	readonly boots: State[] = [];
	/** Commands in the order in which they came. */
	readonly commands: number[] = [];
	/** Hears what the chip sends. */
	send: (bytes: Uint8Array) => void = () => {};
	/** Bits a second; undefined until a SYNC shows them, as the ROM measures. */
	baudRate: number | undefined;
	state: State = "firmware";
	readonly #options: EmulatorOptions;
	readonly #decoder = new SlipDecoder((packet) => this.#packet(packet));
	#registers = new Map<number, number>();
	#attached = false;
	#download: Download | undefined;
	#memory: { start: number; bytes: Uint8Array; next: number; blockSize: number }[] = [];
	#reading:
		| { at: number; end: number; start: number; packet: number; window: number; acked: number }
		| undefined;
	#lines = { dtr: false, rts: false };
	#waiting: { state: State; resolve: () => void }[] = [];

	constructor(options: EmulatorOptions) {
		this.#options = options;
		this.flash = options.flash ?? new NorChip();
		if (options.download) this.#enter("rom");
	}

	/**
	 * The modem lines, through the two transistors of a common board: RTS without DTR pulls reset, DTR without RTS pulls IO0.
	 */
	setLines(lines: { dtr: boolean; rts: boolean }): void {
		const held = (l: typeof lines) => l.rts && !l.dtr;
		const wasHeld = held(this.#lines);
		this.#lines = lines;
		if (!wasHeld || held(lines)) return;
		setTimeout(() => {
			if (held(this.#lines)) return;
			this.#enter(this.#lines.dtr && !this.#lines.rts ? "rom" : "firmware");
		}, RESET_DELAY);
	}

	/** Waits until the chip is in a state. */
	entered(state: State): Promise<void> {
		if (this.state === state) return Promise.resolve();
		return new Promise((resolve) => this.#waiting.push({ state, resolve }));
	}

	receive(bytes: Uint8Array): void {
		if (this.state === "firmware") this.#options.firmware?.(bytes);
		else if (this.state !== "crashed") this.#decoder.push(bytes);
	}

	#enter(state: "rom" | "firmware"): void {
		this.state = state;
		this.boots.push(state);
		for (const waiting of this.#waiting) if (waiting.state === state) waiting.resolve();
		this.baudRate = state === "firmware" ? 115_200 : undefined;
		this.#registers = new Map(Object.entries(this.#options.chip.registers).map(([a, v]) => [Number(a), v]));
		this.#attached = false;
		this.#download = undefined;
		this.#memory = [];
		this.#reading = undefined;
		const mode =
			state === "rom" ? "0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download" : "0x13 (SPI_FAST_FLASH_BOOT)";
		this.send(Buffer.from(`ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:${mode}\r\n`));
	}

	get #stub(): boolean {
		return this.state === "stub";
	}

	#packet(packet: Uint8Array): void {
		if (this.#reading) {
			this.#acknowledge(packet);
			return;
		}
		if (packet.length < 8 || packet[0] !== 0) return;
		const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
		const op = packet[1]!;
		const data = packet.subarray(8);
		this.commands.push(op);
		try {
			demand(view.getUint16(2, true) === data.length, Fault.INVALID);
			this.#execute(op, data, view.getUint32(4, true));
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			if (error.fault === Fault.UNKNOWN && this.#options.chip.chipId === undefined && !this.#stub)
				this.#reply(0, { fault: error.fault, times: UNKNOWN_REPLIES });
			else this.#reply(op, { fault: error.fault });
		}
	}

	/** Status bytes stand behind the data: two of the stub, four of the ROM. Replies that are repeated come in one piece. */
	#reply(op: number, reply: { value?: number; data?: Uint8Array; fault?: Fault; times?: number } = {}): void {
		const { value = 0, data = new Uint8Array(0), fault, times = 1 } = reply;
		const status = this.#stub ? 2 : 4;
		const packet = new Uint8Array(8 + data.length + status);
		const view = new DataView(packet.buffer);
		packet[0] = 1;
		packet[1] = op;
		view.setUint16(2, data.length + status, true);
		view.setUint32(4, value, true);
		packet.set(data, 8);
		if (fault) packet.set([1, fault[this.#stub ? 1 : 0]], 8 + data.length);
		this.send(Buffer.concat(new Array(times).fill(slipEncode(packet))));
	}

	#execute(op: number, data: Uint8Array, checksum: number): void {
		const words = new DataView(data.buffer, data.byteOffset, data.byteLength);
		const word = (i: number) => {
			demand(data.length >= 4 * i + 4, Fault.INVALID);
			return words.getUint32(4 * i, true);
		};
		switch (op) {
			case Op.SYNC:
				demand(data.length === 36 && data.subarray(4).every((byte) => byte === 0x55), Fault.INVALID);
				this.#reply(op, { value: this.#stub ? 0 : ROM_SYNC_VALUE, times: 8 });
				return;
			case Op.READ_REG:
				this.#reply(op, { value: this.#readRegister(word(0)) });
				return;
			case Op.WRITE_REG:
				demand(data.length >= 16 && data.length % 16 === 0, Fault.INVALID);
				for (let i = 0; i < data.length / 4; i += 4) this.#writeRegister(word(i), word(i + 1), word(i + 2));
				this.#reply(op);
				return;
			case Op.GET_SECURITY_INFO:
				this.#reply(op, { data: this.#securityInfo() });
				return;
			case Op.SPI_ATTACH:
				demand(data.length === (this.#stub ? 4 : 8), Fault.INVALID);
				this.#attached = true;
				this.#reply(op);
				return;
			case Op.SPI_SET_PARAMS:
				demand(data.length === 24 && word(1) <= this.flash.bytes.length && word(3) === SECTOR, Fault.INVALID);
				this.#reply(op);
				return;
			case Op.CHANGE_BAUDRATE: {
				// the stub is told the old rate too, for it can't know its own
				demand(data.length === 8 && word(0) > 0 && word(1) > 0 === this.#stub, Fault.INVALID);
				const rate = word(0);
				this.#reply(op);
				this.baudRate = rate;
				return;
			}
			case Op.MEM_BEGIN:
				demand(
					data.length === 16 && word(1) === Math.ceil(word(0) / word(2)) && word(0) < 0x40000,
					Fault.INVALID,
				);
				this.#memory.push({ start: word(3), bytes: new Uint8Array(word(0)), next: 0, blockSize: word(2) });
				this.#reply(op);
				return;
			case Op.MEM_DATA:
				this.#memoryData(this.#block(data, checksum), word(1));
				this.#reply(op);
				return;
			case Op.MEM_END:
				this.#memoryEnd(word(0), word(1));
				return;
			case Op.FLASH_BEGIN:
			case Op.FLASH_DEFL_BEGIN:
				this.#begin(op === Op.FLASH_DEFL_BEGIN, word(0), word(1), word(2), word(3));
				this.#reply(op);
				return;
			case Op.FLASH_DATA:
			case Op.FLASH_DEFL_DATA:
				this.#flashData(op, this.#block(data, checksum));
				return;
			case Op.FLASH_END:
			case Op.FLASH_DEFL_END:
				this.#end(op, word(0));
				return;
			case Op.SPI_FLASH_MD5: {
				const range = this.#range(word(0), word(1));
				const md5 = createHash("md5").update(range);
				this.#reply(op, { data: this.#stub ? md5.digest() : Buffer.from(md5.digest("hex")) });
				return;
			}
		}
		demand(this.#stub, Fault.UNKNOWN);
		switch (op) {
			case Op.ERASE_FLASH:
				for (let at = 0; at < this.flash.bytes.length; at += SECTOR) this.flash.erase(at);
				this.#reply(op);
				return;
			case Op.ERASE_REGION:
				demand(word(0) % SECTOR === 0 && word(1) % SECTOR === 0, Fault.BLOCK_SIZE);
				this.#range(word(0), word(1));
				for (let at = 0; at < word(1); at += SECTOR) this.flash.erase(word(0) + at);
				this.#reply(op);
				return;
			case Op.READ_FLASH: {
				const [offset, length] = [word(0), word(1)];
				this.#range(offset, length);
				demand(word(2) > 0 && word(2) <= SECTOR && word(3) > 0, Fault.BLOCK_SIZE);
				this.#reply(op);
				this.#reading = {
					start: offset,
					at: offset,
					end: offset + length,
					packet: word(2),
					window: word(3),
					acked: 0,
				};
				this.#continueReading();
				return;
			}
			case Op.RUN_USER_CODE:
				this.#enter("firmware");
				return;
		}
		throw new Refusal(Fault.UNKNOWN);
	}

	#readRegister(address: number): number {
		if (address === MAGIC_REGISTER) return this.#options.chip.magic;
		return this.#registers.get(address) ?? 0;
	}

	/** Keeps what is written; a user command to the SPI controller is answered by the flash chip at once. */
	#writeRegister(address: number, value: number, mask: number): void {
		const { base, usr2, w0 } = this.#options.chip.spi;
		const before = this.#registers.get(address) ?? 0;
		this.#registers.set(address, ((before & ~mask) | (value & mask)) >>> 0);
		if (address !== base || (value & SPI_USER_COMMAND) === 0) return;
		const command = this.#readRegister(base + usr2) & 0xff;
		const capacity = this.#options.capacityCode ?? Math.log2(this.flash.bytes.length);
		// maker 0xEF, kind 0x40, and the power of two of its size
		this.#registers.set(base + w0, command === READ_ID ? 0xef | (0x40 << 8) | (capacity << 16) : 0);
		this.#registers.set(base, 0);
	}

	#securityInfo(): Uint8Array {
		const { chip, security } = this.#options;
		demand(chip.chipId !== undefined, Fault.UNKNOWN);
		const info = new Uint8Array(20);
		const view = new DataView(info.buffer);
		view.setUint32(0, security?.flags ?? 0, true);
		info[4] = security?.flashCryptCount ?? 0;
		view.setUint32(12, chip.chipId, true);
		return info;
	}

	/** The bytes of a _DATA command: their length and checksum must be right. */
	#block(data: Uint8Array, checksum: number): Uint8Array {
		demand(data.length >= 16, Fault.INVALID);
		const bytes = data.subarray(16);
		demand(new DataView(data.buffer, data.byteOffset).getUint32(0, true) === bytes.length, Fault.INVALID);
		demand((checksum & 0xff) === bytes.reduce((sum, byte) => sum ^ byte, 0xef), Fault.CHECKSUM);
		return bytes;
	}

	#memoryData(bytes: Uint8Array, sequence: number): void {
		const area = this.#memory.at(-1);
		demand(area !== undefined, Fault.NOT_BEGUN);
		demand(sequence === area.next && bytes.length <= area.blockSize, Fault.INVALID);
		demand(sequence * area.blockSize + bytes.length <= area.bytes.length, Fault.TOO_MUCH);
		area.bytes.set(bytes, sequence * area.blockSize);
		area.next++;
	}

	#memoryEnd(stay: number, entry: number): void {
		this.#reply(Op.MEM_END);
		if (stay || entry === 0) return;
		const loaded = this.#memory.some(
			({ start, bytes, next, blockSize }) =>
				entry >= start && entry < start + bytes.length && next * blockSize >= bytes.length,
		);
		this.state = loaded ? "stub" : "crashed";
		if (loaded) this.send(slipEncode(Buffer.from("OHAI")));
	}

	#range(offset: number, length: number): Uint8Array {
		demand(this.#stub || this.#attached, Fault.NOT_BEGUN);
		demand(offset + length <= this.flash.bytes.length, Fault.FLASH);
		return this.flash.bytes.subarray(offset, offset + length);
	}

	/** The ROM erases what will be written at once, the stub sector by sector as it comes there. */
	#begin(deflated: boolean, length: number, blocks: number, blockSize: number, offset: number): void {
		this.#range(offset, length);
		demand(offset % SECTOR === 0, Fault.INVALID);
		if (!this.#stub) for (let at = 0; at < length; at += SECTOR) this.flash.erase(offset + at);
		const erasedTo = this.#stub ? offset : offset + length;
		this.#download = {
			deflated,
			at: offset,
			remaining: length,
			blocks,
			blockSize,
			erasedTo,
			compressed: [],
			inflated: 0,
			late: undefined,
		};
	}

	#flashData(op: number, block: Uint8Array): void {
		const download = this.#download;
		demand(download !== undefined && download.deflated === (op === Op.FLASH_DEFL_DATA), Fault.NOT_BEGUN);
		demand(block.length <= download.blockSize, Fault.BLOCK_SIZE);
		if (download.late) throw new Refusal(download.late);
		demand(download.blocks-- > 0, Fault.TOO_MUCH);
		if (this.#stub) this.#reply(op);
		try {
			this.#store(download, block);
			if (!this.#stub) this.#reply(op);
		} catch (error) {
			if (!(error instanceof Refusal) || !this.#stub) throw error;
			download.late = error.fault;
		}
	}

	#store(download: Download, block: Uint8Array): void {
		let bytes = block.slice();
		if (download.deflated) {
			download.compressed.push(bytes);
			bytes = inflatePart(download.compressed).slice(download.inflated);
			download.inflated += bytes.length;
			demand(bytes.length <= download.remaining, Fault.TOO_MUCH);
		} else bytes = bytes.subarray(0, download.remaining); // the last block is filled up
		const { wornAt } = this.#options;
		if (wornAt !== undefined && wornAt >= download.at && wornAt < download.at + bytes.length)
			bytes[wornAt - download.at]! &= bytes[wornAt - download.at]! - 1;
		while (download.erasedTo < download.at + bytes.length) {
			this.flash.erase(download.erasedTo);
			download.erasedTo += SECTOR;
		}
		this.flash.write(download.at, bytes);
		download.at += bytes.length;
		download.remaining -= bytes.length;
	}

	#end(op: number, stay: number): void {
		const download = this.#download;
		demand(download !== undefined, Fault.NOT_BEGUN);
		if (download.late) throw new Refusal(download.late);
		demand(download.remaining <= 0 || !this.#stub, Fault.NOT_ENOUGH);
		this.#download = undefined;
		this.#reply(op);
		if (stay === 0) this.#enter("firmware");
	}

	#continueReading(): void {
		const reading = this.#reading!;
		while (
			reading.at < reading.end &&
			reading.at - reading.start - reading.acked < reading.window * reading.packet
		) {
			const next = Math.min(reading.at + reading.packet, reading.end);
			const bytes = this.flash.bytes.slice(reading.at, next);
			const { garbledAt = -1 } = this.#options;
			if (garbledAt >= reading.at && garbledAt < next) bytes[garbledAt - reading.at]! ^= 1;
			this.send(slipEncode(bytes));
			reading.at = next;
		}
	}

	/** Each acknowledgement is the count of bytes so far; with the last one the MD5 of all goes out. Others abort. */
	#acknowledge(packet: Uint8Array): void {
		const reading = this.#reading!;
		const count =
			packet.length === 4 ? new DataView(packet.buffer, packet.byteOffset).getUint32(0, true) : -1;
		if (count < reading.acked || count > reading.at - reading.start) {
			this.#reading = undefined;
			return;
		}
		reading.acked = count;
		if (count < reading.end - reading.start) {
			this.#continueReading();
			return;
		}
		this.#reading = undefined;
		const bytes = this.flash.bytes.subarray(reading.start, reading.end);
		this.send(slipEncode(createHash("md5").update(bytes).digest()));
	}
}

/** As much as the compressed bytes so far hold. */
function inflatePart(compressed: readonly Uint8Array[]): Uint8Array {
	try {
		return new Uint8Array(inflateSync(Buffer.concat(compressed), { finishFlush: constants.Z_SYNC_FLUSH }));
	} catch {
		throw new Refusal(Fault.INFLATE);
	}
}

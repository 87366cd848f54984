// A chip in its ROM loader, through esptool-js and its stub: read, erase, write with MD5, reset. The gaps of esptool-js 0.7
// are filled here and nowhere else: it prints traces to stdout, it goes on waiting when the port has vanished, it does not
// check the digest behind what it reads, it has no method to erase a region, and its hard reset never pulses the reset line.
import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { ESPLoader, type FlashSizeValues, Transport } from "esptool-js";
import { UserError } from "../terminal/errors";
import type { WebSerialPort } from "./serial-transport";

/** Chips that firmware is built for (manifests/), with the number that their images carry and where the bootloader goes. */
export const CHIPS: Readonly<Record<string, { imageChipId: number; bootloaderOffset: number }>> = {
	ESP32: { imageChipId: 0, bootloaderOffset: 0x1000 },
	"ESP32-S3": { imageChipId: 9, bootloaderOffset: 0 },
	"ESP32-C3": { imageChipId: 5, bootloaderOffset: 0 },
	"ESP32-C6": { imageChipId: 13, bootloaderOffset: 0 },
};

const ROM_BAUD = 115_200;
/** Milliseconds that erasing a few sectors may take. */
const ERASE_TIMEOUT = 10_000;
const DIGEST_TIMEOUT = 3000;
/** First efuse word of the ESP32; bits 20 to 26 count how often flash encryption was switched. */
const ESP32_EFUSE_WORD0 = 0x3ff5a000;

class QuietTransport extends Transport {
	#lost = false;

	override trace(): void {}

	override async read(timeout: number): Promise<Uint8Array> {
		if (this.#lost) throw new Error("port lost");
		return (await super.read(timeout)) as Uint8Array;
	}

	/** A write that failed leaves its lock behind: locks are given some time, and then passed over. */
	override async waitForUnlock(): Promise<void> {
		const { readable, writable } = this.device as unknown as WebSerialPort;
		for (let i = 0; i < 50 && (readable?.locked || writable?.locked); i++) await setTimeout(10);
	}

	get lost(): boolean {
		return this.#lost;
	}

	/** Ends what waits for bytes: an escape that SLIP does not know is an error wherever in a packet it stands. */
	lose(): void {
		this.#lost = true;
		(this as unknown as { buffer: Uint8Array }).buffer = Uint8Array.of(0xdb, 0);
	}
}

const odd = (bits: number): boolean => bits.toString(2).replaceAll("0", "").length % 2 === 1;

/** What is said when a port is gone in the middle of the work. */
export function vanished(path: string): UserError {
	return new UserError(
		`The port ${path} vanished in the middle of the work; slots that were not being written are untouched. Plug the device in and repeat the command.`,
	);
}

export interface ConnectOptions {
	port: WebSerialPort;
	/** For messages. */
	path: string;
	/** Bits a second once the stub runs. Default 460800. */
	baudRate?: number;
}

/** A chip that answers. Every method throws a UserError. */
export class EspChip {
	readonly #transport: QuietTransport;
	readonly #loader: ESPLoader;
	readonly #port: WebSerialPort;
	readonly #path: string;
	readonly #baudRate: number;
	/** Bytes of the flash chip, by its own identification. */
	flashBytes = 0;

	/**
	 * Resets a chip into its ROM loader and starts esptool's stub there.
	 * @throws UserError when none answers, or one that can't be flashed
	 */
	static async connect(options: ConnectOptions): Promise<EspChip> {
		const chip = new EspChip(options);
		try {
			await chip.#start();
		} catch (error) {
			await chip.close();
			throw error;
		}
		return chip;
	}

	private constructor({ port, path, baudRate = 460_800 }: ConnectOptions) {
		this.#port = port;
		this.#path = path;
		this.#baudRate = baudRate;
		this.#transport = new QuietTransport(port as never);
		port.onLost = () => this.#transport.lose();
		this.#loader = new ESPLoader({
			transport: this.#transport,
			baudrate: baudRate,
			romBaudrate: ROM_BAUD,
			terminal: { clean() {}, write() {}, writeLine() {} },
		});
	}

	/** ESP32, ESP32-C3 ... */
	get name(): string {
		return this.#loader.chip.CHIP_NAME;
	}

	async #start(): Promise<void> {
		const loader = this.#loader;
		await this.#guard(
			() => loader.detectChip(),
			() =>
				`No chip answers on ${this.#path}: hold its BOOT button, press RESET, let BOOT go and repeat the command; or check cable and port.`,
		);
		if (CHIPS[this.name] === undefined)
			throw new UserError(
				`The chip on ${this.#path} is an ${this.name}; edge-ssm runs on ${Object.keys(CHIPS).join(", ")}.`,
			);
		if (loader.secureDownloadMode)
			throw new UserError(
				`The ${this.name} on ${this.#path} is in secure download mode; load models through its firmware (--via link).`,
			);
		const failed = (error: Error) => `The ${this.name} on ${this.#path} stopped answering: ${error.message}.`;
		await this.#guard(async () => {
			const switched =
				this.name === "ESP32"
					? ((await loader.readReg(ESP32_EFUSE_WORD0)) >> 20) & 0x7f
					: (await loader.getSecurityInfo()).flashCryptCnt;
			if (odd(switched))
				throw new UserError(
					`The flash of the ${this.name} on ${this.#path} is encrypted; load models through its firmware (--via link).`,
				);
			await loader.chip.postConnect?.(loader);
			await loader.runStub();
			if (this.#baudRate !== ROM_BAUD) await loader.changeBaud();
			const size = await loader.detectFlashSize();
			if (size === undefined)
				throw new UserError(
					`The flash of the ${this.name} on ${this.#path} does not say how large it is; check the board.`,
				);
			this.flashBytes = loader.flashSizeBytes(size as FlashSizeValues);
		}, failed);
	}

	/** Reads flash; the stub's MD5 behind the bytes is checked. */
	read(offset: number, length: number): Promise<Uint8Array> {
		return this.#guard(
			async () => {
				const bytes = await this.#loader.readFlash(offset, length);
				const digest = await this.#transport.read(DIGEST_TIMEOUT);
				if (!createHash("md5").update(bytes).digest().equals(digest))
					throw new Error("the bytes read do not have the MD5 that came with them");
				return bytes;
			},
			this.#at("read", offset),
		);
	}

	/** Erases whole sectors. */
	erase(offset: number, length: number): Promise<void> {
		return this.#guard(
			async () => {
				const range = new Uint8Array(8);
				new DataView(range.buffer).setUint32(0, offset, true);
				new DataView(range.buffer).setUint32(4, length, true);
				const { ESP_ERASE_REGION } = this.#loader;
				await this.#loader.checkCommand("erase region", ESP_ERASE_REGION, range, 0, 0, ERASE_TIMEOUT);
			},
			this.#at("erased", offset),
		);
	}

	/** Erases the sectors that `bytes` cover, writes them, and has the chip compute their MD5. */
	write(offset: number, bytes: Uint8Array, onProgress?: (part: number) => void): Promise<void> {
		return this.#guard(
			() =>
				this.#loader.writeFlash({
					fileArray: [{ data: bytes, address: offset }],
					flashMode: "keep",
					flashFreq: "keep",
					flashSize: "keep",
					eraseAll: false,
					compress: true,
					reportProgress: (_, written, total) => onProgress?.(written / total),
					calculateMD5Hash: (image) => createHash("md5").update(image).digest("hex"),
				}),
			this.#at("written", offset),
		);
	}

	/** Starts the firmware: IO0 high, then a pulse on the reset line; both lines are off after it. */
	reset(): Promise<void> {
		return this.#guard(
			async () => {
				await this.#port.setSignals({ dataTerminalReady: false, requestToSend: true });
				await setTimeout(100);
				await this.#port.setSignals({ dataTerminalReady: false, requestToSend: false });
			},
			(error) => `The ${this.name} was written but not reset (${error.message}); press its RESET button.`,
		);
	}

	async close(): Promise<void> {
		this.#port.onLost = undefined;
		// a port that vanished can't be closed in order, and need not be
		await this.#transport.disconnect().catch(() => this.#port.close());
	}

	#at(what: string, offset: number): (error: Error) => string {
		return (error) =>
			`Flash at 0x${offset.toString(16)} could not be ${what}: ${error.message}. Repeat the command, with a lower --baud if it fails again.`;
	}

	/** Does `work`; what goes wrong becomes a sentence. */
	async #guard<T>(work: () => Promise<T>, sentence: (error: Error) => string): Promise<T> {
		try {
			return await work();
		} catch (error) {
			if (this.#transport.lost) throw vanished(this.#path);
			if (error instanceof UserError) throw error;
			throw new UserError(sentence(error as Error));
		}
	}
}

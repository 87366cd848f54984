// A chip in its ROM loader, through esptool-js and its stub: read, erase, write with MD5, reset. Gaps in esptool-js 0.7 are
// closed here and in rom-transport.ts: it does not check the digest after what it reads, has no method to erase a region,
// waits 100 s for reads of flash, and its hard reset never pulses the reset line.
import { createHash } from "node:crypto";
import { ESPLoader, type FlashSizeValues } from "esptool-js";
import { UserError } from "../terminal/errors";
import { pause, within } from "../time/limit";
import { RomTransport } from "./rom-transport";
import type { WebSerialPort } from "./serial-transport";

/** Supported chips (manifests/), with their image chip id and bootloader offset. */
export const CHIPS: Readonly<Record<string, { imageChipId: number; bootloaderOffset: number }>> = {
	ESP32: { imageChipId: 0, bootloaderOffset: 0x1000 },
	"ESP32-S3": { imageChipId: 9, bootloaderOffset: 0 },
	"ESP32-C3": { imageChipId: 5, bootloaderOffset: 0 },
	"ESP32-C6": { imageChipId: 13, bootloaderOffset: 0 },
};

/** The ROM loader's baud rate, and the fallback. */
const ROM_BAUD = 115_200;
const STUB_BAUD = 460_800;
/** Time limit of one operation in milliseconds, plus one per byte: far above what any takes. */
const OPERATION_TIMEOUT = 60_000;
/** Maximum milliseconds between bytes while reading flash. */
const READ_TIMEOUT = 3000;
/** Maximum milliseconds to erase a few sectors. */
const ERASE_TIMEOUT = 10_000;
const DIGEST_TIMEOUT = 3000;
/** First efuse word of the ESP32; bits 20 to 26 count flash encryption toggles. */
const ESP32_EFUSE_WORD0 = 0x3ff5a000;
/** Efuse block 1 of the ESP32-C3; words 3 and 5 hold the revision. */
const ESP32C3_EFUSE_BLOCK1 = 0x60008844;

const hex = (offset: number) => `0x${offset.toString(16)}`;
const odd = (bits: number): boolean => bits.toString(2).replaceAll("0", "").length % 2 === 1;

/** Message when the port vanishes mid-operation. */
export function vanished(path: string): UserError {
	return new UserError(
		`The port ${path} vanished in the middle of the work; slots that were not being written are untouched. Plug the device in and repeat the command.`,
	);
}

/** A transfer failure that a lower baud rate may cure. */
class TransferError extends UserError {
	/** @param what went wrong, without a full stop */
	constructor(
		readonly what: string,
		remedy: string,
	) {
		super(`${what}. ${remedy}`);
	}
}

class NoAnswer extends UserError {}

export interface ChipOptions {
	port: WebSerialPort;
	/** Port name, for messages. */
	path: string;
	/** Baud rate once the stub runs. Default 460800, falling back to 115200. */
	baudRate?: number;
	/** Receives the current action, in a few words. */
	onStep?: (text: string) => void;
}

/**
 * Runs `work` on a chip in its ROM loader, and again at the ROM loader's own speed when bytes are lost or damaged at a higher
 * one; so `work` must be restartable. @throws UserError
 */
export async function withChip<T>(options: ChipOptions, work: (chip: EspChip) => Promise<T>): Promise<T> {
	const { path, baudRate = STUB_BAUD, onStep } = options;
	onStep?.(`connecting to the ROM loader on ${path}`);
	const attempt = async (rate: number) => {
		const chip = await EspChip.connect({ ...options, baudRate: rate });
		try {
			return await work(chip);
		} finally {
			await chip.close();
		}
	};
	try {
		return await attempt(baudRate);
	} catch (error) {
		if (!(error instanceof TransferError) || baudRate <= ROM_BAUD) throw error;
		onStep?.(`${error.what}; retrying at ${ROM_BAUD} bits per second`);
		return await attempt(ROM_BAUD).catch((again) => {
			throw again instanceof NoAnswer ? error : again; // without a reset, a chip stays at the higher speed
		});
	}
}

/** A chip that answers. Every method throws a UserError. */
export class EspChip {
	readonly #transport: RomTransport;
	readonly #loader: ESPLoader;
	readonly #port: WebSerialPort;
	readonly #path: string;
	readonly #onStep: ((text: string) => void) | undefined;
	#baudRate: number;
	/** Size of the flash chip in bytes, from its own id. */
	flashBytes = 0;

	/**
	 * Resets a chip into its ROM loader and starts esptool's stub there.
	 * @throws UserError when no chip answers, or it can't be flashed
	 */
	static async connect(options: ChipOptions): Promise<EspChip> {
		const chip = new EspChip(options);
		try {
			await chip.#start();
		} catch (error) {
			await chip.close();
			throw error;
		}
		return chip;
	}

	private constructor({ port, path, baudRate = STUB_BAUD, onStep }: ChipOptions) {
		this.#port = port;
		this.#path = path;
		this.#baudRate = baudRate;
		this.#onStep = onStep;
		this.#transport = new RomTransport(port as never);
		port.onLost = () => this.#transport.end(vanished(path));
		this.#loader = new ESPLoader({
			transport: this.#transport,
			baudrate: baudRate,
			romBaudrate: ROM_BAUD,
			terminal: { clean() {}, write() {}, writeLine() {} },
		});
		this.#loader.FLASH_READ_TIMEOUT = READ_TIMEOUT;
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
				new NoAnswer(
					`No chip answers on ${this.#path}: hold its BOOT button, press RESET, let BOOT go and repeat the command; or check cable and port.`,
				),
		);
		if (CHIPS[this.name] === undefined)
			throw new UserError(
				`The chip on ${this.#path} is an ${this.name}; edge-ssm runs on ${Object.keys(CHIPS).join(", ")}.`,
			);
		if (loader.secureDownloadMode)
			throw new UserError(
				`The ${this.name} on ${this.#path} is in secure download mode; load models through its firmware (--via link).`,
			);
		await this.#guard(
			async () => {
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
				if (this.#baudRate !== ROM_BAUD) await this.#changeSpeed();
				const size = await loader.detectFlashSize();
				if (size === undefined)
					throw new UserError(
						`The flash of the ${this.name} on ${this.#path} does not report its size; check the board.`,
					);
				this.flashBytes = loader.flashSizeBytes(size as FlashSizeValues);
			},
			this.#transfer(`The ${this.name} on ${this.#path} stopped answering`),
		);
	}

	/** When the chip does not answer at the new speed, esptool-js restarts at the old one. */
	async #changeSpeed(): Promise<void> {
		await this.#loader.changeBaud();
		const { baudrate } = this.#transport;
		if (baudrate === this.#baudRate) return;
		this.#onStep?.(
			`the ${this.name} does not answer at ${this.#baudRate} bits per second; continuing at ${baudrate}`,
		);
		this.#baudRate = baudrate;
	}

	/** The ESP32-C3's revision: 3 for v0.3, 101 for v1.1; 0 for other chips. */
	async revision(): Promise<number> {
		if (this.name !== "ESP32-C3") return 0;
		return this.#guard(
			async () => {
				const low = await this.#loader.readReg(ESP32C3_EFUSE_BLOCK1 + 12);
				const high = await this.#loader.readReg(ESP32C3_EFUSE_BLOCK1 + 20);
				const minor = ((high >>> 23) & 1) * 8 + ((low >>> 18) & 7);
				return 100 * ((high >>> 24) & 3) + minor;
			},
			this.#transfer(`The revision of the ${this.name} could not be read`),
		);
	}

	/** Reads flash and checks the stub's MD5 after the bytes. */
	read(offset: number, length: number): Promise<Uint8Array> {
		return this.#guard(
			async () => {
				const bytes = await this.#loader.readFlash(offset, length);
				const digest = await this.#transport.read(DIGEST_TIMEOUT);
				if (!createHash("md5").update(bytes).digest().equals(digest))
					throw new Error("the bytes read do not match their MD5");
				return bytes;
			},
			this.#transfer(`Flash at ${hex(offset)} could not be read`),
			length,
		);
	}

	/** Erases sectors. */
	erase(offset: number, length: number): Promise<void> {
		return this.#guard(
			async () => {
				const range = new Uint8Array(8);
				new DataView(range.buffer).setUint32(0, offset, true);
				new DataView(range.buffer).setUint32(4, length, true);
				const { ESP_ERASE_REGION } = this.#loader;
				await this.#loader.checkCommand("erase region", ESP_ERASE_REGION, range, 0, 0, ERASE_TIMEOUT);
			},
			this.#transfer(`Flash at ${hex(offset)} could not be erased`),
			length,
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
			this.#transfer(`Flash at ${hex(offset)} could not be written`),
			bytes.length,
		);
	}

	/** Starts the firmware: IO0 high, then a pulse on the reset line; leaves both lines off. */
	reset(): Promise<void> {
		return this.#guard(
			async () => {
				await this.#port.setSignals({ dataTerminalReady: false, requestToSend: true });
				await pause(100);
				await this.#port.setSignals({ dataTerminalReady: false, requestToSend: false });
			},
			(reason) =>
				new UserError(`The ${this.name} was written but not reset (${reason}); press its RESET button.`),
		);
	}

	async close(): Promise<void> {
		this.#port.onLost = undefined;
		// a vanished port can't be closed cleanly and need not be
		await this.#transport.disconnect().catch(() => this.#port.close());
	}

	/** An error with its reason and remedy. */
	#transfer(what: string): (reason: string) => UserError {
		return (reason) => {
			const slower = this.#baudRate > ROM_BAUD;
			const remedy = `Repeat the command${slower ? ", with a lower --baud if it fails again" : "; if it fails again, try another cable or port"}.`;
			// do not wait again for a chip that takes no more bytes
			if (this.#transport.ended) return new UserError(`${what}: ${reason}. ${remedy}`);
			return new TransferError(`${what}: ${reason}`, remedy);
		};
	}

	/** Runs `work` on `bytes` bytes within a time limit; turns errors into sentences. */
	async #guard<T>(work: () => Promise<T>, sentence: (reason: string) => UserError, bytes = 0): Promise<T> {
		try {
			return await within(OPERATION_TIMEOUT + bytes, work(), () => {
				const endless = new Error("the chip does not finish");
				this.#transport.end(endless);
				throw endless;
			});
		} catch (error) {
			const cause = this.#transport.ended ?? (error as Error);
			throw cause instanceof UserError ? cause : sentence(cause.message.replace(/\.+$/, ""));
		}
	}
}

// A chip in its ROM loader, through esptool-js and its stub: read, erase, write with MD5, reset. The gaps of esptool-js 0.7
// are filled here and in rom-transport.ts: it does not check the digest behind what it reads, it has no method to erase a
// region, it would wait 100 s for flash that is read, and its hard reset never pulses the reset line.
import { createHash } from "node:crypto";
import { ESPLoader, type FlashSizeValues } from "esptool-js";
import { UserError } from "../terminal/errors";
import { pause, within } from "../time/limit";
import { RomTransport } from "./rom-transport";
import type { WebSerialPort } from "./serial-transport";

/** Chips that firmware is built for (manifests/), with the number that their images carry and where the bootloader goes. */
export const CHIPS: Readonly<Record<string, { imageChipId: number; bootloaderOffset: number }>> = {
	ESP32: { imageChipId: 0, bootloaderOffset: 0x1000 },
	"ESP32-S3": { imageChipId: 9, bootloaderOffset: 0 },
	"ESP32-C3": { imageChipId: 5, bootloaderOffset: 0 },
	"ESP32-C6": { imageChipId: 13, bootloaderOffset: 0 },
};

/** The speed of the ROM loader, and the one to fall back to. */
const ROM_BAUD = 115_200;
const STUB_BAUD = 460_800;
/** Milliseconds in which one operation must end, and one more for each byte: far above what any takes. */
const OPERATION_TIMEOUT = 60_000;
/** Milliseconds without a byte while flash is read. */
const READ_TIMEOUT = 3000;
/** Milliseconds that erasing a few sectors may take. */
const ERASE_TIMEOUT = 10_000;
const DIGEST_TIMEOUT = 3000;
/** First efuse word of the ESP32; bits 20 to 26 count how often flash encryption was switched. */
const ESP32_EFUSE_WORD0 = 0x3ff5a000;

const hex = (offset: number) => `0x${offset.toString(16)}`;
const odd = (bits: number): boolean => bits.toString(2).replaceAll("0", "").length % 2 === 1;

/** What is said when a port is gone in the middle of the work. */
export function vanished(path: string): UserError {
	return new UserError(
		`The port ${path} vanished in the middle of the work; slots that were not being written are untouched. Plug the device in and repeat the command.`,
	);
}

/** Something between host and chip that may go well at a lower speed. */
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
	/** For messages. */
	path: string;
	/** Bits a second once the stub runs. Default 460800; when that does not go well, 115200. */
	baudRate?: number;
	/** What is being done, in a few words. */
	onStep?: (text: string) => void;
}

/**
 * Does `work` with a chip in its ROM loader; once more at the ROM loader's own speed when bytes are lost or damaged at a
 * higher one, so `work` must be good to begin again. @throws UserError
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
		onStep?.(`${error.what}; once more at ${ROM_BAUD} bits a second`);
		return await attempt(ROM_BAUD).catch((again) => {
			throw again instanceof NoAnswer ? error : again; // where nothing resets it, a chip stays at the higher speed
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
	/** Bytes of the flash chip, by its own identification. */
	flashBytes = 0;

	/**
	 * Resets a chip into its ROM loader and starts esptool's stub there.
	 * @throws UserError when none answers, or one that can't be flashed
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
						`The flash of the ${this.name} on ${this.#path} does not say how large it is; check the board.`,
					);
				this.flashBytes = loader.flashSizeBytes(size as FlashSizeValues);
			},
			this.#transfer(`The ${this.name} on ${this.#path} stopped answering`),
		);
	}

	/** When the chip does not answer at the new speed, esptool-js begins again at the old one. */
	async #changeSpeed(): Promise<void> {
		await this.#loader.changeBaud();
		const { baudrate } = this.#transport;
		if (baudrate === this.#baudRate) return;
		this.#onStep?.(
			`the ${this.name} does not answer at ${this.#baudRate} bits a second; going on at ${baudrate}`,
		);
		this.#baudRate = baudrate;
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
			this.#transfer(`Flash at ${hex(offset)} could not be read`),
			length,
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

	/** Starts the firmware: IO0 high, then a pulse on the reset line; both lines are off after it. */
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
		// a port that vanished can't be closed in order, and need not be
		await this.#transport.disconnect().catch(() => this.#port.close());
	}

	/** Says that something failed for a reason, and what to do. */
	#transfer(what: string): (reason: string) => UserError {
		return (reason) => {
			const slower = this.#baudRate > ROM_BAUD;
			const remedy = `Repeat the command${slower ? ", with a lower --baud if it fails again" : "; if it fails again, try another cable or port"}.`;
			// a chip that takes no more bytes is not waited for again
			if (this.#transport.ended) return new UserError(`${what}: ${reason}. ${remedy}`);
			return new TransferError(`${what}: ${reason}`, remedy);
		};
	}

	/** Does `work` on so many bytes, within a limit; what goes wrong becomes a sentence. */
	async #guard<T>(work: () => Promise<T>, sentence: (reason: string) => UserError, bytes = 0): Promise<T> {
		try {
			return await within(OPERATION_TIMEOUT + bytes, work(), () => {
				const endless = new Error("the chip does not come to an end");
				this.#transport.end(endless);
				throw endless;
			});
		} catch (error) {
			const cause = this.#transport.ended ?? (error as Error);
			throw cause instanceof UserError ? cause : sentence(cause.message.replace(/\.+$/, ""));
		}
	}
}

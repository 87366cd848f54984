// A serial port of this machine in two forms: a Node Duplex for the link, and a Web Serial API port for esptool-js. Wraps the
// package serialport, whose quirks are handled here and nowhere else:
// - set() takes omitted lines as true: always pass both;
// - it drops the lines on close, which resets a board, unless hupcl is false;
// - set() fails where a port has no such lines;
// - on Unix it reads a port that was hung up again and again, forever: endHungUp.
import { read } from "node:fs";
import { promisify } from "node:util";
import { SerialPort } from "serialport";
import { UserError } from "../terminal/errors";
import { within } from "../time/limit";

/** Maximum milliseconds for the system to open, set or close a port. */
const PORT_TIMEOUT = 10_000;

/** Makes a system call with a time limit, since a hung driver never calls back. */
function asked<T>(path: string, ask: (resolve: (value: T) => void, reject: (error: Error) => void) => void) {
	return within<T>(PORT_TIMEOUT, new Promise(ask), () => {
		throw new UserError(`The port ${path} does not respond; unplug the device, plug it in and try again.`);
	});
}

/** The part of the Web Serial API's SerialPort that flashing tools use, and a change of baud rate in place. */
export interface WebSerialPort {
	readonly readable: ReadableStream<Uint8Array> | null;
	readonly writable: WritableStream<Uint8Array> | null;
	open(options: { baudRate: number }): Promise<void>;
	close(): Promise<void>;
	setSignals(signals: { dataTerminalReady?: boolean; requestToSend?: boolean }): Promise<void>;
	setBaudRate(baudRate: number): Promise<void>;
	getInfo(): { usbVendorId?: number; usbProductId?: number };
	/** Calls back once when the port vanishes. */
	onLost: (() => void) | undefined;
}

/** Opens a port for the link. @throws UserError */
export function openSerial(path: string, baudRate = 115_200): Promise<SerialPort> {
	return asked(path, (resolve, reject) => {
		const port = new SerialPort({ path, baudRate, hupcl: false, endOnClose: true }, (error) => {
			if (error) return reject(new UserError(openMessage(path, error.message)));
			endHungUp(port.port as object);
			// Both lines off: neither in reset nor in the ROM loader, whatever opening the port did.
			setLines(port, false, false).then(() => resolve(port), reject);
		});
	});
}

/** What serialport has of an open port on Unix. */
export interface UnixPort {
	fd: number | null;
	isOpen: boolean;
	poller: { once(event: "readable", done: (error?: Error | null) => void): unknown };
	read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number; buffer: Buffer }>;
}

const readFrom = promisify(read);

/** Makes a read of 0 bytes, which a port gives from when it was hung up, an error that closes it. No change on Windows. */
export function endHungUp(port: object): void {
	if (!("poller" in port)) return;
	const unix = port as UnixPort;
	unix.read = async (buffer, offset, length) => {
		while (unix.isOpen && unix.fd !== null)
			try {
				const { bytesRead } = await readFrom(unix.fd, buffer, offset, length, null);
				if (bytesRead > 0) return { bytesRead, buffer };
				throw new Error("the port was hung up");
			} catch (error) {
				if (!unix.isOpen) break;
				const { code } = error as NodeJS.ErrnoException;
				if (code !== "EAGAIN" && code !== "EWOULDBLOCK" && code !== "EINTR") throw error;
				await new Promise<void>((resolve, reject) => {
					unix.poller.once("readable", (failure) => (failure ? reject(failure) : resolve()));
				});
			}
		throw Object.assign(new Error("the port is not open"), { canceled: true });
	};
}

function openMessage(path: string, message: string): string {
	if (/ENOENT|No such file/i.test(message))
		return `There is no port ${path}; check the cable, or list the ports with "edge-ssm doctor".`;
	if (/EACCES|Permission denied/i.test(message))
		return `You may not use ${path}; join its group (sudo usermod -aG dialout $USER) and log in again.`;
	if (/EBUSY|lock|Resource temporarily unavailable|Access denied/i.test(message))
		return `Another program is using ${path}; close it (a monitor, xsbug) and try again.`;
	return `The port ${path} cannot be opened: ${message}.`;
}

/**
 * Sets DTR and RTS. Ports without these lines (a pty, a network bridge) refuse with ENOTTY or EINVAL, which is ignored: there
 * the user puts the chip into its ROM loader by hand, and an absent chip is reported when it does not answer.
 */
function setLines(port: SerialPort, dtr: boolean, rts: boolean): Promise<void> {
	return asked(port.path, (resolve, reject) => {
		port.set({ dtr, rts }, (error) => {
			if (
				!error ||
				/ENOTTY|EINVAL|Inappropriate ioctl|Invalid argument|cannot get|cannot set/i.test(error.message)
			)
				resolve();
			else reject(error);
		});
	});
}

/**
 * Closes a port if it is open; a vanished port is closed already. Drops bytes not yet sent, since the system would wait for
 * them.
 */
export function closeSerial(port: SerialPort): Promise<void> {
	return asked<void>(port.path, (resolve) => {
		if (port.isOpen) port.flush(() => port.close(() => resolve()));
		else resolve();
	}).catch(() => {}); // nothing left to do
}

/** See the top of the file. May be reopened after closing. */
export class NodeWebSerial implements WebSerialPort {
	readable: ReadableStream<Uint8Array> | null = null;
	writable: WritableStream<Uint8Array> | null = null;
	onLost: (() => void) | undefined;
	readonly #path: string;
	readonly #usb: { usbVendorId?: number; usbProductId?: number };
	#port: SerialPort | undefined;
	#dtr = false;
	#rts = false;

	/** @param usb vendor and product of the port (ports.ts); Espressif's built-in USB port is reset differently */
	constructor(path: string, usb: { usbVendorId?: number; usbProductId?: number } = {}) {
		this.#path = path;
		this.#usb = usb;
	}

	async open({ baudRate }: { baudRate: number }): Promise<void> {
		const port = await openSerial(this.#path, baudRate);
		this.#port = port;
		let closed = false;
		this.readable = new ReadableStream<Uint8Array>({
			start: (controller) => {
				port.on("data", (bytes: Buffer) => {
					if (!closed) controller.enqueue(new Uint8Array(bytes));
				});
				port.on("close", () => {
					if (!closed) controller.close();
					closed = true;
					if (this.#port === port) this.onLost?.();
				});
			},
			cancel: () => {
				closed = true;
			},
		});
		port.on("error", () => {}); // writes report their errors below; a lost port closes
		this.writable = new WritableStream<Uint8Array>({
			write: (bytes) =>
				new Promise((resolve, reject) => {
					port.write(Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
				}),
		});
	}

	async close(): Promise<void> {
		const port = this.#port;
		this.#port = undefined;
		this.readable = null;
		this.writable = null;
		if (port) await closeSerial(port);
	}

	async setSignals(signals: { dataTerminalReady?: boolean; requestToSend?: boolean }): Promise<void> {
		this.#dtr = signals.dataTerminalReady ?? this.#dtr;
		this.#rts = signals.requestToSend ?? this.#rts;
		if (this.#port?.isOpen) await setLines(this.#port, this.#dtr, this.#rts);
	}

	setBaudRate(baudRate: number): Promise<void> {
		return asked(this.#path, (resolve, reject) => {
			if (!this.#port?.isOpen) reject(new UserError(`The port ${this.#path} is not open.`));
			else this.#port.update({ baudRate }, (error) => (error ? reject(error) : resolve()));
		});
	}

	getInfo(): { usbVendorId?: number; usbProductId?: number } {
		return this.#usb;
	}
}

// An emulated ESP32-C3 in motion: runs whenever it has something to do, with its UART or USB port as a stream for DeviceClient.
import { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { Esp32C3 } from "./chip";

/** Emulated microseconds between looks at what the host has sent. */
const SLICE = 500;

export interface Powered {
	chip: Esp32C3;
	stream: Duplex;
	/** What ended it: a power cut, or a misuse. */
	ended: Promise<Error>;
	off(): void;
}

/** Switches a chip with this flash on. @param port that the host is connected to */
export function powerOn(flash: Uint8Array, port: "uart" | "usb" = "uart"): Powered {
	const chip = new Esp32C3(flash);
	chip.usbOpen = port === "usb";
	let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
	let on = true;
	let end: (error: Error) => void = () => {};
	const ended = new Promise<Error>((resolve) => {
		end = resolve;
	});
	const sent: number[] = [];
	const stream = new Duplex({
		read() {},
		write(bytes: Buffer, _encoding, done) {
			if (port === "uart") chip.send(bytes);
			else chip.sendUsb(bytes);
			done();
		},
	});
	if (port === "uart") chip.onUart = (byte) => sent.push(byte);
	else chip.onUsb = (byte) => sent.push(byte);
	const turn = () => {
		if (!on) return;
		try {
			chip.run(SLICE);
		} catch (error) {
			on = false;
			end(error as Error);
			return;
		}
		if (sent.length > 0) stream.push(Buffer.from(sent.splice(0)));
		timer = chip.waits ? setTimeout(turn, 1) : setImmediate(turn);
	};
	turn();
	const off = () => {
		on = false;
		clearTimeout(timer as NodeJS.Timeout);
		clearImmediate(timer as NodeJS.Immediate);
	};
	onTestFinished(off);
	return { chip, stream, ended, off };
}

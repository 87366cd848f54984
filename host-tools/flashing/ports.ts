// The serial ports of this machine and the USB devices behind them. On Linux read from /sys, because the package serialport
// asks the program udevadm and dies where that is not installed.
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { SerialPort } from "serialport";

export interface PortInfo {
	path: string;
	/** USB vendor and product, if any. */
	usbVendorId?: number;
	usbProductId?: number;
	/** The device's own name, or empty. */
	name: string;
}

/** The serial ports backed by hardware. @param sys path of Linux's /sys; for tests */
export async function listPorts(sys = "/sys"): Promise<PortInfo[]> {
	if (process.platform === "linux") return linuxPorts(sys);
	const ports = await SerialPort.list();
	return ports.map(({ path, vendorId, productId, manufacturer }) => ({
		path,
		name: manufacturer ?? "",
		...(vendorId && productId
			? { usbVendorId: Number.parseInt(vendorId, 16), usbProductId: Number.parseInt(productId, 16) }
			: {}),
	}));
}

/** What is known about one port; nothing for a pty or a port behind a network. */
export async function portInfo(path: string): Promise<PortInfo> {
	// resolve a link such as /dev/serial/by-id/...
	const real = existsSync(path) ? realpathSync(path) : path;
	const ports = await listPorts();
	return ports.find((port) => port.path === real) ?? { path, name: "" };
}

function linuxPorts(sys: string): PortInfo[] {
	const folder = join(sys, "class/tty");
	if (!existsSync(folder)) return [];
	const ports: PortInfo[] = [];
	for (const tty of readdirSync(folder).sort()) {
		const device = join(folder, tty, "device");
		// every 8250 the kernel was built for is listed, with or without a chip: only USB ports count, and ARM's UARTs
		if (!existsSync(device) || !/^tty(USB|ACM|AMA)/.test(tty)) continue;
		ports.push({ path: `/dev/${basename(tty)}`, name: "", ...usbOf(realpathSync(device)) });
	}
	return ports;
}

/** The USB device of a kernel device: the nearest parent folder with an idVendor. */
function usbOf(device: string): Omit<PortInfo, "path" | "name"> & { name?: string } {
	for (let folder = device; folder !== dirname(folder); folder = dirname(folder)) {
		if (!existsSync(join(folder, "idVendor"))) continue;
		const read = (file: string) => {
			const path = join(folder, file);
			return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
		};
		return {
			usbVendorId: Number.parseInt(read("idVendor"), 16),
			usbProductId: Number.parseInt(read("idProduct"), 16),
			name: [read("manufacturer"), read("product")].filter(Boolean).join(" "),
		};
	}
	return {};
}

// Which serial ports this machine has, and what USB device stands behind one. On Linux read from /sys, for the package
// serialport asks the program udevadm there, and dies where it is not installed.
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { SerialPort } from "serialport";

export interface PortInfo {
	path: string;
	/** USB vendor and product, where there are such. */
	usbVendorId?: number;
	usbProductId?: number;
	/** What the device calls itself, or nothing. */
	name: string;
}

/** The serial ports with hardware behind them. @param sys where Linux's /sys is; for tests */
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
	// a link such as /dev/serial/by-id/... stands for the port that it points to
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
		// every 8250 that the kernel was built for is listed, with or without a chip: only USB ports count, and ARM's UARTs
		if (!existsSync(device) || !/^tty(USB|ACM|AMA)/.test(tty)) continue;
		ports.push({ path: `/dev/${basename(tty)}`, name: "", ...usbOf(realpathSync(device)) });
	}
	return ports;
}

/** The USB device that a device of the kernel belongs to: the nearest folder above it that has an idVendor. */
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

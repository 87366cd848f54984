// A board on a serial port.
import type { DeviceClient, DeviceClientOptions } from "../device/client";

export type DeviceOptions = Omit<DeviceClientOptions, "stream">;

/**
 * Opens a port for the link, and closes it after the work.
 * @param path such as /dev/ttyUSB0
 * @throws UserError when the port cannot be opened or nothing answers
 */
export async function withDevice<T>(
	path: string,
	work: (device: DeviceClient) => Promise<T>,
	options: DeviceOptions = {},
): Promise<T> {
	const { withLink } = await import("../flashing/choose");
	return withLink(path, work, options);
}

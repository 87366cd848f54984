// edge-ssm/partition where the SDK has flash partitions (ESP32 family).
import Flash from "flash";

/** The partition in place, and the bytes of its sectors. @throws Error when there is none of this name */
export default function open(name) {
	let flash;
	try {
		flash = new Flash(name);
	} catch {
		throw new Error(`there is no partition ${name}; add it to the partition table, or pass a resource`);
	}
	return { buffer: flash.map(), blockSize: flash.blockSize };
}

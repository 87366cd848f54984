// RAM by purpose, as reported by a running device.
import type { DeviceClient } from "../device/client";

/** RAM of the running application by purpose, in bytes on this machine; built-ins and code, which a device has in flash, not counted. */
export interface Ram {
	kernelArena: number;
	slots: number;
	chunks: number;
	stack: number;
	slotBytes: number;
}

/** Asks the device; slots, chunks and stack are peaks since main started. */
export async function readRam(client: DeviceClient): Promise<Ram> {
	const arena = (await client.info()).model?.arenaBytes ?? 0;
	const figures = await client.memory();
	const figure = (name: string) => figures[name] ?? 0;
	return {
		kernelArena: arena,
		slots: (figure("slotsPeak") - figure("slotsAtStart")) * figure("slotBytes"),
		chunks: figure("chunkBytesPeak") - figure("chunkBytesAtStart"),
		stack: figure("stackSlotsPeak") * figure("slotBytes"),
		slotBytes: figure("slotBytes"),
	};
}

// A device's bytes as a Node Duplex for DeviceClient: from anything with an input and an output, such as a device that is a
// process (host-tools/simulator). A serial port or a socket is a Duplex already.
import { Duplex, type Readable, type Writable } from "node:stream";

/** One stream of a device's input (what the host sends) and output (what the device sends). */
export function joinStreams({ input, output }: { input: Writable; output: Readable }): Duplex {
	return Duplex.from({ readable: output, writable: input });
}

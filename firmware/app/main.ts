// The shipped application, on every target: wires the target's modules into `Application`. No logic here.

import Serial from "embedded:io/serial";
import { publicKey, sha256, trusts } from "edge-ssm/identity";
import Kernel from "edge-ssm/kernel";
import { count, counted, log, memory, microseconds, resetCause, toolchain } from "edge-ssm/memory";
import Flash from "flash";
import { Application } from "./application";
import { LinkPort } from "./port";
import type { SampleSource } from "./stream";

export interface MainOptions {
	target?: string;
	/** Options of the link's port: baud, port, receive, transmit. */
	serial?: object;
	/** Bytes that the kernel's arena may have where a larger one makes it faster. Default: the smallest. */
	arena?: number;
	/** If given, streaming starts at boot. */
	sensor?: SampleSource;
	restart?: () => void;
	/** How the run before ended, where edge-ssm/memory cannot tell. */
	resetCause?: ReturnType<typeof resetCause>;
}

/** Room for two frames of maximum size. */
const SEND_QUEUE = 1088;

/** A kernel that keeps what it unpacks, in an arena of at most so many bytes. */
function roomy(most: number): typeof Kernel {
	return class extends Kernel {
		constructor(blob: Uint8Array) {
			super(blob, most);
		}
		static override arenaSize(blob: Uint8Array): number {
			return Kernel.arenaSize(blob, most);
		}
	};
}

/** Starts the application and returns it; it then lives on the port's callbacks. */
export default function main({
	target = "host",
	serial = { baud: 115_200 },
	arena,
	sensor,
	restart,
	resetCause: cause = resetCause(),
}: MainOptions = {}) {
	// the port may call back before the application exists
	let application: Application | undefined;
	const port = new LinkPort(
		Serial,
		serial,
		SEND_QUEUE,
		(bytes, length) => application?.receive(bytes, length),
		() => application?.sent(),
	);
	application = new Application({
		target,
		slots: [new Flash("model_a"), new Flash("model_b")],
		kernel: arena === undefined ? Kernel : roomy(arena),
		sha256,
		trusts,
		publicKey: publicKey(),
		send: (bytes, length) => port.send(bytes, length),
		memory,
		microseconds,
		count,
		counted: counted(),
		toolchain: toolchain(),
		log,
		resetCause: cause,
		...(sensor && { sensor }),
		...(restart && { restart }),
	});
	return application;
}

// The application that ships, on every target: wires the target's modules into `Application`. No logic here.

import Serial from "embedded:io/serial";
import Kernel from "essm/kernel";
import { count, counted, log, memory, microseconds, toolchain } from "essm/memory";
import Flash from "flash";
import { Application } from "./application";
import { LinkPort } from "./port";
import type { SampleSource } from "./stream";

export interface MainOptions {
	target?: string;
	/** Of the port that carries the link: baud, port, receive, transmit. */
	serial?: object;
	/** Streams from the beginning when given. */
	sensor?: SampleSource;
	restart?: () => void;
}

/** Two frames of the longest kind may wait to be sent. */
const SEND_QUEUE = 1088;

/** Starts the application and returns it; it then lives on the port's callbacks. */
export default function main({
	target = "host",
	serial = { baud: 115_200 },
	sensor,
	restart,
}: MainOptions = {}) {
	// the port may call back before there is an application
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
		kernel: Kernel,
		send: (bytes, length) => port.send(bytes, length),
		memory,
		microseconds,
		count,
		counted: counted(),
		toolchain: toolchain(),
		log,
		...(sensor && { sensor }),
		...(restart && { restart }),
	});
	return application;
}

// A cable without a cable: client and application joined in memory, each write one piece of bytes that a test may damage.
import { Duplex } from "node:stream";
import type { Application } from "../../firmware/app/application";
import { DeviceClient, type DeviceClientOptions } from "../../host-tools/device/client";
import type { Timer } from "../../host-tools/device/exchange";

/** What becomes of a piece of bytes on its way: the pieces that arrive in its place. */
export type Damage = (bytes: Uint8Array, toDevice: boolean) => Uint8Array[];

/** No clock: when nothing has come for some turns of the event loop, nothing will come. */
const turns: Timer = (callback) => {
	let live = true;
	let left = 4;
	const turn = () => {
		if (!live) return;
		if (left-- > 0) setImmediate(turn);
		else callback();
	};
	setImmediate(turn);
	return () => {
		live = false;
	};
};

export interface Wire {
	send: (bytes: Uint8Array) => void;
	boot: () => Application;
}

/** Boots a device, or takes an application that runs on it, and connects a client. */
export function connect(
	device: Wire,
	damage: Damage = (bytes) => [bytes],
	options: Partial<DeviceClientOptions> = {},
	application = device.boot(),
) {
	const stream = new Duplex({
		read() {},
		write(bytes: Uint8Array, _encoding, done) {
			for (const piece of damage(Uint8Array.from(bytes), true)) application.receive(piece, piece.length);
			done();
		},
	});
	device.send = (bytes) => {
		if (!stream.destroyed) for (const piece of damage(bytes, false)) stream.push(piece);
	};
	const client = new DeviceClient({ stream, timer: turns, firstSequence: 65_534, ...options });
	return { application, stream, client };
}

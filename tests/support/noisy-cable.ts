// A cable that damages bytes by chance, both ways, while `rate` is above 0, and that can be pulled while bytes are on their way.
import { Duplex } from "node:stream";
import type { Timer } from "../../host-tools/device/exchange";
import type { Simulator } from "../../host-tools/simulator/simulator";
import { random } from "./random-network";

/** Milliseconds before a host asks again after damage. */
const SOON = 10;

export class NoisyCable {
	/** Chance of each byte to be damaged. */
	rate = 0;
	/** Bytes to the device until `onCut` is called, before they arrive. */
	cutAfter = Number.POSITIVE_INFINITY;
	damaged = 0;
	readonly stream: Duplex;
	/**
	 * Of the host, for one request at a time: where this cable has damaged something it does not wait for long. What is asked
	 * again too early does no harm.
	 */
	readonly timer: Timer = (callback, milliseconds) => {
		const fire = () => {
			this.#onDamage = () => {}; // what the callback sends has a timer of its own
			callback();
		};
		let handle = setTimeout(fire, this.damaged > this.#noted ? SOON : milliseconds);
		this.#noted = this.damaged;
		this.#onDamage = () => {
			clearTimeout(handle);
			handle = setTimeout(fire, SOON);
			this.#noted = this.damaged;
		};
		return () => {
			clearTimeout(handle);
			this.#onDamage = () => {};
		};
	};
	#noted = 0; // damage that a timer has taken account of
	#onDamage = () => {};

	constructor(device: Simulator, seed: number, onCut: () => void) {
		const next = random(seed);
		const spoil = (bytes: Buffer) => {
			const copy = Buffer.from(bytes);
			for (let i = 0; i < copy.length; i++) {
				if (next() >= this.rate) continue;
				copy[i]! ^= 1 << Math.floor(8 * next());
				this.damaged++;
				this.#onDamage();
			}
			return copy;
		};
		this.stream = new Duplex({
			read() {},
			write: (bytes: Buffer, _encoding, done) => {
				const arrive = bytes.subarray(0, Math.min(bytes.length, this.cutAfter));
				device.input.write(spoil(arrive));
				this.cutAfter -= bytes.length;
				if (this.cutAfter < 0) {
					this.cutAfter = Number.POSITIVE_INFINITY;
					onCut();
				}
				done();
			},
		});
		device.output.on("data", (bytes: Buffer) => void this.stream.push(spoil(bytes)));
		device.output.on("end", () => void this.stream.push(null));
	}
}

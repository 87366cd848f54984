// A device without a device, for the tests of link and classifier: a kernel whose logits depend on every byte of its blob
// and on every sample, blobs to match, and an application over flash in memory.
import { createHash } from "node:crypto";
import { Application, type Platform } from "../firmware/app/application";
import { crc32 } from "../src/bytes/crc32";
import type { Kernel } from "../src/classifier/model";
import {
	ARITHMETIC_VERSION,
	align4,
	FORMAT_VERSION,
	HEADER,
	HEADER_BYTES,
	MAGIC,
	SECTIONS,
} from "../src/model/blob-layout";
import { POOLINGS } from "../src/model/names";
import { LIMITS } from "../src/model/network";
import { readBlobHeader } from "../src/model/read-blob";
import { NorFlash, Power } from "./store-flash";

export const CHANNELS = 3;
export const CLASSES = 4;

/** Logits of a made-up network: a hash of seed and samples in each class. */
function fakeLogits(seed: number, state: number): number[] {
	return Array.from({ length: CLASSES }, (_, i) => (Math.imul(state ^ (seed + i), 0x9e3779b1) >> 8) | 0);
}

const step = (state: number, sample: number) => Math.imul(state ^ (sample & 0xffff), 0x01000193);

export function logitsOf(blob: Uint8Array, samples: Int16Array): Int32Array {
	const seed = new DataView(blob.buffer, blob.byteOffset).getInt32(HEADER.ditherSeed, true);
	return Int32Array.from(fakeLogits(seed, samples.reduce(step, seed)));
}

/** Does what essm/kernel does, with the made-up network. */
export class FakeKernel implements Kernel {
	static open = 0;
	/** Set to make the next write fail as the kernel would. */
	static failure: string | undefined;
	readonly channels = CHANNELS;
	readonly classes = CLASSES;
	readonly heads = 1;
	readonly modes = 1;
	readonly layers = 1;
	readonly arenaBytes: number;
	readonly stateSize = 8;
	readonly #seed: number;
	readonly #mean: boolean;
	#state: number;
	#steps = 0;
	#closed = false;

	static arenaSize(blob: Uint8Array): number {
		return readBlobHeader(blob).arenaBytes;
	}

	constructor(blob: Uint8Array) {
		this.arenaBytes = FakeKernel.arenaSize(blob);
		this.#seed = new DataView(blob.buffer, blob.byteOffset).getInt32(HEADER.ditherSeed, true);
		this.#mean = blob[HEADER.pooling] === POOLINGS.indexOf("mean");
		this.#state = this.#seed;
		FakeKernel.open++;
	}

	write(samples: ArrayBuffer | Uint8Array, byteOffset = 0, count?: number): void {
		this.#check();
		if (FakeKernel.failure !== undefined) throw new Error(FakeKernel.failure);
		const bytes = samples instanceof Uint8Array ? samples : new Uint8Array(samples);
		const steps = count ?? (bytes.length - byteOffset) / (2 * CHANNELS);
		if (!Number.isInteger(steps) || byteOffset + 2 * CHANNELS * steps > bytes.length)
			throw new RangeError("samples outside buffer");
		if (this.#mean && this.#steps + steps > LIMITS.meanSteps) throw new Error("ESSM_E_LENGTH");
		// As in C, where an int16 at an odd address is a fault.
		const view = new Int16Array(bytes.buffer, bytes.byteOffset + byteOffset, steps * CHANNELS);
		this.#state = view.reduce(step, this.#state);
		this.#steps += steps;
	}

	logits(buffer: ArrayBuffer): void {
		this.#check();
		if (this.#steps === 0) throw new Error("ESSM_E_EMPTY");
		new Int32Array(buffer).set(fakeLogits(this.#seed, this.#state));
	}

	reset(): void {
		this.#check();
		this.#state = this.#seed;
		this.#steps = 0;
	}

	saveState(buffer: Uint8Array): void {
		this.#check();
		const view = new DataView(buffer.buffer, buffer.byteOffset);
		view.setInt32(0, this.#state, true);
		view.setInt32(4, this.#steps, true);
	}

	restoreState(buffer: Uint8Array): void {
		this.#check();
		const view = new DataView(buffer.buffer, buffer.byteOffset);
		this.#state = view.getInt32(0, true);
		this.#steps = view.getInt32(4, true);
	}

	close(): void {
		if (!this.#closed) FakeKernel.open--;
		this.#closed = true;
	}

	#check(): void {
		if (this.#closed) throw new Error("closed");
	}
}

export interface FakeBlobOptions {
	pooling?: (typeof POOLINGS)[number];
	steps?: number;
	/** Golden vectors and their length in steps. */
	golden?: number;
	goldenSteps?: number;
	/** A golden vector that the network does not give. */
	wrong?: boolean;
	/** Fills the place of the weights with so many bytes. */
	weights?: number;
}

/** A blob with good header, labels, input scaling and golden vectors, and noise for weights. */
export function fakeBlob(
	seed: number,
	{
		pooling = "mean",
		steps = 10,
		golden = 2,
		goldenSteps = 5,
		wrong = false,
		weights = 100,
	}: FakeBlobOptions = {},
): Uint8Array {
	const goldenBytes = 4 + align4(2 * CHANNELS * goldenSteps) + 4 * CLASSES;
	const labels = Array.from({ length: CLASSES }, (_, i) => `class ${i}\0`).join("");
	const lengths: Record<(typeof SECTIONS)[number], number> = {
		input: 8 * CHANNELS,
		encoder: 0,
		layers: weights,
		decoder: 0,
		labels: Buffer.byteLength(labels),
		notes: 0,
		golden: golden * goldenBytes,
	};
	const start = {} as typeof lengths;
	let end = HEADER_BYTES;
	for (const name of SECTIONS) {
		start[name] = end;
		end += align4(lengths[name]);
	}
	const blob = new Uint8Array(end);
	const view = new DataView(blob.buffer);
	view.setUint32(HEADER.magic, MAGIC, true);
	view.setUint16(HEADER.format, FORMAT_VERSION, true);
	view.setUint16(HEADER.arithmetic, ARITHMETIC_VERSION, true);
	view.setUint32(HEADER.length, end, true);
	view.setUint32(HEADER.arena, 64, true);
	view.setInt32(HEADER.ditherSeed, seed, true);
	view.setUint8(HEADER.L, 1);
	for (const field of [HEADER.H, HEADER.N]) view.setUint16(field, 1, true);
	view.setUint16(HEADER.channels, CHANNELS, true);
	view.setUint16(HEADER.classes, CLASSES, true);
	view.setUint8(HEADER.pooling, POOLINGS.indexOf(pooling));
	view.setUint8(HEADER.logitFraction, 1);
	view.setUint32(HEADER.steps, steps, true);
	view.setFloat32(HEADER.rate, 50, true);
	SECTIONS.forEach((name, i) => {
		view.setUint32(HEADER.sections + 4 * i, lengths[name], true);
	});
	for (let c = 0; c < CHANNELS; c++) {
		view.setFloat32(start.input + 8 * c, 0.5, true);
		view.setFloat32(start.input + 8 * c + 4, c, true);
	}
	for (let i = 0; i < weights; i++) blob[start.layers + i] = (i * 37 + seed) & 0xff;
	blob.set(Buffer.from(labels), start.labels);
	for (let g = 0; g < golden; g++) {
		const at = start.golden + g * goldenBytes;
		const samples = Int16Array.from({ length: CHANNELS * goldenSteps }, (_, i) => i * 100 - g * 7);
		view.setUint32(at, goldenSteps, true);
		samples.forEach((sample, i) => {
			view.setInt16(at + 4 + 2 * i, sample, true);
		});
		logitsOf(blob, samples).forEach((logit, i) => {
			const off = wrong && g === golden - 1 && i === 0 ? 1 : 0;
			view.setInt32(at + 4 + align4(2 * samples.length) + 4 * i, logit + off, true);
		});
	}
	blob.set(createHash("sha256").update(blob.subarray(HEADER.identityStart)).digest(), HEADER.identity);
	view.setInt32(HEADER.crc, crc32(blob, HEADER.crcStart), true);
	return blob;
}

export const identityOf = (blob: Uint8Array) => blob.slice(HEADER.identity, HEADER.identity + 32);

/** An application over flash in memory; `outbox` collects what it sends. `boot` starts it anew over the same flash. */
export function fakeDevice(platform: Partial<Platform> = {}, blockSize = 1024, blocks = 64) {
	const power = new Power();
	const slots = [
		new NorFlash(power, blocks * blockSize, blockSize),
		new NorFlash(power, blocks * blockSize, blockSize),
	] as const;
	const logs: string[] = [];
	let now = 0;
	const device = {
		slots,
		power,
		logs,
		/** Where the bytes go that the application sends. */
		send: (_: Uint8Array) => {},
		boot: () =>
			new Application({
				target: "test",
				slots,
				kernel: FakeKernel,
				send: (bytes, length) => device.send(bytes.slice(0, length)),
				memory: () => ({ slotsUsed: 12, heapFree: undefined, chunkBytesPeak: 0xfedcba98 }),
				microseconds: () => (now += 250),
				log: (text) => logs.push(text),
				...platform,
			}),
	};
	return device;
}

// A device without a device, for the tests of link and classifier: a kernel whose logits depend on every byte of its blob
// and on every sample, blobs to match, and an application over flash in memory.
import { createHash } from "node:crypto";
import { Application } from "../../firmware/app/application";
import type { Platform } from "../../firmware/app/platform";
import { fieldOffset, writeHeader } from "../../src/blob/codec";
import { readContainer } from "../../src/blob/container";
import { HEAD, readHeadHeader } from "../../src/blob/head";
import {
	ARITHMETIC_VERSIONS,
	CRC_START,
	FORMAT_VERSION,
	HEADER,
	IDENTITY_START,
	INPUT,
	MAGIC,
	SECTION,
	SECTIONS,
	type SectionName,
	STREAM,
} from "../../src/blob/schema";
import { crc32 } from "../../src/bytes/crc32";
import type { Kernel } from "../../src/classifier/model";
import { classes, type Pooling } from "../../src/network/classes";
import { align4, headerBytes } from "../../src/network/layout";
import { LIMITS } from "../../src/network/limits";
import type { Reporting } from "../../src/network/stream";
import { NorFlash, Power } from "./store-flash";

export const CHANNELS = 3;
export const CLASSES = 4;

/** Logits of a made-up network: a hash of seed and samples in each class. */
function fakeLogits(seed: number, state: number): number[] {
	return Array.from({ length: CLASSES }, (_, i) => (Math.imul(state ^ (seed + i), 0x9e3779b1) >> 8) | 0);
}

const step = (state: number, sample: number) => Math.imul(state ^ (sample & 0xffff), 0x01000193);

const seedOf = (blob: Uint8Array) =>
	new DataView(blob.buffer, blob.byteOffset).getInt32(fieldOffset(HEADER, "ditherSeed"), true);

export function logitsOf(blob: Uint8Array, samples: Int16Array): Int32Array {
	const seed = seedOf(blob);
	return Int32Array.from(fakeLogits(seed, samples.reduce(step, seed)));
}

/** Does what edge-ssm/kernel does, with the made-up network. */
export class FakeKernel implements Kernel {
	static open = 0;
	/** Set to make the next write fail as the kernel would. */
	static failure: string | undefined;
	readonly channels = CHANNELS;
	readonly outputCount = CLASSES;
	readonly heads = 1;
	readonly blocks = 1;
	readonly arenaBytes: number;
	readonly stateSize = 8;
	readonly #seed: number;
	readonly #mean: boolean;
	#state: number;
	#steps = 0;
	#closed = false;

	static arenaSize(blob: Uint8Array): number {
		readContainer(blob);
		return 64;
	}

	constructor(blob: Uint8Array) {
		this.arenaBytes = FakeKernel.arenaSize(blob);
		this.#seed = seedOf(blob);
		this.#mean = readHeadHeader(blob, readContainer(blob)).pooling === "mean";
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

	outputs(buffer: ArrayBuffer): void {
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
	pooling?: Pooling;
	steps?: number;
	/** Golden vectors and their length in steps. */
	golden?: number;
	goldenSteps?: number;
	/** A golden vector that the network does not give. */
	wrong?: boolean;
	/** Fills the place of the weights with so many bytes. */
	weights?: number;
	/** Of the model. */
	version?: number;
	/** Settings of the stream. */
	stream?: Reporting;
}

function streamBytes(stream: Reporting): Uint8Array {
	const bytes = new Uint8Array(headerBytes(STREAM) + 4 * CLASSES);
	writeHeader(STREAM, bytes, 0, stream);
	bytes.set(new Uint8Array(stream.thresholds.buffer), headerBytes(STREAM));
	return bytes;
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
		version = 0,
		stream,
	}: FakeBlobOptions = {},
): Uint8Array {
	const goldenBytes = 4 + align4(2 * CHANNELS * goldenSteps) + 4 * CLASSES;
	const input = new Uint8Array(headerBytes(INPUT) + 8 * CHANNELS + 2 * CHANNELS); // no names, no units
	writeHeader(INPUT, input, 0, { channels: CHANNELS, rate: 50 });
	for (let c = 0; c < CHANNELS; c++) {
		new DataView(input.buffer).setFloat32(headerBytes(INPUT) + 8 * c, 0.5, true);
		new DataView(input.buffer).setFloat32(headerBytes(INPUT) + 8 * c + 4, c, true);
	}
	const map = { bits: 8, preshift: 0, biasBits: 8, biasShift: 0 };
	const head = new Uint8Array(headerBytes(HEAD) + headerBytes(classes.layout) + 12);
	writeHeader(HEAD, head, 0, { kind: "classes" });
	writeHeader(classes.layout, head, headerBytes(HEAD), { pooling, outputs: CLASSES, fraction: 1, map });
	const noise = Uint8Array.from({ length: weights }, (_, i) => (i * 37 + seed) & 0xff);
	const labels = Array.from({ length: CLASSES }, (_, i) => `class ${i}\0`).join("");
	const contents: [SectionName, Uint8Array][] = [
		["input", input],
		["encoder", new Uint8Array(4)],
		["block", noise],
		["head", head],
		["labels", Buffer.from(labels)],
		...(stream ? [["stream", streamBytes(stream)] as [SectionName, Uint8Array]] : []),
		["golden", new Uint8Array(golden * goldenBytes)],
	];
	const length = contents.reduce(
		(sum, [, content]) => sum + headerBytes(SECTION) + align4(content.length),
		headerBytes(HEADER),
	);
	const blob = new Uint8Array(length);
	const view = new DataView(blob.buffer);
	const numbers = { version, ditherSeed: seed, steps, H: 1, blocks: 1, residualBits: 16 };
	const file = { magic: MAGIC, format: FORMAT_VERSION, arithmetic: ARITHMETIC_VERSIONS.low, length, crc: 0 };
	writeHeader(HEADER, blob, 0, { ...numbers, ...file, identity: new Uint8Array(32) });
	let at = headerBytes(HEADER);
	for (const [name, content] of contents) {
		const { type, required } = SECTIONS[name];
		at = writeHeader(SECTION, blob, at, { type, required: required ? 1 : 0, length: content.length });
		blob.set(content, at);
		at += align4(content.length);
	}
	for (let g = 0; g < golden; g++) {
		const from = length + (g - golden) * goldenBytes;
		const samples = Int16Array.from({ length: CHANNELS * goldenSteps }, (_, i) => i * 100 - g * 7);
		view.setUint32(from, goldenSteps, true);
		samples.forEach((sample, i) => {
			view.setInt16(from + 4 + 2 * i, sample, true);
		});
		logitsOf(blob, samples).forEach((logit, i) => {
			const off = wrong && g === golden - 1 && i === 0 ? 1 : 0;
			view.setInt32(from + 4 + align4(2 * samples.length) + 4 * i, logit + off, true);
		});
	}
	const identity = createHash("sha256").update(blob.subarray(IDENTITY_START)).digest();
	blob.set(identity, fieldOffset(HEADER, "identity"));
	view.setInt32(fieldOffset(HEADER, "crc"), crc32(blob, CRC_START), true);
	return blob;
}

/** SHA-256 as the firmware has it. */
const hash = (bytes: Uint8Array, start: number, end: number) =>
	Uint8Array.from(createHash("sha256").update(bytes.subarray(start, end)).digest()).buffer;

export function identityOf(blob: Uint8Array): Uint8Array {
	const at = fieldOffset(HEADER, "identity");
	return blob.slice(at, at + 32);
}

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
				sha256: hash,
				trusts: () => true,
				send: (bytes, length) => device.send(bytes.slice(0, length)),
				memory: () => ({ slotsUsed: 12, heapFree: undefined, chunkBytesPeak: 0xfedcba98 }),
				microseconds: () => (now += 250),
				log: (text) => logs.push(text),
				...platform,
			}),
	};
	return device;
}

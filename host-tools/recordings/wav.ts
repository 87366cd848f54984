// WAV: uncompressed integers of 8 to 32 bits or floats, as fractions of full scale.
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { UserError } from "../terminal/errors";
import type { Block, Format } from "./recording";

const BLOCK = 4096;
const MAX_CHANNELS = 256;
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

interface Layout {
	channels: number;
	rate: number;
	/** Bytes per sample. */
	size: number;
	float: boolean;
	/** Offset of the samples in the file, and number of steps. */
	start: number;
	steps: number;
}

function read(file: number, position: number, length: number): DataView {
	const bytes = new Uint8Array(length);
	const got = readSync(file, bytes, 0, length, position);
	return new DataView(bytes.buffer, 0, got);
}

const tag = (view: DataView, at: number) =>
	String.fromCharCode(...Array.from({ length: 4 }, (_, i) => view.getUint8(at + i)));

function readFormat(view: DataView, path: string): Omit<Layout, "start" | "steps"> {
	const code = view.getUint16(0, true);
	const kind = code === EXTENSIBLE && view.byteLength >= 26 ? view.getUint16(24, true) : code;
	const [channels, rate, bits] = [view.getUint16(2, true), view.getUint32(4, true), view.getUint16(14, true)];
	const known = kind === PCM ? [8, 16, 24, 32].includes(bits) : kind === FLOAT && bits === 32;
	if (!known)
		throw new UserError(`${path} has the WAV encoding ${kind} with ${bits} bits; save it as PCM of 16 bits.`);
	if (!channels || channels > MAX_CHANNELS || !rate)
		throw new UserError(`${path} states ${channels} channels at ${rate} samples per second.`);
	return { channels, rate, size: bits / 8, float: kind === FLOAT };
}

function readLayout(file: number, path: string, bytes: number): Layout {
	const head = read(file, 0, 12);
	if (head.byteLength < 12 || tag(head, 0) !== "RIFF" || tag(head, 8) !== "WAVE")
		throw new UserError(`${path} is not a WAV file.`);
	let format: Omit<Layout, "start" | "steps"> | undefined;
	for (let at = 12; at + 8 <= bytes; ) {
		const chunk = read(file, at, 8);
		const [name, length] = [tag(chunk, 0), chunk.getUint32(4, true)];
		if (name === "fmt ") {
			const view = read(file, at + 8, Math.min(length, 40));
			if (view.byteLength < 16) break;
			format = readFormat(view, path);
		} else if (name === "data" && format) {
			const there = Math.min(length, bytes - at - 8);
			return { ...format, start: at + 8, steps: Math.floor(there / (format.size * format.channels)) };
		}
		at += 8 + length + (length % 2);
	}
	throw new UserError(`${path} is a WAV file without samples, or truncated.`);
}

/** A sample as a fraction of full scale, -1 to 1. */
function sampleAt(view: DataView, at: number, { size, float }: Layout): number {
	if (float) return view.getFloat32(at, true);
	if (size === 1) return (view.getUint8(at) - 128) / 128;
	if (size === 2) return view.getInt16(at, true) / 32_768;
	if (size === 3) return ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8_388_608;
	return view.getInt32(at, true) / 2_147_483_648;
}

function* readBlocks(path: string, layout: Layout): Generator<Block> {
	const { channels, size, start, steps } = layout;
	const file = openSync(path, "r");
	try {
		for (let done = 0; done < steps; done += BLOCK) {
			const count = Math.min(BLOCK, steps - done);
			const view = read(file, start + done * channels * size, count * channels * size);
			const values = Float64Array.from({ length: count * channels }, (_, i) =>
				sampleAt(view, i * size, layout),
			);
			const where = (step: number) => `Step ${done + step} of ${path}`;
			const wrong = values.findIndex((value) => !Number.isFinite(value));
			if (wrong >= 0) throw new UserError(`${where(Math.floor(wrong / channels))} is not a finite number.`);
			yield { count, values, where };
		}
	} finally {
		closeSync(file);
	}
}

export const wav: Format = {
	extensions: ["wav"],
	open(path, { hz }) {
		const file = openSync(path, "r");
		try {
			const layout = readLayout(file, path, statSync(path).size);
			if (hz !== undefined && hz !== layout.rate)
				throw new UserError(`${path} states ${layout.rate} samples per second, not ${hz}; leave --hz out.`);
			return {
				path,
				channels: Array.from({ length: layout.channels }, (_, i) => ({
					name: layout.channels === 1 ? "sound" : `sound ${i}`,
					unit: "FS",
				})),
				rate: layout.rate,
				assumed: [],
				blocks: () => readBlocks(path, layout),
			};
		} finally {
			closeSync(file);
		}
	},
};

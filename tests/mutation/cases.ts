// What a build of the kernel is asked, with the right answers: the published vectors, hostile blobs with the TypeScript reader's
// verdict, saved states that were tampered with, and the limits of a stream.
import { BLOCK } from "../../src/blob/components";
import { readContainer } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import { crc32 } from "../../src/bytes/crc32";
import { affine } from "../../src/network/affine";
import { headerBytes } from "../../src/network/layout";
import { LIMITS } from "../../src/network/limits";
import { headKind } from "../../src/network/network";
import { changed, extremes, headerAt, noises, randomBlob, readerVerdict } from "../support/hostile-blob";
import { randomNetwork, randomSamples, type S4dBlock } from "../support/random-network";
import { randomLayerNorms } from "../support/random-norms";
import { randomS5Network } from "../support/random-s5";
import { labels, RULE_BREAKERS } from "../support/rule-breakers";
import { type NamedVector, readVectors } from "../support/vectors";

/** Calls on one model, each with what it answers: an error's name, "" for none, or numbers. */
export interface Case {
	name: string;
	/** In base64. */
	blob: string;
	/** Of a sample, where samples are written. */
	channels?: number;
	/** Distance of the blob from an address that is a multiple of 4. */
	offset?: number;
	calls: Call[];
}
export type Call =
	| { open: string; arenaShort?: number; arenaOffset?: number }
	| { write: number[]; gives?: string }
	| { steps: number }
	| { reset: true }
	| { outputs: string }
	| { state: string }
	| { restore: string; gives: string };

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const base64OfHex = (hex: string) => Buffer.from(hex, "hex").toString("base64");

function vectorCases({ name, blob, vector }: NamedVector): Case[] {
	const { samples, steps } = vector;
	const check = (t: number): Call[] => [
		{ outputs: `${steps[t]!.outputs}` },
		{ state: base64OfHex(steps[t]!.state) },
	];
	/** Calls of so many samples. */
	const cut = (size: number): Call[] => {
		const calls: Call[] = [{ open: "" }, { outputs: "ESSM_E_EMPTY" }];
		for (let t = 0; t < samples.length; t += size) {
			const end = Math.min(samples.length, t + size);
			calls.push({ write: samples.slice(t, end).flat() }, ...check(end - 1));
		}
		return [...calls, { reset: true }, { write: samples[0]! }, ...check(0)];
	};
	return [1, 4, 7, 24].map((size) => ({
		name: `vector ${name}, ${size} per call`,
		blob: base64(blob),
		channels: samples[0]!.length,
		calls: cut(size),
	}));
}

function hostileCases(): Case[] {
	const good = [
		randomBlob(7),
		randomBlob(465, undefined, randomS5Network),
		randomBlob(7, 3, randomLayerNorms),
	];
	const hostile = good.flatMap((blob) => [...extremes(blob), ...noises(blob, 30)]);
	hostile.push(...RULE_BREAKERS.map(([, , , make]) => make()));
	// shifts of zeros, three bits each behind the norm's header, may not be 7
	const shifts = readContainer(good[0]!).blocks[0]!.start + headerBytes(BLOCK) + headerBytes(affine.layout);
	hostile.push(changed(good[0]!, (copy) => copy.fill(255, shifts, shifts + 1)));
	hostile.push(...saturated());
	// a letter of four bytes is one
	hostile.push(labels(0xf0, 0x9f, 0x98, 0x80));
	const samples = randomSamples(7, 20, 6);
	return hostile.map((blob, i) => {
		const verdict = readerVerdict(blob, samples);
		if (verdict.startsWith("ESSM_E_"))
			return { name: `hostile ${i}`, blob: base64(blob), calls: [{ open: verdict }] };
		const channels = readBlob(blob).input.length;
		const [outputs, state] = verdict.split(" ") as [string, string];
		return {
			name: `hostile ${i}`,
			blob: base64(blob),
			channels,
			calls: [
				{ open: "" },
				{ write: [...samples.subarray(0, samples.length - (samples.length % channels))] },
				{ outputs },
				{ state: base64(Uint8Array.from(state.split(",").map(Number))) },
			],
		};
	});
}

/** Networks whose rows of 6-bit weights are all at their greatest, with inputs far from 0: sums that take more than 16 bits. */
function saturated(): Uint8Array[] {
	const fits = ({ channel, activation }: S4dBlock) =>
		channel.value.bits === 6 && channel.gate.bits === 6 && Math.abs(activation.zero) > 60;
	const seeds = Array.from({ length: 2000 }, (_, i) => i + 1).filter((seed) => {
		const { H, blocks } = randomNetwork(seed);
		return H >= 16 && blocks.some(fits);
	});
	return seeds.slice(0, 3).map((seed) =>
		randomBlob(seed, undefined, (seed) => {
			const network = randomNetwork(seed);
			for (const { channel } of network.blocks.filter(fits)) {
				channel.value.weights.fill(31);
				channel.gate.weights.fill(31);
			}
			return network;
		}),
	);
}

/** A saved state: heading, body, CRC-32; `change` comes before the CRC-32. */
function saved(blob: Uint8Array, body: string, change: (view: DataView) => void = () => {}): string {
	const bytes = Buffer.from(body, "hex");
	const state = new Uint8Array(8 + bytes.length + 4);
	const view = new DataView(state.buffer);
	state.set(Buffer.from("ESST"));
	view.setUint32(4, new DataView(blob.buffer, blob.byteOffset).getUint32(headerAt("crc"), true), true);
	state.set(bytes, 8);
	change(view);
	view.setUint32(state.length - 4, crc32(state, 0, state.length - 4) >>> 0, true);
	return base64(state);
}

/** Offsets in a saved state. */
const MAGIC = 0;
const CRC = 4;
const STEPS = 8;

function limitCases(vectors: NamedVector[]): Case[] {
	const of = (pooling: string) =>
		vectors.find(({ network: { head } }) => headKind(head).pooling(head) === pooling)!;
	const [mean, last] = [of("mean"), of("last")];
	const body = ({ vector }: NamedVector) => vector.steps.at(-1)!.state;
	const at = (steps: number) => (view: DataView) => view.setUint32(STEPS, steps, true);
	const restored = (from: NamedVector, gives: string, change?: (view: DataView) => void): Case => ({
		name: `state of vector ${from.name} ${gives || "restored"}`,
		blob: base64(from.blob),
		channels: from.network.input.length,
		calls: [{ open: "" }, { restore: saved(from.blob, body(from), change), gives }],
	});
	const full = restored(last, "", at(0xffffffff));
	return [
		{
			name: "blob beside a multiple of 4",
			blob: base64(mean.blob),
			offset: 2,
			calls: [{ open: "ESSM_E_ALIGNMENT" }],
		},
		{
			name: "arena a byte short",
			blob: base64(mean.blob),
			calls: [{ open: "ESSM_E_ARENA", arenaShort: 1 }],
		},
		{
			name: "arena beside a multiple of 4",
			blob: base64(mean.blob),
			calls: [{ open: "ESSM_E_ALIGNMENT", arenaOffset: 1 }],
		},
		restored(mean, ""),
		restored(mean, "ESSM_E_STATE", (view) => view.setUint32(MAGIC, 0x54535346, true)),
		restored(mean, "ESSM_E_STATE", (view) => view.setUint32(CRC, 1, true)),
		restored(mean, "", at(LIMITS.meanSteps)),
		restored(mean, "ESSM_E_STATE", at(LIMITS.meanSteps + 1)),
		{
			...full,
			name: "last-step pooling has no end",
			calls: [...full.calls, { write: last.vector.samples[0]! }, { steps: 0xffffffff }],
		},
		{
			name: "mean pooling ends",
			blob: base64(mean.blob),
			channels: mean.network.input.length,
			calls: [
				{ open: "" },
				{ restore: saved(mean.blob, body(mean), at(LIMITS.meanSteps - 1)), gives: "" },
				{ write: mean.vector.samples.slice(0, 2).flat(), gives: "ESSM_E_LENGTH" },
				{ write: mean.vector.samples[0]! },
				{ write: mean.vector.samples[0]!, gives: "ESSM_E_LENGTH" },
			],
		},
	];
}

/** What a build with the kinds of S4D alone is asked: it runs networks of these, and refuses the others. */
export function fewKindsCases(): Case[] {
	return readVectors().flatMap((one) => {
		const { encoder, head, blocks } = one.network;
		const isS4d = blocks.every(
			({ norm, mixer, activation, channel, post }) =>
				`${norm.kind} ${mixer.kind} ${activation.kind} ${channel.kind} ${post.kind}` ===
					"affine s4d gelu glu none" && mixer.A.kind !== "logarithmic",
		);
		if (isS4d && encoder.kind === "linear" && head.kind === "classes") return vectorCases(one);
		return [
			{ name: `vector ${one.name} of few kinds`, blob: base64(one.blob), calls: [{ open: "ESSM_E_KIND" }] },
		];
	});
}

export function kernelCases(): Case[] {
	const vectors = readVectors();
	return [...vectors.flatMap(vectorCases), ...hostileCases(), ...limitCases(vectors)];
}

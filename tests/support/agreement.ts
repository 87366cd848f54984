// Random networks of every kind that the engines on devices are held to by bytes: drawn here, written to flash as
// agreement-device.ts reads it, and the lines that it must log.
import { createHash } from "node:crypto";
import { NativeKernel } from "../../host-tools/kernel/native";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { crc32 } from "../../src/bytes/crc32";
import { align4 } from "../../src/network/layout";
import type { Network } from "../../src/network/network";
import { Reference } from "../../src/reference/reference";
import { agreementSamples } from "./agreement-samples";
import { randomChannels } from "./random-channels";
import { randomEmbedding } from "./random-embedding";
import { randomNetwork } from "./random-network";
import { randomLayerNorms, randomRmsNorms } from "./random-norms";
import { randomValues } from "./random-values";

/** As in agreement-device.ts, which Node cannot import. */
const STEPS = 60;
const FIRST_SEED = 20_000;

interface Family {
	name: string;
	draw: (seed: number) => Network;
	networks: number;
	/** Others are passed over. */
	when?: (network: Network) => boolean;
}

/** Norms over the heads of a step are drawn before the mixer, after the channel mixer and in both places. */
const FAMILIES: Family[] = [
	{ name: "folded norms", draw: randomNetwork, networks: 300 },
	{ name: "LayerNorm", draw: randomLayerNorms, networks: 300 },
	{ name: "RMSNorm", draw: randomRmsNorms, networks: 300 },
	{
		...{ name: "S5 with any channel mixer", draw: randomChannels, networks: 500 },
		when: ({ blocks }) => blocks.some(({ mixer }) => mixer.kind === "s5"),
	},
	{ name: "heads of values", draw: randomValues, networks: 300 },
	{ name: "embeddings", draw: randomEmbedding, networks: 300 },
];

export interface Drawn {
	seed: number;
	blob: Uint8Array;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** @param most networks of each family, for engines that take longer; all of them unless stated */
export function drawAll(most = Number.POSITIVE_INFINITY): Drawn[] {
	return FAMILIES.flatMap(({ draw, networks, when }) => {
		const drawn: Drawn[] = [];
		for (let seed = FIRST_SEED; drawn.length < Math.min(networks, most); seed++) {
			const network = draw(seed);
			if (when?.(network) ?? true) drawn.push({ seed, blob: writeBlob(network, sha256) });
		}
		return drawn;
	});
}

/** The names of the families, and how many networks of each. */
export function describeAll(most = Number.POSITIVE_INFINITY): string {
	return FAMILIES.map(({ name, networks }) => `${Math.min(networks, most)} of ${name}`).join(", ");
}

const ENTRY_BYTES = 12;
const imageBytes = ({ blob }: Drawn) => ENTRY_BYTES + align4(blob.length);

/** Divides networks into consecutive images of at most `bytes`. */
export function divide(all: readonly Drawn[], bytes: number): Drawn[][] {
	const images: Drawn[][] = [];
	let left = 0;
	for (const one of all) {
		if (imageBytes(one) > left) {
			images.push([]);
			left = bytes - 4;
		}
		images.at(-1)!.push(one);
		left -= imageBytes(one);
	}
	return images;
}

/** A partition's content: a count; seed, offset and length of each; the blobs. */
export function imageOf(all: readonly Drawn[]): Uint8Array {
	const image = new Uint8Array(all.reduce((sum, one) => sum + imageBytes(one), 4));
	const view = new DataView(image.buffer);
	view.setUint32(0, all.length, true);
	let at = 4 + ENTRY_BYTES * all.length;
	for (const [i, { seed, blob }] of all.entries()) {
		const entry = 4 + ENTRY_BYTES * i;
		view.setUint32(entry, seed, true);
		view.setUint32(entry + 4, at, true);
		view.setUint32(entry + 8, blob.length, true);
		image.set(blob, at);
		at += align4(blob.length);
	}
	return image;
}

/**
 * The line that a device must log of a network: what kernel and reference on Node agree on.
 * @param withReference whether the reference runs on the device too
 */
export function expectedLine({ seed, blob }: Drawn, withReference: boolean): string {
	const network = readBlob(blob);
	const samples = agreementSamples(seed, STEPS, network.input.length);
	const kernel = new NativeKernel(blob);
	kernel.write(samples);
	const reference = new Reference(network);
	reference.write(samples);
	const outputs = reference.outputs().join();
	const line = `${seed} kernel ${outputs} ${crc32(kernel.saveState())}`;
	return withReference ? `${line} reference ${outputs} ${crc32(reference.stateBytes())}` : line;
}

// The blob of a random network that can prove itself: with golden vectors of the reference.
import { createHash } from "node:crypto";
import { writeBlob } from "../../src/blob/write";
import type { Network } from "../../src/network/network";
import { Reference } from "../../src/reference/reference";
import { randomNetwork, randomSamples } from "./random-network";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** @param change what is not drawn by chance */
export function provenBlob(
	seed: number,
	change: Partial<Network> = {},
	sign?: (identity: Uint8Array) => Uint8Array,
): Uint8Array {
	const network = { ...randomNetwork(seed), steps: 20, ...change };
	const samples = randomSamples(seed + 1, 24, network.input.length);
	const reference = new Reference(network);
	reference.write(samples);
	return Uint8Array.from(
		writeBlob({ ...network, golden: [{ samples, outputs: reference.outputs() }] }, sha256, sign),
	);
}

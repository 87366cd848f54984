// Whole models for tests of flashing: random networks with golden vectors of the reference.
import { createHash } from "node:crypto";
import { type BlobModel, parseBlob } from "../../../host-tools/evaluation/model-file";
import { readBlob } from "../../../src/blob/read";
import { writeBlob } from "../../../src/blob/write";
import { Reference } from "../../../src/reference/reference";
import { randomNetwork, randomSamples } from "../random-network";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** @param golden "right", "wrong" in one output, or "none" */
export function modelOf(seed: number, golden: "right" | "wrong" | "none" = "right", notes = ""): BlobModel {
	const network = { ...randomNetwork(seed), steps: 20, notes, golden: [], labels: [] as string[] };
	network.labels = Array.from({ length: network.head.outputs }, (_, i) => `class ${i}`);
	const reference = new Reference(readBlob(writeBlob(network, sha256)));
	const samples = randomSamples(seed, 20, network.input.length);
	reference.write(samples);
	const outputs = reference.outputs();
	if (golden === "wrong") outputs[0]!++;
	const vectors = golden === "none" ? [] : [{ samples, outputs }];
	return parseBlob(writeBlob({ ...network, golden: vectors }, sha256), `model ${seed}`);
}

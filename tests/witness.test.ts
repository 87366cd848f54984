// The recorded meaning of edge-ssm.int.v2: hashes of the logits of every shipped model and of 500 seeded random networks, over
// seeded samples. Whatever is rebuilt around it, these bytes stay. EDGE_SSM_RECORD=1 writes the fixture anew, for a new
// arithmetic only.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { NativeKernel } from "../host-tools/kernel/kernel";
import { readBlob } from "../src/blob/read";
import { writeBlob } from "../src/blob/write";
import { Reference } from "../src/reference/reference";
import { randomNetwork, randomSamples } from "./random-network";

const FIXTURE = "tests/fixtures/witness-v2.json";
interface Witness {
	models: Record<string, string>;
	networks: string[];
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** Hash of the logits after every `every` steps, little-endian int32. */
function logitHash(
	engine: { write(samples: Int16Array): void; outputs(): Int32Array },
	samples: Int16Array,
	channels: number,
	every: number,
): string {
	const hash = createHash("sha256");
	for (let at = 0; at < samples.length; at += every * channels) {
		engine.write(samples.subarray(at, at + every * channels));
		const logits = engine.outputs();
		hash.update(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength));
	}
	return hash.digest("hex").slice(0, 16);
}

function networkHash(seed: number, on: "reference" | "kernel"): string {
	const network = randomNetwork(seed);
	const samples = randomSamples(seed, 60, network.input.length);
	const engine = on === "kernel" ? new NativeKernel(writeBlob(network, sha256)) : new Reference(network);
	return logitHash(engine, samples, network.input.length, 20);
}

function modelHash(file: string, on: "reference" | "kernel"): string {
	const blob = readFileSync(`models/${file}`);
	const network = readBlob(blob);
	const samples = randomSamples(1, 256, network.input.length);
	return logitHash(
		on === "kernel" ? new NativeKernel(blob) : new Reference(network),
		samples,
		network.input.length,
		64,
	);
}

const models = readdirSync("models").filter((file) => file.endsWith(".essm"));
const seeds = Array.from({ length: 500 }, (_, i) => i + 1);

if (process.env.EDGE_SSM_RECORD) {
	const witness: Witness = {
		models: Object.fromEntries(models.map((file) => [file, modelHash(file, "reference")])),
		networks: seeds.map((seed) => networkHash(seed, "reference")),
	};
	writeFileSync(FIXTURE, `${JSON.stringify(witness, null, "\t")}\n`);
}
const witness = JSON.parse(readFileSync(FIXTURE, "utf8")) as Witness;

describe.each(["reference", "kernel"] as const)("%s", (on) => {
	test.each(Object.keys(witness.models))("models/%s", (file) => {
		expect(modelHash(file, on)).toBe(witness.models[file]);
	});
	test("500 random networks", () => {
		expect(seeds.map((seed) => networkHash(seed, on))).toEqual(witness.networks);
	});
});

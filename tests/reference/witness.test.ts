// The recorded meaning of each version of the arithmetic: hashes of the logits of every shipped model and of 500 seeded random
// networks, over seeded samples. Whatever is rebuilt around it, these bytes stay. EDGE_SSM_RECORD=v3 writes the fixture of that
// name, for a new arithmetic or new kinds only.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { NativeKernel } from "../../host-tools/kernel/native";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { arithmeticVersion, type Network } from "../../src/network/network";
import { Reference } from "../../src/reference/reference";
import { randomChannels } from "../support/random-channels";
import { randomNetwork, randomSamples } from "../support/random-network";
import { randomNorms } from "../support/random-norms";
import { randomS5Network } from "../support/random-s5";

type Draw = (seed: number) => Network;
/** Shipped models are recorded with the first kinds of their version. */
const VERSIONS: { name: string; models?: 2 | 3; draw: Draw }[] = [
	{ name: "v2", models: 2, draw: randomNetwork },
	{ name: "v3", models: 3, draw: randomS5Network },
	{ name: "v3-channels", draw: randomChannels },
	{ name: "v3-norms", draw: (seed) => randomNorms(seed, seed & 1 ? "layer" : "rms") },
];
const fixtureOf = (name: string) => `tests/fixtures/witness-${name}.json`;
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

function networkHash(draw: Draw, seed: number, on: "reference" | "kernel"): string {
	const network = draw(seed);
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

describe.each(VERSIONS)("edge-ssm.int.$name", ({ name, models: version, draw }) => {
	const own = models.filter(
		(file) => arithmeticVersion(readBlob(readFileSync(`models/${file}`))) === version,
	);
	if (process.env.EDGE_SSM_RECORD === name) {
		const witness: Witness = {
			models: Object.fromEntries(own.map((file) => [file, modelHash(file, "reference")])),
			networks: seeds.map((seed) => networkHash(draw, seed, "reference")),
		};
		writeFileSync(fixtureOf(name), `${JSON.stringify(witness, null, "\t")}\n`);
	}
	const witness = JSON.parse(readFileSync(fixtureOf(name), "utf8")) as Witness;

	test("every shipped model of this version has a record", () => {
		expect(Object.keys(witness.models)).toEqual(expect.arrayContaining(own));
	});

	describe.each(["reference", "kernel"] as const)("%s", (on) => {
		for (const file of Object.keys(witness.models))
			test(`models/${file}`, () => {
				expect(modelHash(file, on)).toBe(witness.models[file]);
			});
		test("500 random networks", () => {
			expect(seeds.map((seed) => networkHash(draw, seed, on))).toEqual(witness.networks);
		});
	});
});

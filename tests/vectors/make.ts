// `npm run vectors`: adds vectors until every choice of every kind stands in one and every misreading of the page fails one.
// Vectors that are there stay as they are.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import type { Network } from "../../src/network/network";
import { firstDifference, MISREADINGS, pageRead } from "../support/misreadings";
import { randomChannels } from "../support/random-channels";
import { randomEmbedding, samplesFor } from "../support/random-embedding";
import { int, random, randomNetwork } from "../support/random-network";
import { randomNorms } from "../support/random-norms";
import { randomS5Network } from "../support/random-s5";
import { randomDetector, randomValues } from "../support/random-values";
import { allChoices, choicesOf, FOLDER, type NamedVector, readVectors, vectorOf } from "../support/vectors";

const STEPS = 24;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** Scales `octaves` lower or higher: values that saturate, or that are a few units. */
const shifted = (scale: Uint8Array, octaves: number) =>
	scale.map((code) => Math.max(0, Math.min(31, (code >> 3) + octaves)) * 8 + (code & 7));

/** Values of the channel mixers eight times as great. */
function loud(seed: number, heads: number): Network {
	const network = randomNetwork(seed, heads);
	const blocks = network.blocks.map((block) =>
		block.channel.kind === "glu"
			? {
					...block,
					channel: {
						...block.channel,
						value: { ...block.channel.value, scale: shifted(block.channel.value.scale, -3) },
					},
				}
			: block,
	);
	return { ...network, blocks };
}

/** A residual of a few units under a LayerNorm, where the fraction of the mean counts. */
function quiet(seed: number, heads: number): Network {
	const network = randomNorms(seed, "layer", heads);
	if (network.encoder.kind !== "linear") throw new Error("randomNorms draws linear encoders");
	const { map } = network.encoder;
	const bias = map.bias.map((code) => code >> 8);
	const blocks = network.blocks.map((block) =>
		block.norm.kind === "layer" ? { ...block, norm: { ...block.norm, epsilon: 1 } } : block,
	);
	const quietMap = { ...map, biasBits: 16, biasShift: 0, bias, scale: shifted(map.scale, 8) } as const;
	return { ...network, blocks, encoder: { ...network.encoder, map: quietMap } };
}

/** A detector whose alarm begins and ends within the samples of its vector. */
function alarming(seed: number, heads: number): Network {
	const network = randomDetector(seed, heads);
	const { length: channels } = network.input;
	const scores = (of: Network) => {
		const flat = samplesFor(of, seed, STEPS);
		const samples = Array.from({ length: STEPS }, (_, t) => [
			...flat.slice(t * channels, (t + 1) * channels),
		]);
		return vectorOf(of, samples).steps.map(({ score }) => score ?? 0);
	};
	const sorted = scores({ ...network, detector: { ...network.detector, settling: 3 } }).sort((a, b) => a - b);
	const [release, threshold] = [0.6, 0.75].map((part) => Math.max(1, sorted[Math.floor(part * STEPS)]!));
	return {
		...network,
		detector: { ...network.detector, settling: 3, release: release!, threshold: threshold! },
	};
}

const DRAWS: ((seed: number, heads: number) => Network)[] = [
	randomNetwork,
	randomS5Network,
	(seed, heads) => randomNorms(seed, "layer", heads),
	(seed, heads) => randomNorms(seed, "rms", heads),
	loud,
	quiet,
	randomChannels,
	randomValues,
	randomEmbedding,
	alarming,
];

/** A small network: at most two blocks, few heads and modes, so that a person can follow it. */
function draw(seed: number): Network | undefined {
	const network = DRAWS[seed % DRAWS.length]!(seed, int(random(seed), 2, 6));
	const blocks = network.blocks.slice(0, 2);
	const modes = blocks.map(({ mixer }) => (mixer.kind === "s5" ? mixer.P : mixer.N));
	return Math.max(...modes) > 5 || network.input.length > 3 ? undefined : { ...network, blocks };
}

function make(network: Network, seed: number, name: string): NamedVector {
	const channels = network.input.length;
	const flat = samplesFor(network, seed, STEPS);
	const samples = Array.from({ length: STEPS }, (_, t) => [...flat.slice(t * channels, (t + 1) * channels)]);
	const blob = writeBlob(network, sha256);
	return { name, blob, network: readBlob(blob), vector: vectorOf(network, samples) };
}

function save({ name, blob, vector }: NamedVector): void {
	writeFileSync(`${FOLDER}/${name}.essm`, blob);
	const steps = vector.steps.map((step) => `\t\t${JSON.stringify(step)}`).join(",\n");
	writeFileSync(
		`${FOLDER}/${name}.json`,
		`{\n\t"samples": ${JSON.stringify(vector.samples)},\n\t"steps": [\n${steps}\n\t]\n}\n`,
	);
	console.log(`${name}: written`);
}

const there = readVectors();
const missing = allChoices();
for (const { network } of there) for (const choice of choicesOf(network)) missing.delete(choice);
const readings = await Promise.all(MISREADINGS.map(async (one) => ({ one, page: await pageRead(one) })));
let unseen = readings.filter(({ page }) =>
	there.every((vector) => firstDifference(page, vector) === undefined),
);

let number = there.length;
// vectors that bring many choices first, so that there are few
for (const enough of [8, 4, 2, 1, 0])
	for (let seed = 1; seed < 8000 && missing.size + unseen.length > 0; seed++) {
		const network = draw(seed);
		if (!network) continue;
		const gained = [...choicesOf(network)].filter((choice) => missing.has(choice));
		if (gained.length < enough || (gained.length === 0 && unseen.length === 0)) continue;
		const vector = make(network, seed, String(number + 1).padStart(2, "0"));
		const caught = unseen.filter(({ page }) => firstDifference(page, vector) !== undefined);
		if (gained.length + caught.length === 0) continue;
		for (const choice of gained) missing.delete(choice);
		unseen = unseen.filter((reading) => !caught.includes(reading));
		save(vector);
		number++;
	}
for (const choice of missing) console.error(`no vector has: ${choice}`);
for (const { one } of unseen) console.error(`no vector sees through: ${one.rule}, ${one.name}`);
if (missing.size + unseen.length > 0) process.exitCode = 1;

// Generates docs/ARITHMETIC-EXAMPLES.md: inputs and outputs of each primitive, checksums of the tables, and one traced step of
// every kind, from the published vectors.
import { readdirSync, readFileSync } from "node:fs";
import {
	applyCoarseScale,
	applyScale,
	clamp,
	roundShift,
	symmetricMax,
} from "../../src/arithmetic/arithmetic";
import { inverseRoot } from "../../src/arithmetic/inverse-root";
import { phi } from "../../src/arithmetic/phi";
import { polarToCartesian, quarterCosine } from "../../src/arithmetic/polar";
import { COSINE, GAIN, INVERSE_ROOT, PHI, RADIUS } from "../../src/arithmetic/tables";
import { STAGES } from "../../src/blob/components";
import { readBlob } from "../../src/blob/read";
import { crc32 } from "../../src/bytes/crc32";
import { type Block, ENCODERS, HEADS, type Network } from "../../src/network/network";
import { derivedGain } from "../../src/network/s4d";
import { Reference } from "../../src/reference/reference";

const VECTORS = "tests/vectors";
const STEP = 5; // the first steps have little in x

const table = (head: string[], rows: (string | number)[][]) =>
	[head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

function polar(radius: number, angle: number): number[] {
	const out = new Int16Array(2);
	polarToCartesian(radius, angle, out, 0);
	return [...out];
}

function root(V: bigint): string {
	const { root: r, exponent } = inverseRoot(Number(V >> 32n), Number(V & 0xffffffffn));
	return `${r}, ${exponent}`;
}

/** Five calls of each primitive. */
const PRIMITIVES: Record<string, { call: string; rows: (string | number)[][] }> = {
	A3: {
		call: "rshift(v, s)",
		rows: [
			[5, 1],
			[-5, 1],
			[-6, 2],
			[2147483647, 0],
			[-2147483648, 31],
		].map(([v, s]) => [`${v}, ${s}`, roundShift(v!, s!)]),
	},
	A4: {
		call: "sat(v, k)",
		rows: [
			[128, 8],
			[-128, 8],
			[-127, 8],
			[40000, 16],
			[-9, 4],
		].map(([v, k]) => [`${v}, ${k}`, clamp(v!, -symmetricMax(k!), symmetricMax(k!))]),
	},
	A5: {
		call: "scale(v, c)",
		rows: [
			[1000, 24576],
			[-1000, 24577],
			[262143, 22527],
			[-3, 43007],
			[1, 0],
		].map(([v, c]) => [`${v}, ${c}`, applyScale(v!, c!)]),
	},
	A6: {
		call: "coarse(v, c)",
		rows: [
			[1000, 64],
			[-1000, 69],
			[4194303, 135],
			[-3, 80],
			[1, 7],
		].map(([v, c]) => [`${v}, ${c}`, applyCoarseScale(v!, c!)]),
	},
	"A6, lifted": {
		call: "lifted(v, c, l)",
		rows: [
			[1000, 64, 0],
			[1000, 64, 10],
			[-77, 135, 20],
			[3, 101, 7],
			[-3, 101, 7],
		].map(([v, c, l]) => [`${v}, ${c}, ${l}`, applyCoarseScale(v!, c!, l)]),
	},
	A10: {
		call: "phi(PHI[gelu], v, F)",
		rows: [
			[0, 8],
			[100, 8],
			[-100, 8],
			[3, 3],
			[-32767, 12],
		].map(([v, F]) => [`${v}, ${F}`, phi(PHI.gelu, v!, F!)]),
	},
	A11: { call: "cosine(v)", rows: [0, 1, 63, 8192, 16384].map((v) => [v, quarterCosine(v)]) },
	A28: {
		call: "Abar of (index of RADIUS, angle)",
		rows: [
			[0, 0],
			[128, 1000],
			[200, 16384],
			[200, 16385],
			[255, 32768],
		].map(([r, angle]) => [`${r}, ${angle}`, polar(r!, angle!).join(", ")]),
	},
	A24: {
		call: "derivedGain(re, im, shift)",
		rows: [
			[32000, 0, 8],
			[32000, 5000, 8],
			[0, 32000, 3],
			[-32000, 100, 0],
			[32766, 1, 34],
		].map(([re, im, shift]) => [`${re}, ${im}, ${shift}`, derivedGain(re!, im!, shift!)]),
	},
	A49: {
		call: "inverse square root of V: root, e",
		rows: [1n, 1000n, 4294967295n, 4294967296n, (1n << 42n) - 1n].map((V) => [`${V}`, root(V)]),
	},
};

const bytesOf = (numbers: Uint8Array | Int16Array | Uint16Array) => {
	const bytes = new Uint8Array(numbers.length * numbers.BYTES_PER_ELEMENT);
	const view = new DataView(bytes.buffer);
	numbers.forEach((v, i) => {
		if (numbers.BYTES_PER_ELEMENT === 1) view.setUint8(i, v);
		else view.setInt16(2 * i, v, true);
	});
	return bytes;
};

const checksums = Object.entries({
	...Object.fromEntries(Object.entries(PHI).map(([form, numbers]) => [`PHI[${form}]`, numbers])),
	COSINE,
	RADIUS,
	GAIN,
	INVERSE_ROOT,
}).map(([name, numbers]) => [
	name,
	numbers.length,
	numbers.BYTES_PER_ELEMENT,
	(crc32(bytesOf(numbers)) >>> 0).toString(16).padStart(8, "0"),
]);

const kindsOf = (block: Block) =>
	Object.keys(STAGES).map((stage) => `${stage} ${block[stage as keyof typeof STAGES].kind}`);

interface Example {
	name: string;
	network: Network;
	samples: number[][];
}

/** A small set of vectors, chosen greedily, that covers every kind. */
function examples(): Example[] {
	const all = readdirSync(VECTORS)
		.filter((file) => file.endsWith(".essm"))
		.map((file) => {
			const { samples } = JSON.parse(readFileSync(`${VECTORS}/${file.replace(".essm", ".json")}`, "utf8"));
			return { name: file, network: readBlob(Uint8Array.from(readFileSync(`${VECTORS}/${file}`))), samples };
		});
	const kinds = ({ network }: Example) => [
		`encoder ${network.encoder.kind}`,
		`head ${network.head.kind}`,
		...network.blocks.flatMap(kindsOf),
	];
	const missing = new Set([
		...Object.keys(ENCODERS).map((kind) => `encoder ${kind}`),
		...Object.keys(HEADS).map((kind) => `head ${kind}`),
		...Object.entries(STAGES).flatMap(([stage, list]) => Object.keys(list).map((kind) => `${stage} ${kind}`)),
	]);
	const gain = (example: Example) => new Set(kinds(example).filter((kind) => missing.has(kind))).size;
	const chosen: Example[] = [];
	while (missing.size > 0) {
		const best = all.reduce((a, b) => (gain(b) > gain(a) ? b : a));
		if (gain(best) === 0) break;
		chosen.push(best);
		for (const kind of kinds(best)) missing.delete(kind);
	}
	return chosen;
}

function trace({ name, network, samples }: Example): string {
	const reference = new Reference(network);
	reference.write(samples.slice(0, STEP - 1).flat());
	const lines: string[] = [];
	reference.write(samples[STEP - 1]!, (stage, values) => {
		lines.push(`${stage.padEnd(10)} ${Array.from(values).join(" ")}`);
	});
	const kinds = network.blocks.map((block, l) => `block ${l}: ${kindsOf(block).join(", ")}`).join("\n");
	return [
		`### ${name}, step ${STEP}`,
		"",
		`H ${network.H}, ${network.input.length} channels, encoder ${network.encoder.kind}, head ${network.head.kind}.`,
		...kinds.split("\n").map((line) => `${line}.`),
		"",
		...[
			`sample     ${samples[STEP - 1]!.join(" ")}`,
			...lines,
			`outputs    ${reference.outputs().join(" ")}`,
		].map((line) => `    ${line}`),
	].join("\n");
}

/** The page. */
export function arithmeticExamples(): string {
	const primitives = Object.entries(PRIMITIVES).map(
		([rule, { call, rows }]) =>
			`**${rule.split(",")[0]}**, \`${call}\`\n\n${table(["arguments", "result"], rows)}`,
	);
	return `# Examples of the arithmetic

Made by \`npm run generate\` from src/arithmetic, src/reference and ${VECTORS}. Do not edit. The rules are in [ARITHMETIC](ARITHMETIC.md).

An implementation is complete when it gives the outputs and the state of every step of every vector in \`${VECTORS}\`: \`NN.essm\` is a blob, \`NN.json\` has samples (steps, channels) and after each step the outputs and the saved state (A34) from T to the last byte before the CRC-32. They cover every kind and every form of each, and each of the misreadings in \`tests/support/misreadings.ts\` fails at least one of them (\`npx vitest run tests/reference/vectors.test.ts\`).

## Primitives

${primitives.join("\n\n")}

## Tables

CRC-32 of the numbers, little-endian.

${table(["table", "numbers", "bytes each", "CRC-32"], checksums)}

## Traced steps

Everything that one step computes, for the fewest vectors that together have every kind. r is the residual stream before a stage, x the new state in its saved order, a what is added to r.

${examples().map(trace).join("\n\n")}
`;
}

// The blob: what is written is read, byte for byte where docs/BLOB.md says, and what may not be written is refused by name.

import { generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NativeKernel } from "../../host-tools/kernel/native";
import { readContainer, readLabels } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { packedBytes, packRow, unpackRow } from "../../src/network/bits";
import type { CartesianPoles } from "../../src/network/cartesian";
import type { HarmonicPoles } from "../../src/network/harmonic";
import { provenNetwork } from "../../src/network/prove";
import { Reference } from "../../src/reference/reference";
import { classesOf } from "../support/classes";
import { sha256 } from "../support/hostile-blob";
import { random, randomNetwork, randomSamples, type S4dNetwork } from "../support/random-network";

/** Reads a row's codes from its bits as text: nothing shared with the packer. */
function readBits(bytes: Uint8Array, at: number, count: number, bits: number, signed: boolean): number[] {
	const text = Array.from(bytes.subarray(at, at + Math.ceil((count * bits) / 8)), (byte) =>
		byte.toString(2).padStart(8, "0").split("").reverse().join(""),
	).join("");
	return Array.from({ length: count }, (_, i) => {
		const code = Number.parseInt(
			text
				.slice(i * bits, (i + 1) * bits)
				.split("")
				.reverse()
				.join(""),
			2,
		);
		return signed && code >= 2 ** (bits - 1) ? code - 2 ** bits : code;
	});
}

describe("packing", () => {
	test("every width against an independent reader of bits; rows end on whole bytes", () => {
		const next = random(5);
		for (let bits = 1; bits <= 16; bits++)
			for (let count = 1; count < 40; count++)
				for (const signed of [false, true]) {
					const low = signed ? -(2 ** (bits - 1)) : 0;
					const codes = Array.from({ length: count }, () => low + Math.floor(next() * 2 ** bits));
					const bytes = new Uint8Array(packedBytes(count, bits) + 6);
					packRow(codes, bits, bytes, 3);
					expect(readBits(bytes, 3, count, bits, signed)).toEqual(codes);
					expect([...bytes.subarray(0, 3), ...bytes.subarray(-3)]).toEqual([0, 0, 0, 0, 0, 0]);
					const back = new Array<number>(count);
					unpackRow(bytes, 3, count, bits, signed, back, 0);
					expect(back).toEqual(codes);
				}
	});
});

/** A random network with all that the fixed part of a blob can carry. */
function full(seed: number): S4dNetwork {
	const network = randomNetwork(seed);
	network.labels = network.labels.map((_, i) => ["walk", "läuft", "歩く", "🏃🏽", "a b", "é"][i % 6]! + i);
	network.notes = JSON.stringify({ from: "größer ≥ 2 °C", seed });
	network.steps = 128;
	network.rate = 12.5;
	const reference = new Reference(network);
	for (const steps of [1, 2, 5]) {
		const samples = randomSamples(seed + steps, steps, network.input.length);
		reference.reset();
		reference.write(samples);
		network.golden.push({ samples, outputs: reference.outputs() });
	}
	return network;
}

describe("writing and reading", () => {
	test("give the same network back, whatever its shapes and precisions", () => {
		for (let seed = 1; seed <= 300; seed++) {
			const network = full(seed);
			const blob = writeBlob(network, sha256);
			expect(readBlob(blob), `seed ${seed}`).toEqual(network);
			expect(writeBlob(readBlob(blob), sha256), `seed ${seed}`).toEqual(blob);
			expect(blob.length % 4).toBe(0);
			expect(readLabels(blob, readContainer(blob), network.head.outputs)).toEqual(network.labels);
		}
	});

	test("codes are where docs/BLOB.md says, read from their bits", () => {
		for (let seed = 1; seed <= 60; seed++) {
			const network = full(seed);
			const { H } = network;
			const blob = writeBlob(network, sha256);
			const { blocks } = readContainer(blob);
			network.blocks.forEach(({ norm, mixer, channel }, l) => {
				const { N, A, B, C, D } = mixer;
				let at = blocks[l]!.start + 8;
				/** Rows of codes from here on; goes on behind them. */
				const rows = (count: number, columns: number, bits: number, signed = true) => {
					if (bits === 16) at += at & 1;
					const bytes = Math.ceil((columns * bits) / 8);
					const codes = Array.from({ length: count }, (_, row) =>
						readBits(blob, at + row * bytes, columns, bits, signed),
					);
					at += count * bytes;
					return codes.flat();
				};
				const align = () => {
					at = (at + 3) & ~3;
				};

				at += 4;
				const zeroShifts = rows(1, H, 3, false);
				expect(zeroShifts).toEqual([...norm.zeroShift]);
				expect(rows(1, H, 16).map((zero, h) => zero * 2 ** zeroShifts[h]!)).toEqual([...norm.zero]);
				expect(rows(1, H, 8, false)).toEqual([...norm.scale]);
				align();

				at += 12;
				expect(rows(1, H, 5, false)).toEqual([...B.shift]);
				expect(rows(1, H, 8, false)).toEqual([...C.scale]);
				expect(rows(1, H, D.bits)).toEqual([...D.codes]);
				expect(B.bits === 0 ? new Array(H * N).fill(0) : rows(H, N, B.bits, false)).toEqual([...B.codes]);
				expect(rows(H, 2 * N, C.bits)).toEqual([...C.codes]);
				align();

				at += 4;
				if (A.kind === "cartesian") expect(rows(H, 2 * N, A.bits)).toEqual([...A.codes]);
				else {
					expect(rows(H, N, A.radiusBits, false)).toEqual([...A.radius]);
					expect(rows(H, N, A.phaseBits)).toEqual([...A.phase]);
					expect(rows(1, H, 6, false).map((offset) => 4 * offset)).toEqual([...A.radiusOffset]);
					expect(rows(1, H, 10, false)).toEqual([...A.phaseBase]);
				}
				align();

				at += 8 + 12;
				for (const map of [channel.value, channel.gate]) {
					expect(rows(H, H, map.bits)).toEqual([...map.weights]);
					expect(rows(1, H, 8, false)).toEqual([...map.scale]);
					expect(rows(1, H, map.biasBits).map((bias) => bias * 2 ** map.biasShift)).toEqual([...map.bias]);
				}
				align();
				expect(at).toBe(blocks[l]!.start + blocks[l]!.length);
			});
		}
	});

	test("golden vectors come out of the kernel", () => {
		for (let seed = 1; seed <= 40; seed++) {
			const blob = writeBlob(full(seed), sha256);
			const kernel = new NativeKernel(blob);
			for (const { samples, outputs } of readBlob(blob).golden) {
				kernel.reset();
				kernel.write(samples);
				expect(kernel.outputs()).toEqual(outputs);
			}
		}
	});

	test("the header's fields and the sections are at the offsets of docs/BLOB.md", () => {
		const network = { ...full(13), version: 0xfedcba98 };
		const blob = Buffer.from(writeBlob(network, sha256));
		expect(blob.toString("latin1", 0, 4)).toBe("ESSM");
		expect([blob.readUInt16LE(4), blob.readUInt16LE(6)]).toEqual([3, 2]);
		expect(blob.readUInt32LE(8)).toBe(blob.length);
		expect(blob.readUInt32LE(48)).toBe(0xfedcba98);
		expect(blob.readInt32LE(52)).toBe(network.ditherSeed);
		expect(blob.readUInt32LE(56)).toBe(128);
		expect(blob.readUInt16LE(60)).toBe(network.H);
		expect([...blob.subarray(62, 64)]).toEqual([network.blocks.length, network.residualBits]);
		const types: [number, number][] = [];
		let at = 64;
		for (; at < blob.length; at += 8 + ((blob.readUInt32LE(at + 4) + 3) & ~3))
			types.push([blob.readUInt16LE(at), blob.readUInt16LE(at + 2)]);
		expect(at).toBe(blob.length);
		expect(types).toEqual([
			[16, 1],
			[32, 1],
			...network.blocks.map(() => [48, 1]),
			[64, 1],
			[80, 1],
			[96, 0],
			[112, 0],
		]);
		expect(blob.readUInt16LE(64 + 8)).toBe(network.input.length);
		expect(blob.readFloatLE(64 + 8 + 4)).toBe(12.5);
		expect(blob.readFloatLE(64 + 16)).toBe(network.input[0]!.scale);
	});
});

describe("identity and signature", () => {
	const { publicKey, privateKey } = generateKeyPairSync("ed25519");
	const blob = writeBlob(full(2), sha256, (signed) => sign(null, signed, privateKey));

	test("the identity is the SHA-256 of all from byte 48 to the signature's section", () => {
		const header = readContainer(blob);
		expect(header.signature).toHaveLength(64);
		expect(Buffer.from(header.identity)).toEqual(sha256(blob.subarray(48, blob.length - 72)));
		const unsigned = writeBlob(full(2), sha256);
		expect(unsigned.length).toBe(blob.length - 72);
		expect(Buffer.from(readContainer(unsigned).identity)).toEqual(sha256(unsigned.subarray(48)));
		expect(readContainer(unsigned).signature).toBeUndefined();
	});

	test("the signature is Ed25519's of bytes 16 to 64, so of identity and version, and of no others", () => {
		const { signature, identity, version } = readContainer(blob);
		const signed = Buffer.from(blob.subarray(16, 64));
		expect(verify(null, signed, publicKey, signature!)).toBe(true);
		expect(signed.subarray(0, 32)).toEqual(Buffer.from(identity));
		expect(signed.readUInt32LE(32)).toBe(version);
		for (let at = 0; at < signed.length; at++) {
			signed[at]! ^= 1;
			expect(verify(null, signed, publicKey, signature!)).toBe(false);
			signed[at]! ^= 1;
		}
	});

	test("a signed blob is the same network to reader and kernel", () => {
		expect(readBlob(blob)).toEqual(full(2));
		expect(new NativeKernel(blob).outputCount).toBe(full(2).head.outputs);
	});
});

describe("refusals name the tensor", () => {
	/** A network on which every refusal can be tried: two blocks, the poles of the first Cartesian, of the second harmonic. */
	const good = (): S4dNetwork => {
		for (let seed = 1; ; seed++) {
			const network = full(seed);
			const [first, second] = network.blocks;
			if (
				first?.mixer.A.kind === "cartesian" &&
				second?.mixer.A.kind === "harmonic" &&
				network.H > 4 &&
				first.mixer.N > 2
			) {
				network.golden = [
					{ samples: new Int16Array(network.input.length), outputs: new Int32Array(network.head.outputs) },
				];
				return network;
			}
		}
	};
	const cases: [string, RegExp, (n: S4dNetwork) => void][] = [
		["too many heads", /^heads H: /, (n) => (n.H = 1025)],
		["no mode", /^block 0 mixer modes N: /, (n) => (n.blocks[0]!.mixer.N = 0)],
		["no block", /^blocks: /, (n) => (n.blocks = [])],
		["no channel", /^channels: /, (n) => (n.input = [])],
		["half a number of a model", /^model version: /, (n) => (n.version = 1.5)],
		["one class", /^head classes: /, (n) => (n.head.outputs = 1)],
		["a residual of 17 bits", /^residual bits: /, (n) => (n.residualBits = 17)],
		["a logit fraction of 25", /^head logit fraction: /, (n) => (classesOf(n).fraction = 25)],
		["an unknown pooling", /^head pooling: max/, (n) => (n.head.pooling = "max" as "mean")],
		[
			"an unknown activation",
			/^block 0 activation table: relu/,
			(n) => (n.blocks[0]!.activation.table = "relu" as "gelu"),
		],
		["negative steps", /^steps: /, (n) => (n.steps = -1)],
		[
			"more steps than mean pooling takes",
			/^steps: /,
			(n) => Object.assign(n, { steps: 65537, head: { ...n.head, pooling: "mean" } }),
		],
		["a rate of NaN", /^rate: /, (n) => (n.rate = NaN)],
		["a rate beyond float32", /^rate: /, (n) => (n.rate = 1e39)],
		["a label missing", /^labels: /, (n) => n.labels.pop()],
		["an empty label", /^labels: /, (n) => (n.labels[0] = "")],
		["a label with a zero", /^labels: /, (n) => (n.labels[0] = "a\0b")],
		["notes too long", /^notes: /, (n) => (n.notes = "x".repeat(65537))],
		["an input scale of 0", /^input: channel 0/, (n) => (n.input[0]!.scale = 0)],
		["an input scale of NaN", /^input: channel 0/, (n) => (n.input[0]!.scale = NaN)],
		["an input offset of NaN", /^input: channel 0/, (n) => (n.input[0]!.offset = NaN)],
		["an infinite input offset", /^input: channel 0/, (n) => (n.input[0]!.offset = Infinity)],
		["a zero in the name of a channel", /^input: the name of channel 0/, (n) => (n.input[0]!.name = "a\0b")],
		["encoder of another shape", /^encoder: is /, (n) => n.encoder.map.rows--],
		[
			"encoder weights missing",
			/^encoder weights: has/,
			(n) => (n.encoder.map.weights = n.encoder.map.weights.slice(1)),
		],
		["encoder of 5 bits", /^encoder: 5 bits/, (n) => (n.encoder.map.bits = 5)],
		[
			"encoder weight out of its bits",
			/^encoder weights: element 0/,
			(n) => Object.assign(n.encoder.map, { bits: 2, weights: n.encoder.map.weights.map(() => 2) }),
		],
		["decoder scale missing", /^head scale: /, (n) => (n.head.map.scale = new Uint8Array(0))],
		["decoder bias missing", /^head bias: /, (n) => (n.head.map.bias = new Int16Array(0))],
		["decoder preshift of 31", /^head preshift: /, (n) => (n.head.map.preshift = 31)],
		[
			"decoder accumulator beyond 2^22",
			/^head: its accumulator can reach .* after a preshift of 0/,
			(n) =>
				Object.assign(n, {
					residualBits: 16,
					head: {
						...n.head,
						map: { ...n.head.map, bits: 8, preshift: 0, weights: n.head.map.weights.map(() => 127) },
					},
				}),
		],
		[
			"gate accumulator beyond 2^22",
			/^block 0 channel gate: its accumulator/,
			(n) => wide(n, (net) => (net.blocks[0]!.channel.gate.preshift = 0)),
		],
		[
			"value accumulator beyond 2^22",
			/^block 0 channel value: its accumulator/,
			(n) => wide(n, (net) => (net.blocks[0]!.channel.value.preshift = 0)),
		],
		[
			"C beyond 2^22",
			/^block 0 mixer C: its accumulator/,
			(n) =>
				Object.assign(n.blocks[0]!.mixer, {
					x: { bits: 16, rounding: "nearest" },
					B: { ...n.blocks[0]!.mixer.B, shift: n.blocks[0]!.mixer.B.shift.map(() => 0) },
					C: {
						...n.blocks[0]!.mixer.C,
						bits: 8,
						preshift: 0,
						codes: n.blocks[0]!.mixer.C.codes.map(() => 127),
					},
				}),
		],
		[
			"Abar on the unit circle",
			/^block 0 mixer A: mode 1 of head 2 is not inside/,
			(n) => setA(n, -(2 ** (bitsA(n) - 1)), 0),
		],
		[
			"Abar outside the unit circle",
			/^block 0 mixer A: mode 1 of head 2 is not inside/,
			(n) => setA(n, 2 ** (bitsA(n) - 1) - 1, 2 ** (bitsA(n) - 1) - 1),
		],
		[
			"Abar out of its bits",
			/^block 0 mixer A: element /,
			(n) =>
				Object.assign(n.blocks[0]!.mixer.A, {
					bits: 6,
					codes: (n.blocks[0]!.mixer.A as CartesianPoles).codes.map(() => 32),
				}),
		],
		["Abar of 5 bits", /^block 0 mixer A bits: /, (n) => Object.assign(n.blocks[0]!.mixer.A, { bits: 5 })],
		[
			"Abar missing",
			/^block 0 mixer A: has /,
			(n) => Object.assign(n.blocks[0]!.mixer.A, { codes: new Int16Array(2) }),
		],
		[
			"a radius of 9 bits",
			/^block 1 mixer A radius bits: /,
			(n) => Object.assign(n.blocks[1]!.mixer.A, { radiusBits: 9 }),
		],
		[
			"a phase of 13 bits",
			/^block 1 mixer A phase bits: /,
			(n) => Object.assign(n.blocks[1]!.mixer.A, { phaseBits: 13 }),
		],
		[
			"17 bits per mode",
			/^block 1 mixer A bits of a mode: /,
			(n) => Object.assign(n.blocks[1]!.mixer.A, { radiusBits: 8, phaseBits: 9 }),
		],
		[
			"a radius beyond its bits",
			/^block 1 mixer A radius: element 0/,
			(n) => ((n.blocks[1]!.mixer.A as HarmonicPoles).radius[0] = 255),
		],
		[
			"a phase beyond its bits",
			/^block 1 mixer A phase: element 0/,
			(n) => ((n.blocks[1]!.mixer.A as HarmonicPoles).phase[0] = 4096),
		],
		[
			"a radius offset that is no multiple of 4",
			/^block 1 mixer A radius offset: element 0, 3/,
			(n) => ((n.blocks[1]!.mixer.A as HarmonicPoles).radiusOffset[0] = 3),
		],
		[
			"a radius step of 256",
			/^block 1 mixer A radius step: /,
			(n) => Object.assign(n.blocks[1]!.mixer.A, { radiusStep: 256 }),
		],
		[
			"a phase shift of 11",
			/^block 1 mixer A phase shift: /,
			(n) => Object.assign(n.blocks[1]!.mixer.A, { phaseShift: 11 }),
		],
		[
			"a phase base of 11 bits",
			/^block 1 mixer A phase base: element 0/,
			(n) => ((n.blocks[1]!.mixer.A as HarmonicPoles).phaseBase[0] = 1024),
		],
		[
			"phases beyond int32",
			/^block 1 mixer A phase: head 0 can reach/,
			(n) => {
				Object.assign(n.blocks[1]!.mixer.A, { phaseShift: 10 });
				(n.blocks[1]!.mixer.A as HarmonicPoles).phaseBase[0] = 1023;
			},
		],
		[
			"B beyond int32",
			/^block 0 mixer B: the state of head 0 can reach/,
			(n) =>
				Object.assign(n.blocks[0]!.mixer, {
					u: { ...n.blocks[0]!.norm, bits: 8 },
					x: { bits: 16, rounding: "nearest" },
					B: {
						bits: 8,
						codes: n.blocks[0]!.mixer.B.codes.map(() => 255),
						shift: n.blocks[0]!.mixer.B.shift.map(() => 22),
					},
				}),
		],
		[
			"B beyond its bits",
			/^block 0 mixer B: element 0/,
			(n) =>
				Object.assign(n.blocks[0]!.mixer.B, { bits: 4, codes: n.blocks[0]!.mixer.B.codes.map(() => 16) }),
		],
		["B of 6 bits", /^block 0 mixer B: 6 bits/, (n) => Object.assign(n.blocks[0]!.mixer.B, { bits: 6 })],
		[
			"a shift of B of 23",
			/^block 0 mixer B shift: /,
			(n) =>
				Object.assign(n.blocks[0]!.mixer.B, { bits: 8, shift: n.blocks[0]!.mixer.B.shift.map(() => 23) }),
		],
		["a shift of B of 32", /^block 0 mixer B shift: /, (n) => (n.blocks[0]!.mixer.B.shift[0] = 32)],
		["a zero of u beyond 16 bits", /^block 0 norm zero: /, (n) => setZero(n, 32768, 0)],
		["a zero of u that its shift does not give", /^block 0 norm zero: element 0, 3/, (n) => setZero(n, 3, 1)],
		["a zero shift of u of 7", /^block 0 norm zero shift: /, (n) => setZero(n, 0, 7)],
		[
			"a value bias that its shift does not give",
			/^block 0 channel value bias: element 0, 3/,
			(n) => setBias(n, 8, 1, 3),
		],
		["a value bias beyond 8 bits", /^block 0 channel value bias: element 0/, (n) => setBias(n, 8, 1, 256)],
		["a value bias of 12 bits", /^block 0 channel value bias: 12 bits/, (n) => setBias(n, 12, 0, 0)],
		["a shift of a bias of 16 bits", /^block 0 channel value bias shift: /, (n) => setBias(n, 16, 1, 0)],
		["u of 3 bits", /^block 0 norm bits: /, (n) => (n.blocks[0]!.norm.bits = 3)],
		["x of 3 bits", /^block 0 mixer x bits: /, (n) => (n.blocks[0]!.mixer.x.bits = 3)],
		["x of NaN bits", /^block 0 mixer x bits: NaN/, (n) => (n.blocks[0]!.mixer.x.bits = NaN)],
		[
			"an unknown rounding",
			/^block 0 mixer x rounding: up/,
			(n) => (n.blocks[0]!.mixer.x.rounding = "up" as "nearest"),
		],
		["C of 7 bits", /^block 0 mixer C: 7 bits/, (n) => (n.blocks[0]!.mixer.C.bits = 7)],
		["D missing", /^block 0 mixer D: has 0/, (n) => (n.blocks[0]!.mixer.D.codes = new Int8Array(0))],
		[
			"D beyond its bits",
			/^block 0 mixer D: element 0/,
			(n) => Object.assign(n.blocks[0]!.mixer.D, { bits: 2, codes: n.blocks[0]!.mixer.D.codes.map(() => 5) }),
		],
		["a D scale beyond 16 bits", /^block 0 mixer D scale: /, (n) => (n.blocks[0]!.mixer.D.scale = 65536)],
		["a g scale of NaN", /^block 0 activation scale: NaN/, (n) => (n.blocks[0]!.activation.scale = NaN)],
		["a g zero of 128", /^block 0 activation zero: /, (n) => (n.blocks[0]!.activation.zero = 128)],
		["g of 9 bits", /^block 0 activation bits: /, (n) => (n.blocks[0]!.activation.bits = 9)],
		["a y fraction of 2", /^block 0 y fraction: /, (n) => (n.blocks[0]!.yFraction = 2)],
		[
			"a gate fraction of 13",
			/^block 0 channel gate fraction: /,
			(n) => (n.blocks[0]!.channel.gateFraction = 13),
		],
		["a value shift of 9", /^block 0 channel value shift: /, (n) => (n.blocks[0]!.channel.valueShift = 9)],
		[
			"a golden vector with half a sample",
			/^golden vector 0: /,
			(n) => (n.golden[0]!.samples = new Int16Array(0)),
		],
		[
			"a golden vector too long",
			/^golden vector 0: mean pooling/,
			(n) =>
				Object.assign(n, {
					head: { ...n.head, pooling: "mean" },
					golden: [
						{ samples: new Int16Array(65537 * n.input.length), outputs: new Int32Array(n.head.outputs) },
					],
				}),
		],
		[
			"a golden vector without outputs",
			/^golden vector 0 outputs: /,
			(n) => (n.golden[0]!.outputs = new Int32Array(0)),
		],
	];
	test("the network itself is accepted", () => {
		expect(provenNetwork(good())).toEqual(good());
	});
	test.each(cases)("%s", (_name, message, change) => {
		const network = good();
		change(network);
		let thrown: unknown;
		try {
			writeBlob(network, sha256);
		} catch (error) {
			thrown = error;
		}
		expect(thrown).toBeInstanceOf(RangeError);
		expect((thrown as Error).message).toMatch(message);
	});

	test("an accumulator beyond int32", () => {
		let seed = 1;
		while (randomNetwork(seed).H !== 1) seed++;
		const network = randomNetwork(seed);
		const N = 256;
		for (const { mixer } of network.blocks) {
			mixer.N = N;
			mixer.A = { kind: "cartesian", bits: 8, codes: new Int16Array(2 * N) };
			mixer.B = { bits: 8, codes: new Uint8Array(N), shift: Uint8Array.of(0) };
			mixer.x.bits = 16;
			Object.assign(mixer.C, { bits: 8, preshift: 14, codes: new Int8Array(2 * N).fill(-128) });
		}
		expect(() => provenNetwork(network)).not.toThrow();
		network.blocks[0]!.mixer.C.preshift = 30; // 2^31 - 65536, and 2^29 for its rounding
		expect(() => provenNetwork(network)).toThrow(
			/^block 0 mixer C: its accumulator can reach 2147418112, beyond int32/,
		);
	});

	test("a blob beyond 16 MiB", () => {
		const network = good();
		const channels = network.input.length;
		network.head.pooling = "last";
		const samples = new Int16Array(Math.ceil(2 ** 23 / channels) * channels);
		network.golden = [{ samples, outputs: new Int32Array(network.head.outputs) }];
		expect(() => writeBlob(network, sha256)).toThrow(/^blob: \d+ bytes, beyond 16777216/);
	});
});

/** A network of 320 heads, so that its rows' sums pass 2^22 when their preshift is taken away. */
function wide(network: S4dNetwork, change: (network: S4dNetwork) => void): void {
	const H = network.H;
	const gain = Math.ceil(320 / H);
	const repeat = <T extends Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array>(
		a: T,
		times: number,
	): T => {
		const out = new (a.constructor as new (n: number) => T)(a.length * times);
		for (let i = 0; i < times; i++) out.set(a, i * a.length);
		return out;
	};
	network.H = H * gain;
	const { map } = network.encoder;
	Object.assign(map, { rows: network.H });
	for (const key of ["weights", "scale", "bias"] as const)
		Object.assign(map, { [key]: repeat(map[key], gain) });
	/** Repeats every array of a part. */
	const widen = (part: object) => {
		for (const [key, value] of Object.entries(part))
			if (ArrayBuffer.isView(value)) Object.assign(part, { [key]: repeat(value as Int8Array, gain) });
	};
	for (const { norm, mixer, activation, channel } of network.blocks) {
		for (const part of [norm, mixer.A, mixer.B, mixer.C, mixer.D]) widen(part);
		activation.bits = 8;
		for (const linear of [channel.value, channel.gate])
			Object.assign(linear, {
				rows: network.H,
				columns: network.H,
				bits: 8,
				weights: new Int8Array(network.H ** 2).fill(127),
				scale: repeat(linear.scale, gain),
				bias: repeat(linear.bias, gain),
				preshift: 6,
			});
	}
	Object.assign(network.head.map, {
		columns: network.H,
		weights: new Int8Array(network.H * network.head.outputs),
		preshift: 10,
	});
	network.golden = [];
	provenNetwork(network); // good before the change
	change(network);
}

function setZero(network: S4dNetwork, zero: number, shift: number): void {
	network.blocks[0]!.norm.zero[0] = zero;
	network.blocks[0]!.norm.zeroShift[0] = shift;
}

function setBias(network: S4dNetwork, biasBits: number, biasShift: number, first: number): void {
	const bias = network.blocks[0]!.channel.value.bias.map(() => 0);
	bias[0] = first;
	Object.assign(network.blocks[0]!.channel.value, { biasBits, biasShift, bias });
}

function bitsA(network: S4dNetwork): number {
	return (network.blocks[0]!.mixer.A as CartesianPoles).bits;
}

/** Sets mode 1 of head 2 of block 0. */
function setA(network: S4dNetwork, re: number, im: number): void {
	const i = 2 * network.blocks[0]!.mixer.N + 1;
	(network.blocks[0]!.mixer.A as CartesianPoles).codes.set([re, im], 2 * i);
}

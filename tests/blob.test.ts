// The blob: what is written is read, byte for byte where docs/BLOB.md says, and what may not be written is refused by name.
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NativeKernel } from "../host-tools/kernel/kernel";
import { packedBytes, packRow, unpackRow } from "../src/model/bits";
import { arenaLayout, HEADER_BYTES, layerLayout } from "../src/model/blob-layout";
import type { CartesianA, PolarA, QuantizedNetwork } from "../src/model/network";
import { provenNetwork } from "../src/model/prove";
import { readBlob, readBlobHeader, readLabels } from "../src/model/read-blob";
import { writeBlob } from "../src/model/write-blob";
import { Reference } from "../src/reference/reference";
import { sha256 } from "./hostile-blob";
import { random, randomNetwork, randomSamples } from "./random-network";

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
function full(seed: number): QuantizedNetwork {
	const network = randomNetwork(seed);
	network.labels = network.labels.map((_, i) => ["walk", "läuft", "歩く", "🏃🏽", "a b", "é"][i % 6] + i);
	network.notes = JSON.stringify({ from: "größer ≥ 2 °C", seed });
	network.steps = 128;
	network.rate = 12.5;
	const reference = new Reference(network);
	for (const steps of [1, 2, 5]) {
		const samples = randomSamples(seed + steps, steps, network.channels);
		reference.reset();
		reference.write(samples);
		network.golden.push({ samples, logits: reference.logits() });
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
			expect(readLabels(blob, readBlobHeader(blob))).toEqual(network.labels);
		}
	});

	test("sub-byte weights stand where docs/BLOB.md says, read from their bits", () => {
		for (let seed = 1; seed <= 60; seed++) {
			const network = full(seed);
			const { H, N } = network;
			const blob = writeBlob(network, sha256);
			let start = readBlobHeader(blob).sections.layers.start;
			for (const layer of network.layers) {
				const at = layerLayout(layer, H, N);
				const row = (from: number, h: number, count: number, bits: number, signed = true) =>
					readBits(blob, start + from + h * Math.ceil((count * bits) / 8), count, bits, signed);
				for (let h = 0; h < H; h++) {
					expect(row(at.C, h, 2 * N, layer.C.bits)).toEqual([
						...layer.C.codes.subarray(2 * h * N, 2 * (h + 1) * N),
					]);
					if (layer.B.bits === 0) expect([...layer.B.codes]).toEqual(new Array(H * N).fill(0));
					else
						expect(row(at.B, h, N, layer.B.bits, false)).toEqual([
							...layer.B.codes.subarray(h * N, (h + 1) * N),
						]);
					for (const map of ["value", "gate"] as const)
						expect(row(at[map], h, H, layer[map].bits)).toEqual([
							...layer[map].weights.subarray(h * H, (h + 1) * H),
						]);
					const { A } = layer;
					if (A.format === "cartesian")
						expect(row(at.A, h, 2 * N, A.bits)).toEqual([...A.codes.subarray(2 * h * N, 2 * (h + 1) * N)]);
					else
						expect(row(at.A, h, N, A.radiusBits + A.phaseBits, false)).toEqual(
							Array.from(
								{ length: N },
								(_, n) =>
									A.radius[h * N + n]! +
									(A.phase[h * N + n]! + (A.phase[h * N + n]! < 0 ? 2 ** A.phaseBits : 0)) *
										2 ** A.radiusBits,
							),
						);
				}
				expect(row(at.D, 0, H, layer.D.bits)).toEqual([...layer.D.codes]);
				start += at.length;
			}
		}
	});

	test("golden vectors come out of the kernel", () => {
		for (let seed = 1; seed <= 40; seed++) {
			const blob = writeBlob(full(seed), sha256);
			const kernel = new NativeKernel(blob);
			for (const { samples, logits } of readBlob(blob).golden) {
				kernel.reset();
				kernel.write(samples);
				expect(kernel.logits()).toEqual(logits);
			}
		}
	});

	test("the header's fields stand at the offsets of docs/BLOB.md", () => {
		const network = full(13);
		const blob = Buffer.from(writeBlob(network, sha256));
		expect(blob.toString("latin1", 0, 4)).toBe("ESSM");
		expect([blob.readUInt16LE(4), blob.readUInt16LE(6)]).toEqual([2, 2]);
		expect(blob.readUInt32LE(8)).toBe(blob.length);
		expect(blob.readUInt32LE(48)).toBe(arenaLayout(network).total);
		expect(blob.readInt32LE(52)).toBe(network.ditherSeed);
		const shape = [network.H, network.N, network.channels, network.classes];
		expect([58, 60, 62, 64].map((at) => blob.readUInt16LE(at))).toEqual(shape);
		expect([...blob.subarray(56, 58)]).toEqual([network.layers.length, 0]);
		for (const [at, { bits, preshift, biasBits, biasShift }] of [
			[70, network.encoder],
			[73, network.decoder],
		] as const)
			expect([...blob.subarray(at, at + 3)]).toEqual([bits, preshift, biasBits === 16 ? 16 : biasShift]);
		expect(blob.readUInt32LE(76)).toBe(128);
		expect(blob.readFloatLE(80)).toBe(12.5);
		const lengths = Array.from({ length: 7 }, (_, i) => blob.readUInt32LE(84 + 4 * i));
		expect(HEADER_BYTES + lengths.reduce((sum, n) => sum + Math.ceil(n / 4) * 4, 0)).toBe(blob.length);
		expect(lengths[5]).toBe(Buffer.byteLength(network.notes));
	});
});

describe("identity and signature", () => {
	const { publicKey, privateKey } = generateKeyPairSync("ed25519");
	const blob = writeBlob(full(2), sha256, (identity) => sign(null, identity, privateKey));

	test("the identity is the SHA-256 of all from byte 48 to the signature", () => {
		const header = readBlobHeader(blob);
		expect(header.signature).toHaveLength(64);
		expect(Buffer.from(header.identity)).toEqual(sha256(blob.subarray(48, blob.length - 64)));
		const unsigned = writeBlob(full(2), sha256);
		expect(unsigned.length).toBe(blob.length - 64);
		expect(Buffer.from(readBlobHeader(unsigned).identity)).toEqual(sha256(unsigned.subarray(48)));
		expect(readBlobHeader(unsigned).signature).toBeUndefined();
	});

	test("an Ed25519 signature of the identity verifies, and another identity's does not", () => {
		const { identity, signature } = readBlobHeader(blob);
		expect(verify(null, identity, publicKey, signature!)).toBe(true);
		const other = new Uint8Array(identity);
		other[0]! ^= 1;
		expect(verify(null, other, publicKey, signature!)).toBe(false);
	});

	test("a signed blob is the same network to reader and kernel", () => {
		expect(readBlob(blob)).toEqual(full(2));
		expect(new NativeKernel(blob).classes).toBe(full(2).classes);
	});
});

describe("refusals name the tensor", () => {
	/** A network on which every refusal can be tried: two layers, the first Cartesian, the second polar. */
	const good = (): QuantizedNetwork => {
		for (let seed = 1; ; seed++) {
			const network = full(seed);
			const [first, second] = network.layers;
			if (first?.A.format === "cartesian" && second?.A.format === "polar" && network.H > 4 && network.N > 2) {
				network.golden = [
					{ samples: new Int16Array(network.channels), logits: new Int32Array(network.classes) },
				];
				return network;
			}
		}
	};
	const cases: [string, RegExp, (n: QuantizedNetwork) => void][] = [
		["too many heads", /^heads H: /, (n) => (n.H = 1025)],
		["no mode", /^modes N: /, (n) => (n.N = 0)],
		["no layer", /^layers L: /, (n) => (n.layers = [])],
		["half a channel", /^channels: /, (n) => (n.channels = 1.5)],
		["one class", /^classes: /, (n) => (n.classes = 1)],
		["a residual of 17 bits", /^residual bits: /, (n) => (n.residualBits = 17)],
		["a logit fraction of 25", /^logit fraction: /, (n) => (n.logitFraction = 25)],
		["an unknown pooling", /^pooling: max/, (n) => (n.pooling = "max" as "mean")],
		["an unknown activation", /^activation: relu/, (n) => (n.activation = "relu" as "gelu")],
		["negative steps", /^steps: /, (n) => (n.steps = -1)],
		[
			"more steps than mean pooling takes",
			/^steps: /,
			(n) => Object.assign(n, { pooling: "mean", steps: 65537 }),
		],
		["a rate of NaN", /^rate: /, (n) => (n.rate = NaN)],
		["a rate beyond float32", /^rate: /, (n) => (n.rate = 1e39)],
		["a label missing", /^labels: /, (n) => n.labels.pop()],
		["an empty label", /^labels: /, (n) => (n.labels[0] = "")],
		["a label with a zero", /^labels: /, (n) => (n.labels[0] = "a\0b")],
		["notes too long", /^notes: /, (n) => (n.notes = "x".repeat(65537))],
		["an input scale of 0", /^input scale: channel 0/, (n) => (n.input.scale[0] = 0)],
		["an input scale of NaN", /^input scale: channel 0/, (n) => (n.input.scale[0] = NaN)],
		["an input offset of NaN", /^input scale: channel 0/, (n) => (n.input.offset[0] = NaN)],
		["an infinite input offset", /^input scale: channel 0/, (n) => (n.input.offset[0] = Infinity)],
		["input scales missing", /^input scale: has 0/, (n) => (n.input.scale = new Float32Array(0))],
		["encoder of another shape", /^encoder: is /, (n) => n.encoder.rows--],
		[
			"encoder weights missing",
			/^encoder weights: has/,
			(n) => (n.encoder.weights = n.encoder.weights.slice(1)),
		],
		["encoder of 5 bits", /^encoder: 5 bits/, (n) => (n.encoder.bits = 5)],
		[
			"encoder weight out of its bits",
			/^encoder weights: element 0/,
			(n) => Object.assign(n.encoder, { bits: 2, weights: n.encoder.weights.map(() => 2) }),
		],
		["decoder scale missing", /^decoder scale: /, (n) => (n.decoder.scale = new Uint8Array(0))],
		["decoder bias missing", /^decoder bias: /, (n) => (n.decoder.bias = new Int16Array(0))],
		["decoder preshift of 31", /^decoder preshift: /, (n) => (n.decoder.preshift = 31)],
		[
			"decoder accumulator beyond 2^22",
			/^decoder: its accumulator can reach .* after a preshift of 0/,
			(n) =>
				Object.assign(n, {
					residualBits: 16,
					decoder: { ...n.decoder, bits: 8, preshift: 0, weights: n.decoder.weights.map(() => 127) },
				}),
		],
		[
			"gate accumulator beyond 2^22",
			/^layer 0 gate: its accumulator/,
			(n) => wide(n, (net) => (net.layers[0]!.gate.preshift = 0)),
		],
		[
			"value accumulator beyond 2^22",
			/^layer 0 value: its accumulator/,
			(n) => wide(n, (net) => (net.layers[0]!.value.preshift = 0)),
		],
		[
			"C beyond 2^22",
			/^layer 0 C: its accumulator/,
			(n) =>
				Object.assign(n.layers[0]!, {
					x: { bits: 16, rounding: "nearest" },
					B: { ...n.layers[0]!.B, shift: n.layers[0]!.B.shift.map(() => 0) },
					C: { ...n.layers[0]!.C, bits: 8, preshift: 0, codes: n.layers[0]!.C.codes.map(() => 127) },
				}),
		],
		[
			"Abar on the unit circle",
			/^layer 0 A: mode 1 of head 2 is not inside/,
			(n) => setA(n, -(2 ** (bitsA(n) - 1)), 0),
		],
		[
			"Abar outside the unit circle",
			/^layer 0 A: mode 1 of head 2 is not inside/,
			(n) => setA(n, 2 ** (bitsA(n) - 1) - 1, 2 ** (bitsA(n) - 1) - 1),
		],
		[
			"Abar out of its bits",
			/^layer 0 A: element /,
			(n) =>
				Object.assign(n.layers[0]!.A, { bits: 6, codes: (n.layers[0]!.A as CartesianA).codes.map(() => 32) }),
		],
		["Abar of 5 bits", /^layer 0 A bits: /, (n) => Object.assign(n.layers[0]!.A, { bits: 5 })],
		["Abar missing", /^layer 0 A: has /, (n) => Object.assign(n.layers[0]!.A, { codes: new Int16Array(2) })],
		[
			"a radius of 9 bits",
			/^layer 1 A radius bits: /,
			(n) => Object.assign(n.layers[1]!.A, { radiusBits: 9 }),
		],
		[
			"a phase of 13 bits",
			/^layer 1 A phase bits: /,
			(n) => Object.assign(n.layers[1]!.A, { phaseBits: 13 }),
		],
		[
			"17 bits a mode",
			/^layer 1 A bits of a mode: /,
			(n) => Object.assign(n.layers[1]!.A, { radiusBits: 8, phaseBits: 9 }),
		],
		[
			"a radius beyond its bits",
			/^layer 1 A radius: element 0/,
			(n) => ((n.layers[1]!.A as PolarA).radius[0] = 255),
		],
		[
			"a phase beyond its bits",
			/^layer 1 A phase: element 0/,
			(n) => ((n.layers[1]!.A as PolarA).phase[0] = 4096),
		],
		[
			"a radius offset that is no multiple of 4",
			/^layer 1 A radius offset: element 0, 3/,
			(n) => ((n.layers[1]!.A as PolarA).radiusOffset[0] = 3),
		],
		[
			"a radius step of 256",
			/^layer 1 A radius step: /,
			(n) => Object.assign(n.layers[1]!.A, { radiusStep: 256 }),
		],
		[
			"a phase shift of 11",
			/^layer 1 A phase shift: /,
			(n) => Object.assign(n.layers[1]!.A, { phaseShift: 11 }),
		],
		[
			"a phase base of 11 bits",
			/^layer 1 A phase base: element 0/,
			(n) => ((n.layers[1]!.A as PolarA).phaseBase[0] = 1024),
		],
		[
			"phases beyond int32",
			/^layer 1 A phase: head 0 can reach/,
			(n) => {
				Object.assign(n.layers[1]!.A, { phaseShift: 10 });
				(n.layers[1]!.A as PolarA).phaseBase[0] = 1023;
			},
		],
		[
			"B beyond int32",
			/^layer 0 B: the state of head 0 can reach/,
			(n) =>
				Object.assign(n.layers[0]!, {
					u: { ...n.layers[0]!.u, bits: 8 },
					x: { bits: 16, rounding: "nearest" },
					B: {
						bits: 8,
						codes: n.layers[0]!.B.codes.map(() => 255),
						shift: n.layers[0]!.B.shift.map(() => 22),
					},
				}),
		],
		[
			"B beyond its bits",
			/^layer 0 B: element 0/,
			(n) => Object.assign(n.layers[0]!.B, { bits: 4, codes: n.layers[0]!.B.codes.map(() => 16) }),
		],
		["B of 6 bits", /^layer 0 B: 6 bits/, (n) => Object.assign(n.layers[0]!.B, { bits: 6 })],
		[
			"a shift of B of 23",
			/^layer 0 B shift: /,
			(n) => Object.assign(n.layers[0]!.B, { bits: 8, shift: n.layers[0]!.B.shift.map(() => 23) }),
		],
		["a shift of B of 32", /^layer 0 B shift: /, (n) => (n.layers[0]!.B.shift[0] = 32)],
		["a zero of u beyond 16 bits", /^layer 0 u zero: /, (n) => setZero(n, 32768, 0)],
		["a zero of u that its shift does not give", /^layer 0 u zero: element 0, 3/, (n) => setZero(n, 3, 1)],
		["a zero shift of u of 7", /^layer 0 u zero shift: /, (n) => setZero(n, 0, 7)],
		[
			"a value bias that its shift does not give",
			/^layer 0 value bias: element 0, 3/,
			(n) => setBias(n, 8, 1, 3),
		],
		["a value bias beyond 8 bits", /^layer 0 value bias: element 0/, (n) => setBias(n, 8, 1, 256)],
		["a value bias of 12 bits", /^layer 0 value bias: 12 bits/, (n) => setBias(n, 12, 0, 0)],
		["a shift of a bias of 16 bits", /^layer 0 value bias shift: /, (n) => setBias(n, 16, 1, 0)],
		["u of 3 bits", /^layer 0 u bits: /, (n) => (n.layers[0]!.u.bits = 3)],
		["x of 3 bits", /^layer 0 x bits: /, (n) => (n.layers[0]!.x.bits = 3)],
		["x of NaN bits", /^layer 0 x bits: NaN/, (n) => (n.layers[0]!.x.bits = NaN)],
		["an unknown rounding", /^layer 0 x rounding: up/, (n) => (n.layers[0]!.x.rounding = "up" as "nearest")],
		["C of 7 bits", /^layer 0 C: 7 bits/, (n) => (n.layers[0]!.C.bits = 7)],
		["D missing", /^layer 0 D: has 0/, (n) => (n.layers[0]!.D.codes = new Int8Array(0))],
		[
			"D beyond its bits",
			/^layer 0 D: element 0/,
			(n) => Object.assign(n.layers[0]!.D, { bits: 2, codes: n.layers[0]!.D.codes.map(() => 5) }),
		],
		["a D scale beyond 16 bits", /^layer 0 D scale: /, (n) => (n.layers[0]!.D.scale = 65536)],
		["a g scale of NaN", /^layer 0 g scale: NaN/, (n) => (n.layers[0]!.g.scale = NaN)],
		["a g zero of 128", /^layer 0 g zero: /, (n) => (n.layers[0]!.g.zero = 128)],
		["g of 9 bits", /^layer 0 g bits: /, (n) => (n.layers[0]!.g.bits = 9)],
		["a y fraction of 2", /^layer 0 y fraction: /, (n) => (n.layers[0]!.yFraction = 2)],
		["a gate fraction of 13", /^layer 0 gate fraction: /, (n) => (n.layers[0]!.gateFraction = 13)],
		["a value shift of 9", /^layer 0 value shift: /, (n) => (n.layers[0]!.valueShift = 9)],
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
					pooling: "mean",
					golden: [{ samples: new Int16Array(65537 * n.channels), logits: new Int32Array(n.classes) }],
				}),
		],
		[
			"a golden vector without logits",
			/^golden vector 0 logits: /,
			(n) => (n.golden[0]!.logits = new Int32Array(0)),
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
		network.N = N;
		for (const layer of network.layers) {
			layer.A = { format: "cartesian", bits: 8, codes: new Int16Array(2 * N) };
			layer.B = { bits: 8, codes: new Uint8Array(N), shift: Uint8Array.of(0) };
			layer.x.bits = 16;
			Object.assign(layer.C, { bits: 8, preshift: 14, codes: new Int8Array(2 * N).fill(-128) });
		}
		expect(() => provenNetwork(network)).not.toThrow();
		network.layers[0]!.C.preshift = 30; // 2^31 - 65536, and 2^29 for its rounding
		expect(() => provenNetwork(network)).toThrow(
			/^layer 0 C: its accumulator can reach 2147418112, beyond int32/,
		);
	});

	test("a blob beyond 16 MiB", () => {
		const network = good();
		const { channels, classes } = network;
		network.pooling = "last";
		const samples = new Int16Array(Math.ceil(2 ** 23 / channels) * channels);
		network.golden = [{ samples, logits: new Int32Array(classes) }];
		expect(() => writeBlob(network, sha256)).toThrow(/^blob: \d+ bytes, beyond 16777216/);
	});
});

/** A network of 320 heads, so that its rows' sums pass 2^22 when their preshift is taken away. */
function wide(network: QuantizedNetwork, change: (network: QuantizedNetwork) => void): void {
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
	Object.assign(network.encoder, { rows: network.H });
	for (const key of ["weights", "scale", "bias"] as const)
		Object.assign(network.encoder, { [key]: repeat(network.encoder[key], gain) });
	for (const layer of network.layers) {
		if (layer.A.format === "cartesian") layer.A.codes = repeat(layer.A.codes, gain);
		else
			for (const key of ["radius", "phase", "radiusOffset", "phaseBase"] as const)
				Object.assign(layer.A, { [key]: repeat(layer.A[key] as Uint8Array, gain) });
		for (const part of [layer.B, layer.C, layer.D, layer.u])
			for (const [key, value] of Object.entries(part))
				if (ArrayBuffer.isView(value)) Object.assign(part, { [key]: repeat(value as Int8Array, gain) });
		layer.g.bits = 8;
		for (const map of [layer.value, layer.gate])
			Object.assign(map, {
				rows: network.H,
				columns: network.H,
				bits: 8,
				weights: new Int8Array(network.H ** 2).fill(127),
				scale: repeat(map.scale, gain),
				bias: repeat(map.bias, gain),
				preshift: 6,
			});
	}
	Object.assign(network.decoder, {
		columns: network.H,
		weights: new Int8Array(network.H * network.classes),
		preshift: 10,
	});
	network.golden = [];
	provenNetwork(network); // good before the change
	change(network);
}

function setZero(network: QuantizedNetwork, zero: number, shift: number): void {
	network.layers[0]!.u.zero[0] = zero;
	network.layers[0]!.u.zeroShift[0] = shift;
}

function setBias(network: QuantizedNetwork, biasBits: number, biasShift: number, first: number): void {
	const bias = network.layers[0]!.value.bias.map(() => 0);
	bias[0] = first;
	Object.assign(network.layers[0]!.value, { biasBits, biasShift, bias });
}

function bitsA(network: QuantizedNetwork): number {
	return (network.layers[0]!.A as CartesianA).bits;
}

/** Sets mode 1 of head 2 of layer 0. */
function setA(network: QuantizedNetwork, re: number, im: number): void {
	const i = 2 * network.N + 1;
	(network.layers[0]!.A as CartesianA).codes.set([re, im], 2 * i);
}

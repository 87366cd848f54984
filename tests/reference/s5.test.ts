// S5 mixers and logarithmic poles in a blob: what is written is read, where docs/BLOB.md says, with the version of the arithmetic
// that defines it; what may not be written is refused by name.
import { describe, expect, test } from "vitest";
import { NativeKernel } from "../../host-tools/kernel/native";
import { readContainer } from "../../src/blob/container";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { arenaLayout, savedStateBytes } from "../../src/network/arena";
import { unpackRow } from "../../src/network/bits";
import { HALF_TURN, type LogarithmicPoles, logarithmicPhase } from "../../src/network/logarithmic";
import { arithmeticVersion, type Network } from "../../src/network/network";
import { provenNetwork } from "../../src/network/prove";
import type { S5Mixer } from "../../src/network/s5";
import { headerAt, sha256 } from "../support/hostile-blob";
import { randomNetwork } from "../support/random-network";
import { randomS5Network } from "../support/random-s5";

const statedVersion = (blob: Uint8Array) =>
	new DataView(blob.buffer, blob.byteOffset).getUint16(headerAt("arithmetic"), true);

describe("writing and reading", () => {
	test("give the same network back; arena and saved state have the sizes that the network tells", () => {
		for (let seed = 1; seed <= 300; seed++) {
			const network = randomS5Network(seed);
			const blob = writeBlob(network, sha256);
			expect(readBlob(blob), `seed ${seed}`).toEqual(network);
			const kernel = new NativeKernel(blob);
			expect(kernel.arena.length, `seed ${seed}`).toBe(arenaLayout(network).total);
			expect(kernel.saveState().length, `seed ${seed}`).toBe(savedStateBytes(network));
		}
	});

	test("codes are where docs/BLOB.md says", () => {
		let seen = 0;
		for (let seed = 1; seed <= 60; seed++) {
			const network = randomS5Network(seed);
			const { H } = network;
			const blob = writeBlob(network, sha256);
			const { blocks } = readContainer(blob);
			network.blocks.forEach(({ mixer }, l) => {
				if (mixer.kind !== "s5") return;
				const { P, A, B, C, D } = mixer;
				// the block's heading; the norm's header, zero shifts, zeros and scales
				let at = blocks[l]!.start + 8 + 4 + Math.ceil((3 * H) / 8);
				at += at & 1;
				at = (at + 3 * H + 3) & ~3;
				const rows = (count: number, columns: number, bits: number, signed = true) => {
					if (bits === 16) at += at & 1;
					const codes: number[] = [];
					for (let row = 0; row < count; row++, at += Math.ceil((columns * bits) / 8))
						unpackRow(blob, at, columns, bits, signed, codes, row * columns);
					return codes;
				};
				expect(blob[at]! | (blob[at + 1]! << 8)).toBe(P);
				expect(blob[at + 4]).toBe(B.lift);
				at += 12;
				expect(rows(1, P, 8, false)).toEqual([...B.scale]);
				expect(rows(1, H, 8, false)).toEqual([...C.scale]);
				expect(rows(1, H, D.bits)).toEqual([...D.codes]);
				expect(rows(2 * P, H, B.bits)).toEqual([...B.codes]);
				expect(rows(H, 2 * P, C.bits)).toEqual([...C.codes]);
				at = (at + 3) & ~3;
				if (A.kind !== "logarithmic") return;
				expect([...blob.subarray(at, at + 4)]).toEqual([
					A.radiusBits,
					A.phaseBits,
					A.radiusOffset,
					A.radiusStep,
				]);
				at += 8;
				expect(rows(1, P, A.radiusBits, false)).toEqual([...A.radius]);
				expect(rows(1, P, A.phaseBits, false)).toEqual([...A.phase]);
				seen++;
			});
		}
		expect(seen).toBeGreaterThan(10);
	});

	test("[A47] a blob states the lowest version that defines its kinds", () => {
		const seen = new Set<string>();
		for (let seed = 1; seed <= 100; seed++) {
			expect(statedVersion(writeBlob(randomNetwork(seed), sha256))).toBe(2);
			const network = randomS5Network(seed);
			const kinds = network.blocks.map(({ mixer }) => `${mixer.kind} ${mixer.A.kind}`);
			const version = kinds.some((kind) => /s5|logarithmic/.test(kind)) ? 3 : 2;
			expect(arithmeticVersion(network)).toBe(version);
			expect(statedVersion(writeBlob(network, sha256))).toBe(version);
			seen.add(`${version}${kinds.every((kind) => kind.startsWith("s4d"))}`);
		}
		expect(seen).toContain("2true");
		expect(seen).toContain("3true"); // S4D with logarithmic poles
		expect(seen).toContain("3false");
	});
});

describe("refusals", () => {
	/** A network whose first block has an S5 mixer of several modes with logarithmic poles. */
	const good = (): { network: Network; mixer: S5Mixer; A: LogarithmicPoles } => {
		for (let seed = 1; ; seed++) {
			const network = randomS5Network(seed);
			const { mixer } = network.blocks[0]!;
			if (mixer.kind === "s5" && mixer.A.kind === "logarithmic" && mixer.P > 3 && network.H > 3)
				return { network, mixer, A: mixer.A };
		}
	};
	const cases: [string, RegExp, (mixer: S5Mixer, A: LogarithmicPoles) => void][] = [
		["no mode", /^block 0 mixer modes P: element 0 is 0/, (m) => (m.P = 0)],
		["257 modes", /^block 0 mixer modes P: .* 257/, (m) => (m.P = 257)],
		["fewer codes of B", /^block 0 mixer B: has \d+ elements/, (m) => (m.B.codes = m.B.codes.slice(1))],
		["fewer scales of B", /^block 0 mixer B scale: has/, (m) => (m.B.scale = m.B.scale.slice(1))],
		["B of 5 bits", /^block 0 mixer B: 5 bits/, (m) => (m.B.bits = 5)],
		["B beyond its bits", /^block 0 mixer B: element 2 is/, (m) => Object.assign(m.B, wide(m, 2))],
		["a lift of 25", /^block 0 mixer B lift: /, (m) => (m.B.lift = 25)],
		["half a lift", /^block 0 mixer B lift: 0.5 is not an integer/, (m) => (m.B.lift = 0.5)],
		[
			"a drive beyond int32 before its shift",
			/^block 0 mixer B: the drive of mode 1 can reach \d+ before its shift/,
			(m) => Object.assign(m.B, { lift: 24, bits: 8, codes: onlyRow(m, 2), scale: m.B.scale.fill(255) }),
		],
		["fewer codes of C", /^block 0 mixer C: has \d+ elements/, (m) => (m.C.codes = m.C.codes.slice(1))],
		["x of 3 bits", /^block 0 mixer x bits: /, (m) => (m.x.bits = 3)],
		["D of 5 bits", /^block 0 mixer D: 5 bits/, (m) => (m.D.bits = 5)],
		["a radius of 9 bits", /^block 0 mixer A radius bits: /, (_, A) => (A.radiusBits = 9)],
		["a phase of 13 bits", /^block 0 mixer A phase bits: /, (_, A) => (A.phaseBits = 13)],
		["a radius offset of 256", /^block 0 mixer A radius offset: /, (_, A) => (A.radiusOffset = 256)],
		["a negative radius step", /^block 0 mixer A radius step: /, (_, A) => (A.radiusStep = -1)],
		["a phase offset of 2^16", /^block 0 mixer A phase offset: /, (_, A) => (A.phaseOffset = 65536)],
		["half a phase step", /^block 0 mixer A phase step: /, (_, A) => (A.phaseStep = 1.5)],
		["a radius beyond its bits", /^block 0 mixer A radius: element 0/, (_, A) => (A.radius[0] = 255)],
		["a phase beyond its bits", /^block 0 mixer A phase: element 1/, (_, A) => (A.phase[1] = 4096)],
		["a phase missing", /^block 0 mixer A phase: has/, (_, A) => (A.phase = A.phase.slice(1))],
	];
	const wide = ({ B }: S5Mixer, at: number) => ({
		bits: 2,
		codes: B.codes.map((_, i) => (i === at ? 2 : 0)),
	});
	const onlyRow = ({ B, P }: S5Mixer, row: number) =>
		B.codes.map((_, i) => (Math.floor(i / (B.codes.length / (2 * P))) === row ? 100 : 0));

	test.each(cases)("%s", (_, refusal, change) => {
		const { network, mixer, A } = good();
		A.radiusBits = 7; // so that what is beyond its bits fits its array
		A.radius.fill(1);
		expect(() => provenNetwork(network)).not.toThrow();
		change(mixer, A);
		expect(() => writeBlob(network, sha256)).toThrow(refusal);
	});
});

describe("the logarithmic scale", () => {
	test("runs from 2^-16 turn to half a turn and never falls", () => {
		expect([logarithmicPhase(0), logarithmicPhase(HALF_TURN)]).toEqual([1, 32768]);
		for (let place = 1; place <= HALF_TURN; place++)
			expect(logarithmicPhase(place)).toBeGreaterThanOrEqual(logarithmicPhase(place - 1));
	});

	test("is 2^(place / 2048) to 6.2 %, and its steps are equal ratios to the 1.45 of a float's", () => {
		// (1 + f) / 2^f is 1.0615 at most; its slope, against the octave's mean, between 0.72 and 1.45
		for (let place = 11 << 11; place < HALF_TURN; place++) {
			const ratio = logarithmicPhase(place) / 2 ** (place / 2048);
			expect(ratio).toBeGreaterThan(0.999);
			expect(ratio).toBeLessThan(1.0616);
			const step = Math.log2(logarithmicPhase(place + 1) / logarithmicPhase(place)) * 2048;
			expect(step).toBeGreaterThan(0.72);
			expect(step).toBeLessThan(1.45);
		}
	});
});

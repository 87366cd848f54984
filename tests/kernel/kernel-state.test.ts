// The kernel's contracts beside its arithmetic: saved states and forged ones, sequences too long, calls at the wrong time.
import { describe, expect, test } from "vitest";
import { NativeKernel } from "../../host-tools/kernel/native";
import { readContainer } from "../../src/blob/container";
import { writeBlob } from "../../src/blob/write";
import { crc32 } from "../../src/bytes/crc32";
import { arenaLayout, savedStateBytes } from "../../src/network/arena";
import type { Pooling } from "../../src/network/classes";
import type { Network } from "../../src/network/network";
import { Reference } from "../../src/reference/reference";
import { randomBlob, sha256 } from "../support/hostile-blob";
import { randomNetwork, randomSamples, withPooling } from "../support/random-network";

/** A kernel and a reference that have seen the same samples. */
function pair(network: Network, samples: Int16Array) {
	const kernel = new NativeKernel(writeBlob(network, sha256));
	const reference = new Reference(network);
	kernel.write(samples);
	reference.write(samples);
	return { kernel, reference };
}

/** A saved state changed, with its CRC-32 made to match. */
function forged(state: Uint8Array, change: (view: DataView) => void): Uint8Array {
	const copy = new Uint8Array(state);
	const view = new DataView(copy.buffer);
	change(view);
	view.setInt32(copy.length - 4, crc32(copy, 0, copy.length - 4), true);
	return copy;
}

const network = (pooling: Pooling) => withPooling(randomNetwork(8), pooling);

describe("the saved state", () => {
	test.each(["mean", "last"] as const)(
		"[A34] with %s pooling has the bytes that stand in docs/BLOB.md",
		(pooling) => {
			const net = network(pooling);
			const samples = randomSamples(1, 30, net.input.length);
			const { kernel, reference } = pair(net, samples);
			const state = Buffer.from(kernel.saveState());
			expect(state.length).toBe(savedStateBytes(net));
			expect(state.toString("latin1", 0, 4)).toBe("ESST");
			expect(state.readUInt32LE(4)).toBe(readContainer(writeBlob(net, sha256)).crc);
			expect(state.readUInt32LE(8)).toBe(30);
			expect(state.subarray(8, -4)).toEqual(Buffer.from(reference.stateBytes()));
			expect(state.readInt32LE(state.length - 4)).toBe(crc32(state, 0, state.length - 4));
		},
	);

	test("[A34] carries a stream to another kernel, as if it had not been moved", () => {
		for (let seed = 1; seed <= 40; seed++) {
			const net = randomNetwork(seed);
			const samples = randomSamples(seed, 40, net.input.length);
			const blob = writeBlob(net, sha256);
			const [first, second] = [new NativeKernel(blob), new NativeKernel(blob)];
			second.write(samples); // a past of its own, to be forgotten
			first.write(samples.subarray(0, 17 * net.input.length));
			second.restoreState(first.saveState());
			second.write(samples.subarray(17 * net.input.length));
			expect(second.outputs()).toEqual(pair(net, samples).kernel.outputs());
		}
	});

	test("[A35] is refused when damaged, of another length or of another model, and the stream goes on", () => {
		const net = network("mean");
		const samples = randomSamples(2, 20, net.input.length);
		const { kernel } = pair(net, samples);
		const state = kernel.saveState();
		const logits = kernel.outputs();
		const refused = (bad: Uint8Array) => {
			expect(() => kernel.restoreState(bad)).toThrow("ESSM_E_STATE");
			expect(kernel.outputs()).toEqual(logits);
			expect(kernel.saveState()).toEqual(state);
		};
		for (let at = 0; at < state.length; at++) {
			const bad = state.slice();
			bad[at]! ^= 0x40;
			refused(bad);
		}
		for (const length of [4, 8, state.length - 4, state.length - 1]) refused(state.slice(0, length));
		refused(new Uint8Array(state.length + 4));
		refused(forged(state, (view) => view.setUint32(4, view.getUint32(4, true) ^ 1, true)));
	});

	test("[A35] is refused when no stream could have left it, though its CRC-32 matches", () => {
		const samples = randomSamples(2, 20, network("mean").input.length);
		const { kernel } = pair(network("mean"), samples);
		for (const steps of [65537, 0x7fffffff, 0x80000000, 0xffffffff])
			expect(() =>
				kernel.restoreState(forged(kernel.saveState(), (view) => view.setUint32(8, steps, true))),
			).toThrow("ESSM_E_STATE");
		kernel.restoreState(forged(kernel.saveState(), (view) => view.setUint32(8, 65536, true)));
		kernel.outputs();
	});
});

describe("the length of a stream", () => {
	test("[A31] ends under mean pooling where its sums are proven, for kernel and reference alike", () => {
		const net = withPooling(randomNetwork(23), "mean");
		const { kernel, reference } = pair(net, new Int16Array(65530 * net.input.length).fill(32767));
		const six = new Int16Array(6 * net.input.length).fill(-32768);
		const seven = new Int16Array(7 * net.input.length);
		expect(() => kernel.write(seven)).toThrow("ESSM_E_LENGTH");
		expect(() => reference.write(seven)).toThrow("ESSM_E_LENGTH");
		kernel.write(six);
		reference.write(six);
		expect(() => kernel.write(new Int16Array(net.input.length))).toThrow("ESSM_E_LENGTH");
		expect(kernel.outputs()).toEqual(reference.outputs());
		kernel.reset();
		kernel.write(seven);
	});

	test("[A15, A32] does not end under last-step pooling: the count stays at its greatest", () => {
		const net = network("last");
		const { kernel } = pair(net, randomSamples(1, 5, net.input.length));
		kernel.restoreState(forged(kernel.saveState(), (view) => view.setUint32(8, 0xfffffffe, true)));
		for (let i = 0; i < 3; i++) {
			kernel.write(randomSamples(i, 1, net.input.length));
			expect(Buffer.from(kernel.saveState()).readUInt32LE(8)).toBe(0xffffffff);
			kernel.outputs();
		}
	});
});

describe("the host's kernel object", () => {
	test("asks for exactly the arena of the layout, and writes nothing beside it", () => {
		for (let seed = 1; seed <= 100; seed++) {
			const net = randomNetwork(seed);
			const blob = writeBlob(net, sha256);
			expect(new NativeKernel(blob).arena.length).toBe(arenaLayout(net).total);
			const preferred = new NativeKernel(blob, undefined, "preferred").arena.length;
			expect(preferred).toBe(arenaLayout(net).preferred);
		}
	});

	test("[A33] has no logits before the first sample, and takes no part of a sample", () => {
		const net = network("mean");
		const kernel = new NativeKernel(writeBlob(net, sha256));
		expect(() => kernel.outputs()).toThrow("ESSM_E_EMPTY");
		expect(() => new Reference(net).outputs()).toThrow("ESSM_E_EMPTY");
		kernel.write(new Int16Array(0));
		expect(() => kernel.outputs()).toThrow("ESSM_E_EMPTY");
		const two = randomNetwork(3);
		expect(two.input.length).toBeGreaterThan(1);
		const other = new NativeKernel(writeBlob(two, sha256));
		expect(() => other.write(new Int16Array(two.input.length + 1))).toThrow(/whole number of samples/);
	});

	test("takes a blob at any address", () => {
		const blob = randomBlob(8);
		for (const offset of [1, 2, 3, 4]) {
			const buffer = Buffer.alloc(blob.length + 8);
			buffer.set(blob, offset);
			expect(new NativeKernel(buffer.subarray(offset, offset + blob.length)).outputCount).toBe(
				randomNetwork(8).head.outputs,
			);
		}
	});
});

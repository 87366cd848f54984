// The reader of torch.save's files against damage: cut off at every byte, and bytes changed at random, with and without checksums
// that fit, so that damage gets to the pickle. A fixed number of runs by fixed seeds.
import { describe, expect, it } from "vitest";
import { readPytorch } from "../../host-tools/checkpoints/pytorch";
import { Random } from "../../host-tools/datasets/random";
import { UserError } from "../../host-tools/terminal/errors";
import { pickle, Storage, TorchTensor, tensor, torchEntries, zip } from "../support/torch-file";

const count = (n: number) => Array.from({ length: n }, (_, i) => i);
const dictionary = (entries: Record<string, unknown>) => new Map(Object.entries(entries));

describe("a file that is damaged anywhere", () => {
	const network = dictionary({
		"encoder.weight": new TorchTensor(new Storage(count(12)), [3, 2], 0, [1, 3]),
		"encoder.bias": tensor([2], [1, 2, 3, 4], "ComplexFloat"),
		"decoder.bias": tensor([2], [0.5, 0.25], "Double"),
		steps: tensor([], [7], "Long"),
	});
	const saved = dictionary({ model: network, epoch: 300, acc: 0.5, lr: [1, 2 ** 40], done: true });
	const { bytes: pickled, storages } = pickle(saved);
	const good = zip(torchEntries({ bytes: pickled, storages }));
	/** Whether it is read; anything but that or a UserError of one line fails the test. */
	const survives = (bytes: Uint8Array): boolean => {
		try {
			readPytorch(bytes, "net.pt");
			return true;
		} catch (error) {
			if (!(error instanceof UserError)) throw error;
			return false;
		}
	};
	it("is refused when it is cut off at any byte", () => {
		for (let length = 4; length < good.length; length++)
			expect(survives(good.subarray(0, length))).toBe(false);
		expect(survives(good)).toBe(true);
	});
	it("is refused when a pickle is cut off at any byte", () => {
		for (let length = 0; length < pickled.length; length++)
			expect(survives(zip(torchEntries({ bytes: pickled.subarray(0, length), storages })))).toBe(false);
	});
	/** Changes one to four bytes, most of them to bytes that the pickle has anyway, so that opcodes meet other opcodes. */
	const change = (bytes: Uint8Array, random: Random): Uint8Array => {
		const copy = bytes.slice();
		for (let n = 1 + random.below(4); n > 0; n--)
			copy[random.below(copy.length)] = random.chance(0.5)
				? random.below(256)
				: pickled[random.below(pickled.length)]!;
		return copy;
	};
	it("is read or refused when bytes of the archive change", () => {
		const random = new Random(1, 13);
		const before = process.memoryUsage.rss();
		let refused = 0;
		for (let run = 0; run < 3000; run++) if (!survives(change(good, random))) refused++;
		expect(refused).toBeGreaterThan(1000);
		expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 29);
	});
	it("is read or refused when bytes of the pickle change and its checksum is right", () => {
		const random = new Random(2, 13);
		const before = process.memoryUsage.rss();
		let refused = 0;
		for (let run = 0; run < 5000; run++)
			if (!survives(zip(torchEntries({ bytes: change(pickled, random), storages })))) refused++;
		expect(refused).toBeGreaterThan(1000);
		expect(refused).toBeLessThan(5000);
		expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 29);
	});
});

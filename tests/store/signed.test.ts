// Firmware with a key: no slot is emptied for a blob before the signature of its header was checked.
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/bytes/crc32";
import { Slot } from "../../src/store/slot";
import type { ModelStore } from "../../src/store/store";
import { blobOf, contents, device, identityOf, load, signedBlobOf, update } from "../support/store-device";
import { PowerCut } from "../support/store-flash";

const LENGTH = 700;
const SIZES = [1, 7, 63, 64, 65, 72, 73, 300, 699, 700];

/** A device that runs version 7 and could go back to version 5. */
function twoModels(options: { eraseDown?: boolean } = {}) {
	const made = device({ signed: true, ...options });
	update(made.boot(), signedBlobOf(LENGTH, 1, 5), 1);
	update(made.boot(), signedBlobOf(LENGTH + 40, 2, 7), 2);
	return made;
}

const begin = (store: ModelStore, blob: Uint8Array, seed = 3) =>
	store.begin(blob.length, crc32(blob), identityOf(seed)).offset;

/** Sends what the store asks for, so many bytes at a time. @returns the offsets that it asked for */
function send(store: ModelStore, blob: Uint8Array, size: number): number[] {
	const wanted = [begin(store, blob)];
	while (wanted.at(-1)! < blob.length) {
		const at = wanted.at(-1)!;
		wanted.push(store.write(at, blob.subarray(at, at + size)));
	}
	return wanted;
}

test.each(SIZES)(
	"[L38] %d bytes at a time: the first 64 bytes, the last 72, then all from the 64th on",
	(size) => {
		const { slots, boot } = twoModels();
		const before = slots[0].bytes.slice();
		const blob = signedBlobOf(LENGTH, 3, 8);
		const store = boot();
		const wanted = send(store, blob, size);
		const tail = wanted.indexOf(LENGTH - 72);
		const back = wanted.indexOf(64, tail);
		expect(wanted.slice(0, tail)).toEqual(Array.from({ length: Math.ceil(64 / size) }, (_, i) => i * size));
		expect(back - tail).toBe(Math.ceil(72 / size));
		expect(wanted.slice(back)).toEqual([
			...Array.from({ length: Math.ceil((LENGTH - 64) / size) }, (_, i) => 64 + i * size),
			LENGTH,
		]);
		store.commit(identityOf(3), () => true);
		expect(contents(boot())).toEqual(Array.from(blob));
		expect(slots[0].bytes).not.toEqual(before);
	},
);

describe("[L38] what is not signed empties no slot, and the model to go back to stays", () => {
	const good = signedBlobOf(LENGTH, 3, 7);
	/** The header of one blob, all else of another. */
	const joined = (header: Uint8Array, rest: Uint8Array) =>
		Uint8Array.of(...header.subarray(0, 64), ...rest.subarray(64));
	const changed = (at: number) => good.map((byte, i) => (i === at ? byte ^ 0x80 : byte));
	const forgeries: Record<string, Uint8Array> = {
		"a forged header of a high version": blobOf(LENGTH, 3, 0xfffffff0),
		"the signature of an older model under a high version": joined(
			signedBlobOf(LENGTH, 1, 0xfffffff0),
			signedBlobOf(LENGTH, 1, 5),
		),
		"the last byte of the header changed": changed(63),
		"the first byte of the signature changed": changed(LENGTH - 72),
	};
	test.each(Object.keys(forgeries))("%s", (name) => {
		for (const size of SIZES) {
			const { power, slots, boot } = twoModels();
			const before = slots.map((slot) => slot.bytes.slice());
			power.limit = power.used; // so that whatever is erased or written is a PowerCut
			const store = boot();
			for (let again = 0; again < 2; again++)
				expect(() => send(store, forgeries[name]!, size)).toThrow(
					expect.objectContaining({
						kind: "self-test",
						message: "the model does not open: the signature is not one of the key",
					}),
				);
			expect(() => store.write(0, good)).toThrow(/no load has begun/);
			expect(() => store.commit(identityOf(3), () => true)).toThrow(/no load of this model/);
			power.limit = Number.POSITIVE_INFINITY;
			expect(slots.map((slot) => slot.bytes)).toEqual(before);
			expect(store.rollback(2)).toMatchObject({ slot: 0, onTrial: false });
		}
	});

	test("a signed one that is too old", () => {
		const { slots, boot } = twoModels();
		const before = slots.map((slot) => slot.bytes.slice());
		expect(() => load(boot(), signedBlobOf(LENGTH, 3, 6), 3)).toThrow(/version 6 is below 7/);
		expect(slots.map((slot) => slot.bytes)).toEqual(before);
	});
});

test("[L12, L38] what is late or comes twice is skipped, a gap is told, and a reset begins again", () => {
	const { power, slots, boot } = twoModels();
	const before = slots.map((slot) => slot.bytes.slice());
	const spent = power.used;
	const blob = signedBlobOf(LENGTH, 3, 8);
	const store = boot();
	const offset = (expected: number) => expect.objectContaining({ kind: "offset", expected });
	expect(begin(store, blob)).toBe(0);
	expect(store.write(0, blob, 0, 40)).toBe(40);
	expect(() => store.write(41, blob, 41, 64)).toThrow(offset(40));
	expect(store.write(40, blob, 40, 500)).toBe(LENGTH - 72);
	expect(store.write(0, blob, 0, 500)).toBe(LENGTH - 72); // late
	expect(store.write(500, blob, 500, LENGTH - 72)).toBe(LENGTH - 72);
	expect(begin(store, blob)).toBe(LENGTH - 72);
	expect(store.write(600, blob, 600, 650)).toBe(650);
	expect(() => store.write(651, blob, 651)).toThrow(offset(650));
	expect(() => store.write(650, blob, 640)).toThrow(/more bytes than were announced/);
	expect(() => store.commit(identityOf(3), () => true)).toThrow(offset(650));
	expect([power.used, slots.map((slot) => slot.bytes)]).toEqual([spent, before]);
	expect(begin(boot(), blob)).toBe(0); // after a reset
	expect(store.write(650, blob, 650)).toBe(64);
	expect(new Slot(slots[0]).header()).toBeUndefined();
	expect(() => store.write(650, blob, 650)).toThrow(offset(64));
	expect(store.write(64, blob, 64, 300)).toBe(300);
	const resumed = boot();
	expect(begin(resumed, blob)).toBe(256); // its signature was checked before the slot was emptied
	expect(resumed.write(256, blob, 256)).toBe(LENGTH);
	resumed.commit(identityOf(3), () => true);
	expect(contents(boot())).toEqual(Array.from(blob));
});

test("[L38] the shortest blob has both ends, and a shorter one is refused at once", () => {
	const { boot, slots } = device({ signed: true });
	const before = slots.map((slot) => slot.bytes.slice());
	const blob = signedBlobOf(136, 1);
	expect(() => begin(boot(), blob.subarray(0, 135))).toThrow(
		expect.objectContaining({ kind: "refused", message: "slot model_a holds models of 136 to 1792 bytes" }),
	);
	expect(slots.map((slot) => slot.bytes)).toEqual(before);
	load(boot(), blob, 1);
	expect(contents(boot())).toEqual(Array.from(blob));
});

test.each([false, true])("[L28, L38] power cut at every byte (erase downwards: %s)", (eraseDown) => {
	const { power, slots, boot } = twoModels({ eraseDown });
	const origin = slots.map((slot) => slot.bytes.slice());
	const fresh = signedBlobOf(300, 4, 9);
	const life = () => update(boot(), fresh, 4);
	power.used = 0;
	life();
	const total = power.used;
	for (let limit = 0; limit < total; limit++) {
		slots.forEach((slot, i) => {
			slot.bytes.set(origin[i]!);
		});
		Object.assign(power, { used: 0, limit });
		expect(life).toThrow(PowerCut);
		power.limit = Number.POSITIVE_INFINITY;
		expect([7, 9], `cut at byte ${limit}`).toContain(contents(boot())![0]);
		life();
		expect(contents(boot())).toEqual(Array.from(fresh));
	}
});

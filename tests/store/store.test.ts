import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/bytes/crc32";
import { Flag, type Flash, Slot, slotCapacity, slotImage } from "../../src/store/slot";
import { type ModelStore, StoreError } from "../../src/store/store";
import { blobOf, contents, device, identityOf, SECTOR, update } from "../support/store-device";
import { NorFlash, Power, PowerCut } from "../support/store-flash";

test("[L26, L28] the newest proven model runs, slots take turns, and a blob is aligned in place", () => {
	const { boot, slots } = device();
	expect(boot().active()).toBeUndefined();
	const turns: number[] = [];
	for (let seed = 1; seed <= 6; seed++) {
		update(boot(), blobOf(300 + seed, seed), seed);
		const active = boot().active()!;
		expect(Array.from(active.blob)).toEqual(Array.from(blobOf(300 + seed, seed)));
		expect(active.blob.byteOffset % 4).toBe(0);
		expect(active.blob.buffer).toBe(slots[active.slot]!.map());
		expect(active.sequence).toBe(seed);
		turns.push(active.slot);
	}
	expect(turns).toEqual([0, 1, 0, 1, 0, 1]);
	expect(slots[0].erases).toEqual(slots[1].erases);
	expect(slots[0].erases.slice(0, 4)).toEqual([3, 3, 3, 0]);
});

test("[L13] a model that fails its golden vectors never runs, and the same one can be tried again", () => {
	const { boot, slots } = device();
	update(boot(), blobOf(500, 1), 1);
	for (const selfTest of [
		() => false,
		() => {
			throw new Error("no memory");
		},
	]) {
		expect(() => update(boot(), blobOf(600, 2), 2, undefined, selfTest)).toThrow();
		expect(contents(boot())).toEqual(Array.from(blobOf(500, 1)));
		expect(new Slot(slots[1]).flag(Flag.REJECTED)).toBe(true);
	}
	expect(update(boot(), blobOf(600, 2), 2)).toBe(0); // nothing of what was rejected is gone on with
	expect(contents(boot())).toEqual(Array.from(blobOf(600, 2)));
});

test("[L13] bytes that are not those announced are refused at the commit and loaded again from the start", () => {
	const { boot } = device();
	const blob = blobOf(600, 2);
	const store = boot();
	const wrong = blob.slice();
	wrong[300]! ^= 4;
	store.begin(600, crc32(blob), identityOf(2));
	store.write(0, wrong);
	expect(() => store.commit(identityOf(2), () => true)).toThrow(/bytes in flash/);
	expect(store.active()).toBeUndefined();
	expect(update(store, blob, 2)).toBe(0);
	expect(contents(store)).toEqual(Array.from(blob));
});

test("[L29] rollback goes to the older model, once, and says no when there is none", () => {
	const { boot } = device();
	update(boot(), blobOf(500, 1), 1);
	expect(() => boot().rollback(1)).toThrow(/no model to go back to/);
	update(boot(), blobOf(600, 2), 2);
	expect(boot().rollback(2).slot).toBe(0);
	expect(boot().rollback(2).slot).toBe(0); // the same request again
	expect(contents(boot())).toEqual(Array.from(blobOf(500, 1)));
	expect(() => boot().rollback(1)).toThrow(StoreError);
	expect(update(boot(), blobOf(600, 2), 2)).toBe(0); // left behind, so written anew
	expect(contents(boot())).toEqual(Array.from(blobOf(600, 2)));
});

test("an older model loaded again wins again; the running one needs no load", () => {
	const { boot } = device();
	update(boot(), blobOf(500, 1), 1);
	update(boot(), blobOf(600, 2), 2);
	expect(update(boot(), blobOf(600, 2), 2)).toBe(600);
	update(boot(), blobOf(500, 1), 1);
	expect(contents(boot())).toEqual(Array.from(blobOf(500, 1)));
	expect(boot().active()!.sequence).toBe(3);
});

test("[L27] a slot may be chosen, but not the running one; sizes are checked before anything is erased", () => {
	const { boot, slots } = device();
	update(boot(), blobOf(500, 1), 1, 1);
	expect(boot().active()!.slot).toBe(1);
	expect(() => boot().begin(600, 0, identityOf(2), 1)).toThrow(/model_b holds the running model/);
	const before = slots[0].bytes.slice();
	for (const length of [0, 7 * SECTOR + 1, 0xffffffff])
		expect(() => boot().begin(length, 0, identityOf(2), 0)).toThrow(/1 to 1792 bytes/);
	expect(slots[0].bytes).toEqual(before);
	expect(update(boot(), blobOf(7 * SECTOR, 3), 3, 0)).toBe(0);
});

test("[L12] a load goes on where it was: by the byte while power holds, by the sector after a reset", () => {
	const { boot } = device();
	const blob = blobOf(1000, 1);
	const first = boot();
	first.begin(1000, crc32(blob), identityOf(1));
	first.write(0, blob, 0, 700);
	expect(first.begin(1000, crc32(blob), identityOf(1)).offset).toBe(700);
	const second = boot();
	expect(second.begin(1000, crc32(blob), identityOf(1)).offset).toBe(2 * SECTOR);
	expect(second.write(0, blob, 0, 600)).toBe(600); // what is there already is passed over
	expect(() => second.write(700, blob, 700, 800)).toThrow(
		expect.objectContaining({ kind: "offset", expected: 600 }),
	);
	expect(() => second.write(600, blob, 0, 401)).toThrow(/more bytes/);
	expect(() => second.commit(identityOf(1), () => true)).toThrow(expect.objectContaining({ kind: "offset" }));
	second.write(600, blob, 600);
	expect(boot().begin(1000, crc32(blob), identityOf(1)).offset).toBe(1000);
	expect(() => boot().commit(identityOf(1), () => true)).toThrow(/no load of this model/);
	second.commit(identityOf(1), () => true);
	expect(second.commit(identityOf(1), () => false).slot).toBe(0); // the same request again
	// Another model of the same size does not go on with these bytes.
	expect(boot().begin(1000, crc32(blob) ^ 1, identityOf(2)).offset).toBe(0);
});

test("[L12] only a load of the same length, CRC-32 and identity goes on", () => {
	const { boot } = device();
	const blob = blobOf(700, 1);
	const begin = (store: ModelStore, length: number, crc: number, seed: number) =>
		store.begin(length, crc, identityOf(seed)).offset;
	const begun = () => {
		const store = boot();
		begin(store, 700, crc32(blob), 1);
		store.write(0, blob, 0, 600);
		return store;
	};
	for (const after of [begun, () => boot()]) {
		begun();
		expect(begin(after(), 700, crc32(blob), 1)).toBe(after === begun ? 600 : 512);
		expect(begin(after(), 701, crc32(blob), 1)).toBe(0);
		expect(begin(after(), 700, crc32(blob) ^ 1, 1)).toBe(0);
		expect(begin(after(), 700, crc32(blob), 2)).toBe(0);
	}
	update(boot(), blob, 1);
	expect(begin(boot(), 700, crc32(blob), 1)).toBe(700); // it runs
	for (const [length, crc, seed] of [
		[699, crc32(blob), 1],
		[700, crc32(blob) ^ 1, 1],
		[700, crc32(blob), 2],
	] as const)
		expect(begin(boot(), length, crc, seed)).toBe(0);
});

test("[L30] an image written from outside is what the store writes itself", () => {
	const { boot, slots } = device();
	const image = slotImage(blobOf(500, 1), identityOf(1), 1, SECTOR);
	slots[0].bytes.fill(0xff).set(image);
	expect(contents(boot())).toEqual(Array.from(blobOf(500, 1)));
	update(boot(), blobOf(600, 2), 2);
	expect(contents(boot())).toEqual(Array.from(blobOf(600, 2)));
	expect(boot().rollback(2).sequence).toBe(1);
});

test("[L25, L26] a header of nonsense does not run: every bit of header and proven flag counts", () => {
	const { boot, slots } = device();
	update(boot(), blobOf(500, 1), 1);
	const good = slots[0].bytes.slice();
	for (let bit = 0; bit < 8 * 56; bit++) {
		slots[0].bytes[bit >> 3]! ^= 1 << (bit & 7);
		expect(boot().active(), `bit ${bit}`).toBeUndefined();
		slots[0].bytes.set(good);
	}
	slots[0].bytes[Flag.PROVEN + 1] = 1;
	expect(boot().active()).toBeUndefined();
});

test("[L25] a record of another magic, format or length does not count, though its CRC-32 is right", () => {
	const flash = new NorFlash(new Power(), 4 * SECTOR, SECTOR);
	const slot = new Slot(flash);
	const write = (change: (record: DataView) => void) => {
		flash.bytes.fill(0xff).set(slotImage(blobOf(200, 1), identityOf(1), 7, SECTOR));
		const record = new DataView(flash.bytes.buffer, 0, 56);
		change(record);
		record.setInt32(52, crc32(flash.bytes, 0, 52), true);
		return slot.header();
	};
	expect(write(() => {})).toMatchObject({ sequence: 7, length: 200, identity: identityOf(1) });
	expect(write((record) => record.setUint32(8, 0xffffffff, true))).toMatchObject({ sequence: 0xffffffff });
	expect(write((record) => record.setUint32(12, 3 * SECTOR, true))).toMatchObject({ length: 3 * SECTOR });
	for (const [at, value] of [
		[0, 0x544c5344],
		[4, 2],
		[12, 0],
		[12, 3 * SECTOR + 1],
	] as const)
		expect(
			write((record) => record.setUint32(at, value, true)),
			`${value} at ${at}`,
		).toBeUndefined();
});

test("[L26] a blob that rots in flash gives way to the older one and can be loaded again", () => {
	const { boot, slots } = device();
	update(boot(), blobOf(500, 1), 1);
	update(boot(), blobOf(600, 2), 2);
	slots[1].bytes[SECTOR + 300]! ^= 16;
	expect(contents(boot())).toEqual(Array.from(blobOf(500, 1)));
	expect(update(boot(), blobOf(600, 2), 2)).toBe(0);
	expect(contents(boot())).toEqual(Array.from(blobOf(600, 2)));
});

describe("flash that does not keep what is written", () => {
	const old = blobOf(500, 1);
	const fresh = blobOf(600, 2);
	const HEADER = 0;

	test.each([
		["the header", HEADER],
		["the flag that it is proven", Flag.PROVEN],
	])("%s: the commit fails, and the old model runs on", (_name, place) => {
		const { boot, slots } = device();
		update(boot(), old, 1);
		const store = boot();
		let proven = 0;
		store.begin(fresh.length, crc32(fresh), identityOf(2));
		store.write(0, fresh);
		slots[1].lose = (offset) => offset === place;
		expect(() => store.commit(identityOf(2), () => ++proven > 0)).toThrow("flash write failed");
		expect(proven).toBe(place === HEADER ? 0 : 1);
		for (const later of [store, boot()]) expect(contents(later)).toEqual(Array.from(old));
		slots[1].lose = () => false;
		update(boot(), fresh, 2);
		expect(contents(boot())).toEqual(Array.from(fresh));
	});

	test("a rollback fails, and the model that was to be left runs on", () => {
		const { boot, slots } = device();
		update(boot(), old, 1);
		update(boot(), fresh, 2);
		slots[1].lose = (offset) => offset === Flag.ROLLED_BACK;
		expect(() => boot().rollback(2)).toThrow("flash write failed");
		expect(contents(boot())).toEqual(Array.from(fresh));
		slots[1].lose = () => false;
		expect(boot().rollback(2).sequence).toBe(1);
	});
});

test("a write that fails begins its sector again, erased", () => {
	const { boot, slots } = device();
	const blob = blobOf(1000, 1);
	const store = boot();
	store.begin(1000, crc32(blob), identityOf(1));
	store.write(0, blob, 0, 400);
	slots[0].lose = () => {
		throw new Error("flash: timeout");
	};
	expect(() => store.write(400, blob, 400, 450)).toThrow("flash: timeout");
	slots[0].lose = () => false;
	expect(() => store.write(450, blob, 450, 500)).toThrow(
		expect.objectContaining({ kind: "offset", expected: SECTOR }),
	);
	expect(store.begin(1000, crc32(blob), identityOf(1)).offset).toBe(SECTOR);
	expect(store.write(SECTOR, blob, SECTOR)).toBe(1000);
	store.commit(identityOf(1), () => true);
	expect(contents(boot())).toEqual(Array.from(blob));
});

test("[L24] a slot holds as many sectors as there are, and as leave a sixteenth of the first one to entries", () => {
	const flash = (sectors: number, size: number) => ({ byteLength: sectors * size, blockSize: size }) as Flash;
	expect(
		[flash(0, 256), flash(1, 256), flash(2, 256), flash(13, 256), flash(14, 256), flash(400, 4096)].map(
			slotCapacity,
		),
	).toEqual([0, 0, 256, 12 * 256, 12 * 256, 399 * 4096]);
	expect(slotCapacity(flash(2000, 4096))).toBe(912 * 4096); // 4096 - 256 - 192 bytes of progress, 4 a sector
});

test("[L24] the test's flash holds to NOR rules: without an erase a write fails", () => {
	const flash = new NorFlash(new Power(), 2 * SECTOR, SECTOR);
	expect(() => new Slot(flash).seal({ sequence: 1, length: 9, crc: 0, identity: identityOf(1) })).toThrow(
		/not erased/,
	);
});

describe.each([false, true])(
	"[L28] power cut at every byte of an update (erase downwards: %s)",
	(eraseDown) => {
		// The spare slot holds what a history of updates leaves there: nothing, an older model, one rejected, one rolled back.
		const histories: Record<string, (store: () => ModelStore) => void> = {
			"first model ever": () => {},
			"one model": (boot) => update(boot(), blobOf(450, 1), 1),
			"two models": (boot) => {
				update(boot(), blobOf(700, 9), 9);
				update(boot(), blobOf(450, 1), 1);
			},
			"one rejected": (boot) => {
				update(boot(), blobOf(450, 1), 1);
				expect(() => update(boot(), blobOf(700, 9), 9, undefined, () => false)).toThrow();
			},
			"one rolled back": (boot) => {
				update(boot(), blobOf(450, 1), 1);
				update(boot(), blobOf(700, 9), 9);
				boot().rollback(2);
			},
		};

		test.each(Object.keys(histories))("%s", (history) => {
			const old = history === "first model ever" ? undefined : Array.from(blobOf(450, 1));
			const fresh = blobOf(600, 2);
			const { power, slots, boot } = device({ eraseDown });
			histories[history]!(boot);
			const start = slots.map((slot) => slot.bytes.slice());
			power.used = 0;
			update(boot(), fresh, 2);
			const total = power.used;
			expect(total).toBeGreaterThan(4 * SECTOR + 600);

			let resumed = 0;
			for (let limit = 0; limit < total; limit++) {
				slots.forEach((slot, i) => {
					slot.bytes.set(start[i]!);
				});
				Object.assign(power, { used: 0, limit });
				expect(() => update(boot(), fresh, 2)).toThrow(PowerCut);
				power.limit = Infinity;
				const found = contents(boot());
				// The flag "proven" counts with its last byte; after it come 4 bytes each of an attempt and of the confirmation.
				expect(found, `cut at byte ${limit}`).toEqual(limit < total - 8 ? old : Array.from(fresh));
				if (update(boot(), fresh, 2) > 0) resumed++;
				expect(contents(boot()), `update after a cut at byte ${limit}`).toEqual(Array.from(fresh));
			}
			expect(resumed).toBeGreaterThan(2 * SECTOR);
		});
	},
);

/** Power fails at the first byte that a new load clears, and the load before it goes on: it must still be able to end. */
const halfCleared = [
	{ seed: 2, rollback: false, limit: 1504 },
	{ seed: 1, rollback: false, limit: 424 },
	{ seed: 3, rollback: false, limit: 1 },
	{ seed: 1, rollback: false, limit: 516 },
	{ seed: 1, rollback: false, limit: 404 },
];

test("[L28] cut after cut, in any history of updates and rollbacks, the model that runs is the old or the new one", () => {
	const step = fc.record({
		seed: fc.integer({ min: 1, max: 4 }),
		rollback: fc.boolean(),
		limit: fc.nat(2500),
	});
	fc.assert(
		fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), (steps, eraseDown) => {
			const { power, boot } = device({ eraseDown });
			for (const { seed, rollback, limit } of steps) {
				const before = boot().active();
				const old = before && Array.from(before.blob);
				Object.assign(power, { used: 0, limit });
				let fresh = Array.from(blobOf(300 + 100 * seed, seed));
				try {
					if (rollback && before) fresh = Array.from(boot().rollback(before.sequence).blob);
					else update(boot(), Uint8Array.from(fresh), seed);
					power.limit = Infinity;
					expect(contents(boot())).toEqual(fresh);
				} catch (error) {
					power.limit = Infinity;
					if (error instanceof PowerCut) {
						const found = boot().active();
						expect([old, fresh]).toContainEqual(found && Array.from(found.blob));
						if (found?.onTrial) boot().confirm(found); // it runs
					} else if (!(error instanceof StoreError)) throw error;
					else expect(error.message).toMatch(/no model to go back to/);
				}
			}
		}),
		{ numRuns: 300, examples: [[halfCleared, false]] },
	);
});

// Rollback protection: no model of a version below the highest confirmed one is taken, whatever becomes of power and of either
// slot; what was confirmed may run again.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/bytes/crc32";
import { Slot, slotImage } from "../../src/store/slot";
import type { ModelStore } from "../../src/store/store";
import { blobOf, contents, device, identityOf, load, SECTOR, update } from "../support/store-device";
import { NorFlash, Power, PowerCut } from "../support/store-flash";

const blobs = (seed: number, version: number) => blobOf(300 + 20 * seed, seed, version);

/** The store tells stand-ins of one length apart by what is given as their identity. */
const idOf = (seed: number, version: number) => (31 * seed + version) & 0xff;

/** Loads a model of a version and lets it run. */
const take = (store: ModelStore, seed: number, version: number) =>
	update(store, blobs(seed, version), idOf(seed, version));

/** A start of the application: a model that runs is confirmed, once more if it was; an error goes to the log. */
function start(boot: () => ModelStore): ModelStore {
	const store = boot();
	const active = store.active();
	try {
		if (active?.onTrial) store.beginAttempt(active);
		if (active !== undefined) store.confirm(active);
	} catch (error) {
		expect(`${error}`).toMatch(/no place for another model version/);
	}
	return store;
}

const refused =
	/the model does not open: the model's version \d+ is below \d+, the highest that was confirmed/;

test("[L37] a version below the highest confirmed one is refused; the same and a higher one are not", () => {
	const { boot } = device({ versions: true });
	take(boot(), 1, 5);
	expect(boot().minimumVersion()).toBe(5);
	expect(() => take(boot(), 2, 4)).toThrow(refused);
	expect(contents(boot())).toEqual(Array.from(blobs(1, 5)));
	take(boot(), 2, 5);
	load(boot(), blobs(3, 9), idOf(3, 9));
	expect(boot().minimumVersion()).toBe(5); // on trial: not confirmed yet
	boot().rollback(boot().active()!.sequence);
	take(boot(), 1, 6);
	take(boot(), 2, 0xffffffff);
	expect(() => take(boot(), 3, 0xfffffffe)).toThrow(refused);
	expect(boot().minimumVersion()).toBe(0xffffffff);
});

describe("a version too low is refused by the blob's first 64 bytes", () => {
	/** Sends all of a blob, so many bytes at a time; returns how many were taken. */
	const send = (store: ModelStore, blob: Uint8Array, size: number): number => {
		let at = store.begin(blob.length, crc32(blob), identityOf(77)).offset;
		try {
			while (at < blob.length) at = store.write(at, blob.subarray(at, at + size));
		} catch (error) {
			expect(error).toMatchObject({ kind: "self-test", message: expect.stringMatching(refused) });
		}
		return at;
	};

	test.each([1, 7, 63, 64, 65, 300, 1000])(
		"[L27, L37] %d bytes at a time: no byte of flash is spent, and the model to go back to stays",
		(size) => {
			const { power, slots, boot } = device({ versions: true });
			take(boot(), 1, 5);
			take(boot(), 2, 7);
			const before = slots.map((slot) => slot.bytes.slice());
			power.limit = power.used; // so that whatever is erased or written is a PowerCut
			const store = boot();
			for (let again = 0; again < 2; again++) expect(send(store, blobs(3, 6), size)).toBeLessThan(64);
			expect(() => store.write(0, blobs(3, 6))).toThrow(/no load has begun/);
			expect(() => store.commit(identityOf(77), () => true)).toThrow(/no load of this model/);
			power.limit = Number.POSITIVE_INFINITY;
			expect(slots.map((slot) => slot.bytes)).toEqual(before);
			expect(store.rollback(2)).toMatchObject({ slot: 0, onTrial: false });
			expect(send(boot(), blobs(3, 7), size)).toBe(blobs(3, 7).length);
			expect(() => boot().rollback(1)).toThrow(/no model to go back to/);
		},
	);

	test("[L12, L27] up to the 64th byte the slot is as it was, and only then it is emptied", () => {
		const { power, slots, boot } = device({ versions: true });
		take(boot(), 1, 5);
		take(boot(), 2, 7);
		const before = slots.map((slot) => slot.bytes.slice());
		const blob = blobs(3, 8);
		const begin = (store: ModelStore) => store.begin(blob.length, crc32(blob), identityOf(3)).offset;
		const spent = power.used;
		const store = boot();
		expect(begin(store)).toBe(0);
		expect(store.write(0, blob, 0, 40)).toBe(40);
		expect(begin(store)).toBe(40);
		expect(() => store.write(41, blob, 41, 64)).toThrow(
			expect.objectContaining({ kind: "offset", expected: 40 }),
		);
		expect(store.write(20, blob, 20, 63)).toBe(63);
		expect(() => store.commit(identityOf(3), () => true)).toThrow(
			expect.objectContaining({ kind: "offset", expected: 63 }),
		);
		expect([power.used, slots.map((slot) => slot.bytes)]).toEqual([spent, before]);
		expect(begin(boot())).toBe(0); // after a reset
		expect(store.write(63, blob, 63, 64)).toBe(64);
		expect(new Slot(slots[0]).header()).toBeUndefined();
		expect(store.write(64, blob, 64)).toBe(blob.length);
		store.commit(identityOf(3), () => true);
		expect(contents(boot())).toEqual(Array.from(blob));
	});

	test("[L29] a rollback ends a load that would replace the model it goes back to", () => {
		const { boot } = device({ versions: true });
		take(boot(), 1, 5);
		take(boot(), 2, 7);
		const store = boot();
		const blob = blobs(3, 8);
		store.begin(blob.length, crc32(blob), identityOf(3));
		store.write(0, blob, 0, 63);
		expect(store.rollback(2).slot).toBe(0);
		expect(() => store.write(63, blob, 63)).toThrow(/no load has begun/);
		expect(contents(boot())).toEqual(Array.from(blobs(1, 5)));
		expect(store.begin(blob.length, crc32(blob), identityOf(3))).toEqual({ slot: 1, offset: 0 });
	});

	test("a blob shorter than those bytes is taken and refused as a whole", () => {
		const { boot } = device({ versions: true });
		const short = blobOf(40, 1, 9);
		update(boot(), short, 1);
		expect(() => update(boot(), blobOf(40, 2, 8), 2)).toThrow(refused);
		expect(contents(boot())).toEqual(Array.from(short));
	});

	test("flash that fails while a slot is emptied ends the load, and another one begins anew", () => {
		const { slots, boot } = device({ versions: true });
		take(boot(), 1, 5);
		const blob = blobs(3, 8);
		const store = boot();
		const begin = () => store.begin(blob.length, crc32(blob), identityOf(3)).offset;
		begin();
		slots[1].lose = () => {
			throw new Error("flash: timeout");
		};
		expect(() => store.write(0, blob)).toThrow("flash: timeout");
		slots[1].lose = (offset) => {
			if (offset >= SECTOR) throw new Error("flash: timeout");
			return false;
		};
		expect(begin()).toBe(0);
		expect(() => store.write(0, blob)).toThrow("flash: timeout");
		expect(begin()).toBe(0); // the slot is empty by now
		slots[1].lose = () => false;
		expect(store.write(0, blob)).toBe(blob.length);
		store.commit(identityOf(3), () => true);
		expect(contents(boot())).toEqual(Array.from(blob));
	});
});

test("[L37] a store that does not ask for versions takes any, and keeps none", () => {
	const { boot } = device();
	take(boot(), 1, 5);
	take(boot(), 2, 4);
	expect([boot().minimumVersion(), contents(boot())]).toEqual([0, Array.from(blobs(2, 4))]);
});

test("[L37] the highest version survives the erasure of either slot, at any time", () => {
	const { boot, slots } = device({ versions: true });
	let highest = 0;
	for (const [seed, version, back] of [
		[1, 3, false],
		[2, 7, true], // left again for the model of version 3
		[3, 8, true],
		[4, 8, false],
		[5, 12, false],
	] as const) {
		take(boot(), seed, version);
		if (back) boot().rollback(boot().active()!.sequence);
		highest = Math.max(highest, version);
		const kept = slots.map((slot) => slot.bytes.slice());
		for (const erased of slots) {
			erased.bytes.fill(0xff);
			expect(boot().minimumVersion()).toBe(highest);
			for (const slot of boot().active() ? [undefined] : [0, 1]) {
				expect(() => update(boot(), blobs(6, highest - 1), 66, slot)).toThrow(refused);
				expect(boot().minimumVersion()).toBe(highest);
			}
			slots.forEach((slot, i) => {
				slot.bytes.set(kept[i]!);
			});
		}
	}
	expect(boot().active()!.slot).toBe(new Slot(slots[0]).header()!.sequence === 5 ? 0 : 1);
});

test("[L37] what was confirmed runs again after a rollback, though its version is lower; what was not does not", () => {
	const { boot, slots } = device({ versions: true });
	take(boot(), 1, 3);
	take(boot(), 2, 7);
	const store = boot();
	expect(store.rollback(2)).toMatchObject({ slot: 0, onTrial: false });
	expect(contents(start(boot))).toEqual(Array.from(blobs(1, 3)));
	expect(() => take(boot(), 3, 6)).toThrow(refused);
	expect(contents(start(boot))).toEqual(Array.from(blobs(1, 3)));

	// written from outside, it is proven and not confirmed
	const image = slotImage(blobs(4, 6), identityOf(4), 9, SECTOR);
	slots[1].bytes.fill(0xff).set(image);
	expect(contents(start(boot))).toEqual(Array.from(blobs(1, 3)));
	expect(boot().refusal(1)).toMatch(/^model_b: the model's version 6 is below 7/);
	slots[1].bytes.fill(0xff).set(slotImage(blobs(4, 7), identityOf(4), 9, SECTOR));
	expect(contents(start(boot))).toEqual(Array.from(blobs(4, 7)));
});

test("[L37] a model that was confirmed by firmware without a key counts from the first start with one on", () => {
	const { boot, slots } = device({ versions: true });
	slots[0].bytes.fill(0xff).set(slotImage(blobs(1, 5), identityOf(1), 1, SECTOR));
	start(boot);
	expect(slots.map((slot) => new Slot(slot).keptVersion())).toEqual([5, 5]);
	expect(() => take(boot(), 2, 4)).toThrow(refused);
});

test("[L24, L37] every bit of an entry counts, and a slot full of them takes no load that would lose the version", () => {
	const { boot, slots } = device({ versions: true });
	take(boot(), 1, 5);
	const places = slots.map((slot) => slot.bytes.slice(192 + 4 * 7, SECTOR));
	expect(Math.floor(places[0]!.length / 8)).toBe(4);
	const entry = 192 + 4 * 7 + 4;
	for (let bit = 0; bit < 64; bit++) {
		const [at, mask] = [entry + (bit >> 3), 1 << (bit & 7)];
		for (const { bytes } of slots) bytes[at]! ^= mask;
		expect(boot().minimumVersion(), `bit ${bit}`).toBe(0);
		for (const { bytes } of slots) bytes[at]! ^= mask;
	}

	// one more version in each round, always in the other slot, while this one is gone back to
	let version = 5;
	const round = () => {
		take(boot(), 2, ++version);
		boot().rollback(boot().active()!.sequence);
	};
	const full = /slot model_a has no place for another model version.* write the model through the ROM loader/;
	for (let i = 0; i < 3; i++) round();
	expect(round).toThrow(full); // at the end of its trial: it runs
	expect(contents(start(boot))).toEqual(Array.from(blobs(2, 9)));
	expect(boot().rollback(boot().active()!.sequence)).toMatchObject({ slot: 0 });
	const before = slots.map((slot) => slot.bytes.slice());
	expect(() => take(boot(), 3, 10)).toThrow(full);
	expect(slots.map((slot) => slot.bytes)).toEqual(before);
	expect([contents(start(boot)), boot().minimumVersion()]).toEqual([Array.from(blobs(1, 5)), 9]);
});

test("[L37] what follows the first sector is no entry", () => {
	const flash = new NorFlash(new Power(), 4 * SECTOR, SECTOR);
	flash.bytes.fill(0, 0, SECTOR); // all its places are used up
	flash.bytes.set(new Uint8Array(Uint32Array.of(9, ~9, 9, ~9).buffer), SECTOR);
	expect(new Slot(flash).keptVersion()).toBe(0);
	expect(new Slot(flash).keepVersion(5)).toBe(true); // erased first: nothing was ever loaded into it
	expect(new Slot(flash).keptVersion()).toBe(5);
	flash.bytes.fill(0, 0, SECTOR);
	flash.bytes.set(slotImage(blobs(1, 9), identityOf(1), 1, SECTOR).subarray(0, 64));
	flash.bytes.fill(0xff, SECTOR);
	expect(new Slot(flash).keepVersion(5)).toBe(false);
	expect(flash.bytes.subarray(SECTOR).every((byte) => byte === 0xff)).toBe(true);
});

test("[L37] flash that does not keep a version is told of", () => {
	const { boot, slots } = device({ versions: true });
	take(boot(), 1, 5);
	load(boot(), blobs(2, 6), 2);
	slots[0].lose = (offset) => offset >= 192 + 4 * 7;
	const store = boot();
	expect(() => store.confirm(store.active()!)).toThrow("flash write failed");
	expect(boot().minimumVersion()).toBe(6);
	slots[0].lose = () => false;
	start(boot);
	expect(slots.map((slot) => new Slot(slot).keptVersion())).toEqual([6, 6]);
});

describe.each([false, true])("[L28, L37] power cut at every byte (erase downwards: %s)", (eraseDown) => {
	/** Histories whose last step is cut; what was confirmed before it must go on to count. */
	const before: Record<string, (boot: () => ModelStore) => void> = {
		"a first model": () => {},
		"a second model": (boot) => take(boot(), 1, 5),
		"a model after a rollback": (boot) => {
			take(boot(), 1, 5);
			take(boot(), 2, 7);
			boot().rollback(2);
		},
		"a model after two rollbacks": (boot) => {
			take(boot(), 1, 5);
			for (const [seed, version] of [
				[2, 7],
				[3, 8],
			] as const) {
				take(boot(), seed, version);
				boot().rollback(boot().active()!.sequence);
			}
		},
	};

	test.each(Object.keys(before))("%s", (history) => {
		const { power, slots, boot } = device({ eraseDown, versions: true, byteLength: 4 * SECTOR });
		before[history]!(boot);
		const highest = boot().minimumVersion();
		const origin = slots.map((slot) => slot.bytes.slice());
		const restore = (saved: Uint8Array[]) =>
			slots.forEach((slot, i) => {
				slot.bytes.set(saved[i]!);
			});
		const life = () => take(boot(), 4, 9);
		power.used = 0;
		life();
		const total = power.used;
		for (let limit = 0; limit < total; limit++) {
			restore(origin);
			Object.assign(power, { used: 0, limit });
			expect(life).toThrow(PowerCut);
			power.limit = Number.POSITIVE_INFINITY;
			const active = start(boot).active();
			const now = boot().minimumVersion();
			expect([highest, 9], `cut at byte ${limit}`).toContain(now);
			// 9 from the moment on in which the fresh model is seen to run
			expect(now === 9, `cut at byte ${limit}`).toBe(active !== undefined && active.blob[0] === 9);
			const after = slots.map((slot) => slot.bytes.slice());
			for (const erased of [undefined, ...slots]) {
				if (now === 0) continue;
				restore(after);
				erased?.bytes.fill(0xff);
				expect(start(boot).minimumVersion(), `cut at byte ${limit}`).toBe(now);
				expect(() => take(boot(), 5, now - 1), `cut at byte ${limit}`).toThrow(refused);
			}
			restore(after);
			take(boot(), 4, 9);
			expect(slots.map((slot) => new Slot(slot).keptVersion())).toEqual([9, 9]);
		}
	});
});

test("[L37] cut after cut, in any history, nothing below the highest confirmed version is taken", () => {
	const step = fc.record({
		seed: fc.integer({ min: 1, max: 4 }),
		version: fc.integer({ min: 0, max: 6 }),
		rollback: fc.boolean(),
		limit: fc.nat(2500),
	});
	fc.assert(
		fc.property(fc.array(step, { minLength: 1, maxLength: 10 }), fc.boolean(), (steps, eraseDown) => {
			const { power, boot } = device({ eraseDown, versions: true, byteLength: 4 * SECTOR });
			let highest = 0;
			for (const { seed, version, rollback, limit } of steps) {
				const active = boot().active();
				const old = contents(boot());
				Object.assign(power, { used: 0, limit });
				try {
					if (rollback && active) boot().rollback(active.sequence);
					else {
						take(boot(), seed, version);
						const fresh = contents(boot());
						if (`${fresh}` !== `${old}`) expect(version).toBeGreaterThanOrEqual(highest);
					}
				} catch (error) {
					if (!(error instanceof Error) || error.name === "AssertionError") throw error;
				}
				power.limit = Number.POSITIVE_INFINITY;
				const now = start(boot).minimumVersion();
				expect(now).toBeGreaterThanOrEqual(highest);
				const runs = boot().active();
				if (runs !== undefined) highest = Math.max(highest, runs.blob[0]!);
				expect(now).toBeGreaterThanOrEqual(highest);
			}
		}),
		{ numRuns: 400 },
	);
});
